from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    clinic_join_pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Member Price It Brings",
        compute="_compute_clinic_join_pricelist_id",
        help="A plan on a ticket gives its member price to the other lines.",
    )

    @api.depends("membership_tier_id.pricelist_id", "membership_tier_id.company_id.clinic_join_price")
    def _compute_clinic_join_pricelist_id(self):
        for template in self:
            tier = template.sudo().membership_tier_id if template.service_tracking == "membership" else False
            template.clinic_join_pricelist_id = tier and tier.company_id.clinic_join_price and tier.pricelist_id

    @api.model
    def _load_pos_data_fields(self, config_id):
        return [*super()._load_pos_data_fields(config_id), "clinic_join_pricelist_id"]
