from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _clinic_charge(self):
        """Send a draft token transaction and post-process its answer, with every step durable before the next.

        A transaction that was answered before is only post-processed, never sent again.
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        commit()  # the invoice number and the draft are durable before money can move
        self.lock_for_update()  # a webhook cannot overtake our commit
        if self.state == "draft":
            self._charge_with_token()
            commit()  # the answer is durable
        if self.state == "done" and not self.is_post_processed:
            self._post_process()
            commit()
