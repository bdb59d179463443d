from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """Packages that are bought for others: a code for each."""

    _inherit = "sale.order.line"

    clinic_with_codes = fields.Boolean(
        string="With Codes", help="Each package gets a code, to be redeemed by whoever the customer gives it to."
    )

    def _clinic_create_holdings(self):
        result = super()._clinic_create_holdings()
        for line in self.filtered("clinic_with_codes"):
            line.sudo().clinic_package_ids.filtered(lambda package: not package.code_ids)._make_codes("bulk")
        return result

    def _clinic_cancel_holdings(self):
        if gone := self.clinic_package_ids.code_ids.filtered(lambda code: code.state == "redeemed"):
            raise UserError(
                self.env._(
                    "%(package)s was given to %(who)s, so the order cannot be cancelled.",
                    package=gone[:1].package_id.display_name,
                    who=gone[:1].redeemed_by_id.display_name,
                )
            )
        return super()._clinic_cancel_holdings()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    clinic_code_ids = fields.One2many("clinic.code", "sale_order_id", string="Codes")
    clinic_code_count = fields.Integer(string="Code Count", compute="_compute_clinic_code_count")

    @api.depends("clinic_code_ids")
    def _compute_clinic_code_count(self):
        rows = (
            self.env["clinic.code"]
            .sudo()
            ._read_group([("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"])
        )
        counts = dict(rows)
        for order in self:
            order.clinic_code_count = counts.get(order, 0)

    def action_view_clinic_codes(self):
        """Open the codes that this order sold: to print, to export, to see who used them."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_code_action")
        return {**action, "domain": [("sale_order_id", "in", self.ids)], "context": {"create": False}}

    def _clinic_send_codes(self):
        """E-mail who bought codes the list of those that can still be handed out.

        :raises UserError: no e-mail address, or nothing to hand out
        """
        template = self.env.ref("clinic_membership.mail_template_codes")
        for order in self:
            if not order.partner_id.email:
                raise UserError(
                    self.env._("%s has no e-mail address. Enter one, or print the list.", order.partner_id.display_name)
                )
            codes = order.sudo().clinic_code_ids.filtered(lambda code: code.state in ("waiting", "ready"))
            if not codes:
                raise UserError(self.env._("No code of %s can still be handed out.", order.name))
            # of no document: codes are as good as money, and a chatter is read by many
            template.sudo().send_mail(order.id, email_values={"model": False, "res_id": False})
            words = {"count": len(codes), "email": order.partner_id.email}
            order.message_post(body=self.env._("The list of %(count)s codes was e-mailed to %(email)s.", **words))
