from odoo import api, fields, models
from odoo.fields import Command

from ..tools import periods


class ClinicMembershipPeriod(models.Model):
    """One billed period. UNIQUE (membership, start) is what makes a renewal happen once."""

    _name = "clinic.membership.period"
    _description = "Membership Period"
    _inherit = ["clinic.job"]
    _order = "date_start desc, id desc"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="membership_id.partner_id", string="Member")
    company_id = fields.Many2one(related="membership_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="membership_id.currency_id")
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="To", required=True, help="Last day of the period.")
    paused_days = fields.Integer(
        readonly=True, help="Days by which pauses made the period longer; nobody paid for them."
    )
    is_trial = fields.Boolean(string="Trial")
    amount = fields.Monetary(help="Price of the whole period, as agreed: before taxes that are added to it.")
    invoice_id = fields.Many2one("account.move", index="btree_not_null", check_company=True, ondelete="set null")
    payment_state = fields.Selection(
        [("free", "Nothing due"), ("draft", "Not invoiced yet"), ("due", "Due"), ("paid", "Paid")],
        string="Payment",
        compute="_compute_payment_state",
    )
    grant_ids = fields.One2many("clinic.grant", "period_id", string="Allowances")
    is_first = fields.Boolean(readonly=True, help="Billed by the sales order that sold the membership.")
    # collecting the money
    collection_ids = fields.One2many("clinic.collection", "period_id", string="Collections")
    charge_on = fields.Date(
        string="Next Attempt", compute="_compute_charge_on", help="The day on which a stored card is charged next."
    )
    attempts = fields.Integer(compute="_compute_charge_on", help="How often a stored card was charged.")

    _period_unique = models.Constraint("UNIQUE (membership_id, date_start)", "This period is billed already.")
    _dates_ordered = models.Constraint("CHECK (date_end >= date_start)", "A period must end after it starts.")
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "The price of a period cannot be negative.")

    @api.depends(
        "invoice_id.payment_state",
        "invoice_id.state",
        "adjustment_ids.payment_state",
        "adjustment_ids.state",
        "amount",
    )
    def _compute_payment_state(self):
        for period in self:
            if period._due_invoices():
                period.payment_state = "due"
            elif period.currency_id.is_zero(period.amount):
                period.payment_state = "free"
            else:
                shares = period.sudo()._billed_shares()
                billed = period.sudo().invoice_id.state == "posted" and set(shares.mapped("state")) <= {"posted"}
                period.payment_state = "paid" if billed else "draft"

    @api.depends("collection_ids.charge_on", "collection_ids.attempts")
    def _compute_charge_on(self):
        for period in self:
            collections = period.sudo().collection_ids
            period.charge_on = min(collections.filtered("charge_on").mapped("charge_on"), default=False)
            period.attempts = sum(collections.mapped("attempts"))

    def _due_invoices(self):
        """The posted invoices of these periods, prorations included, that are not paid."""
        invoices = self.sudo().invoice_id | self.sudo().adjustment_ids
        return invoices.filtered(lambda move: move._clinic_is_due())

    @api.depends("date_start", "date_end")
    def _compute_display_name(self):
        for period in self:
            period.display_name = period._dates_in_words()

    def _dates_in_words(self):
        return self._span_in_words(self._span())

    def _span_in_words(self, span):
        return f"{self._day(span.start)} – {self._day(span.last_day)}"

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    def _span(self):
        """The period as the tools take it."""
        return periods.Period(self.date_start, fields.Date.add(self.date_end, days=1))

    # === units of the period === #

    def _issue_grants(self):
        """Give the units that each period includes."""
        return self.env["clinic.grant"]._issue(
            [values for period in self for values in period._prepare_grants()], kind="grant"
        )

    def _prepare_grants(self):
        """One grant for each benefit, month or period, and person where each has their own.

        An add-on is so many units for its price, however many people there are: they are the holder's.
        """
        membership = self.membership_id
        people = membership.partner_id
        if membership.sharing == "individual":
            people = membership._people_on(self.date_start)
        return [
            {
                **benefit._grant_values(),
                "kind": "allowance",
                "partner_id": person.id,
                "membership_id": membership.id,
                "period_id": self.id,
                "valid_from": span.start,
                "expires_on": span.last_day,
            }
            for benefit in self._benefits()
            for person in (membership.partner_id if benefit.line_id else people)
            for span in self._allowance_spans(benefit.per)
        ]

    def _benefits(self):
        """What this period includes."""
        return self.membership_id.benefit_ids

    def _allowance_spans(self, per):
        """When the units of this period can be used: all of it, or month by month from the anchor."""
        span = self._span()
        if per == "period":
            return [span]
        if self.is_trial:  # its months are its own, and end with it
            months = periods.starting_within(span.start, periods.MONTH, span)
            return [periods.Period(month.start, min(month.end, span.end)) for month in months]
        return list(periods.starting_within(self.membership_id.anchor_date, periods.MONTH, span))

    # === the invoice of the period === #

    def _prepare_invoice(self, invoice_date):
        """The values of this period's native invoice."""
        lines = self.membership_id.line_ids.filtered("quantity")
        return {
            **self._prepare_document(invoice_date),
            "invoice_line_ids": [Command.create(self._prepare_invoice_line(line)) for line in lines],
        }

    def _prepare_document(self, invoice_date):
        """The head of an invoice of this period."""
        membership = self.membership_id
        return {
            **self._payer_values(membership.payer_id, invoice_date),
            "move_type": "out_invoice",
            "company_id": membership.company_id.id,
            "currency_id": membership.currency_id.id,
            "fiscal_position_id": membership.fiscal_position_id.id,
            "invoice_user_id": membership.user_id.id,
            "invoice_origin": membership.name,
            "invoice_date": invoice_date,
        }

    def _payer_values(self, payer, invoice_date):
        """Whom a document goes to, due at once without payment terms of their own."""
        terms = payer.with_company(self.company_id).property_payment_term_id
        return {"partner_id": payer.id, **({} if terms else {"invoice_date_due": invoice_date})}

    def _prepare_invoice_line(self, line):
        return {
            "product_id": line.product_id.id,
            "name": self.env._("%(name)s\n%(dates)s", name=line.name, dates=self._dates_in_words()),
            "quantity": line.quantity,
            "price_unit": line.price_unit,
            "discount": line.discount,
            "tax_ids": [Command.set(line._taxes().ids)],
            "product_uom_id": line.product_id.uom_id.id,
        }
