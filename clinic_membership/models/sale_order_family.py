from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """Nobody is asked to pay, online or at the desk, who is a minor."""

    _inherit = "sale.order"

    def _clinic_minor_payer(self):
        """The minor to whom an order with a membership or a package would be invoiced; else none."""
        self.ensure_one()
        sold = self.order_line.product_id.filtered(lambda p: p.service_tracking in ("membership", "package"))
        return sold and self.partner_invoice_id._clinic_minors(self.company_id) or self.partner_invoice_id[:0]

    def _check_clinic_payer(self):
        for order in self:
            if minor := order._clinic_minor_payer():
                raise UserError(minor._clinic_minor_refusal())

    def action_quotation_send(self):
        """Refused before a minor could pay or sign online."""
        self._check_clinic_payer()
        return super().action_quotation_send()

    def action_quotation_sent(self):
        self._check_clinic_payer()
        return super().action_quotation_sent()

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._clinic_minor_payer()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._clinic_minor_payer()


class SaleOrderLine(models.Model):
    """The family plan that the buyer of a membership leaves for it."""

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
        self.order_id._check_clinic_payer()
        self._check_clinic_leaves()
        return super()._clinic_create_holdings()

    def _check_clinic_leaves(self):
        """The customer of the order may have been changed since the line was made."""
        for line in self.filtered("clinic_leaves_member_id"):
            person = line.clinic_leaves_member_id.sudo().partner_id
            if person != line.order_id.partner_id:
                raise UserError(
                    self.env._(
                        "This order is for %(patient)s, but it ends the place of %(person)s in a family plan. "
                        "Sell it from the Family tab, with 'Own Membership' beside the person who leaves.",
                        patient=line.order_id.partner_id.display_name,
                        person=person.display_name,
                    )
                )

    def _prepare_clinic_membership(self):
        return {**super()._prepare_clinic_membership(), "leaves_member_id": self.clinic_leaves_member_id.id}
