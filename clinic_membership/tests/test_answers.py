from unittest.mock import patch

import requests
from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.payment.models.payment_provider import PaymentProvider

from .common import SEND
from .due_common import ClinicDue


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestAnswers(ClinicDue):
    """What providers answer in ways of their own. Their addons are not installed here."""

    def _become(self, code):
        """Let the provider be one whose addon is not there."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE payment_provider SET code = %s WHERE id = %s", [code, self.provider.id])
        self.env.invalidate_all()

    def test_a_decline_that_is_fetched(self):
        """Razorpay answers with a number; Odoo fetches the payment, and keeps to itself why it failed."""
        self._become("razorpay")
        card, payment = self.membership.payment_token_id, {"id": "pay_1", "status": "failed"}

        def send(transaction):
            transaction._send_api_request("GET", "payments/pay_1")
            transaction._set_error("An error occurred during the processing of your payment.")

        def answer(_provider, *_args, **_kwargs):
            return {**payment, "error_reason": "debit_instrument_blocked"}

        with self._answers(), patch(SEND, send), patch.object(PaymentProvider, "_send_api_request", answer):
            self.collection._collect()
        transaction = self.invoice.transaction_ids
        self.assertRecordValues(transaction, [{"state": "error", "clinic_outcome": "declined", "clinic_final": True}])
        self.assertEqual(card.clinic_code, "restricted_card")
        self.assertEqual((self.collection.state, self.membership.state), ("stopped", "past_due"))

    def test_a_decline_that_is_called_cancelled(self):
        """Authorize.net's addon does so; staff reads what it is."""
        self._become("authorize")
        with self._answers("nothing") as sent:
            self.collection._collect()
            sent[0]._set_canceled("This transaction has been declined.")
            sent[0]._clinic_read_answer({"response": {"x_response_code": "2"}})
            self.collection._collect()
        self.assertEqual(self.collection.last_answer, "Declined: This transaction has been declined.")
        self.assertEqual((self.collection.state, self.membership.state), ("due", "past_due"))

    def test_no_answer_past_odoos_own_way(self):
        """Authorize.net's addon asks by itself, and lets what goes wrong there through."""
        self._become("authorize")
        with self._answers(requests.ReadTimeout("Time-out")) as sent:
            self.collection._collect()
            self.collection._collect()
        self.assertEqual(len(sent), 1)
        transaction = self.invoice.transaction_ids
        self.assertRecordValues(transaction, [{"state": "pending", "clinic_outcome": "unknown"}])
        self.assertEqual((self.collection.state, self.membership.state), ("open", "active"))
        with freeze_time("2026-02-28 10:06:00"), self._answers() as sent:
            self.collection._collect()
            self.assertFalse(sent, "never again before somebody has looked it up")
            self.assertTrue(self.collection.needs_person)
