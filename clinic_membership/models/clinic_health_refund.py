from odoo import api, models


class ClinicHealth(models.AbstractModel):
    """Checks of refunds."""

    _inherit = "clinic.health"

    @api.model
    def _checks(self):
        return [*super()._checks(), "_check_refunds"]

    def _check_refunds(self, company):
        """While it is not known whether the money went back, nothing is sent again, and the amount is reserved."""
        waiting = self.env["clinic.refund"].search(
            [
                ("company_id", "=", company.id),
                ("state", "in", self.env["clinic.refund"]._UNDER_WAY),
                ("create_date", "<", self._ago(days=1)),
            ]
        )
        if not waiting:
            return self._fine(self.env._("No refund waits for its outcome"))
        return self._problem(
            self.env._("Refunds without an outcome: %s", len(waiting)),
            self.env._(
                "The provider has not said whether the money went back to %s. Look it up there, then say on the "
                "refund what became of it.",
                self._names(waiting.partner_id),
            ),
            waiting,
        )
