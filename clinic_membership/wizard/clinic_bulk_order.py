from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ClinicBulkOrder(models.TransientModel):
    """Packages for the people of a company: a quotation, and a code for each package when it is confirmed."""

    _name = "clinic.bulk.order"
    _description = "Create Bulk Order"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", compute="_compute_amounts")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True)
    product_id = fields.Many2one(
        "product.product",
        string="Package",
        required=True,
        check_company=True,
        domain=[("service_tracking", "=", "package"), ("sale_ok", "=", True)],
    )
    quantity = fields.Integer(default=10, required=True)
    discount = fields.Float(string="Bulk Discount (%)", digits="Discount")
    amount = fields.Monetary(string="Total Before Tax", compute="_compute_amounts")
    each = fields.Monetary(compute="_compute_amounts")

    @api.depends("partner_id", "product_id", "quantity", "discount", "company_id")
    def _compute_amounts(self):
        for wizard in self:
            order = wizard._draft_order() if wizard.product_id and wizard.quantity > 0 else self.env["sale.order"]
            wizard.currency_id = order.currency_id or wizard.company_id.currency_id
            wizard.amount = order.amount_untaxed
            wizard.each = order and order.amount_untaxed / wizard.quantity

    def _draft_order(self):
        """The order as it would be, not saved."""
        return self.env["sale.order"].with_company(self.company_id).new(self._prepare_order())

    def _prepare_order(self):
        line = {"product_id": self.product_id.id, "product_uom_qty": self.quantity, "clinic_with_codes": True}
        if self.discount:
            line["discount"] = self.discount
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "order_line": [Command.create(line)],
        }

    def action_create(self):
        """Make the quotation and open it."""
        self.ensure_one()
        if self.quantity < 1:
            raise UserError(self.env._("Order at least one package."))
        if not 0 <= self.discount <= 100:
            raise UserError(self.env._("A discount is between 0 and 100 percent."))
        order = self.env["sale.order"].with_company(self.company_id).create(self._prepare_order())
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_quotations")
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": order.id, "context": {}}
