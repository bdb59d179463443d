from odoo import fields, models
from odoo.fields import Command

from ..tools import proration


class AccountMove(models.Model):
    _inherit = "account.move"

    clinic_adjusted_period_id = fields.Many2one(
        "clinic.membership.period",
        string="Adjusts",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The membership period that this document is about, beside the period's own invoice.",
    )
    clinic_purpose = fields.Selection(
        [("share", "A payer's share"), ("change", "Change in the middle of a period"), ("fee", "Cancellation fee")],
        string="Bills",
        readonly=True,
        copy=False,
    )

    def _clinic_sign(self):
        """Of a positive amount on this document, for who pays: 1 is charged, -1 is given back."""
        return -1 if self.move_type == "out_refund" else 1

    def _clinic_billed_at(self):
        """What orders the documents of a period; those of several payers come at the same time."""
        self.ensure_one()
        change = self.clinic_purpose == "change"
        return (change, self.invoice_date or self.date, self.create_date) if change else (change, None, None)


class ClinicMembershipPeriod(models.Model):
    """A period whose plan changes before it ends: its documents and its units."""

    _inherit = "clinic.membership.period"

    adjustment_ids = fields.One2many("account.move", "clinic_adjusted_period_id", string="Further Documents")

    def _prepare_side(self, side, sign):
        """One ``Side`` as a line of its document: an invoice, or with ``sign`` -1 a credit note."""
        return self._prepare_change_line(side.product, side.name, sign * side.amount)

    def _prepare_change_line(self, product, name, amount):
        """One side of a change on its document."""
        membership = self.membership_id
        taxes = product.sudo().taxes_id._filter_taxes_by_company(membership.company_id)
        return {
            "product_id": product.id,
            "name": name,
            "quantity": 1.0,
            "price_unit": amount,
            "tax_ids": [Command.set(membership.fiscal_position_id.map_tax(taxes).ids)],
        }

    def _paid_for(self, line):
        """What was paid for a line of the contract in this period, as of the whole of it: what is owed is not."""
        if not line or self.payment_state == "draft":
            return 0.0
        price = self._price_of_all(line.price_subtotal)
        if line.is_plan:
            beside = (line.membership_id.line_ids - line).mapped("price_subtotal")
            price = self.amount - self._price_of_all(sum(beside))
        return max(price - self._owed_for(line, price), 0.0)

    def _owed_for(self, line, price):
        """What is still owed for a line, as of the whole period; a change since settled all that was before.

        :param price: of the whole period, of which a change billed the rest
        """
        items = self._documents().invoice_line_ids.filtered(lambda item: item.product_id == line.product_id)
        billing = items.filtered(lambda item: item.move_id._clinic_sign() * item.price_unit > 0)
        latest = max((move._clinic_billed_at() for move in billing.move_id), default=None)
        last = billing.filtered(lambda item: item.move_id._clinic_billed_at() == latest)
        owed = sum(self._owed_of(item) for item in last)
        if owed and last.move_id[:1].clinic_purpose == "change":
            owed *= price / sum(abs(self._amount_of(item)) for item in last)
        return owed

    def _owed_of(self, item):
        """What is still owed of a line of a document; credit on it was paid before."""
        move = item.move_id
        if not move._clinic_is_due():
            return 0.0
        amounts = [self._amount_of(other) for other in move.invoice_line_ids]
        billed = sum(amount for amount in amounts if amount > 0)
        return self._amount_of(item) / billed * sum(amounts) * move.amount_residual / move.amount_total

    def _documents(self):
        """The posted documents of this period: its invoices, and those of changes; not what was credited by hand."""
        return (self.sudo().invoice_id | self.sudo().adjustment_ids).filtered(lambda move: move.state == "posted")

    def _amount_of(self, item):
        """What a line of a document bills, before taxes that are added."""
        return item.quantity * item.price_unit * (1 - item.discount / 100)

    def _not_given_back(self, line, day, credit):
        """What is left of a credit for the rest of this period: credit notes by hand may have given it back already.

        :param line: of the contract
        :param day: the first day of the rest
        """
        span, idle = self._span(), self.paused_days
        left = proration.fraction_left(span, day, idle)
        notes = (self.invoice_id | self.adjustment_ids).reversal_move_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        for item in notes.invoice_line_ids.filtered(lambda item: line and item.product_id == line.product_id):
            rest = proration.fraction_left(span, max(item.date, self.date_start), idle)
            amount = self._amount_of(item) * self._paid_part(item)
            credit -= min(amount, self._paid_for(line) * float(rest)) * float(left / rest) if rest else 0.0
        return max(self.currency_id.round(credit), 0.0)

    def _paid_part(self, item):
        """Which part of a price that is credited was really paid: a promotion of the order has lines of its own."""
        sold = self.membership_id.sudo().sale_line_id
        ordered = item.product_id == sold.product_id and item.move_id.reversed_entry_id in sold.invoice_lines.move_id
        price = sold._clinic_price_as_sold() if ordered else 0.0
        return sold._clinic_price_paid() / price if price else 1.0

    def _settle(self, documents):
        """Post prorations: a credit note stays as credit; what is due takes credit first, then the card."""
        documents._post(soft=False)
        if documents.filtered(lambda move: move.move_type == "out_invoice" and move.amount_residual):
            self._apply_credit()
            self._arrange_payment()

    # === units === #

    def _end_for_change(self, day, add_on=None):
        """End the allowances of this period from the day of a change on.

        :param add_on: only those that an add-on gave, by its product
        :return: what was used of them: {(patient, product, first day of their window): units}
        """
        grants, used = self._ending_for_change(day, add_on), {}
        for entry in self._running_on_change(day, add_on).entry_ids.filtered("used"):
            key = (entry.redemption_id.partner_id, entry.redemption_id.product_id, entry.grant_id.valid_from)
            used[key] = used.get(key, 0) + entry.used
        left = grants.filtered("remaining")
        entries = [grant._prepare_entry("change", -grant.remaining, -grant.value_left, day) for grant in left]
        self.env["clinic.grant.entry"].create(entries)
        return used

    def _ending_for_change(self, day, add_on=None):
        """The allowances that a change on a day ends, used up ones included."""
        grants = self.grant_ids.filtered(lambda grant: not grant.expires_on or grant.expires_on >= day)
        return grants.filtered(lambda grant: not add_on or grant.line_id.product_id == add_on)

    def _running_on_change(self, day, add_on=None):
        """Those whose use counts: also what an earlier change has ended, in a period before this one."""
        grants = self._ending_for_change(day)
        before = self.membership_id.grant_ids.filtered(lambda grant: grant.period_id and grant.expires_on >= day)
        grants |= before.filtered(lambda grant: grant._end_as_given() >= day)
        return grants.filtered(lambda grant: not add_on or grant.line_id.product_id == add_on)

    def _prepare_grants_after(self, day, used, add_on=None):
        """The allowances after a change that are still to come, less what was used in the window that is running.

        :param add_on: only those that an add-on gives: its line
        """
        result = []
        for values in self._prepare_grants():
            if values["expires_on"] < day or (add_on and values["line_id"] != add_on.id):
                continue
            running = values["valid_from"] <= day
            values["valid_from"] = max(values["valid_from"], day)
            values["quantity"] -= self._take_used(values, used, day) if running else 0
            if values["quantity"] > 0:
                result.append(values)
        return result

    def _take_used(self, values, used, day):
        """How many units that were used before count against these; each counts once."""
        product = self.env["product.product"].browse(values["product_id"])
        categ = self.env["product.category"].browse(values["categ_id"])
        taken, own = 0, self.membership_id.sharing == "individual"
        for key, units in used.items():
            person, served, since = key
            fits = served == product if product else (categ in self._categories(served))
            mine = not own or person.id == values["partner_id"]  # a pool gives what anybody used of it
            if fits and mine and since <= day:
                counted = min(units, values["quantity"] - taken)
                used[key] -= counted
                taken += counted
        return taken

    def _categories(self, product):
        """The category of a product and those above it."""
        path = product.categ_id.parent_path or ""
        return product.categ_id.browse(int(number) for number in path.split("/") if number)
