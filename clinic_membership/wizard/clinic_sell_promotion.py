from odoo import api, fields, models

# not coupons: who has none cannot take what they give
PROMOTIONS = ("promotion", "promo_code", "buy_x_get_y")


class ClinicSell(models.TransientModel):
    """What is on offer is said at the desk, and taken on an order, where Odoo's promotions are."""

    _inherit = "clinic.sell"

    promotions = fields.Char(
        string="On Offer", compute="_compute_promotions", help="Running promotions on what is sold, by their names."
    )

    @api.depends("product_id", "partner_id", "company_id")
    def _compute_promotions(self):
        for wizard in self:
            found = wizard.product_id and wizard.partner_id and wizard._running_promotions()
            wizard.promotions = ", ".join(found.mapped("name")) if found else False

    def _running_promotions(self):
        """Odoo's promotions that a quotation of today could take for what is sold, and that have uses left."""
        running = fields.Domain(self._draft_order()._get_program_domain())
        programs = self.env["loyalty.program"].sudo().search(running & fields.Domain("program_type", "in", PROMOTIONS))
        left = programs.filtered(
            lambda program: not program.limit_usage or program.total_order_count < program.max_usage
        )
        return left.filtered(lambda program: any(program._get_valid_products(self.product_id).values()))

    def action_sell_by_order(self):
        """Make a quotation of it, with the promotion where there is nothing to choose, and open it."""
        self.ensure_one()
        order = self._without_defaults()._make_order()
        order.action_open_reward_wizard()  # takes the only reward; several are chosen on the order
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_quotations_with_onboarding")
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": order.id, "context": {}}
