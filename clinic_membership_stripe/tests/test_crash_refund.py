# pylint: disable=invalid-commit
"""Workers that are killed while they refund to a card: refunded once, booked once."""

from odoo.tests import tagged

from .crash_common import CrashCommon


@tagged("post_install", "-at_install")
class TestCrashRefund(CrashCommon):
    """The scheduled action that sends refunds."""

    def _refunds(self, number):
        """So many refunds to a card, prepared and committed."""
        collections = self._committed(["success"] * number)
        self._run(collections, None)
        self._assert_all_paid_once(collections)
        refunds = self.env["clinic.refund"].union(
            *[
                self.env["clinic.refund"]._refund(
                    invoice, "card", "Crash", 50.0, source_transaction_id=invoice.transaction_ids.id
                )
                for invoice in collections.invoice_id
            ]
        )
        self.cr.commit()
        return refunds

    def _refund_hours_pass(self, refunds, hours):
        self.cr.execute(
            """UPDATE payment_transaction SET clinic_sent_on = clinic_sent_on - %s * interval '1 hour'
               WHERE id IN %s""",
            [hours, refunds.transaction_id._ids],
        )
        self.cr.execute("UPDATE clinic_refund SET failed_on = failed_on - 1 WHERE id IN %s", [refunds._ids])
        self.cr.commit()
        self.env.invalidate_all()
        self.stripe.age(hours=hours)

    def _assert_refunded_once(self, refund):
        """One refund at Stripe, one posted and reconciled credit note, one payment out."""
        source = refund.source_transaction_id.provider_reference
        made = [each for each in self.stripe.refunds.values() if each["payment_intent"] == source]
        self.assertEqual([each["amount"] for each in made], [5000])
        self.assertEqual((refund.state, refund.transaction_id.state), ("done", "done"))
        self.assertEqual((refund.credit_note_id.state, refund.credit_note_id.amount_residual), ("posted", 0))
        self.assertEqual(refund.payment_id.amount, 50)

    def test_refund_killed_at_every_point(self):
        """Killed anywhere, and run again: refunded once, booked once."""
        (report,) = self._run(self._refunds(1), None)
        for number, refund in enumerate(self._refunds(report["points"]), 1):
            (died,) = self._run(refund, number)
            with self.subTest(point=number, **died):
                self._refund_hours_pass(refund, 1)
                self._run(refund, None)
                self._assert_refunded_once(refund)
        self.assertGreater(report["points"], 15)
