from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    clinic_waiting_ids = fields.One2many("clinic.visit.line", "waits_for_id", string="Services That Wait For It")

    def _clinic_holdings_ready(self):
        """What was sold pays for the services of the same checkout that waited for it."""
        super()._clinic_holdings_ready()
        for line in self.sudo().clinic_waiting_ids.filtered(lambda line: line.state == "waiting"):
            line._apply_what_was_sold()
