from odoo import fields, models


class SaleOrder(models.Model):
    """The patient agrees to the terms of a membership with the quotation: by signing it, or by its confirmation."""

    _inherit = "sale.order"

    def _clinic_terms(self):
        """The terms of every membership in this order, also for a patient who may not read memberships.

        :return: a list of (what is sold, list of (heading, text))
        """
        lines = self.sudo().order_line.filtered(lambda line: line._clinic_sells_membership())
        return [(line.product_id.display_name, line._clinic_terms()) for line in lines]

    def write(self, vals):
        """A signature keeps the terms it stands under; taking the signature away lets them go."""
        result = super().write(vals)
        if "signed_on" in vals:
            lines = self.sudo().order_line
            lines.clinic_kept_terms = False
            if vals["signed_on"]:
                lines._clinic_keep_terms()
        return result

    def _action_confirm(self):
        result = super()._action_confirm()
        self.sudo().order_line._clinic_keep_terms()
        return result


class SaleOrderLine(models.Model):
    """The terms of the membership that a line sells."""

    _inherit = "sale.order.line"

    clinic_kept_terms = fields.Json(
        string="Terms as Agreed", copy=False, readonly=True, help="In the words that the patient read and signed."
    )

    def _clinic_sells_membership(self):
        product = self.product_id
        return not self.display_type and product.service_tracking == "membership" and bool(product.membership_tier_id)

    def _clinic_keep_terms(self):
        """Keep the words that were agreed: neither the tier nor the contract change them later."""
        for line in self.filtered(lambda line: line._clinic_sells_membership() and not line.clinic_kept_terms):
            line.clinic_kept_terms = line.with_context(lang=line.order_id.partner_id.lang)._clinic_terms()

    def _clinic_terms(self):
        """The terms as agreed; before that, as they would be today."""
        return self.clinic_kept_terms or self._clinic_contract()._agreement_in_words()

    def _clinic_contract(self):
        """The membership of this line, or the one that confirming the order would create, not saved."""
        memberships = self.env["clinic.membership"].sudo().with_company(self.company_id)
        return self.clinic_membership_ids[:1] or memberships.new(self._prepare_clinic_membership())
