from datetime import date

from odoo import api, fields, models


class ClinicStatement(models.TransientModel):
    """A patient's account in one company, from a day to a day: what was charged, what was paid, what is left."""

    _name = "clinic.statement"
    _description = "Patient Statement"

    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date(
        string="From", required=True, default=lambda self: fields.Date.subtract(self._today(), years=1, days=-1)
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._today())
    summary = fields.Html(compute="_compute_statement", sanitize=False)
    line_ids = fields.Many2many("clinic.statement.line", string="Movements", compute="_compute_statement")
    returned = fields.Char(compute="_compute_returned", help="Refunds that came back and are not credit yet.")
    open_ids = fields.Many2many("clinic.statement.line", compute="_compute_statement")

    _dates_ordered = models.Constraint(
        "CHECK (date_to >= date_from)", "The last day of a statement is not before its first."
    )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = self.env._("Statement of %s", statement.partner_id.display_name)

    @api.model
    def _today(self):
        return self.env.company._clinic_today()

    @api.model
    def _open_for(self, partner, company):
        """The action that shows what a patient's account with a company is."""
        partner.check_access("read")
        statement = self.with_company(company).create({"partner_id": partner.commercial_partner_id.id})
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_statement_action")
        return {**action, "res_id": statement.id}

    def _lines(self, *domain):
        """Movements of the patient's account in the company, within the rights of the reader.

        :raises AccessError: when the reader may not see the patient or the company
        """
        self.ensure_one()
        self.partner_id.check_access("read")
        self.company_id.check_access("read")
        account = [
            ("partner_id", "=", self.partner_id.commercial_partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        return self.env["clinic.statement.line"].search([*account, *domain])

    @api.depends("partner_id", "company_id", "date_from", "date_to")
    def _compute_statement(self):
        for statement in self:
            first, last = statement.date_from or date.min, statement.date_to or date.max
            statement.line_ids = statement._lines(("date", ">=", first), ("date", "<=", last))
            statement.open_ids = statement._lines(("residual", "!=", 0))
            statement.summary = self.env["ir.qweb"]._render(
                "clinic_membership.clinic_statement_summary", {"balances": statement._balances()}
            )

    @api.depends("partner_id", "company_id")
    def _compute_returned(self):
        """In the books the money is with the patient until a manager gives it as credit."""
        for statement in self:
            statement.partner_id.check_access("read")
            refunds = self.env["clinic.refund"].sudo()
            account = [
                ("partner_id", "child_of", statement.partner_id.commercial_partner_id.ids),
                ("company_id", "=", statement.company_id.id),
            ]
            found = refunds.search([("state", "=", "returned"), *account])
            statement.returned = " ".join(refund._returned_in_words() for refund in found)

    def _balances(self):
        """The statement in figures, one dict for each currency.

        Opening and closing are those of the two days; ``due`` and ``unused`` (credit) are what is open now.
        """
        before = self._lines(("date", "<", self.date_from or date.min)).grouped("currency_id")
        within = self.line_ids.grouped("currency_id")
        left = self.open_ids.grouped("currency_id")
        none = self.env["clinic.statement.line"]
        currencies = set(before) | set(within) | set(left) or {self.company_id.currency_id}
        return [
            self._balance(*[lines.get(currency, none) for lines in (before, within, left)], currency)
            for currency in sorted(
                currencies, key=lambda currency: (currency != self.company_id.currency_id, currency.name)
            )
        ]

    def _balance(self, before, within, left, currency):
        opening = sum(before.mapped("charge")) - sum(before.mapped("credit"))
        charges, given = sum(within.mapped("charge")), sum(within.mapped("credit"))
        residuals = left.mapped("residual")
        values = {
            "opening": opening,
            "charges": charges,
            "credits": given,
            "closing": opening + charges - given,
            "due": sum(residual for residual in residuals if residual > 0),
            "unused": -sum(residual for residual in residuals if residual < 0),
        }
        return {"currency": currency, **{name: currency.round(value) for name, value in values.items()}}

    def action_print(self):
        """Print what is on the screen."""
        return self.env.ref("clinic_membership.action_report_statement").report_action(self)

    def action_charges(self):
        """Open every attempt to charge this patient."""
        return self.partner_id.action_clinic_charge_history()

    def action_refund(self):
        """Open the wizard that previews and confirms a refund of one of this patient's paid invoices."""
        return self.env["clinic.refund.wizard"]._open(partner_id=self.partner_id.id)
