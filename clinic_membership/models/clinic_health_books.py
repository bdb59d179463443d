from odoo import api, models


class ClinicHealth(models.AbstractModel):
    """Checks of the books: what fails to become income, and what no longer agrees."""

    _inherit = "clinic.health"

    @api.model
    def _checks(self):
        return [*super()._checks(), "_check_recognition", "_check_tie_out"]

    def _check_recognition(self, company):
        """Income that cannot be posted is tried once a day, and fails again until somebody helps."""
        failing = [("company_id", "=", company.id), ("failed_on", "!=", False)]
        months = self.env["clinic.deferral"].sudo().search(failing)
        units = self.env["clinic.grant.entry"].sudo().search(failing)
        failed = units or months
        if not failed:
            return self._fine(self.env._("All income is recognized"))
        return self._problem(
            self.env._("Income that cannot be recognized: %s", len(units) + len(months)),
            self.env._(
                "It is tried again every day and fails until the reason is removed: %s", failed[0].failure or ""
            ),
            failed.with_env(self.env),
        )

    def _check_tie_out(self, company):
        """The account of prepaid services has what the units are worth, that of memberships what is not earned."""
        reports = self.env["clinic.tie.out"].with_company(company).sudo()
        off = []
        for subject in ("packages", "memberships"):
            report = reports.new({"company_id": company.id, "subject": subject})
            if not company.currency_id.is_zero(report.difference):
                off.append(f"{report.display_name}: {company.currency_id.format(report.difference)}")
        if not off:
            return self._fine(self.env._("Prepaid services and deferred memberships agree with the books"))
        return self._problem(
            self.env._("The books differ, %s", ", ".join(off)),
            self.env._(
                "Something was posted on these accounts by hand. Look at Reporting > Prepaid Services, and at the "
                "entries of its account; move what does not belong there."
            ),
            action="clinic_membership.clinic_tie_out_action",
        )
