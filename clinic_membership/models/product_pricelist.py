from odoo import api, models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    @api.model
    def _get_partner_pricelist_multi(self, partner_ids):
        """Members get their tier's pricelist while the membership is live; nothing is written on the partner."""
        result = super()._get_partner_pricelist_multi(partner_ids)
        if not self.env["res.groups"]._is_feature_enabled("product.group_product_pricelist"):
            return result
        for partner, pricelist in self._get_member_pricelists(partner_ids).items():
            result[partner.id] = pricelist
        return result

    @api.model
    def _get_member_pricelists(self, partner_ids):
        """The pricelist each of these partners has as a member of the current company, best discount first."""
        partners = self.env["res.partner"].browse(partner_ids)
        if self.env.company.clinic_manual_pricelist_wins:
            partners = partners.filtered(lambda partner: not partner.specific_property_product_pricelist)
        live = self.env["clinic.membership"].sudo()._live_for(partners, self.env.company)
        return {
            partner: min(pricelists, key=lambda pricelist: (-pricelist._best_percent(), pricelist.id)).with_env(self.env)
            for partner, memberships in live.items()
            if (pricelists := memberships.pricelist_id.filtered("active"))
        }

    def _best_percent(self):
        """How good a pricelist is at a glance: its largest general discount."""
        general = self.item_ids.filtered(lambda item: item.applied_on == "3_global")
        return max((item.percent_price or item.price_discount for item in general), default=0.0)
