from odoo import models

# which event tells the member what; each template can be changed under Settings > Technical > Email Templates
TEMPLATES = {
    "new": "welcome",
    "trial": "welcome",
    "win_back": "welcome",
    "upgrade": "changed",
    "downgrade": "changed",
    "change": "changed",
    "add_on": "add_on",
    "pause": "paused",
    "resume": "resumed",
    "pause_planned": "pause_planned",
    "pause_forgotten": "unscheduled",
    "schedule": "scheduled",
    "unschedule": "unscheduled",
    "cancel": "cancelled",
    "undo_cancel": "undo_cancel",
    "cancelled": "ended",
    "ended": "ended",
}


class ClinicMembership(models.Model):
    """Members are told what happens to their membership, in their language."""

    _inherit = "clinic.membership"

    def _log(self, event, note=""):
        """Note the event, and tell the member where the clinic wants it."""
        logs = super()._log(event, note)
        if name := TEMPLATES.get(event):
            untold = self.filtered(lambda m: not m._told_of_end()) if event == "cancelled" else self
            untold._tell(f"clinic_membership.mail_template_{name}")
        return logs

    def _told_of_end(self):
        """Whether the member has heard of the end already, when it was cancelled for a later day."""
        asked = self.log_ids.filtered(lambda log: log.event in ("cancel", "undo_cancel")).sorted("id")[-1:]
        return asked.event == "cancel"

    def _tell(self, xml_id):
        """Put an e-mail to each member into the queue; a template that was deleted tells nothing."""
        template = self.env.ref(xml_id, raise_if_not_found=False)
        told = self.filtered(lambda membership: membership.company_id.clinic_tell_members and membership.payer_id.email)
        if template and told:
            template.sudo().send_mail_batch(told.ids)
