from collections import Counter

from odoo import models

# what charges money; a validation, a refund or a capture has rules of its own
CHARGES = ("offline", "online_direct", "online_redirect", "online_token")


class PaymentTransaction(models.Model):
    """Many paid transactions into the books together.

    Odoo creates, posts and reconciles the payment of each alone. Here the payments of those that pay one invoice, and
    nothing else, are created, posted and reconciled in one go; then Odoo goes on with each of them as ever: it finds
    the payment and makes no other. Everything else is left to Odoo from the beginning.
    """

    _inherit = "payment.transaction"

    def _clinic_post_process(self):
        """Post-process what is paid and is not in the books yet; the books are those of :meth:`_post_process`.

        What another process is at is left to it.

        :raises Exception: what Odoo raises for any of them; nothing is done then if the caller rolls back
        """
        waiting = self.try_lock_for_update().filtered(lambda tx: tx._clinic_is_waiting())
        plain = waiting._clinic_plain()
        if len(plain) > 1:
            for company, transactions in plain.grouped("company_id").items():
                transactions.with_company(company)._clinic_create_payments()
        for transaction in waiting:
            transaction._post_process()

    def _clinic_wait(self):
        """Wait for who is at them, for a moment: a webhook that tells what the answer told.

        :raises OperationalError: when they were changed meanwhile; done again, it is seen
        """
        if self:
            query = "SELECT FROM payment_transaction WHERE id IN %s ORDER BY id FOR NO KEY UPDATE"
            self.env.cr.execute(query, [tuple(self.ids)])

    # === who can go together === #

    def _clinic_plain(self):
        """Those whose payment depends on one invoice only, which nobody else here pays."""
        if self._clinic_payments_are_changed():
            return self.browse()
        times = Counter(invoice for transaction in self for invoice in transaction.invoice_ids)
        return self.filtered(lambda tx: tx._clinic_pays_one_invoice() and times[tx.invoice_ids] == 1)

    def _clinic_payments_are_changed(self):
        """Whether another addon has its own way to create the payment of a transaction."""
        return sum("_create_payment" in vars(cls) for cls in type(self).mro()) > 1

    def _clinic_pays_one_invoice(self):
        invoice = self.invoice_ids
        alone = not (self.payment_id or self.child_transaction_ids or self.source_transaction_id or self.sale_order_ids)
        return alone and self.operation in CHARGES and len(invoice) == 1 and self._clinic_fits(invoice)

    def _clinic_fits(self, invoice):
        """Whether the payment is all this invoice's: nothing is left over, written off or converted."""
        return (
            invoice._clinic_is_due()
            and invoice.currency_id == self.currency_id
            and invoice.company_id == self.company_id == self.provider_id.company_id
            and self.amount > 0
            and self.currency_id.compare_amounts(self.amount, invoice.amount_residual) <= 0
            and not invoice.invoice_payment_term_id.early_discount
            and len(self._clinic_method_line()) == 1
        )

    # === their payments === #

    def _clinic_create_payments(self):
        """Create and post their payments, and reconcile each with its invoice."""
        payments = self.env["account.payment"].create([tx._clinic_payment_values() for tx in self])
        payments.with_context(clinic_number_formats={}, clinic_together=True).action_post()
        for transaction, payment in zip(self, payments, strict=True):
            transaction.payment_id = payment
        self.env["account.move.line"]._reconcile_plan([tx._clinic_items_to_reconcile() for tx in self])

    def _clinic_payment_values(self):
        """What :meth:`_create_payment` gives the payment of a plain transaction."""
        terms = self.invoice_ids.line_ids.filtered(lambda line: line.display_type == "payment_term")
        return {
            "amount": self.amount,
            "payment_type": "inbound",
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "partner_type": "customer",
            "journal_id": self.provider_id.journal_id.id,
            "company_id": self.provider_id.company_id.id,
            "payment_method_line_id": self._clinic_method_line().id,
            "payment_token_id": self.token_id.id,
            "payment_transaction_id": self.id,
            "memo": f"{self.reference} - {self.provider_reference or ''}",
            "invoice_ids": self.invoice_ids,
            "destination_account_id": terms[:1].account_id.id,
        }

    def _clinic_method_line(self):
        lines = self.provider_id.journal_id.inbound_payment_method_line_ids
        return lines.filtered(lambda line: line.payment_provider_id == self.provider_id)

    def _clinic_items_to_reconcile(self):
        """The journal items of payment and invoice that meet."""
        account = self.payment_id.destination_account_id
        items = self.payment_id.move_id.line_ids + self.invoice_ids.line_ids
        return items.filtered(lambda item: item.account_id == account and not item.reconciled)
