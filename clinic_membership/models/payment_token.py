from odoo import fields, models


class PaymentToken(models.Model):
    _inherit = "payment.token"

    clinic_code = fields.Char(
        string="Refused For Good", readonly=True, help="The answer after which this card must not be charged again."
    )

    def _clinic_usable(self):
        """The cards that may be charged: active, and not lost, stolen or forbidden by their network."""
        return self.filtered(lambda token: token.active and not token.clinic_code)
