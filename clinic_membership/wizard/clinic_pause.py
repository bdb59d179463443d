from odoo import api, fields, models

from ..tools import periods


class ClinicPause(models.TransientModel):
    """Preview a pause, then do what was shown."""

    _name = "clinic.pause"
    _description = "Pause a Membership"

    membership_id = fields.Many2one("clinic.membership", required=True)
    start = fields.Selection(
        [("today", "Today"), ("renewal", "The next renewal")], string="Pause From", required=True, default="today"
    )
    months = fields.Integer(default=1, required=True)
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("membership_id", "start", "months")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard.months > 0 and wizard._describe()

    def _describe(self):
        membership = self.membership_id
        day = self.env["ir.qweb.field.date"].value_to_html
        start = membership.next_renewal if self.start == "renewal" else membership.company_id._clinic_today()
        end = periods.Interval("month", self.months).after(start)
        renewal = fields.Date.add(membership.next_renewal, days=(end - start).days)
        return "\n".join(
            [
                self.env._("Paused from %(start)s; resumes on %(end)s.", start=day(start, {}), end=day(end, {})),
                self.env._("The renewal of %s is not charged.", day(membership.next_renewal, {})),
                self.env._("Unused benefits are kept; the next renewal is on %s.", day(renewal, {})),
                self.env._("Packages can be used during the pause."),
            ]
        )

    def action_confirm(self):
        """Pause as shown."""
        self.ensure_one()
        self.membership_id.check_access("write")
        self.membership_id.sudo()._pause(self.months, at_renewal=self.start == "renewal")
        return {"type": "ir.actions.act_window_close"}
