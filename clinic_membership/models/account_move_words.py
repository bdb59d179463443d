from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """What a document is about, in a patient's words."""

    _inherit = "account.move"

    def _clinic_in_words(self):
        """What was sold, credited or paid with this entry: one line of text."""
        if self.move_type in ("out_invoice", "out_refund"):
            return self._clinic_sold_in_words()
        if payment := self.origin_payment_id:
            return payment._clinic_in_words()
        receivable = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        return self.ref or receivable[:1].name or ""

    def _clinic_sold_in_words(self):
        """The names on the document, and the period of a membership that it bills."""
        names = self.invoice_line_ids.filtered(lambda line: line.display_type == "product").mapped(
            lambda line: line.product_id.display_name or (line.name or "").partition("\n")[0]
        )
        words = ", ".join(dict.fromkeys(filter(None, names)))
        share = self.clinic_purpose == "share"
        if periods := (share and self.clinic_adjusted_period_id) or self.clinic_period_ids.sorted("date_start"):
            words = f"{words} · {', '.join(dict.fromkeys(periods.mapped('display_name')))}"
        if self.clinic_purpose == "change":
            words = self.env._("Change of plan: %s", words)
        if self.move_type == "out_refund" and (invoice := self.reversed_entry_id):
            return self.env._("Credit for %(invoice)s: %(what)s", invoice=invoice.name, what=words)
        return words

    def _clinic_open(self):
        """The form of this document for whoever reads a statement: of the payment where it is one.

        :raises UserError: when the reader may see neither
        """
        payment = self.sudo().origin_payment_id.with_env(self.env)
        for document in (payment, self):
            if document and document.has_access("read"):
                return document.get_formview_action()
        raise UserError(self.env._("%s is an entry of the books that only accountants can open.", self.sudo().name))


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _clinic_in_words(self):
        """How it was paid, for what, and what of it was written off."""
        by = self.payment_token_id.display_name or self.payment_method_line_id.name
        paid = self.reconciled_invoice_ids if self.payment_type == "inbound" else self.env["account.move"]
        values = {"by": by, "documents": ", ".join(paid.mapped("name"))}
        if self.payment_type == "outbound":
            words = self.env._("Refund, %(by)s", **values)
        elif paid:
            words = self.env._("Payment, %(by)s, for %(documents)s", **values)
        else:
            words = self.env._("Payment, %(by)s", **values)
        if written_off := self._clinic_written_off():
            words += "; " + self.env._("%s written off", self.currency_id.format(written_off))
        return words

    def _clinic_written_off(self):
        """What the payment settled beyond the money that came."""
        receivable = self.move_id.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        return self.currency_id.round(abs(sum(receivable.mapped("amount_currency"))) - self.amount)
