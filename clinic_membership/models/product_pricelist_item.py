from odoo import models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _is_applicable_for(self, product, qty_in_product_uom):
        """A rule for everything, or for a category, is a price for services: it does not make memberships cheaper."""
        if product.service_tracking == "membership" and self.applied_on in ("3_global", "2_product_category"):
            members = self.env["clinic.membership.tier"].sudo()
            if members.search_count([("pricelist_id", "=", self.pricelist_id.id)], limit=1):
                return False
        return super()._is_applicable_for(product, qty_in_product_uom)
