from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import money


class ClinicGrantEntry(models.Model):
    """What a document changes in the books after the start, the value of the units follows: an entry without units."""

    _inherit = "clinic.grant.entry"

    document_id = fields.Many2one(
        "account.move",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The invoice or credit note by which the value was corrected.",
    )

    def _income_account(self):
        """What concerns units that were used is their service's income."""
        service = self.grant_id.product_id
        if self.kind != "revalue" or not service or not self.grant_id.used:
            return super()._income_account()
        template = service.with_company(self.company_id).product_tmpl_id
        return template.get_product_accounts(self._fiscal_position())["income"] or super()._income_account()

    def _followed(self):
        """What of the books these entries gave to units, or took off them, in the company's currency."""
        granted = sum(self.filtered(lambda entry: entry.kind == "grant").mapped("balance"))
        return granted - sum(self.filtered(lambda entry: entry.kind == "revalue").mapped("refunded"))


class ClinicPackage(models.Model):
    """A package that has started follows its documents: a later invoice, a credit note that somebody made by hand."""

    _inherit = "clinic.package"

    def _set_ready(self):
        """What starts later than others of its line takes its part of what is booked; the others are fitted to it."""
        result = super()._set_ready()
        if self._sold_together() - self:
            self._follow_books()
        return result

    def _follow_books(self, document=None):
        """Make the value of the units what the documents have for them.

        Nothing to do while the sale is not invoiced in full, or not all of it has started.

        :param document: the invoice or credit note that was posted or reset to draft
        """
        for sold, packages in self.grouped(lambda package: package._sold_by()).items():
            together = packages._sold_together()
            if sold and sold._clinic_is_booked() and "pending" not in together.mapped("state"):
                together._follow(sold, document or sold._clinic_last_document())

    def _sold_by(self):
        """The line that sold the package and knows what is booked for it; tills have lines of their own."""
        return self.sudo().sale_line_id

    def _follow(self, sold, document):
        """See :meth:`_follow_books`; of the packages of one line."""
        price, balance = sum(self.mapped("price_paid")), sum(self.mapped("balance_paid"))
        if any(self.mapped("deferred")):
            change = sold._clinic_prepaid()[0] - sold.clinic_package_ids.grant_ids.entry_ids._followed()
            if change:
                self._take_booked(*sold._clinic_prepaid(), price / balance if balance else 1.0)
        else:
            for package in self:
                package._take_price()
            change = sum(self.mapped("balance_paid")) - balance
        cents = money.to_cents(change, self.company_currency_id.rounding)
        if cents:
            self._revalue(cents, sum(self.mapped("price_paid")) - price, document)

    def action_end_units(self):
        """End the units of a package that was credited in full, for a manager."""
        self.check_access("read")
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise AccessError(self.env._("Only managers end units. Ask one of them."))
        for package in self:
            if package.currency_id.compare_amounts(package.value_left, 0.0):
                raise UserError(
                    self.env._(
                        "The units of %(package)s are worth %(value)s. Give them back with 'Process Refund'.",
                        package=package.display_name,
                        value=package.currency_id.format(package.value_left),
                    )
                )
            package.sudo().grant_ids._expire_now()
            package.sudo().message_post(
                body=self.env._("What was left was ended: it had been credited."), author_id=self.env.user.partner_id.id
            )

    def _take_booked(self, booked, price, rate):
        """Price and balance are each package's share of what is booked.

        :param price: in the currency of the sale; None where the documents are in another one
        :param rate: the currency of the sale for one of the company's
        """
        booked = max(booked, 0.0)
        price = booked * rate if price is None else max(price, 0.0)
        for package in self:
            package.balance_paid = package._share(booked, package.company_currency_id)
            package.price_paid = package._share(price, package.currency_id)

    def _revalue(self, cents, price, document):
        """Spread a correction over the units that are left; what concerns units that are gone becomes income, or less.

        :param cents: in the company's currency; negative: the books owe less
        :param price: the same in the currency of the sale, an amount
        :param document: none where a till changed the price
        """
        rounding = self.company_currency_id.rounding
        exchange = self._exchanged(cents, price, document)
        cents += exchange
        left = self.grant_ids.filtered("remaining")
        values = [money.to_cents(grant.balance_left, rounding) for grant in left]
        alone = [grant.remaining * grant.unit_value for grant in left]
        weights = next((weights for weights in (values, alone) if any(weights)), left.mapped("remaining"))
        fitting = max(cents - min(max(cents, 0), self._taken_from_income()), -sum(values)) if left else 0
        shares = money.spread(fitting, weights) if left else []
        changes = dict(zip(left, shares, strict=True))
        gone = max(self.grant_ids, key=lambda grant: (grant.used, -grant.id))
        beyond = cents - fitting
        entries = [
            grant._prepare_revalue(
                change, price * change / cents if cents else 0.0, *((beyond, exchange) if grant == gone else (0, 0))
            )
            for grant, change in {gone: 0, **changes}.items()
        ]
        self.env["clinic.grant.entry"].create(
            [document._clinic_prepare_followed(entry) for entry in entries if entry["balance"] or entry["refunded"]]
        )
        document._clinic_tell_followed(self, money.to_amount(cents, rounding))

    def _exchanged(self, cents, price, document):
        """How much more a credit note at its own rate takes than at the rate of the sale, in cents.

        The value of units stays at the rate of the sale; later invoices bring their own.
        """
        if self.company_currency_id == document.currency_id or document.move_type != "out_refund":
            return 0
        grants = self.grant_ids
        entries = grants.entry_ids.filtered(lambda entry: entry.kind == "grant")
        pairs = [(grants.mapped("value_left"), grants.mapped("balance_left"))]
        pairs += [(entries.mapped("value"), entries.mapped("balance"))]
        rate = next((sum(balances) / sum(values) for values, balances in pairs if sum(values)), 0.0)
        if not rate or document.currency_id != self.currency_id or not any(self.mapped("deferred")):
            return 0
        then = price * rate
        return money.to_cents(then, self.company_currency_id.rounding) - cents

    def _taken_from_income(self):
        """What corrections took off the income of units that are gone, in cents: it comes back there first."""
        corrections = self.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "revalue")
        income = sum(entry._to_income() + entry.exchange for entry in corrections)
        return max(money.to_cents(-income, self.company_currency_id.rounding), 0)


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _prepare_revalue(self, change, value, beyond, exchange):
        """The entry of a correction.

        :param change: of the value left, in cents of the company's currency
        :param value: the same in the currency of the sale, an amount
        :param beyond: what is not of units that are left, in cents: income, or less of it
        :param exchange: what the document takes more than at the rate of the sale, in cents
        """
        rounding, currency = self.company_currency_id.rounding, self.company_currency_id
        taken, balance = money.to_amount(exchange - change - beyond, rounding), money.to_amount(change, rounding)
        exchange = money.to_amount(exchange, rounding)
        value = balance if self.currency_id == currency else max(self.currency_id.round(value), -self.value_left)
        if not currency.compare_amounts(self.balance_left, -balance):
            value = -self.value_left  # nothing is left of it
        elif self.currency_id.is_zero(self.value_left + value):  # credited at another rate than it was sold at
            rest = currency.round(self.balance_left + balance)
            balance, exchange = balance - rest, exchange - rest
        return self._prepare_entry(
            "revalue",
            0,
            value,
            self.company_id._clinic_today(),
            balance=balance,
            refunded=taken,
            exchange=exchange if self.deferred else 0.0,
        )


