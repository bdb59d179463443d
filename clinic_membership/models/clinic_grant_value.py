from odoo import api, fields, models

from ..tools import money, valuation


class ClinicGrantEntry(models.Model):
    """The value of units in the company's currency: what the books have of them."""

    _inherit = "clinic.grant.entry"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    balance = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="The value in the company's currency, at the rate of the sale.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Each entry takes its share of the balance along, as it does of the value."""
        left = {}
        for vals in vals_list:
            grant = self.env["clinic.grant"].browse(vals.get("grant_id"))
            if "balance" not in vals and vals.get("value"):
                vals["balance"] = grant._balance_with(vals["quantity"], vals["value"], left)
        return super().create(vals_list)


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    balance_left = fields.Monetary(
        compute="_compute_totals",
        store=True,
        currency_field="company_currency_id",
        help="The value left, in the company's currency.",
    )
    deferred = fields.Boolean(readonly=True, help="Its value is in the account of prepaid services until it is used.")

    @api.depends("entry_ids.balance")
    def _compute_totals(self):
        """Also when only the balance changes."""
        super()._compute_totals()

    @api.model
    def _totals(self):
        return {**super()._totals(), "balance": "balance_left"}

    def _balance_with(self, quantity, value, left):
        """What goes along with a value in the company's currency.

        :param left: {grant: (units, cents)} after the entries before this one in the same batch; updated
        """
        if self.currency_id == self.company_currency_id:
            return value
        rounding = self.company_currency_id.rounding
        units, cents = left.get(self) or (self.remaining, money.to_cents(self.balance_left, rounding))
        if quantity > 0:
            return self.currency_id._convert(value, self.company_currency_id, self.company_id, self.valid_from)
        taken = valuation.value_of_units(cents, units, -quantity)
        left[self] = (units + quantity, cents - taken)
        return -money.to_amount(taken, rounding)
