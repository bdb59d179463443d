import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_membership.tools import declines

from .common import QUIET, StripeCommon

# what the bank and the network do -> what we know after the first run, and what it comes to
UNKNOWN, AUTHENTICATION = ("pending", "unknown", False, False), "authentication_required"
DECLINED = ("error", "declined", "insufficient_funds", False)
CASES = {
    "success": (("done", False, False, False), "paid"),
    "soft": (DECLINED, "declined"),
    "lost_card": (("error", "declined", "lost_card", True), "stopped"),
    "do_not_try_again": (("error", "declined", "generic_decline", True), "stopped"),
    "network": (("error", "declined", "generic_decline", True), "stopped"),
    "confirm": (("error", "declined", AUTHENTICATION, True), "stopped"),
    "requires_action": (("error", "declined", AUTHENTICATION, True), "stopped"),
    "success/slow": (UNKNOWN, "paid"),
    "success/cut_before": (UNKNOWN, "paid"),
    "success/cut_after": (UNKNOWN, "paid"),
    "success/cut_middle": (UNKNOWN, "paid"),
    "success/500_after": (UNKNOWN, "paid"),
    "success/html": (UNKNOWN, "paid"),
    "success/409": (("pending", "unknown", False, False), "paid"),
    "soft/cut_after": (UNKNOWN, "declined"),
    "soft/500_after": (UNKNOWN, "declined"),
    "lost_card/slow": (UNKNOWN, "stopped"),
    "requires_action/cut_after": (UNKNOWN, "stopped"),
}


