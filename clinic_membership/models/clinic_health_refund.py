from odoo import api, models


class ClinicHealth(models.AbstractModel):
    """Checks of refunds."""

    _inherit = "clinic.health"

    @api.model
    def _checks(self):
        return [*super()._checks(), "_check_refunds", "_check_returned_refunds"]

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

    def _check_returned_refunds(self, company):
        """The money is with the clinic, and owed to the patient."""
        returned = self.env["clinic.refund"].search([("company_id", "=", company.id), ("state", "=", "returned")])
        if not returned:
            return self._fine(self.env._("No refund came back"))
        return self._problem(
            self.env._("Refunds that came back: %s", len(returned)),
            self.env._(
                "The bank did not take the money, so %s has not got it. Give it as credit on the refund; the credit "
                "note can then be paid out in another way.",
                self._names(returned.partner_id),
            ),
            returned,
        )
