from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import QUIET, StripeCommon


@tagged("post_install", "-at_install")
class TestRefund(StripeCommon):
    """Money back to a card at Stripe: once, whatever happens on the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collection = cls._due()

    def setUp(self):
        super().setUp()
        self.charge = self._collect(self.collection)
        self.invoice = self.collection.invoice_id
        self.refund = self.env["clinic.refund"]._refund(
            self.invoice, "card", "Called off", 50, source_transaction_id=self.charge.id
        )

    def _proceed(self):
        with self._uncommitted():
            self.refund._proceed()

    def _refunds(self):
        return [refund["amount"] for refund in self.stripe.refunds.values()]

    def test_refunded(self):
        self._proceed()
        self.assertEqual((self.refund.state, self._refunds()), ("done", [5000]))
        self.assertEqual(self.refund.credit_note_id.amount_residual, 0)

    def test_the_process_dies_after_stripe_refunded(self):
        """The same is sent again, with its key: Stripe answers with the refund that it has made."""
        transaction = self.refund.transaction_id
        transaction.clinic_sent_on = fields.Datetime.now() - timedelta(minutes=6)
        with mute_logger(*QUIET), self.env.cr.savepoint() as savepoint:
            transaction._send_refund_request()
            savepoint.rollback()
        self.assertEqual(transaction.state, "draft")
        self._proceed()
        self.assertEqual((self.refund.state, self._refunds()), ("done", [5000]))

    def test_a_day_later_a_person_looks(self):
        """Stripe may have forgotten the key."""
        self.refund.transaction_id.clinic_sent_on = fields.Datetime.now() - timedelta(hours=24)
        self._proceed()
        self.assertEqual((self.refund.state, self._refunds()), ("unknown", []))
        self.assertTrue(self.refund.activity_ids)

    def test_a_message_that_was_lost(self):
        """Stripe works on it, and its webhook never comes: it is asked a day later."""
        self.stripe.refund_status = "pending"
        self._proceed()
        self.assertEqual((self.refund.state, self.refund.transaction_id.state), ("sent", "pending"))
        (refund,) = self.stripe.refunds.values()
        refund["status"] = "succeeded"
        self._proceed()
        self.assertEqual(self.refund.state, "sent", "not asked all the time")
        self.refund.transaction_id.clinic_sent_on = fields.Datetime.now() - timedelta(days=1)
        self._proceed()
        self.assertEqual((self.refund.state, self._refunds()), ("done", [5000]))

    def test_after_days_a_person_decides(self):
        self.stripe.refund_status = "pending"
        self._proceed()
        self.refund.transaction_id.clinic_sent_on = fields.Datetime.now() - timedelta(days=10)
        self._proceed()
        self.assertEqual(self.refund.state, "unknown")
        self.refund.with_user(self.manager).action_was_refunded()
        self.assertEqual(self.refund.state, "done")

    def test_lost_charges_are_not_looked_for(self):
        """The look-up of charges does not touch refunds: it would find no payment, and call the refund refused."""
        self.assertFalse(self.refund.transaction_id._clinic_is_stripe())
