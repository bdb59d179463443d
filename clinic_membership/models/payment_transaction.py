from odoo import fields, models
from odoo.tools import html2plaintext


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    clinic_follow_up = fields.Boolean(
        readonly=True, help="Charges a membership, and its answer has not been acted upon there yet."
    )

    def _clinic_is_ours(self):
        """Whether it charges a stored card without the patient, so that sending it is up to us."""
        return self.operation == "offline" and bool(self.token_id)

    def _clinic_charge(self):
        """Send a draft token transaction and post-process its answer, with every step durable before the next.

        A transaction that was answered before is only post-processed, never sent again.
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        commit()  # the invoice number and the draft are durable before money can move
        self.lock_for_update()  # a webhook cannot overtake our commit
        if self.state == "draft" and self._clinic_is_ours():
            self._charge_with_token()
            commit()  # the answer is durable
        if self.state == "done" and not self.is_post_processed:
            self._post_process()
            commit()

    def _clinic_outcome(self):
        """What became of an attempt, in words."""
        words = {
            "draft": self._clinic_draft_in_words(),
            "pending": self.env._("Waiting for the provider's answer"),
            "authorized": self.env._("Reserved on the card, not taken yet"),
            "done": self._clinic_done_in_words(),
            "cancel": self.env._("Cancelled"),
            "error": self.env._("Declined"),
        }[self.state]
        if self.state != "done" and self.state_message:
            words = self.env._("%(outcome)s: %(message)s", outcome=words, message=html2plaintext(self.state_message))
        return words

    def _clinic_draft_in_words(self):
        if self._clinic_is_ours():
            return self.env._("Not sent yet")
        return self.env._("Begun by the patient, not finished")

    def _clinic_done_in_words(self):
        if self.operation == "refund":
            return self.env._("Refunded")
        return self.env._("Paid") if self.is_post_processed else self.env._("Paid, not in the books yet")
