from odoo import api, fields, models


class ClinicPackage(models.Model):
    """Patients are reminded by e-mail of what they have paid for, before it expires.

    At each of the days before it that the clinic has set, once. A later last day is reminded of anew.
    """

    _name = "clinic.package"
    _inherit = ["clinic.package", "clinic.job"]

    reminded_days = fields.Integer(
        readonly=True, copy=False, help="Of which number of days before its end the patient was reminded last; 0: none."
    )

    units_free = fields.Integer(
        compute="_compute_units_free", help="Left, and not given away by a code that nobody has redeemed yet."
    )

    @api.depends("grant_ids.remaining", "grant_ids.reserved")
    def _compute_units_free(self):
        for package in self:
            package.units_free = sum(grant._free() for grant in package.grant_ids)

    def write(self, vals):
        """Another last day has its own reminders."""
        if "expires_on" in vals:
            vals = {**vals, "reminded_days": 0}
        return super().write(vals)

    @api.model
    def _cron_remind(self, limit=100):
        """Scheduled action: remind whoever has units left that end soon."""
        self._work_through(self._today_domain(self._remind_domain), "_remind", limit)

    @api.model
    def _remind_domain(self, company, today):
        """Active packages for which one of the days has come, whose reminder has not been sent."""
        days = company._clinic_package_reminders() if company.clinic_tell_members else []
        left = [("cancelled", "=", False), ("units_left", ">", 0), ("partner_id.email", "!=", False)]
        stages = [
            [
                ("expires_on", ">=", today),
                ("expires_on", "<=", fields.Date.add(today, days=stage)),
                *["|", ("reminded_days", "=", 0), ("reminded_days", ">", stage)],
            ]
            for stage in days
        ]
        return fields.Domain(left) & fields.Domain.OR(stages)

    def _remind(self):
        template = self.env.ref("clinic_membership.mail_template_package_reminder", raise_if_not_found=False)
        if template:
            template.sudo().send_mail_batch(self.filtered("units_free").ids)
        for package in self:
            company = package.company_id
            left = (package.expires_on - company._clinic_today()).days
            stage = min(days for days in company._clinic_package_reminders() if days >= left)
            package.reminded_days = stage
        self._work_succeeded()

    def _tell_failure(self, reason):
        """Told on the package, where staff looks."""
        for package in self:
            package.message_post(body=self.env._("The reminder could not be sent: %s", reason))
