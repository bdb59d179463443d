from datetime import timedelta

from odoo import models
from odoo.exceptions import ValidationError

from odoo.addons.clinic_membership.models.payment_transaction import REPLAYS
from odoo.addons.clinic_membership.tools import declines
from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe.controllers.main import StripeController

# our clock and Stripe's may differ
SKEW = timedelta(minutes=10)
# only the patient can go on from here, and nobody is there when a stored card is charged
NEEDS_PATIENT = ("requires_action", "requires_confirmation")
# of several payments under one reference, the one that counts
WEIGHT = {"succeeded": 3, "processing": 2, "requires_capture": 2}


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _clinic_is_stripe(self):
        """Whether it charges a stored card at Stripe."""
        return self.provider_code == "stripe" and self._clinic_is_ours()

    # === what became of a lost one === #

    def _clinic_ask(self, first):
        """Ask what became of it, before the same is sent again.

        Under the same key Stripe repeats its own failure word for word, though the card may have been charged, and
        refuses a body in which so much as an address has changed.
        """
        if first or not self._clinic_is_stripe():
            return super()._clinic_ask(first)
        try:
            if self._clinic_look_up():
                return None
        except ValidationError as error:  # no answer: asked again with the next run
            return self._set_error(str(error))
        if self._clinic_is_silent() and self._clinic_may_replay():
            return super()._clinic_ask(first)
        return self._clinic_never_charged()

    def _clinic_look_up(self):
        """Process what Stripe knows about it.

        :return: whether Stripe knows it
        :raises ValidationError: Stripe did not answer
        """
        if not self._clinic_is_stripe():
            return super()._clinic_look_up()
        self.clinic_outcome = "unknown"  # until there is an answer
        intent = self._clinic_intent()
        if intent:
            data = {"reference": self.reference}
            StripeController._include_payment_intent_in_payment_data(intent, data)
            self._process("stripe", data)
        return bool(intent)

    def _clinic_intent(self):
        """The payment intent of this transaction, None where Stripe has none.

        Until the answer came, all that both sides know is the customer and the reference.
        """
        if self.provider_reference:
            endpoint = f"payment_intents/{self.provider_reference}"
            return self._send_api_request("GET", endpoint, params={"expand[]": "payment_method"})
        intents = [intent for intent in self._clinic_intents() if intent["description"] == self.reference]
        return max(intents, key=lambda intent: WEIGHT.get(intent["status"], 0), default=None)

    def _clinic_intents(self):
        """All payment intents of the customer since it was sent, page by page."""
        since = int((self.clinic_sent_on - SKEW).timestamp())
        params = {
            "customer": self.token_id.provider_ref,
            "created[gte]": since,
            "expand[]": "data.payment_method",
            "limit": 100,
        }
        more = True
        while more:
            page = self._send_api_request("GET", "payment_intents", params=params)
            yield from page["data"]
            more = page["has_more"] and page["data"]
            params["starting_after"] = page["data"][-1]["id"] if page["data"] else None

    def _clinic_never_charged(self):
        """Stripe has never heard of it, and its key may be forgotten: a matter for the clinic, not for the card."""
        self.write({"clinic_outcome": "refused", "clinic_code": "not_found"})
        self._set_error(self.env._("Looked up at Stripe: not charged."))

    # === what the answers mean === #

    def _apply_updates(self, payment_data):
        """Read more of the answer than whether it failed."""
        super()._apply_updates(payment_data)
        intent, refund = payment_data.get("payment_intent"), payment_data.get("refund")
        if refund and self.provider_code == "stripe" and self._clinic_is_refund():
            self._clinic_read_refund(refund)
        if intent and self._clinic_is_stripe() and self.clinic_outcome != "mismatch":
            self._clinic_read_intent(intent)

    def _clinic_read_intent(self, intent):
        if intent["status"] in NEEDS_PATIENT and self.state in ("draft", "pending"):
            self._clinic_cancel_intent(intent)
            self._set_error(self.env._("The bank wants the patient to confirm this payment."))
            self._clinic_note_confirmation()
        elif self.state == "cancel" and intent.get("cancellation_reason") == "abandoned":
            self._clinic_note_confirmation()  # by us, and the process died before it was noted
        elif self.state == "error" and intent.get("last_payment_error"):
            failure = declines.read_decline({**intent["last_payment_error"], "payment_intent": intent})
            self.write({"clinic_outcome": failure.kind, "clinic_code": failure.code, "clinic_final": failure.final})

    def _clinic_note_confirmation(self):
        self.write({"clinic_outcome": "declined", "clinic_code": "authentication_required", "clinic_final": True})

    def _clinic_cancel_intent(self, intent):
        """So that it cannot be confirmed later, beside the payment link that the patient gets.

        :raises ValidationError: it may not be cancelled; the outcome is unknown, and is looked up
        """
        try:
            endpoint = f"payment_intents/{intent['id']}/cancel"
            self._send_api_request("POST", endpoint, data={"cancellation_reason": "abandoned"})
        except ValidationError:
            self.clinic_outcome = "unknown"
            raise

    def _clinic_read_refund(self, refund):
        """Why a refund failed, in words. One that is cancelled in Stripe's dashboard after it was done has failed, too:
        Odoo leaves it as done."""
        if refund["status"] not in ("failed", "canceled"):
            return
        if self.state == "done":
            self._set_error(self._clinic_why_refund_failed(refund), extra_allowed_states=("done",))
        elif self.state in ("error", "cancel"):
            self.state_message = self._clinic_why_refund_failed(refund)

    def _clinic_look_up_refund(self):
        """Stripe tells by its number what became of a refund, also where its message was lost."""
        if self.provider_code != "stripe" or not self.provider_reference:
            return super()._clinic_look_up_refund()
        refund, data = self._send_api_request("GET", f"refunds/{self.provider_reference}"), {}
        StripeController._include_refund_in_payment_data(refund, data)
        return self._process("stripe", data)

    def _clinic_is_this_refund(self, refund):
        """Whether what Stripe tells of is this refund of ours: it carries our reference."""
        return self._clinic_is_refund() and (refund.get("metadata") or {}).get("reference") == self.reference

    def _clinic_why_refund_failed(self, refund):
        if refund["status"] == "canceled":
            return self.env._("The refund was cancelled at Stripe")
        reason = refund.get("failure_reason")
        return {
            "charge_for_pending_refund_disputed": self.env._("The patient disputes the payment at the bank"),
            "declined": self.env._("The bank declined the refund"),
            "expired_or_canceled_card": self.env._("The card has expired or was cancelled"),
            "insufficient_funds": self.env._("The clinic's balance at Stripe does not cover it"),
            "lost_or_stolen_card": self.env._("The card was reported lost or stolen"),
            "merchant_request": self.env._("The clinic asked Stripe to stop it"),
        }.get(reason, self.env._("The bank did not take it, and Stripe does not know why"))

    # === what is sent === #

    def _clinic_refund_replay_hours(self):
        """For so long Stripe knows a refund by its key, and answers with the one that was made."""
        return REPLAYS["stripe"] if self.provider_code == "stripe" else super()._clinic_refund_replay_hours()

    def _send_api_request(self, method, endpoint, **kwargs):
        """A refund that is sent again is the same refund: Odoo sends no key with it."""
        if self.provider_code == "stripe" and (method, endpoint) == ("POST", "refunds"):
            kwargs.setdefault("idempotency_key", payment_utils.generate_idempotency_key(self, scope="refunds"))
            kwargs["data"] = {**kwargs.get("data", {}), "metadata[reference]": self.reference}
        return super()._send_api_request(method, endpoint, **kwargs)
