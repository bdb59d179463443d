from odoo import fields, models


class ClinicPackage(models.Model):
    """A validity that counts from the first visit: until then the package does not expire."""

    _inherit = "clinic.package"

    first_used_on = fields.Date(readonly=True, copy=False)

    def _last_day(self, begun):
        if self.validity_start == "first_use" and not self.first_used_on:
            return False
        return super()._last_day(self.first_used_on or begun)

    def _follow_first_visit(self):
        """The first visit has come, gone, or is another day now: the last day of use with it.

        A last day that a manager has given stays.
        """
        counting = self.filtered(lambda package: package.validity_start == "first_use" and package.purchase_date)
        rows = self.env["clinic.redemption"]._read_group(
            [("package_ids", "in", counting.ids), ("state", "=", "done")], ["package_ids"], ["date:min"]
        )
        first = dict(rows)
        for package in counting.filtered(lambda package: first.get(package, False) != package.first_used_on):
            package.first_used_on = first.get(package, False)
            if not package.extension_ids:
                package.expires_on = package._last_day(package.purchase_date)
                package.grant_ids.expires_on = package.expires_on
                package._follow_last_day()

    def _follow_last_day(self):
        """Units that ended by a last day that is another one now are there again."""
        today = self.company_id._clinic_today()
        if not self.expires_on or self.expires_on >= today:
            self.grant_ids._expired_entries()._reverse(today)


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    def _record(self, *args):
        redemption = super()._record(*args)
        redemption.package_ids._follow_first_visit()
        return redemption

    def _undo(self):
        result = super()._undo()
        self.package_ids._follow_first_visit()
        return result
