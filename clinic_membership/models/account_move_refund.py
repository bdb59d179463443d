from odoo import api, fields, models


class AccountMove(models.Model):
    """What of an invoice was paid, and what of it can be refunded."""

    _inherit = "account.move"

    clinic_refund_ids = fields.One2many("clinic.refund", "invoice_id", string="Refunds")
    clinic_refunded = fields.Monetary(
        string="Refunded",
        compute="_compute_clinic_refunded",
        store=True,
        help="By refunds of memberships and packages, those under way included.",
    )

    @api.depends("clinic_refund_ids.amount", "clinic_refund_ids.state")
    def _compute_clinic_refunded(self):
        for invoice in self:
            counted = invoice.clinic_refund_ids.filtered(lambda refund: refund.state != "failed")
            invoice.clinic_refunded = sum(counted.mapped("amount"))

    def _clinic_sold(self):
        """The memberships and the packages that this invoice bills."""
        sold, periods = self.invoice_line_ids.sale_line_ids, self.clinic_period_ids | self.clinic_adjusted_period_id
        return periods.membership_id | sold.clinic_membership_ids, sold.clinic_package_ids

    # === what was paid === #

    def _clinic_payments(self):
        """What paid this invoice, in its own currency.

        :return: [(payment or none, amount)]: none where credit paid. Write-offs and entries by hand are no payment.
        """
        self.ensure_one()
        result = []
        for _partial, amount, line in self._get_reconciled_invoices_partials()[0]:
            payment, entry = line.move_id.origin_payment_id, line.move_id
            if payment:
                result.append((payment, self.currency_id.round(amount * payment._clinic_share_of_money())))
            elif entry._clinic_pays():
                result.append((payment, amount))
        return result

    def _clinic_pays(self):
        """Whether this entry without a payment pays what it is reconciled with: a bank statement, or a credit note."""
        return bool(self.statement_line_id) or self.is_invoice(include_receipts=True)

    def _clinic_paid(self, money_only=False):
        """What was paid of this invoice, by money or credit; or by money only."""
        payments = self._clinic_payments()
        return self.currency_id.round(sum(amount for payment, amount in payments if payment or not money_only))

    # === what can be refunded === #

    def _clinic_credit_notes(self):
        """The posted credit notes of this invoice, those made by hand included."""
        return self.reversal_move_ids.filtered(lambda move: move.move_type == "out_refund" and move.state == "posted")

    def _clinic_refundable(self):
        """What can still be refunded: what was paid, less everything that was given back.

        Credit for a change of plan counts against all invoices of its period and payer.
        """
        self.ensure_one()
        period = self.clinic_period_ids[:1] or self.clinic_adjusted_period_id
        documents = (period.invoice_id | period.adjustment_ids).filtered(
            lambda move: move.state == "posted" and move.commercial_partner_id == self.commercial_partner_id
        )
        prorated = documents.filtered(lambda move: move.move_type == "out_refund" and not move.reversed_entry_id)
        own = self._clinic_left()
        if not prorated:
            return own
        together = sum(invoice._clinic_left() for invoice in documents.filtered(lambda m: m.move_type == "out_invoice"))
        return max(min(own, self.currency_id.round(together - sum(prorated.mapped("amount_total")))), 0.0)

    def _clinic_left(self):
        """Of this invoice alone: what was paid, less its credit notes and the refunds under way."""
        if self.move_type != "out_invoice" or self.state != "posted":
            return 0.0
        under_way = self.clinic_refund_ids.filtered(lambda refund: refund.state in refund._UNDER_WAY)
        notes = self._clinic_credit_notes()
        ours = notes & self.clinic_refund_ids.credit_note_id
        by_hand = sum(note._clinic_worth() for note in notes - ours)
        given_back = sum(note._clinic_worth() for note in ours) + sum(under_way.mapped("amount"))
        # what was given back elsewhere has a credit note by hand, or has none yet
        given_back += max(by_hand, self._clinic_refunded_elsewhere())
        return max(self.currency_id.round(self._clinic_paid() - given_back), 0.0)

    def _clinic_refunded_elsewhere(self):
        """What of its charges went back in the provider's dashboard, or by Odoo's own button on the payment."""
        charges = self.sudo().transaction_ids.filtered(lambda tx: tx.operation != "refund")
        refunds = charges.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and not tx.clinic_refund_ids and tx.state not in ("error", "cancel")
        )
        return -sum(refunds.mapped("amount"))

    def _clinic_money_left(self):
        """What of it can go back as money: what came as money, less the money that was given back."""
        given_back = self.clinic_refund_ids.filtered(lambda r: r.way in ("card", "bank") and r.state != "failed")
        left = self._clinic_paid(money_only=True) - sum(given_back.mapped("amount"))
        left -= self._clinic_refunded_elsewhere()
        return max(min(self.currency_id.round(left), self._clinic_refundable()), 0.0)

    def _clinic_card_payments(self):
        """The payments by card that can be taken back.

        :return: {payment.transaction: what of it can go back for this invoice}
        """
        result, refundable = {}, self._clinic_money_left()
        for payment, amount in self._clinic_payments():
            transaction = payment.sudo().payment_transaction_id
            if transaction.operation != "refund" and transaction._clinic_can_refund():
                mine = self.clinic_refund_ids.filtered(
                    lambda r, tx=transaction: r.source_transaction_id == tx and r.state != "failed"
                )
                left = min(amount - sum(mine.mapped("amount")), transaction._clinic_refund_left(), refundable)
                result[transaction] = max(self.currency_id.round(left), 0.0)
        return result

    def _clinic_lock_refunds(self):
        """Wait for another refund of this invoice, or to its payer; then this request is done again, and sees it."""
        self.flush_recordset()
        self.commercial_partner_id._clinic_claim()  # what users give back is limited for all invoices of a payer
        self.env.cr.execute("SELECT id FROM account_move WHERE id IN %s FOR UPDATE", [tuple(self.ids)])


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _clinic_share_of_money(self):
        """Which share of what this payment settled was money, and not written off."""
        written_off = self._clinic_written_off()
        return self.amount / (self.amount + written_off) if written_off > 0 else 1.0

    @api.depends_context("clinic_name_card")
    def _compute_display_name(self):
        """Where a payment is chosen to be refunded, its card and day tell more than its number."""
        super()._compute_display_name()
        if self.env.context.get("clinic_name_card"):
            for payment in self:
                transaction = payment.sudo().payment_transaction_id
                if transaction:
                    payment.display_name = self.env._(
                        "%(card)s, %(amount)s on %(day)s",
                        card=transaction._clinic_card_in_words(),
                        amount=payment.currency_id.format(payment.amount),
                        day=self.env["ir.qweb.field.date"].value_to_html(payment.date, {}),
                    )
