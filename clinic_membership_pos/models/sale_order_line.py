from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """A line of a sales order that a till settles: what tills need to know of the units that paid for it."""

    _inherit = "sale.order.line"

    clinic_till = fields.Json(
        string="Units at the Till", compute="_compute_clinic_till", groups="point_of_sale.group_pos_user"
    )

    @api.depends("clinic_redemption_id")
    @api.depends_context("lang")
    def _compute_clinic_till(self):
        for line in self:
            paid = line.sudo().clinic_redemption_id
            words = {"units": paid.quantity, "words": paid._receipt_words(), "patient": paid.partner_id.id}
            line.clinic_till = paid and words

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "clinic_till"]

    def _clinic_till_returns(self, units):
        """A till gave back some of the units that paid for this line; if they are back already, nothing is left to do.

        :param units: how many
        """
        if units > 0 and (paid := self.clinic_redemption_id):
            paid._pay_for_fewer(max(paid.quantity - units, 0))
