from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from .payment_transaction import ASK_AFTER, GIVE_UP_AFTER, LOST_AFTER

# for how many hours a provider answers the same refund, sent again, with the same answer: where it gets a key. Odoo
# sends none with refunds; simulated ones move no money
REFUND_REPLAYS = {"demo": 1_000_000, "none": 1_000_000}


class PaymentTransaction(models.Model):
    """Giving money back to a card: durable before it is sent, and never sent twice as something new."""

    _inherit = "payment.transaction"

    clinic_refund_ids = fields.One2many("clinic.refund", "transaction_id", string="Refund")

    # === what can be taken back === #

    def _clinic_can_refund(self):
        """Whether the provider takes this charge back."""
        method = self.payment_method_id.primary_payment_method_id or self.payment_method_id
        support = self.provider_id.support_refund, method.support_refund
        return self.state == "done" and self.provider_id.state != "disabled" and "none" not in support

    def _clinic_refunds_in_full_only(self):
        method = self.payment_method_id.primary_payment_method_id or self.payment_method_id
        return "full_only" in (self.provider_id.support_refund, method.support_refund)

    def _clinic_refund_left(self):
        """What this charge took less what went back, refunds under way and those made elsewhere in Odoo included."""
        refunds = self.child_transaction_ids.filtered(lambda tx: tx.operation == "refund")
        counted = refunds.filtered(lambda tx: tx.state not in ("error", "cancel") or tx.clinic_outcome == "mismatch")
        return self.currency_id.round(self.amount + sum(counted.mapped("amount")))

    def _clinic_card_in_words(self):
        return self.token_id.display_name or self.payment_method_id.name

    def _clinic_new_refund(self, refund):
        """The draft transaction of a refund. Odoo would make one without its credit note, and never link them."""
        token = self.token_id.filtered("active")  # an archived card gets its money back all the same
        return self._create_child_transaction(
            refund.amount,
            is_refund=True,
            token_id=token.id,
            invoice_ids=[Command.set(refund.credit_note_id.ids)],
        )

    # === one step further === #

    def _clinic_is_refund(self):
        """Whether it is one of our refunds, so that sending it is up to us."""
        return self.operation == "refund" and bool(self.clinic_refund_ids)

    def _clinic_proceed_refund(self):
        """Go one step further, with every step durable before the next.

        Never sent: send it. Sent without an answer: the same again where the provider knows it by its key, else it is
        looked up. Answered: into the books.
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        first = self.state == "draft" and not self.clinic_sent_on
        if first:
            self.clinic_sent_on = fields.Datetime.now()
            self.clinic_refund_ids.state = "sent"
        commit()  # the credit note, the draft and that it is being sent are durable before money can move
        self.lock_for_update()  # a webhook cannot overtake our commit
        if first or self._clinic_refund_is_lost():
            self._clinic_ask_refund(first)
            commit()  # the answer is durable
        elif self._clinic_is_slow(ASK_AFTER):
            self._clinic_look_up_refund()
            commit()
        if self._clinic_verdict() != "open" and not self.is_post_processed:
            self._post_process()
            commit()

    def _clinic_refund_is_lost(self):
        """Sent, without an answer, and nobody is waiting for it any more."""
        return self._clinic_is_silent() and fields.Datetime.now() >= self.clinic_sent_on + LOST_AFTER

    def _clinic_ask_refund(self, first):
        """Ask the provider: to refund, or what became of it."""
        if first or self._clinic_may_replay_refund():
            self.clinic_outcome = False
            self._clinic_send_refund()
        else:
            self._clinic_look_up_refund()

    def _clinic_send_refund(self):
        self._ensure_provider_is_not_disabled()
        self._log_sent_message()
        try:
            self._send_refund_request()
        except ValidationError as error:
            self._set_error(str(error))
        self._clinic_read_void()

    def _clinic_read_void(self):
        """Authorize.net cannot refund before it has settled, usually overnight: Odoo voids the whole charge instead.

        The patient has all of it back then, though Odoo calls the refund cancelled. It is made where it was to give all
        back. Else another amount went back than was asked, and a person looks.
        """
        voided = self.provider_code == "authorize" and self.state == "cancel" and not self.clinic_outcome
        if voided and self.currency_id.compare_amounts(-self.amount, self.source_transaction_id.amount):
            self._set_error(self.env._("All of the charge was voided."), extra_allowed_states=("cancel",))
            self.write({"clinic_outcome": "mismatch", "clinic_charged": self.source_transaction_id.amount})
        elif voided:
            words = self.env._("The charge was not settled yet, so all of it was voided instead of refunded.")
            self._set_done(state_message=words)
            self.clinic_refund_ids.message_post(body=words)

    def _clinic_may_replay_refund(self):
        """Whether sending the same refund again cannot give the money twice."""
        until = self.clinic_sent_on + timedelta(hours=self._clinic_refund_replay_hours())
        return self._clinic_is_silent() and fields.Datetime.now() < until

    def _clinic_refund_replay_hours(self):
        """Hook for bridges that send a key with refunds: for how long the provider knows it."""
        return REFUND_REPLAYS.get(self.provider_code, 0)

    def _clinic_look_up_refund(self):
        """Hook for bridges: ask the provider what became of the refund and process the answer.

        Without one, a manager looks it up: :meth:`clinic.refund.action_was_refunded`.
        """

    def _clinic_refund_needs_person(self):
        """Whether nobody but a person can find out what became of it."""
        lost = self._clinic_refund_is_lost() and not self._clinic_may_replay_refund()
        return lost or self._clinic_is_slow(GIVE_UP_AFTER) or self.clinic_outcome == "mismatch"

    # === what the provider answers === #

    def _clinic_moves_money(self):
        return super()._clinic_moves_money() or self._clinic_is_refund()

    def _post_process(self):
        """With the answer the refund ends, whoever processes it: we, a webhook, or Odoo's scheduled action."""
        refunds = self.filtered(lambda tx: tx._clinic_is_refund())
        refunds.filtered(lambda tx: tx.state == "done" and not tx.payment_id).clinic_refund_ids._draft_again()
        super()._post_process()
        refunds.clinic_refund_ids._answered()

    def _process(self, provider_code, payment_data):
        """A provider that takes back what it had agreed to is acted upon at once, by Odoo's scheduled action."""
        transaction = super()._process(provider_code, payment_data)
        if transaction._clinic_came_back() and not transaction.is_post_processed:
            self.env.ref("payment.cron_post_process_payment_tx")._trigger()
        return transaction

    def _clinic_came_back(self):
        """Whether it is a refund that was booked, and did not arrive."""
        booked = self._clinic_is_refund() and self.payment_id
        return bool(booked) and self._clinic_verdict() in ("declined", "refused")

    def _set_done(self, *, state_message=None, extra_allowed_states=()):
        """What came back stays so, whatever is told late: webhooks come in any order."""
        others = self.filtered(lambda tx: not tx.clinic_refund_ids.returned_on)
        return super(PaymentTransaction, others)._set_done(
            state_message=state_message, extra_allowed_states=extra_allowed_states
        )

    # === a person has looked it up === #

    def _clinic_refund_was_made(self):
        self._set_done()
        self._post_process()

    def _clinic_refund_was_not_made(self):
        self.clinic_outcome = "declined"
        self._set_error(self.env._("Looked up at the provider: not refunded."))
        self._post_process()