class SaleOrderLine(models.Model):
    """What a package needs to know of the line that sold it; the till's line answers the same."""

    _inherit = "sale.order.line"

    def _clinic_is_booked(self):
        """Whether all of it is on posted invoices, whatever was credited since."""
        posted = self.invoice_lines.filtered(
            lambda item: item.parent_state == "posted" and item.display_type == "product"
        )
        invoiced = posted.filtered(lambda item: item.move_id.move_type == "out_invoice")
        return sum(invoiced.mapped("quantity")) >= self.product_uom_qty

    def _clinic_last_document(self):
        return self.invoice_lines.move_id[-1:]

    def _clinic_prepaid(self):
        """What the account of prepaid services has for this line.

        :return: in the company's currency, and in that of the sale; None for the latter if the documents are in another
        """
        items = self.invoice_lines._clinic_prepaid_by_hand()
        same = items.currency_id == self.currency_id
        return -sum(items.mapped("balance")), -sum(items.mapped("amount_currency")) if same else None


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_prepaid_by_hand(self):
        """Those of these that are posted on the account of prepaid services, without refunds of units."""
        items = self.filtered(
            lambda item: (
                item.parent_state == "posted" and item.account_id == item.company_id.sudo().clinic_prepaid_account_id
            )
        )
        ours = self.env["clinic.refund"].sudo().search([("credit_note_id", "in", items.move_id.ids)]).credit_note_id
        return items.filtered(lambda item: item.move_id not in ours)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """What is posted, the value of the units follows."""
        posted = super()._post(soft=soft)
        for document in posted.sudo():
            document._clinic_started_packages()._follow_books(document)
        return posted

    def button_draft(self):
        """A credit note that is taken back gives the units their value back.

        An invoice that is reset is posted again: until then the units keep the value that they had.
        """
        notes = self.sudo().filtered(lambda move: move.move_type == "out_refund" and move.state == "posted")
        packages = {note: note._clinic_started_packages() for note in notes}
        result = super().button_draft()
        for note, followed in packages.items():
            followed._follow_books(note)
        return result

    def _clinic_started_packages(self):
        """The packages on this document that have units already."""
        if not self.is_sale_document():
            return self.env["clinic.package"]
        return self.line_ids.sale_line_ids.clinic_package_ids.filtered("grant_ids")

    def _clinic_prepare_followed(self, values):
        """The values of an entry that this document caused: of its day."""
        return {**values, "date": self.date, "document_id": self.id} if self else values

    def _clinic_tell_followed(self, packages, amount):
        """Whoever made a credit note by hand is told that the units are still there, and what to do about it."""
        if self.move_type != "out_refund" or amount >= 0:
            return
        left = packages.filtered("units_left")
        if left:
            names = left.mapped("display_name")
            body = self.env._(
                "%(document)s takes %(amount)s off the value of the units that are left. %(units)s units of "
                "%(package)s can still be used. To end them too, reset it to draft and use 'Process Refund' on the "
                "package; a manager can end units that are worth nothing any more with 'End Units'.",
                document=self.name,
                amount=self.company_currency_id.format(-amount),
                units=sum(left.mapped("units_left")),
                package=", ".join(names[:3]) if len(names) <= 3 else self.env._("%s packages", len(names)),
            )
            self.message_post(body=body)
            for package in left:
                package.message_post(body=body)
