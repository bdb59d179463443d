from odoo import models
from odoo.exceptions import UserError


class ClinicPackage(models.Model):
    """What was given away is not refunded, and counts as if it had never been in the package."""

    _inherit = "clinic.package"

    def _check_refund(self, *args, **kwargs):
        if self.units_reserved:
            raise UserError(
                self.env._(
                    "%(units)s units of %(package)s are set aside for a code. Call it back first.",
                    units=self.units_reserved,
                    package=self.display_name,
                )
            )
        return super()._check_refund(*args, **kwargs)

    def _paid_for_refund(self):
        return super()._paid_for_refund() - self._value_given()

    def _value_given(self):
        """The value that went to somebody else."""
        entries = self.grant_ids.entry_ids
        return -sum(entries.filtered(lambda entry: entry.kind == "transfer" and entry.quantity < 0).mapped("value"))
