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
        for line, packages in self.grouped(lambda package: package.sudo().sale_line_id).items():
            together = packages._sold_together()
            if line and line._clinic_is_booked() and "pending" not in together.mapped("state"):
                together._follow(line, document or line.invoice_lines.move_id[-1:])

    def _follow(self, line, document):
        """See :meth:`_follow_books`; of the packages of one order line."""
        price, balance = sum(self.mapped("price_paid")), sum(self.mapped("balance_paid"))
        if any(self.mapped("deferred")):
            change = line._clinic_not_followed()
            if change:
                rate = price / balance if balance else 1.0
                for package in self:
                    package._take_booked(line._clinic_prepaid_items(), rate)
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

    def _take_booked(self, prepaid, rate):
        """Price and balance are this package's share of what is booked.

        :param rate: the price's currency for one of the company's, where the documents are in another one
        """
        booked = max(-sum(prepaid.mapped("balance")), 0.0)
        self.balance_paid = self._share(booked, self.company_currency_id)
        same = prepaid.currency_id == self.currency_id
        price = -sum(prepaid.mapped("amount_currency")) if same else booked * rate
        self.price_paid = self._share(max(price, 0.0), self.currency_id)

    def _revalue(self, cents, price, document):
        """Spread a correction over the units that are left; what concerns units that are gone becomes income, or less.

        :param cents: in the company's currency; negative: the books owe less
        :param price: the same in the currency of the sale, an amount
        """
        rounding = self.company_currency_id.rounding
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
            grant._prepare_revalue(change, price * change / cents, beyond if grant == gone else 0, document)
            for grant, change in {gone: 0, **changes}.items()
        ]
        self.env["clinic.grant.entry"].create([entry for entry in entries if entry["balance"] or entry["refunded"]])
        document._clinic_tell_followed(self, money.to_amount(cents, rounding))

    def _taken_from_income(self):
        """What corrections took off the income of units that are gone, in cents: it comes back there first."""
        corrections = self.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "revalue")
        income = sum(entry._to_income() + entry.exchange for entry in corrections)
        return max(money.to_cents(-income, self.company_currency_id.rounding), 0)


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _prepare_revalue(self, change, value, beyond, document):
        """The entry of a correction.

        :param change: of the value left, in cents of the company's currency
        :param value: the same in the currency of the sale, an amount
        :param beyond: what is not of units that are left, in cents: income, or less of it
        """
        rounding, currency = self.company_currency_id.rounding, self.company_currency_id
        balance, exchange = money.to_amount(change, rounding), 0.0
        value = balance if self.currency_id == currency else max(self.currency_id.round(value), -self.value_left)
        if not currency.compare_amounts(self.balance_left, -balance):
            value = -self.value_left  # nothing is left of it
        elif self.currency_id.is_zero(self.value_left + value):  # credited at another rate than it was sold at
            exchange = -currency.round(self.balance_left + balance)
        return self._prepare_entry(
            "revalue",
            0,
            value,
            document.date,
            balance=balance + exchange,
            refunded=-money.to_amount(change + beyond, rounding),
            exchange=exchange if self.deferred else 0.0,
            document_id=document.id,
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _clinic_is_booked(self):
        """Whether all of it is on posted invoices, whatever was credited since."""
        posted = self.invoice_lines.filtered(
            lambda item: item.parent_state == "posted" and item.display_type == "product"
        )
        invoiced = posted.filtered(lambda item: item.move_id.move_type == "out_invoice")
        return sum(invoiced.mapped("quantity")) >= self.product_uom_qty

    def _clinic_not_followed(self):
        """What is booked for this line beyond what its units were given, in the company's currency."""
        entries = self.clinic_package_ids.grant_ids.entry_ids
        granted = sum(entries.filtered(lambda entry: entry.kind == "grant").mapped("balance"))
        taken = sum(entries.filtered(lambda entry: entry.kind == "revalue").mapped("refunded"))
        return -sum(self._clinic_prepaid_items().mapped("balance")) - granted + taken

    def _clinic_prepaid_items(self):
        """What the account of prepaid services has for this line; refunds of units have entries of their own."""
        items = self.invoice_lines.filtered(lambda item: item.parent_state == "posted")
        ours = self.env["clinic.refund"].sudo().search([("credit_note_id", "in", items.move_id.ids)]).credit_note_id
        account = self.company_id.sudo().clinic_prepaid_account_id
        return items.filtered(lambda item: item.account_id == account and item.move_id not in ours)


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
