from odoo import models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _is_applicable_for(self, product, qty_in_product_uom):
        """A rule for everything, or for a category, is a price for services: it does not make memberships cheaper."""
        general = self.applied_on in ("3_global", "2_product_category")
        if general and product.service_tracking == "membership" and self.pricelist_id.clinic_members_only:
            return False
        return super()._is_applicable_for(product, qty_in_product_uom)
