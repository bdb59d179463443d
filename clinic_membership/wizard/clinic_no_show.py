from odoo import api, fields, models


class ClinicNoShow(models.TransientModel):
    """Nobody came, or it was cancelled too late: are the units that would have paid forfeited?"""

    _name = "clinic.no.show"
    _description = "No-Show or Late Cancellation"

    event_id = fields.Many2one("calendar.event", string="Appointment", required=True, readonly=True)
    state = fields.Selection([("no_show", "No-Show"), ("late_cancel", "Late Cancellation")], required=True)
    forfeit = fields.Selection(
        [("keep", "The patient keeps the units"), ("forfeit", "The units are forfeited")],
        string="Units",
        required=True,
        default="keep",
    )
    preview = fields.Text(compute="_compute_preview")

    @api.depends("event_id")
    def _compute_preview(self):
        for wizard in self:
            lines = wizard.event_id._clinic_forfeitable()
            wizard.preview = "\n".join(f"{line.quantity} {line.product_id.name}: {line.holding}" for line in lines)

    def action_confirm(self):
        """Close the appointment as chosen."""
        event = self.event_id
        event._clinic_check(("booked", "arrived"))
        event.sudo()._clinic_close_without_visit(self.state, forfeit=self.forfeit == "forfeit")
        return {"type": "ir.actions.act_window_close"}
