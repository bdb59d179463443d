from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.clinic_membership.tools import money


class ClinicPackage(models.Model):
    """A package that was sold at the till: its price is what the till's order books."""

    _inherit = "clinic.package"

    pos_line_id = fields.Many2one(
        "pos.order.line",
        string="Till Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    pos_order_id = fields.Many2one(related="pos_line_id.order_id", string="Till Order")

    def _take_price(self):
        """Price and balance came with the till line; there may never be an invoice."""
        if not self.pos_line_id:
            super()._take_price()

    def _sold_together(self):
        return self.sudo().pos_line_id.clinic_package_ids if self.pos_line_id else super()._sold_together()

    def _invoice_lines(self):
        """Of a till order that was invoiced, the invoice's line of this product and quantity."""
        line = self.sudo().pos_line_id
        if not line:
            return super()._invoice_lines()
        return line.order_id.account_move.invoice_line_ids.filtered(
            lambda sold: (
                sold.parent_state == "posted" and sold.product_id == line.product_id and sold.quantity == line.qty
            )
        )[:1]

    def _invoiced_shares(self):
        if not self.pos_line_id:
            return super()._invoiced_shares()
        line, together = self._refund_invoice_line(), self._sold_together().sorted("id")
        cents = money.to_cents(-line.amount_currency, self.currency_id.rounding)
        return {line: money.spread(cents, [1] * len(together))[together.ids.index(self.id)]} if line else {}

    def _check_refund(self, *args, **kwargs):
        if self.pos_line_id and self.units_left and not self._invoice_lines():
            raise UserError(
                self.env._(
                    "%(package)s was sold at the till and not invoiced. Refund it at the till while nothing is used, "
                    "or invoice till order %(order)s first.",
                    package=self.display_name,
                    order=self.sudo().pos_order_id.name,
                )
            )
        super()._check_refund(*args, **kwargs)
