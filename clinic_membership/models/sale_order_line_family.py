from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """Who may pay for what a line sells, and the family plan that its buyer leaves for it."""

    _inherit = "sale.order.line"

    clinic_leaves_member_id = fields.Many2one(
        "clinic.membership.member",
        string="Leaves Family Plan",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The patient stays under this family plan until the membership of this line starts.",
    )

    def _clinic_create_holdings(self):
        """Not for a minor who would pay."""
        sold = self.filtered(lambda line: line.product_id.service_tracking in ("membership", "package"))
        for order in sold.order_id:
            if minors := order.partner_invoice_id._clinic_minors(order.company_id):
                raise UserError(minors._clinic_minor_refusal())
        return super()._clinic_create_holdings()

    def _prepare_clinic_membership(self):
        member = self.clinic_leaves_member_id.sudo()
        if member and member.partner_id != self.order_id.partner_id:
            raise UserError(
                self.env._(
                    "This order is for %(patient)s, but it ends the place of %(person)s in a family plan. "
                    "Sell it from the Family tab of the person who leaves.",
                    patient=self.order_id.partner_id.display_name,
                    person=member.display_name,
                )
            )
        return {**super()._prepare_clinic_membership(), "leaves_member_id": member.id}
