from odoo import api, fields, models


class ClinicMembership(models.Model):
    """A membership that was sold at the till: it was paid there, and renews by invoice like others."""

    _inherit = "clinic.membership"

    pos_line_id = fields.Many2one(
        "pos.order.line",
        string="Till Line",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    pos_order_id = fields.Many2one(related="pos_line_id.order_id", string="Till Order")

    _pos_line_unique = models.UniqueIndex(
        "(pos_line_id) WHERE pos_line_id IS NOT NULL", "This till line has its membership already."
    )

    def _start_values(self):
        """The first period was billed by the till."""
        values = super()._start_values()
        if line := self.sudo().pos_line_id:
            values.update(amount=line._clinic_price_paid(), invoice_id=line.order_id.account_move.id)
        return values


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    @api.depends("membership_id.pos_line_id")
    def _compute_payment_state(self):
        """What the till took without an invoice is in its session's entry."""
        super()._compute_payment_state()
        for period in self.filtered(lambda period: period.payment_state == "draft" and period.is_first):
            if period.membership_id.sudo().pos_line_id:
                period.payment_state = "paid"
