from odoo import api, fields, models

from ..tools import periods


class ClinicPause(models.TransientModel):
    """Preview a pause, then do what was shown."""

    _name = "clinic.pause"
    _description = "Pause a Membership"
    _inherit = ["clinic.preview"]

    start = fields.Selection(
        [("today", "Today"), ("renewal", "The next renewal")], string="Pause From", required=True, default="today"
    )
    months = fields.Integer(default=1, required=True)

    @api.depends("membership_id", "start", "months")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return self.membership_id and self.months > 0

    def _describe(self):
        membership, day = self.membership_id, self._day
        start = membership._check_pause(self.months, self.start == "renewal")
        end = periods.Interval("month", self.months).after(start)
        renewal = fields.Date.add(membership.next_renewal, days=(end - start).days)
        return [
            self.env._("Paused from %(start)s; resumes on %(end)s.", start=day(start), end=day(end)),
            self.env._("The renewal of %s is not charged.", day(membership.next_renewal)),
            self.env._("Unused benefits are kept; the next renewal is on %s.", day(renewal)),
            self.env._("Packages can be used during the pause."),
        ]

    def action_confirm(self):
        """Pause as shown."""
        self._confirmed()._pause(self.months, at_renewal=self.start == "renewal")
        return {"type": "ir.actions.act_window_close"}
