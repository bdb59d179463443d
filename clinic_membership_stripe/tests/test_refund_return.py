import time
from datetime import timedelta

import stripe

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import QUIET, StripeCommon
from .fake_stripe import WEBHOOK_SECRET

EVENTS = ("charge.refund.updated", "refund.updated", "refund.failed")


class RefundWebhook(StripeCommon, HttpCase):
    """A refund of 50 to a card, and what Stripe sends about it."""

    def setUp(self):
        super().setUp()
        collection = self._due()
        self.charge = self._collect(collection)
        self.invoice = collection.invoice_id
        self.refund = self.env["clinic.refund"]._refund(
            self.invoice, "card", "Called off", 50, source_transaction_id=self.charge.id
        )

    def _send(self, body, headers):
        with mute_logger(*QUIET):
            response = self.url_open("/payment/stripe/webhook", data=body, headers=headers)
        self.env.invalidate_all()
        return response.status_code

    def _book(self):
        waiting = self.env["payment.transaction"].search([("is_post_processed", "=", False)])
        (waiting & (self.refund.transaction_id | self.charge.child_transaction_ids))._post_process()


@tagged("post_install", "-at_install")
class TestRefundMade(RefundWebhook):
    """Stripe tells of a refund before its answer has reached us, or after it was lost."""

    def setUp(self):
        super().setUp()
        transaction = self.refund.transaction_id
        transaction.clinic_sent_on = fields.Datetime.now() - timedelta(minutes=6)
        self.refund.state = "sent"
        with mute_logger(*QUIET), self.env.cr.savepoint() as savepoint:
            transaction._send_refund_request()
            savepoint.rollback()
        self.assertEqual((transaction.state, len(self.stripe.refunds)), ("draft", 1))

    def _tell(self, **kwargs):
        return self._send(*self.stripe.event(self.stripe.charge(self.charge.reference), "charge.refunded", **kwargs))

    def test_our_own_is_booked_once(self):
        for _time in range(2):
            self.assertEqual(self._tell(), 200)
            self._book()
        with self._uncommitted():
            self.refund._proceed()
        self.assertEqual((self.refund.state, len(self.stripe.refunds)), ("done", 1))
        self.assertEqual(self.charge.child_transaction_ids, self.refund.transaction_id)
        self.assertEqual(self.invoice._clinic_refundable(), 63.85)

    def test_one_of_the_dashboard_beside_it(self):
        """The one is ours, the other is Odoo's to book, and no longer ours to give back."""
        self.stripe.refund({"amount": "2000", "payment_intent": self.charge.provider_reference})
        self._tell()
        self._book()
        others = self.charge.child_transaction_ids - self.refund.transaction_id
        self.assertEqual((self.refund.state, others.mapped("amount")), ("done", [-20]))
        self.assertEqual(self.invoice._clinic_refundable(), 43.85)

    def test_forged(self):
        self.assertEqual(self._tell(secret="whsec_guess"), 403)
        self.assertFalse(self.refund.transaction_id.provider_reference)


@tagged("post_install", "-at_install")
class TestRefundReturn(RefundWebhook):
    """Stripe reports that a refund failed after it had succeeded, and was booked."""

    def setUp(self):
        super().setUp()
        with self._uncommitted():
            self.refund._proceed()
        self.assertEqual(self.refund.state, "done")
        (self.known,) = self.stripe.refunds.values()

    def _tell(self, kind=EVENTS[0], **values):
        """Stripe's webhook about the refund, then Odoo's scheduled action."""
        status = self._send(*self.stripe.event({**self.known, **values}, kind))
        self._book()
        return status

    def test_failed_after_it_was_booked(self):
        self.assertEqual(self._tell(status="failed", failure_reason="expired_or_canceled_card"), 200)
        self.assertEqual(
            (self.refund.state, self.refund.refusal), ("returned", "The card has expired or was cancelled")
        )
        self.assertEqual(len(self.refund.activity_ids), 1)
        self.refund.with_user(self.manager).action_give_as_credit()
        self.assertEqual((self.refund.way, self.refund.credit_note_id.amount_residual), ("credit", 50))

    def test_odoos_own_action_is_asked_at_once(self):
        cron = self.env.ref("payment.cron_post_process_payment_tx")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._send(*self.stripe.event({**self.known, "status": "failed"}, EVENTS[0]))
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_by_each_of_the_events_and_twice(self):
        for kind in (*EVENTS, *EVENTS):
            self.assertEqual(self._tell(kind, status="failed"), 200)
            self.assertEqual(self.refund.state, "returned")
        self.assertEqual(len(self.refund.activity_ids), 1)
        self.assertEqual(len(self.invoice.message_ids.filtered(lambda m: "came back" in (m.body or ""))), 1)

    def test_with_a_description(self):
        """It is known by its number, whatever its description says: Odoo would look for that."""
        self._tell(status="failed", description=self.invoice.name)
        self.assertEqual(self.refund.state, "returned")

    def test_cancelled_in_the_dashboard(self):
        self._tell(status="canceled")
        self.assertEqual((self.refund.state, self.refund.refusal), ("returned", "The refund was cancelled at Stripe"))

    def test_success_told_late(self):
        self._tell(status="failed")
        self._tell(status="succeeded")
        self.assertEqual((self.refund.state, self.refund.transaction_id.state), ("returned", "error"))

    def test_success_told_again(self):
        for _time in range(2):
            self.assertEqual(self._tell(status="succeeded"), 200)
        self.assertEqual((self.refund.state, self.refund.transaction_id.state), ("done", "done"))

    def test_every_reason_has_words(self):
        reasons = "declined insufficient_funds lost_or_stolen_card merchant_request charge_for_pending_refund_disputed"
        words = {
            self.refund.transaction_id._clinic_why_refund_failed({"status": "failed", "failure_reason": reason})
            for reason in (*reasons.split(), "unknown", None)
        }
        self.assertEqual(len(words), 6)

    def test_forged(self):
        """Signed with another secret, of another body, or not at all: nothing is believed."""
        failed = {**self.known, "status": "failed"}
        body, headers = self.stripe.event(failed, EVENTS[0])
        old = stripe.WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET, timestamp=int(time.time()) - 3600)
        for kind in EVENTS:
            body, headers = self.stripe.event(failed, kind, secret="whsec_guess")
            self.assertEqual(self._send(body, headers), 403)
            body, headers = self.stripe.event(failed, kind)
            self.assertEqual(self._send(body + " ", headers), 403)
            self.assertEqual(self._send(body, {"Content-Type": "application/json"}), 403)
            self.assertEqual(self._send(body, {**headers, "Stripe-Signature": old}), 403)
        self._book()
        self.assertEqual((self.refund.state, self.refund.transaction_id.state), ("done", "done"))

    def test_somebody_elses_refund(self):
        """Stripe tells about everything of the account."""
        for kind in EVENTS:
            self.assertEqual(
                self._send(*self.stripe.event({**self.known, "id": "re_other", "status": "failed"}, kind)), 200
            )
        self._book()
        self.assertEqual(self.refund.state, "done")