@tagged("post_install", "-at_install")
class TestCharge(StripeCommon):
    """Whatever Stripe, the bank and the network do: one charge and one payment, or a clean decline."""

    def test_every_answer(self):
        for order, (known, end) in CASES.items():
            self.stripe.reset()
            with self.subTest(order), self.env.cr.savepoint() as savepoint:
                self._check(order, known, end)
                savepoint.rollback()

    def _check(self, order, known, end):
        collection = self._due(order)
        transaction = self._collect(collection)
        self.assertEqual(self._known(transaction), known)
        self._later(collection, minutes=6)
        if known == UNKNOWN:
            transaction = self._collect(collection)
        self.assertEqual(len(transaction), 1, "never a second one while the first is unresolved")
        getattr(self, f"_assert_{end}")(collection)

    def _known(self, transaction):
        return (
            transaction.state,
            transaction.clinic_outcome,
            transaction.clinic_code or False,
            transaction.clinic_final,
        )

    def _assert_paid(self, collection):
        self._assert_paid_once(collection)

    def _assert_declined(self, collection):
        """To be tried again by the schedule."""
        self.assertFalse(self._charges(collection))
        self.assertEqual((collection.state, collection.attempts), ("due", 1))
        self.assertEqual(collection.charge_on, fields.Date.add(self.company._clinic_today(), days=3))
        self.assertEqual(collection.membership_id.state, "past_due")

    def _assert_stopped(self, collection):
        """Somebody has to talk to the member; a card that is not just unconfirmed is charged for nothing else."""
        self.assertFalse(self._charges(collection))
        self.assertEqual((collection.state, collection.charge_on), ("stopped", False))
        transaction, card = collection.invoice_id.transaction_ids, collection.membership_id.payment_token_id
        self.assertEqual(bool(card._clinic_usable()), transaction.clinic_code == AUTHENTICATION)

    def test_unanswered_is_not_asked_again_at_once(self):
        """The request may still be on its way."""
        collection = self._due("success/cut_after")
        self._collect(collection)
        asked = len(self.stripe.requests)
        self._collect(collection)
        self.assertEqual(len(self.stripe.requests), asked)

    def test_found_when_the_key_is_forgotten(self):
        collection = self._due("success/cut_after")
        self._collect(collection)
        self._later(collection, hours=30)
        self.assertEqual(len(self._collect(collection)), 1)
        self._assert_paid_once(collection)

    def test_not_found_when_the_key_is_forgotten(self):
        """It was not charged: tried anew tomorrow, and the member is not told of a decline."""
        collection = self._due("success/500_before")
        for delta in ({"minutes": 6}, {"hours": 12}):
            self.assertEqual(self._known(self._collect(collection)), UNKNOWN)
            self._later(collection, **delta)
        self._later(collection, hours=12)
        transaction = self._collect(collection)
        self.assertEqual(self._known(transaction), ("error", "refused", "not_found", False))
        self.assertEqual((collection.membership_id.state, collection.attempts), ("active", 0))
        self.assertEqual(collection.charge_on, fields.Date.add(self.company._clinic_today(), days=1))
        self.assertEqual(len(self._collect(collection)), 2)
        self._assert_paid_once(collection)

    def test_not_processed_is_tried_anew(self):
        for order in ("success/401", "success/429"):
            with self.subTest(order):
                collection = self._due(order)
                transaction = self._collect(collection)
                self.assertEqual((transaction.state, transaction.clinic_outcome), ("error", "refused"))
                self.assertEqual(collection.failed_on, self.company._clinic_today())
                self.assertEqual(len(self._collect(collection)), 2)
                self._assert_paid_once(collection)

    def test_wrong_key_of_the_clinic(self):
        self.provider.stripe_secret_key = "sk_test_somebody_else"
        collection = self._due()
        self.assertEqual(self._collect(collection).clinic_outcome, "refused")
        self.assertFalse(self._charges(collection))

    def test_same_key_another_body(self):
        """The patient moves between the two: Stripe refuses the body, which does not mean that nothing was charged."""
        collection = self._due("success/500_before")
        self._collect(collection)
        collection.membership_id.partner_id.write({"name": "Ann Newname", "street": "Elsewhere 1"})
        self._later(collection, minutes=6)
        transaction = self._collect(collection)
        self.assertEqual(self._known(transaction), ("pending", "unknown", "idempotency_error", False))
        self._later(collection, hours=24)
        self.assertEqual(self._collect(collection).clinic_code, "not_found")
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_another_amount_is_left_to_a_person(self):
        collection = self._due("other_amount")
        for _run in range(3):
            transaction = self._collect(collection)
            self._later(collection, minutes=6)
        self.assertEqual(self._known(transaction), ("error", "mismatch", False, False))
        self.assertEqual(len(self._charges(collection)), 1)
        self.assertEqual(len(collection.membership_id.activity_ids), 1)
        with self._uncommitted():
            collection.with_user(self.manager).action_was_paid()
        self.assertIn(collection.invoice_id.payment_state, ("paid", "in_payment"))
        asked = collection.invoice_id.amount_total
        self.assertEqual(transaction.payment_id.amount, asked + 1, "what was taken is in the books")

    def test_unreachable_stays_unknown(self):
        """Stripe cannot be asked either; after a day staff is."""
        collection = self._due("success/cut_after")
        self._collect(collection)
        self._later(collection, hours=30)
        with patch.object(type(self.stripe), "answer", lambda *_args: (503, {}, "html")):
            transaction = self._collect(collection)
        self.assertEqual(self._known(transaction)[:2], UNKNOWN[:2])
        self.assertEqual(len(collection.membership_id.activity_ids), 1)
        self._collect(collection)
        self._assert_paid_once(collection)
        self.assertFalse(collection.membership_id.activity_ids)

    def test_found_on_another_page(self):
        """A company pays for many: hundreds of payments of one customer."""
        collection = self._due("success/cut_after")
        self._collect(collection)
        card = collection.membership_id.payment_token_id
        other = {"amount": 5, "currency": "usd", "customer": card.provider_ref}
        for number in range(230):
            self.stripe.pay({**other, "description": f"S{number}"}, "processing")
        self._later(collection, minutes=6)
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_processing_is_asked_for_when_no_webhook_comes(self):
        collection = self._due("processing")
        transaction = self._collect(collection)
        self.assertEqual(self._known(transaction), ("pending", False, False, False))
        self.assertEqual(collection.charge_on, fields.Date.add(self.company._clinic_today(), days=1))
        self.stripe.intents[transaction.provider_reference]["status"] = "succeeded"
        self._collect(collection)
        self.assertEqual(transaction.state, "pending")
        self._later(collection, hours=24)
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_unconfirmed_cannot_be_confirmed_later(self):
        """The payment is cancelled at Stripe; where that fails too, it is looked up and cancelled."""
        collection = self._due("requires_action")
        with patch.object(type(self.stripe), "cancel", side_effect=KeyError("broken")):
            transaction = self._collect(collection)
        self.assertEqual(self._known(transaction)[:2], UNKNOWN[:2])
        self._later(collection, minutes=6)
        self._collect(collection)
        self.assertEqual(self._known(transaction), CASES["requires_action"][0])
        self.assertEqual(self.stripe.intents[transaction.provider_reference]["status"], "canceled")

    def test_cancelled_by_us_before_we_died(self):
        collection = self._due("requires_action/cut_after")
        transaction = self._collect(collection)
        intent = next(i for i in self.stripe.intents.values() if i["description"] == transaction.reference)
        self.stripe.cancel(intent["id"], {"cancellation_reason": "abandoned"})
        self._later(collection, minutes=6)
        self._collect(collection)
        self.assertEqual(self._known(transaction), ("cancel", "declined", AUTHENTICATION, True))
        self._assert_stopped(collection)

    def test_paid_at_the_desk_while_unknown(self):
        """It is looked up all the same, and what was charged becomes credit."""
        for order, taken in (("success/cut_after", 1), ("success/cut_before", 0)):
            with self.subTest(order):
                collection = self._due(order)
                transaction = self._collect(collection)
                self._pay(collection.invoice_id)
                self.assertEqual(collection.state, "open")
                self._later(collection, minutes=6)
                self._collect(collection)
                self.assertEqual(len(self._charges(collection)), taken, "a paid invoice is not charged")
                self.assertEqual(transaction.state, "done" if taken else "error")
                self.assertEqual(collection.state, "done")
                self.assertEqual(bool(transaction.payment_id), bool(taken))

    def test_a_refused_card_is_not_charged_by_hand_or_next_month(self):
        collection = self._due("lost_card")
        self._collect(collection)
        membership = collection.membership_id
        with self.assertRaisesRegex(UserError, "no stored card that may be charged"):
            membership.action_charge_now()
        self.assertFalse(membership._token_for(membership.partner_id))
        membership.payment_token_id = self._card(
            membership.partner_id, provider_ref="cus_new", stripe_payment_method="pm_new"
        )
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_a_refund_sent_again_is_the_same_refund(self):
        """The process died after Stripe refunded, and somebody presses the button again."""
        collection = self._due()
        transaction = self._collect(collection)
        with mute_logger(*QUIET):
            with self.env.cr.savepoint() as savepoint:
                transaction._refund()
                savepoint.rollback()
            refund = transaction._refund()
            self.assertEqual(refund.state, "done")
            self.assertEqual(len(self.stripe.refunds), 1)
            refund._send_refund_request()
        self.assertEqual(len(self.stripe.refunds), 1)

    def test_codes_wherever_they_stand(self):
        outcome = {"network_decline_code": "05", "network_advice_code": "03"}
        body = {"payment_intent": {"id": "pi_1", "charges": {"data": [{"outcome": outcome}]}}, "code": "card_declined"}
        self.assertEqual(
            declines.read_failure(402, {"error": body}), declines.Failure("declined", "card_declined", True, "pi_1")
        )
        for odd in (None, [], "text", {"error": "text"}, {"error": {"payment_intent": "pi"}}):
            with self.subTest(json.dumps(odd)):
                self.assertEqual(declines.read_failure(402, odd).kind, "declined")
                self.assertEqual(declines.read_failure(500, odd).kind, "unknown")

    def test_the_clocks_may_differ(self):
        """Stripe's clock is behind ours by some minutes."""
        collection = self._due("success/cut_after")
        transaction = self._collect(collection)
        intent = next(i for i in self.stripe.intents.values() if i["description"] == transaction.reference)
        intent["created"] -= int(timedelta(minutes=9).total_seconds())
        self._later(collection, minutes=6)
        self._collect(collection)
        self._assert_paid_once(collection)
