from odoo import fields, models

from ..tools import money


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

    def _clinic_voucher_lines(self):
        return self.invoice_line_ids.filtered(lambda line: line._clinic_is_voucher())

    def _clinic_parts(self):
        """Vouchers are no part of what was sold, nor is the tax that they take off, having been taxed when sold."""
        result = super()._clinic_parts()
        for line in self._clinic_voucher_lines():
            for tax, cents in line._clinic_tax_in_cents():
                key = (tax.id, 0, 0, ())
                before = result.get(key) or (0, self.env["account.move.line"].new(self._clinic_tax_values(tax)))
                result[key] = (before[0] - cents, before[1])
        return result

    def _clinic_tax_values(self, tax):
        """A tax that a document would have, if vouchers had not taken all of it off."""
        account = tax.invoice_repartition_line_ids.account_id[:1]
        return {"display_type": "tax", "tax_line_id": tax.id, "name": tax.name, "account_id": account.id}

    def _clinic_paid_by_voucher(self):
        """What gift cards and eWallets paid of this invoice; of a credit note, what it gave back to them."""
        if not self._clinic_voucher_lines():
            return 0.0
        return self.currency_id.round(self._clinic_sum(self._clinic_parts().values()) - self.amount_total)

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

    def _clinic_tax_in_cents(self):
        """[(tax, cents)] of this line alone."""
        taxes, company = self.env["account.tax"], self.company_id
        base_line = self.move_id._prepare_product_base_line_for_taxes_computation(self)
        taxes._add_tax_details_in_base_line(base_line, company)
        taxes._round_base_lines_tax_details([base_line], company)
        return [
            (data["tax"], money.to_cents(data["tax_amount_currency"], self.currency_id.rounding))
            for data in base_line["tax_details"]["taxes_data"]
        ]
