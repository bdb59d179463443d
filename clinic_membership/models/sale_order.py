from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """Walk 1, its start: confirming an order creates what it sells."""

    _inherit = "sale.order"

    clinic_membership_ids = fields.One2many(related="order_line.clinic_membership_ids", string="Memberships")
    clinic_package_ids = fields.One2many(related="order_line.clinic_package_ids", string="Packages")
    clinic_membership_count = fields.Integer(string="Membership Count", compute="_compute_clinic_counts")
    clinic_package_count = fields.Integer(string="Package Count", compute="_compute_clinic_counts")
    clinic_can_redeem = fields.Boolean(compute="_compute_clinic_can_redeem")
    clinic_can_undo = fields.Boolean(compute="_compute_clinic_can_redeem")
    clinic_join_pricelist_id = fields.Many2one(
        "product.pricelist",
        compute="_compute_clinic_join_pricelist_id",
        help="The member price that a membership in this order gives to its other lines.",
    )

    @api.depends("order_line.clinic_membership_ids", "order_line.clinic_package_ids")
    def _compute_clinic_counts(self):
        for order in self:
            order.clinic_membership_count = len(order.order_line.clinic_membership_ids)
            order.clinic_package_count = len(order.order_line.clinic_package_ids)

    @api.depends("order_line.clinic_can_redeem", "order_line.clinic_redemption_id", "order_line.qty_invoiced")
    def _compute_clinic_can_redeem(self):
        for order in self:
            order.clinic_can_redeem = any(order.order_line.mapped("clinic_can_redeem"))
            paid = order.order_line.filtered("clinic_redemption_id")
            order.clinic_can_undo = any(not line.qty_invoiced for line in paid)

    @api.depends("order_line.product_id", "company_id.clinic_join_price")
    def _compute_clinic_join_pricelist_id(self):
        for order in self:
            sold = order.order_line.product_id.filtered(lambda product: product.service_tracking == "membership")
            tiers = (
                sold.membership_tier_id.sudo() if order.company_id.clinic_join_price else sold.membership_tier_id[:0]
            )
            order.clinic_join_pricelist_id = tiers.pricelist_id[:1]

    def _recompute_prices(self):
        """Whether a line may sell a trial is asked again, too."""
        self.order_line._compute_clinic_trial()
        super()._recompute_prices()

    def _action_confirm(self):
        result = super()._action_confirm()
        self.order_line._clinic_create_holdings()
        return result

    def _action_cancel(self):
        """Cancelling an order takes back what it sold and returns the units that paid for its lines."""
        lines = self.order_line.sudo()
        lines.clinic_redemption_ids.filtered(lambda redemption: redemption.state == "done")._undo()
        lines._clinic_cancel_holdings()
        return super()._action_cancel()

    def action_clinic_redeem(self):
        """Pay lines of this order with the patient's units."""
        self.ensure_one()
        lines = self.order_line.filtered("clinic_can_redeem")
        if not lines:
            raise UserError(
                self.env._(
                    "%s has no units for any line of this order that is not invoiced yet.", self.partner_id.display_name
                )
            )
        return lines[0].action_clinic_redeem()

    def action_view_clinic_memberships(self):
        """Open the memberships that this order sold."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_membership_action")
        return {**action, "domain": [("id", "in", self.order_line.clinic_membership_ids.ids)], "context": {}}

    def action_view_clinic_packages(self):
        """Open the packages that this order sold."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
        return {**action, "domain": [("id", "in", self.order_line.clinic_package_ids.ids)], "context": {}}
