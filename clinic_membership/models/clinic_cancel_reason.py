from odoo import fields, models


class ClinicCancelReason(models.Model):
    """Why members leave."""

    _name = "clinic.cancel.reason"
    _description = "Cancellation Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
