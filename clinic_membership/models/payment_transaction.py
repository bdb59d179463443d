from datetime import timedelta

import requests

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import declines

# for how many hours a provider answers the same request, sent again, with the same answer and no second charge
REPLAYS = {"adyen": 160, "demo": 1_000_000, "none": 1_000_000, "paypal": 6, "stripe": 23, "worldline": 12}
# a request takes ten seconds at most: a draft that was sent longer ago than this has lost its process
LOST_AFTER = timedelta(minutes=5)
# a webhook that has not come by then is not coming: the provider is asked, where a bridge can
ASK_AFTER = timedelta(days=1)
# what the provider has been working on for that long, a person looks up: its message may be lost
GIVE_UP_AFTER = timedelta(days=10)


class PaymentTransaction(models.Model):
    """One attempt to charge a stored card, durable before it is sent and never sent twice as something new.

    The table of states and events is in the README ("Charging").
    """

    _inherit = "payment.transaction"

    clinic_follow_up = fields.Boolean(
        readonly=True, help="Charges a membership, and its answer has not been acted upon there yet."
    )
    clinic_sent_on = fields.Datetime(string="Sent On", readonly=True, help="When the provider was first asked.")
    clinic_charged = fields.Monetary(
        string="Charged", readonly=True, help="What the provider charged, where it was another amount than asked."
    )
    clinic_outcome = fields.Selection(
        [
            ("declined", "Declined"),
            ("refused", "Not processed"),
            ("unknown", "Unknown"),
            ("mismatch", "Another amount"),
        ],
        string="Outcome",
        readonly=True,
        help="What the provider's answer means. Unknown: the card may have been charged. Another amount: it was "
        "charged, but not with what was asked.",
    )
    clinic_code = fields.Char(string="Answer Code", readonly=True, help="The provider's code of a decline.")
    clinic_final = fields.Boolean(string="Not to Be Tried Again", readonly=True)

    # === what it is === #

    def _clinic_is_ours(self):
        """Whether it charges a stored card without the patient, so that sending it is up to us."""
        return self.operation == "offline" and bool(self.token_id)

    def _clinic_moves_money(self):
        """Whether what the provider answers to it is ours to understand."""
        return self._clinic_is_ours()

    def _clinic_is_open(self):
        """Whether it must be resolved before there can be another.

        Its outcome is unknown, or known and not yet in the books, or a decline nobody has acted upon.
        A draft that a patient left in the portal counts for an hour: they may be typing.
        """
        recent = fields.Datetime.now() - timedelta(hours=1)
        return (
            self.state in ("pending", "authorized")
            or self._clinic_is_waiting()
            or (self.state == "draft" and (self._clinic_is_ours() or self.create_date > recent))
            or (self.state in ("error", "cancel") and (self.clinic_follow_up or self.clinic_outcome == "mismatch"))
        )

    def _clinic_is_waiting(self):
        """Whether the money is there, and not in the books yet."""
        return self.state == "done" and not self.is_post_processed

    def _clinic_verdict(self):
        """paid, declined, refused or open, whatever state and outcome say it."""
        if self.state == "done":
            return "paid"
        if self.state in ("error", "cancel") and self.clinic_outcome != "mismatch":
            return "refused" if self.clinic_outcome == "refused" else "declined"
        return "open"

    def _clinic_is_unresolved(self):
        """Whether it may have taken money that is not in the books, so that it is followed in any case."""
        sent = bool(self.clinic_sent_on) and self._clinic_is_ours()
        return (sent and self._clinic_verdict() == "open") or self._clinic_is_waiting()

    def _clinic_may_replay(self):
        """Whether sending the same again can neither charge twice, nor what is not owed, nor who is paused."""
        hours = REPLAYS.get(self.provider_code, 0)
        known = self.clinic_sent_on and fields.Datetime.now() < self.clinic_sent_on + timedelta(hours=hours)
        paused = "paused" in self.invoice_ids.clinic_collection_ids.membership_id.mapped("state")
        return bool(known) and not paused and self._clinic_is_owed()

    def _clinic_needs_person(self):
        """Whether only somebody who looks it up at the provider can say what became of it."""
        if self._clinic_is_silent():
            return self._clinic_is_lost() and not self._clinic_may_replay()
        return self.clinic_outcome == "mismatch" or self._clinic_is_slow(GIVE_UP_AFTER)

    def _clinic_is_owed(self):
        """Whether its invoice still owes that much, and nobody else is paying it."""
        invoices = self.invoice_ids.filtered(lambda invoice: invoice._clinic_is_due())
        others = (self.invoice_ids.transaction_ids - self).filtered(lambda tx: tx._clinic_is_open())
        owed = sum(invoices.mapped("amount_residual"))
        return not others and self.currency_id.compare_amounts(self.amount, owed) <= 0

    # === one step further === #

    def _clinic_charge(self):
        """Go one step further, whatever happened before, with every step durable before the next.

        Never sent: send it. Sent without an answer: send the same again where the provider knows it by its key,
        else look it up. It is never sent while its answer may be on its way. What was paid is not in the books then:
        :meth:`_clinic_post_process`.
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        first = self.state == "draft" and not self.clinic_sent_on
        if first and self._clinic_is_ours():
            self.clinic_sent_on = fields.Datetime.now()
        commit()  # the invoice number, the draft and that it is being sent are durable before money can move
        self.lock_for_update()  # a webhook cannot overtake our commit
        first = first and self.state == "draft"  # somebody may have been here before the lock
        if self._clinic_is_ours() and (first or self._clinic_is_lost()):
            self._clinic_ask(first)
            commit()  # the answer is durable

    def _clinic_is_lost(self):
        """Sent, and nobody is waiting for the answer any more; or being processed for long."""
        wait = LOST_AFTER if self._clinic_is_silent() else ASK_AFTER
        asked = self.state in ("draft", "pending") and self.clinic_sent_on
        return bool(asked) and fields.Datetime.now() >= asked + wait

    def _clinic_is_silent(self):
        """Sent, without an answer."""
        silent = self.state == "draft" or (self.state == "pending" and self.clinic_outcome == "unknown")
        return silent and bool(self.clinic_sent_on)

    def _clinic_is_slow(self, delay):
        """Whether the provider has been working on it for longer than ``delay``, or its message was lost."""
        waits = self.state == "pending" and self._clinic_moves_money() and self.clinic_sent_on
        return bool(waits) and fields.Datetime.now() >= self.clinic_sent_on + delay

    def _clinic_ask(self, first):
        """Ask the provider: to charge, or what became of it."""
        if first and not self._clinic_is_owed():
            self._clinic_drop()
        elif first or (self._clinic_is_silent() and self._clinic_may_replay()):
            self.clinic_outcome = False
            self._charge_with_token()
        else:
            self._clinic_look_up()

    def _clinic_drop(self):
        """Paid meanwhile, or about to be: it is not sent."""
        self.clinic_outcome = "refused"
        self._set_canceled(self.env._("Not sent: the invoice is paid, or is being paid, in another way."))

    def _clinic_look_up(self):
        """Hook for bridges: ask the provider what became of it and process the answer.

        Without one, a person looks it up: :meth:`_clinic_was_paid`, :meth:`_clinic_was_not_paid`.
        """

    # === what the provider answers === #

    def _send_api_request(self, method, endpoint, **kwargs):
        """Remember what a failed request means: Odoo calls all of them an error."""
        try:
            answer = super()._send_api_request(method, endpoint, **kwargs)
            self._clinic_read_answer(answer)  # what is fetched here is not passed on (Razorpay)
            return answer
        except ValidationError as error:
            if self._clinic_moves_money() and method == "POST":
                self._clinic_note_failure(getattr(error.__context__, "response", None))
            raise
        except requests.RequestException as error:  # Odoo knows failed connections, but not answers cut in the middle
            if self._clinic_moves_money() and method == "POST":
                self._clinic_note_failure(None)
            raise ValidationError(self.env._("The payment provider's answer could not be read.")) from error

    def _send_payment_request(self):
        """No answer is no error: some providers are asked past Odoo's own way (Authorize.net)."""
        try:
            return super()._send_payment_request()
        except requests.RequestException as error:
            self._clinic_note_failure(None)
            raise ValidationError(self.env._("The payment provider's answer could not be read.")) from error

    def _clinic_note_failure(self, response):
        failure = declines.read_failure(*self._clinic_read(response))
        self.write({"clinic_outcome": failure.kind, "clinic_code": failure.code, "clinic_final": failure.final})
        if failure.reference:
            self.provider_reference = failure.reference

    def _clinic_read(self, response):
        """Status and decoded body of an answer; (None, None) when there was none."""
        if response is None:
            return None, None
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, None

    def _set_error(self, state_message, extra_allowed_states=()):
        """An unknown outcome is no error: the transaction is pending until it is resolved."""
        unknown = self.filtered(lambda tx: tx.clinic_outcome == "unknown" and tx.state == "draft")
        unknown._set_pending(state_message=state_message)
        others = self.filtered(lambda tx: tx.clinic_outcome != "unknown")
        return super(PaymentTransaction, others)._set_error(state_message, extra_allowed_states=extra_allowed_states)

    def _validate_amount(self, payment_data):
        """The provider charged another amount: money was taken, so that it is not tried again."""
        before = self.state
        if self.clinic_outcome == "unknown":  # the first step with every answer, a webhook's too: it is known now
            self.clinic_outcome = False
        super()._validate_amount(payment_data)
        if self._clinic_moves_money() and self.state == "error" and before != "error":
            told = self._extract_amount_data(payment_data) or {}
            same = told.get("currency_code") == self.currency_id.name
            self.write({"clinic_outcome": "mismatch", "clinic_charged": same and told["amount"]})

    def _apply_updates(self, payment_data):
        """What was charged with another amount stays so when the same is told again: Odoo would call it done."""
        if self.clinic_outcome != "mismatch":
            super()._apply_updates(payment_data)
            self._clinic_read_answer(payment_data)
            self.invoice_ids.sudo().clinic_collection_ids._answer_came()

    def _clinic_read_answer(self, payment_data):
        """Providers that decline with an answer which is no error say there why."""
        failure = declines.read_answer(self.provider_code, payment_data)
        if failure and self.state not in ("done", "authorized") and self._clinic_moves_money():
            self.write({"clinic_outcome": failure.kind, "clinic_code": failure.code, "clinic_final": failure.final})

    def _set_done(self, *, state_message=None, extra_allowed_states=()):
        """Money that was taken is in the books, whatever was said before."""
        allowed = (*extra_allowed_states, "cancel") if self.filtered("clinic_sent_on") else extra_allowed_states
        return super()._set_done(state_message=state_message, extra_allowed_states=allowed)

    def _clinic_bar_card(self):
        """A card that is refused for good is charged for nothing else. A patient who must confirm has a good card."""
        if self.clinic_final and self.clinic_code != "authentication_required":
            self.token_id.clinic_code = self.clinic_code

    # === a person has looked it up === #

    def _clinic_was_paid(self):
        """The provider has the money: into the books."""
        self._clinic_check_decides()
        if self.clinic_outcome == "mismatch" and self.clinic_charged:
            self.amount = self.clinic_charged
        self._set_done(extra_allowed_states=("error", "cancel"))
        self._post_process()

    def _clinic_was_not_paid(self):
        """The provider does not have the money: it may be tried again."""
        self._clinic_check_decides()
        self.write({"clinic_outcome": "declined", "clinic_follow_up": False})
        self._set_error(self.env._("Looked up at the provider: not charged."))

    def _clinic_check_decides(self):
        """Only what is open is decided by hand, and only by managers."""
        self.ensure_one()
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise UserError(self.env._("A manager decides what became of a payment."))
        if self._clinic_verdict() != "open" or not self._clinic_is_ours():
            raise UserError(self.env._("%s is resolved already.", self.reference))
