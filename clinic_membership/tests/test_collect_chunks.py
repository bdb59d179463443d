from contextlib import ExitStack
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import COMMIT, ClinicCommon

CHUNK = "odoo.addons.clinic_membership.models.clinic_collection.CHUNK"
JOB = "odoo.addons.clinic_membership.models.clinic_job"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestCollectChunks(ClinicCommon):
    """The scheduled action charges one card after the other, and posts the payments of many together.

    What is durable when the process dies is in test_concurrency.py.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create([{"name": f"Member {n}"} for n in range(5)])
        with freeze_time("2026-01-31"):
            for partner in cls.people:
                cls._sell(cls.monthly, partner=partner).payment_token_id = cls._card(partner)
        cls.memberships = cls.env["clinic.membership"].search([("partner_id", "in", cls.people.ids)], order="id")
        with freeze_time("2026-02-28"):
            cls.periods = cls.memberships._renew()
        cls.collections = cls.periods.collection_ids.sorted("id")
        cls.model = cls.env["clinic.collection"]

    def _booked(self):
        """Remember how many go into the books at once."""
        origin, sizes = type(self.model)._book, []

        def book(collections):
            sizes.append(len(collections))
            return origin(collections)

        return patch.object(type(self.model), "_book", book), sizes

    def _fails_for(self, partner):
        """Post-processing fails for one of them."""
        transactions = type(self.env["payment.transaction"])
        origin = transactions._post_process

        def post_process(records):
            if partner in records.partner_id:
                raise ValueError("no such account")
            return origin(records)

        stack = ExitStack()
        stack.enter_context(patch.object(transactions, "_post_process", post_process))
        stack.enter_context(mute_logger(JOB))
        return stack

    def test_in_chunks(self):
        books, sizes = self._booked()
        with self._answers(*["done"] * 5) as sent, books, patch(CHUNK, 2):
            self.model._cron_collect()
        self.assertEqual(sizes, [2, 2, 1])
        self.assertEqual([tx.invoice_ids for tx in sent], list(self.collections.invoice_id))
        self.assertEqual(self.periods.mapped("payment_state"), ["paid"] * 5)
        self.assertEqual(self.collections.mapped("state"), ["done"] * 5)
        self.assertEqual([tx.clinic_follow_up for tx in sent], [False] * 5)
        self.assertEqual(len({tx.payment_id for tx in sent}), 5)

    def test_declined_among_paid(self):
        """Who is declined is told at once, and does not wait for the chunk."""
        with self._answers("done", "error", "pending", "done", "done"):
            self.model._cron_collect()
        self.assertEqual(self.collections.mapped("state"), ["done", "due", "open", "done", "done"])
        self.assertEqual(self.memberships[1].state, "past_due")
        self.assertEqual(self.periods.mapped("payment_state"), ["paid", "due", "due", "paid", "paid"])

    def test_time_is_over(self):
        """What was paid before goes into the books; the others are charged by the next run."""

        def commit(cron, processed=0, **kwargs):
            cron.env.flush_all()
            return 0.0

        with self._answers("done") as sent, patch(COMMIT, commit):
            self.model._cron_collect()
        self.assertEqual(len(sent), 1)
        self.assertEqual(self.periods.mapped("payment_state"), ["paid", "due", "due", "due", "due"])
        with self._answers(*["done"] * 4) as sent:
            self.model._cron_collect()
        self.assertEqual(self.periods.mapped("payment_state"), ["paid"] * 5)

    def test_one_of_a_chunk_fails(self):
        """The others are in the books; the one is noted, not charged again, and in the books tomorrow."""
        broken = self.collections[2]
        with self._answers(*["done"] * 5), self._fails_for(broken.payer_id):
            self.model._cron_collect()
        self.assertEqual(self.periods.mapped("payment_state"), ["paid", "paid", "due", "paid", "paid"])
        self.assertEqual((broken.failed_on, broken.failure), (date(2026, 2, 28), "no such account"))
        self.assertIn("The card was charged for", broken.membership_id.message_ids[0].body)
        transaction = broken.invoice_id.transaction_ids
        self.assertEqual((transaction.state, transaction.is_post_processed), ("done", False))
        self.assertEqual(broken.invoice_id._clinic_open_transaction(), transaction)
        with self._answers() as sent:
            self.model._cron_collect()
            self.assertEqual(broken.state, "due", "not before tomorrow")
            with freeze_time("2026-03-01"):
                self.model._cron_collect()
        self.assertFalse(sent)
        self.assertEqual(broken.invoice_id.transaction_ids, transaction)
        self.assertEqual((broken.state, broken.failed_on), ("done", False))

    def test_all_together_fail_alone_they_do_not(self):
        """Where creating the payments together fails, each is made by Odoo."""
        with (
            self._answers(*["done"] * 5),
            patch.object(
                type(self.env["payment.transaction"]), "_clinic_create_payments", side_effect=ValueError("together")
            ),
            mute_logger(JOB),
        ):
            self.model._cron_collect()
        self.assertEqual(self.periods.mapped("payment_state"), ["paid"] * 5)
        self.assertFalse(any(self.collections.mapped("failure")))

    def test_paid_by_somebody_else_before_the_chunk(self):
        """The card was charged, then the bank's payment came first: the card's is credit."""
        collection, invoice = self.collections[0], self.collections[0].invoice_id
        with self._answers("done"):
            waiting = collection._charge()
            self.assertEqual(waiting, collection)
            self._pay(invoice)
            waiting._book()
        transaction = invoice.transaction_ids
        self.assertTrue(transaction.is_post_processed)
        self.assertEqual((transaction.payment_id.amount, transaction.payment_id.is_reconciled), (113.85, False))
        self.assertEqual((collection.state, transaction.clinic_follow_up), ("done", False))

    def test_booked_by_odoo_before_the_chunk(self):
        """Odoo's own scheduled action was quicker: there is one payment."""
        with self._answers("done", "done"):
            waiting = self.collections[0]._charge() | self.collections[1]._charge()
            first = self.collections[0].invoice_id.transaction_ids
            first._post_process()
            waiting._book()
        payments = self.env["account.payment"].search([("payment_transaction_id", "=", first.id)])
        self.assertEqual(payments, first.payment_id)
        self.assertEqual(self.collections[:2].mapped("state"), ["done", "done"])

    def test_interactive_is_at_once(self):
        """Charge Now: paid and in the books when the button answers."""
        with self._answers("done"):
            self.memberships[0].with_user(self.receptionist).action_charge_now()
        self.assertEqual(self.periods[0].payment_state, "paid")
        self.assertTrue(self.periods[0].invoice_id.transaction_ids.is_post_processed)
