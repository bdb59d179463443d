from odoo import models


class AccountTax(models.Model):
    """An amount that has the taxes in it already, as somebody says it who gives 50."""

    _inherit = "account.tax"

    def _clinic_price_within(self, total, currency):
        """The unit price that comes to ``total`` with these taxes."""
        return total - sum(
            tax["tax_amount"] for tax in self._clinic_taxes_within(total, currency) if not tax["tax"].price_include
        )

    def _clinic_tax_within(self, total, currency):
        """How much of ``total`` is tax."""
        return currency.round(sum(tax["tax_amount"] for tax in self._clinic_taxes_within(total, currency)))

    def _clinic_taxes_within(self, total, currency):
        details = self._get_tax_details(total, 1.0, precision_rounding=currency.rounding, special_mode="total_included")
        return details["taxes_data"]
