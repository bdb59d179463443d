from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_future_start import START, FutureStart


@tagged("post_install", "-at_install")
@freeze_time("2026-02-20 10:00:00")
class TestFutureStartByHand(FutureStart):
    """Somebody invoices or cancels the order before the day."""

    def test_invoiced_and_paid(self):
        order, membership = self._later()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(membership.state, "pending")
        self.assertFalse(membership.will_renew)
        self.assertNotIn(membership, self._upcoming())
        self._start()
        self.assertRecordValues(
            membership.period_ids, [{"is_first": True, "invoice_id": invoice.id, "payment_state": "paid"}]
        )
        self.assertEqual(order.invoice_ids, invoice)

    def test_draft_invoice_counts(self):
        order, membership = self._later()
        invoice = order._create_invoices()
        self._start()
        self.assertRecordValues(membership.period_ids, [{"is_first": True, "payment_state": "draft"}])
        invoice.action_post()
        self.assertEqual(membership.period_ids.invoice_id, invoice)
        self.assertEqual(order.invoice_ids, invoice)

    def test_draft_invoice_deleted_after_the_start_is_the_orders_business(self):
        order, _membership = self._later()
        invoice = order._create_invoices()
        self._start()
        invoice.unlink()
        self.assertEqual(order.invoice_status, "to invoice")

    def test_invoice_cancelled_before_the_day(self):
        order, membership = self._later()
        order._create_invoices().button_cancel()
        self._start()
        self.assertEqual(membership.period_ids.payment_state, "due")
        self.assertEqual(order.order_line.qty_invoiced, 1)

    def test_own_draft_deleted_is_billed_again_at_the_price_of_the_order(self):
        order, membership = self._later(price_unit=50)
        self._start()
        invoice = order.invoice_ids
        invoice.button_draft()
        invoice.unlink()
        self._run("renew", START)
        self.assertEqual(order.invoice_ids.amount_untaxed, 50)
        self.assertEqual(membership.period_ids.invoice_id, order.invoice_ids)

    def test_own_draft_deleted_and_invoiced_by_hand(self):
        order, membership = self._later()
        self._start()
        own = order.invoice_ids
        own.button_draft()
        own.unlink()
        invoice = order._create_invoices()
        self._run("renew", START)
        self.assertEqual(order.invoice_ids, invoice)
        self.assertTrue(membership.period_ids.is_first)

    def test_other_lines_are_invoiced_alone(self):
        order, membership = self._later()
        order.order_line = [Command.create({"product_id": self.facial.id})]
        self.assertEqual(order.invoice_status, "to invoice")
        invoice = order._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.product_id, self.facial)
        self.assertEqual(order.invoice_status, "no")
        self._start()
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(membership.period_ids.payment_state, "due")

    def test_order_cancelled_before(self):
        order, membership = self._later()
        order._action_cancel()
        self.assertEqual((membership.state, membership.will_renew), ("cancelled", False))
        self._start()
        self.assertFalse(order.invoice_ids)
        self.assertFalse(membership.period_ids)

    def test_membership_cancelled_before(self):
        order, membership = self._later()
        membership._cancel(self.reason)
        self._start()
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.invoice_status, "no")

    def test_order_cannot_be_cancelled_after(self):
        order, _membership = self._later()
        self._start()
        with self.assertRaisesRegex(UserError, "is running"):
            order._action_cancel()

    @mute_logger("odoo.addons.clinic_membership.models.clinic_job")
    def test_a_failure_leaves_it_for_tomorrow(self):
        order, membership = self._later()
        receivable = self.patient.property_account_receivable_id
        receivable.active = False
        self._start()
        self.assertEqual((membership.state, membership.failed_on), ("pending", START))
        self.assertFalse(order.invoice_ids)
        receivable.active = True
        self._start("2026-03-16")
        self.assertEqual((membership.state, membership.start_date), ("active", date(2026, 3, 16)))
        self.assertEqual(len(order.invoice_ids), 1)
