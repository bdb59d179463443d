from odoo import api, models


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    @api.model
    def _is_tokenization_required(self, sale_order_id=None, **kwargs):
        """Paying an order that sells a membership stores the card: the renewals are charged to it."""
        order = self.env["sale.order"].sudo().browse(sale_order_id).exists()
        if order.order_line.filtered(lambda line: line.product_id.service_tracking == "membership"):
            return True
        return super()._is_tokenization_required(sale_order_id=sale_order_id, **kwargs)
