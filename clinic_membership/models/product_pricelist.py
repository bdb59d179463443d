from odoo import api, fields, models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    clinic_members_only = fields.Boolean(
        string="For Members Only",
        help="Belongs to a membership tier: nobody else gets it by default, and it does not make memberships cheaper.",
    )

    def _get_partner_pricelist_multi_search_domain_hook(self, company_id):
        """A member pricelist must never become the default of everybody else."""
        domain = super()._get_partner_pricelist_multi_search_domain_hook(company_id)
        return [*domain, ("clinic_members_only", "=", False)]

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
        company = self.env.company.sudo()
        live = self.env["clinic.membership"].sudo()._live_for(partners, company, company.clinic_paused_price)
        return {
            partner: min(pricelists, key=lambda pricelist: (-pricelist._best_percent(), pricelist.id)).with_env(
                self.env
            )
            for partner, memberships in live.items()
            if (pricelists := memberships.pricelist_id.filtered("active"))
        }

    def _simple_percent(self):
        """The discount of a pricelist that is nothing but a discount on everything; else 0."""
        items = self.sudo().item_ids
        simple = len(items) == 1 and items.applied_on == "3_global" and items.compute_price == "percentage"
        return items.percent_price if simple else 0.0

    def _best_percent(self):
        """How good a pricelist is at a glance: its largest general discount."""
        general = self.item_ids.filtered(lambda item: item.applied_on == "3_global")
        return max((item.percent_price or item.price_discount for item in general), default=0.0)
