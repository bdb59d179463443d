from odoo import fields, models


class ResCompany(models.Model):
    """What the clinic does when patients do not come."""

    _inherit = "res.company"

    clinic_no_show = fields.Selection(
        [("ask", "Ask each time"), ("forfeit", "Forfeit the units"), ("keep", "Keep the units")],
        string="No-Shows and Late Cancellations",
        required=True,
        default="ask",
        help="What becomes of the units that would have paid for the visit.",
    )
    clinic_late_cancel_hours = fields.Integer(
        string="Late Cancellation (hours)", default=24, help="Cancelled later than so many hours before is too late."
    )

    _clinic_late_cancel_not_negative = models.Constraint(
        "CHECK (clinic_late_cancel_hours >= 0)", "The hours of a late cancellation cannot be negative."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clinic_no_show = fields.Selection(related="company_id.clinic_no_show", readonly=False)
    clinic_late_cancel_hours = fields.Integer(related="company_id.clinic_late_cancel_hours", readonly=False)
