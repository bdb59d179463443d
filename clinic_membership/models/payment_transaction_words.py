from odoo import models
from odoo.tools import html2plaintext

from .payment_transaction import GIVE_UP_AFTER


class PaymentTransaction(models.Model):
    """What became of an attempt, in words that staff can read out."""

    _inherit = "payment.transaction"

    def _clinic_answer_in_words(self):
        """Paid, why not, or that nobody knows yet."""
        words = getattr(self, f"_clinic_{self._clinic_verdict()}_in_words")()
        reason = html2plaintext(self.state_message or "") or self.clinic_code
        if self.state == "done" or not reason:
            return words
        return self.env._("%(outcome)s: %(message)s", outcome=words, message=reason)

    def _clinic_paid_in_words(self):
        if self.operation == "refund":
            return self.env._("Refunded")
        return self.env._("Paid") if self.is_post_processed else self.env._("Paid, not in the books yet")

    def _clinic_declined_in_words(self):
        if self.state == "cancel" and self.clinic_outcome != "declined":  # so some call a decline (Authorize.net)
            return self.env._("Cancelled")
        return self.env._("Declined for good") if self.clinic_final else self.env._("Declined")

    def _clinic_refused_in_words(self):
        return self.env._("Not processed")

    def _clinic_open_in_words(self):
        if self.clinic_outcome == "mismatch" and self.clinic_charged:
            charged = self.currency_id.format(self.clinic_charged)
            return self.env._("Another amount was charged: %s, look it up", charged)
        if self.clinic_outcome == "mismatch":
            return self.env._("Another amount was charged, look it up")
        if self._clinic_is_silent():
            return self.env._("No answer, it is not known whether it was charged")
        if self.state == "authorized":
            return self.env._("Reserved on the card, not taken yet")
        if self._clinic_is_slow(GIVE_UP_AFTER):
            return self.env._("The provider has worked on it for more than %s days, look it up", GIVE_UP_AFTER.days)
        if self.state == "draft":
            words = self.env._("Not sent yet"), self.env._("Begun by the patient, not finished")
            return words[0 if self._clinic_is_ours() else 1]
        return self.env._("Waiting for the provider's answer")
