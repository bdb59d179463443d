from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """A line that units pay for: its price is 0; and the member price from the first order."""

    _inherit = "sale.order.line"

    clinic_redemption_ids = fields.One2many("clinic.redemption", "sale_line_id", string="Redemptions")
    clinic_redemption_id = fields.Many2one(
        "clinic.redemption",
        string="Paid With Units",
        compute="_compute_clinic_redemption_id",
        store=True,
        precompute=True,
    )
    clinic_can_redeem = fields.Boolean(compute="_compute_clinic_can_redeem")

    @api.depends("clinic_redemption_ids.state")
    def _compute_clinic_redemption_id(self):
        for line in self:
            line.clinic_redemption_id = line.clinic_redemption_ids.filtered(lambda r: r.state == "done")[:1]

    @api.depends("product_id", "order_id.partner_id", "clinic_redemption_id", "qty_invoiced", "state")
    def _compute_clinic_can_redeem(self):
        for line in self:
            line.clinic_can_redeem = line._clinic_open_for_units() and bool(
                line.order_id.partner_id.sudo()._clinic_grants(line.product_id, line.company_id)
            )

    def _clinic_open_for_units(self):
        """Whether units could still pay for this line."""
        return bool(
            self.product_id
            and self.order_id.partner_id
            and not self.display_type
            and not self.clinic_redemption_id
            and not self.qty_invoiced
            and self.state != "cancel"
            and self.product_id.service_tracking not in ("membership", "package")
        )

    # === the price === #

    @api.depends("clinic_redemption_id", "order_id.clinic_join_pricelist_id")
    def _compute_price_unit(self):
        paid = self.filtered("clinic_redemption_id")
        paid.update({"price_unit": 0.0, "technical_price_unit": 0.0})
        return super(SaleOrderLine, self - paid)._compute_price_unit()

    @api.depends("clinic_redemption_id", "order_id.clinic_join_pricelist_id")
    def _compute_discount(self):
        paid = self.filtered("clinic_redemption_id")
        paid.discount = 0.0
        return super(SaleOrderLine, self - paid)._compute_discount()

    @api.model_create_multi
    def create(self, vals_list):
        """Lines created together were priced one by one: now that all are there, the member price can join."""
        lines = super().create(vals_list)
        joined = lines.order_id.filtered("clinic_join_pricelist_id").order_line
        new = {
            line for line, vals in zip(lines, vals_list, strict=True) if not {"price_unit", "discount"} & vals.keys()
        }
        others = joined.filtered(lambda line: line in new or line not in lines)
        others._compute_price_unit()
        others._compute_discount()
        return lines

    @api.depends("order_id.clinic_join_pricelist_id")
    def _compute_pricelist_item_id(self):
        """A membership in the order gives its member price to the other lines, where that is the better one."""
        result = super()._compute_pricelist_item_id()
        for line in self.filtered(lambda line: line.product_id and not line.display_type):
            joining = line.order_id.clinic_join_pricelist_id
            if joining and line.product_id.service_tracking != "membership":
                line._clinic_take_better_rule(joining)
        return result

    def _clinic_take_better_rule(self, pricelist):
        rule = pricelist._get_product_rule(product=self.product_id, **self._get_pricelist_kwargs())
        current = self.pricelist_item_id
        if not rule or rule == current.id:
            return
        kwargs = {"product": self.product_id, **self._get_pricelist_kwargs()}
        candidate = current.browse(rule)
        if candidate._compute_price(**kwargs) < current._compute_price(**kwargs):
            self.pricelist_item_id = candidate

    def _get_display_price_ignore_combo(self):
        """Odoo shows a discount only on orders with a pricelist; on others the joining member price is net."""
        if self.pricelist_item_id and not self.order_id.pricelist_id:
            return self._get_pricelist_price()
        return super()._get_display_price_ignore_combo()

    # === paying with units === #

    def action_clinic_redeem(self):
        """Open the wizard that pays this line with units."""
        self.ensure_one()
        return self.order_id.partner_id._clinic_redeem_action(
            self.company_id,
            product_id=self.product_id.id,
            quantity=int(self.product_uom_qty),
            sale_line_id=self.id,
        )

    def action_clinic_undo_redeem(self):
        """Return the units of this line and charge it again."""
        self.clinic_redemption_id.action_undo()

    def _clinic_pay_with_units(self, quantity, day, preferred=None):
        """Redeem ``quantity`` units for this line; what they do not cover becomes a line of its own, at its price.

        :return: the redemption
        """
        self.ensure_one()
        if not self._clinic_open_for_units():
            raise UserError(self.env._("%s is invoiced or paid with units already.", self.display_name))
        if quantity > self.product_uom_qty:
            raise UserError(self.env._("The line has only %s units to pay for.", self.product_uom_qty))
        if quantity < self.product_uom_qty:
            self.copy({"order_id": self.order_id.id, "product_uom_qty": self.product_uom_qty - quantity})
            self.product_uom_qty = quantity
        return self.env["clinic.redemption"]._redeem(
            self.order_id.partner_id, self.product_id, quantity, day, self.company_id, source=self, preferred=preferred
        )

    def _clinic_units_returned(self):
        """The units went back: the price is the patient's ordinary one again."""
        for line in self.filtered(lambda line: line.state != "cancel" and not line.qty_invoiced):
            line.with_context(force_price_recomputation=True)._compute_price_unit()
            line._compute_discount()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_paid_with_units(self):
        if paid := self.filtered("clinic_redemption_id"):
            raise UserError(self.env._("Units paid for %s. Undo the redemption first.", paid[:1].display_name))
