from odoo import fields, models


class ClinicCancelReason(models.Model):
    """Why members leave."""

    _name = "clinic.cancel.reason"
    _description = "Cancellation Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    question = fields.Char(
        translate=True, help="What staff asks the member who gives this reason, such as: What would have made you stay?"
    )
    note_required = fields.Boolean(
        string="Answer Required", help="The cancellation needs the member's words beside this reason."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
