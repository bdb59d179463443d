import time

import stripe

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import QUIET, StripeCommon
from .fake_stripe import WEBHOOK_SECRET


@tagged("post_install", "-at_install")
class TestWebhook(StripeCommon, HttpCase):
    """What Stripe reports by itself: believed when it is signed, and right whenever it comes."""

    def _send(self, body, headers):
        with mute_logger(*QUIET):
            response = self.url_open("/payment/stripe/webhook", data=body, headers=headers)
        self.env.invalidate_all()
        return response.status_code

    def _sent(self, *orders):
        """A renewal after its first run, its transaction, and the payment at Stripe."""
        collection = self._due(*orders)
        transaction = self._collect(collection)
        found = [i for i in self.stripe.intents.values() if i["description"] == transaction.reference]
        return collection, transaction, found[0]

    def test_success_after_an_unknown(self):
        collection, transaction, intent = self._sent("success/cut_after")
        self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self.assertEqual((transaction.state, transaction.clinic_outcome), ("done", False))
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_success_after_processing(self):
        collection, _transaction, intent = self._sent("processing")
        intent["status"] = "succeeded"
        self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_success_twice_and_after_the_answer(self):
        collection, transaction, intent = self._sent("success")
        for _time in range(2):
            self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self._collect(collection)
        self.assertTrue(transaction.is_post_processed)
        self._assert_paid_once(collection)

    def test_decline_after_an_unknown(self):
        """It ends the waiting, with the codes that the answer would have had."""
        collection, transaction, intent = self._sent("lost_card/cut_after")
        self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self.assertEqual((transaction.state, transaction.clinic_outcome), ("error", "declined"))
        self.assertEqual((transaction.clinic_code, transaction.clinic_final), ("lost_card", True))
        self._collect(collection)
        self.assertEqual(collection.state, "stopped")
        self.assertEqual(collection.membership_id.state, "past_due")

    def test_decline_after_success_changes_nothing(self):
        """Webhooks may come in any order."""
        collection, transaction, intent = self._sent("success")
        late = {**intent, "status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
        self.assertEqual(self._send(*self.stripe.event(late)), 200)
        self.assertEqual((transaction.state, transaction.clinic_code), ("done", False))
        self._assert_paid_once(collection)

    def test_another_amount_stays_so(self):
        """The webhook tells the same as the answer: Odoo alone would call it done the second time."""
        _collection, transaction, intent = self._sent("other_amount")
        for _time in range(2):
            self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self.assertEqual((transaction.state, transaction.clinic_outcome), ("error", "mismatch"))

    def test_another_amount_after_an_unknown(self):
        _collection, transaction, intent = self._sent("other_amount/cut_after")
        self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self.assertEqual((transaction.state, transaction.clinic_outcome), ("error", "mismatch"))

    def test_cancelled_by_the_clinic_at_stripe(self):
        collection, transaction, intent = self._sent("processing")
        self.stripe.cancel(intent["id"], {"cancellation_reason": "requested_by_customer"})
        self.assertEqual(self._send(*self.stripe.event(intent)), 200)
        self.assertEqual((transaction.state, transaction.clinic_final), ("cancel", False))
        self._collect(collection)
        self._later(collection, hours=72)
        self._collect(collection)
        self._assert_paid_once(collection)

    def _forgeries(self, body):
        """Headers that are not Stripe's."""
        sign = stripe.WebhookSignature.generate_signature_header
        good = sign(body, WEBHOOK_SECRET)
        return {
            "other secret": sign(body, "whsec_guess"),
            "no secret": sign(body, ""),
            "other body": sign(body + " ", WEBHOOK_SECRET),
            "old": sign(body, WEBHOOK_SECRET, timestamp=int(time.time()) - 3600),
            "newer time, old signature": good.replace("t=", "t=9", 1),
            "no signature": f"t={int(time.time())}",
            "nonsense": "a=b=c,,",
            "empty": "",
            "none": None,
        }

    def test_forged_is_refused(self):
        _collection, transaction, intent = self._sent("processing")
        body, headers = self.stripe.event({**intent, "status": "succeeded"})
        for name, signature in self._forgeries(body).items():
            with self.subTest(name):
                forged = {**headers, "Stripe-Signature": signature}
                forged = {key: value for key, value in forged.items() if value is not None}
                self.assertEqual(self._send(body, forged), 403)
                self.assertEqual(transaction.state, "pending")

    def test_nothing_is_believed_without_a_secret(self):
        """Odoo alone believes everybody then."""
        _collection, transaction, intent = self._sent("processing")
        for empty in (False, "", "  "):
            self.provider.stripe_webhook_secret = empty
            for secret in ("", WEBHOOK_SECRET):
                with self.subTest(secret=empty, forged_with=secret):
                    event = self.stripe.event({**intent, "status": "succeeded"}, secret=secret)
                    self.assertEqual(self._send(*event), 403)
        self.assertEqual(transaction.state, "pending")

    def test_two_signatures_while_the_secret_is_replaced(self):
        collection, _transaction, intent = self._sent("success/cut_after")
        body, headers = self.stripe.event(intent)
        old = self.stripe.event(intent, secret="whsec_old")[1]["Stripe-Signature"].partition(",")[2]
        headers["Stripe-Signature"] += f",{old}"
        self.assertEqual(self._send(body, headers), 200)
        self._collect(collection)
        self._assert_paid_once(collection)

    def test_somebody_elses_payment(self):
        """Stripe tells about everything of the account; what is not ours changes nothing."""
        _collection, transaction, intent = self._sent("processing")
        other = {**intent, "id": "pi_other", "status": "succeeded", "description": "Shop 42"}
        self.assertEqual(self._send(*self.stripe.event(other)), 200)
        self.assertEqual(transaction.state, "pending")
