from odoo import fields, models


class AccountMove(models.Model):
    """A gift card or eWallet takes its amount off an invoice as a line of it; it pays all the same."""

    _inherit = "account.move"

    clinic_vouchers = fields.Monetary(
        string="Paid by Gift Card or eWallet",
        compute="_compute_clinic_refunded",
        store=True,
        help="Known once something is refunded.",
    )

    # two refunds at once both write this row: one is done again, and sees what the other has left
    _clinic_refunded_within_total = models.Constraint(
        "CHECK (COALESCE(clinic_refunded, 0) = 0 OR clinic_refunded <= amount_total + COALESCE(clinic_vouchers, 0))",
        "An invoice cannot be refunded more than once.",
    )

    def _compute_clinic_refunded(self):
        super()._compute_clinic_refunded()
        for invoice in self:
            invoice.clinic_vouchers = invoice._clinic_paid_by_voucher() if invoice.clinic_refunded else 0.0

    def _clinic_paid_by_voucher(self):
        """What gift cards and eWallets paid of this invoice; of a credit note, what it gave back to them."""
        sign = 1 if self.move_type == "out_invoice" else -1
        lines = self.invoice_line_ids.filtered(lambda line: line._clinic_is_voucher())
        return self.currency_id.round(sign * sum(lines.mapped("amount_currency")))

    def _clinic_paid(self, money_only=False):
        paid = super()._clinic_paid(money_only)
        return paid if money_only else self.currency_id.round(paid + self._clinic_paid_by_voucher())

    def _clinic_worth(self):
        """The total of what this document is about, however it was paid."""
        return self.amount_total + self._clinic_paid_by_voucher()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_is_voucher(self):
        return any(line._clinic_is_voucher() for line in self.sudo().sale_line_ids)
