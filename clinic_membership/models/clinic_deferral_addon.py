from odoo import models

from ..tools.deferral import DEFERRED


class ClinicMembershipPeriod(models.Model):
    """Add-ons of quarterly and annual members are earned day by day like their plan: they are sold into its account.

    Services know nothing of memberships, so their accounts are given on the lines; a plan's come from its product.
    """

    _inherit = "clinic.membership.period"

    def _prepare_invoice_line(self, line):
        values = super()._prepare_invoice_line(line)
        return values if line.is_plan else {**values, **self._deferred_values(line.membership_id.billing_interval)}

    def _prepare_side(self, side, sign):
        return {**super()._prepare_side(side, sign), **self._deferred_values(side.interval)}

    def _deferred_values(self, interval):
        """The account of what is paid for the time of a billing interval; none where it is the product's own."""
        account = self.company_id.sudo().clinic_deferred_account_id
        return {"account_id": account.id} if account and interval in DEFERRED else {}
