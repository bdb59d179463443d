# pylint: disable=invalid-commit
"""Two at once at one payment: on real transactions, committed for others to see."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_membership.tests.common import ClinicCommitted

from .common import QUIET, StripeData

REASON = "The bank did not take it"  # what Stripe's refunds fail with that have no reason


class StripeCommitted(StripeData, ClinicCommitted):
    """For tests that commit."""

    @classmethod
    def setUpClass(cls):
        cls._start_stripe()
        super().setUpClass()

    def _seen_again(self):
        """What others have committed meanwhile."""
        self.cr.rollback()
        self.env.invalidate_all()

    def _assert_all_paid_once(self, collections):
        """One charge at Stripe, one payment and one paid invoice for each."""
        taken = sorted(intent["description"] for each in collections for intent in self._charges(each))
        done = collections.invoice_id.transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(taken, sorted(done.mapped("reference")), "what Stripe took is what is done here")
        self.assertEqual(len(taken), len(collections))
        self.assertEqual(len(done.payment_id), len(collections))
        self.assertEqual(set(collections.mapped("invoice_id.payment_state")) - {"paid", "in_payment"}, set())
        self.assertEqual(set(collections.mapped("state")), {"done"})

    def _sell_by_card(self):
        """The dialog in which a patient buys a package by card."""
        self.stripe.reset()
        (patient,) = self._members(1).partner_id
        card = self._card(patient, provider_ref=f"cus_{patient.id}", stripe_payment_method=f"pm_{patient.id}")
        wizard = self.env["clinic.sell"].create(
            {
                "partner_id": patient.id,
                "kind": "package",
                "product_id": self.six_pack.id,
                "payment": "card",
                "token_id": card.id,
            }
        )
        self.cr.commit()
        return wizard

    def _assert_sold_once(self, wizard):
        package = self.env["clinic.package"].search([("partner_id", "=", wizard.partner_id.id)])
        self.assertEqual((len(package), wizard.order_id), (1, package.sale_line_id.order_id))
        invoice = package.sale_line_id.invoice_lines.move_id
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual((len(self.stripe.charges()), len(invoice.transaction_ids.payment_id)), (1, 1))
        self.assertEqual(package.state, "active")


@tagged("post_install", "-at_install")
class TestRace(StripeCommitted):
    def setUp(self):
        super().setUp()
        self.threads = ThreadPoolExecutor()
        self.addCleanup(self.threads.shutdown, wait=False)

    def _thread(self, job):
        """Do something as Odoo's server does: on a cursor of its own, retried when transactions collide."""

        def run():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})
                with patch("odoo.service.model.random.uniform", lambda low, high: 0.01):
                    retrying(lambda: job(env), env)

        return self.threads.submit(run)

    def _finish(self, threads):
        for thread in threads:
            thread.result(30)

    def _tell(self, env, transaction, intent):
        """What the controller does with a webhook whose signature is right."""
        data = {"reference": intent["description"], "payment_intent": intent, "payment_method": "pm"}
        env["payment.transaction"].browse(transaction)._process("stripe", data)

    def _race(self, order):
        """Stripe reports the payment before it answers the request that made it."""
        self.stripe.reset()
        collection = self._due(order)
        self.cr.commit()
        threads = []

        def tell_first(intent):
            with self.registry.cursor() as cr:
                cr.execute("SELECT id FROM payment_transaction WHERE reference = %s", [intent["description"]])
                (transaction,) = cr.fetchone()
            threads.append(self._thread(lambda env: self._tell(env, transaction, intent)))
            time.sleep(0.4)  # the webhook waits for our lock meanwhile

        self.stripe.on_charge = tell_first
        with mute_logger(*QUIET, "odoo.sql_db", "odoo.service.model"):
            self._finish([self._thread(lambda env: env["clinic.collection"].browse(collection.id)._collect())])
            self._finish(threads)
        self.assertEqual(len(threads), 1)
        self._seen_again()
        return collection

    def test_webhook_races_the_answer(self):
        collection = self._race("success")
        self._assert_all_paid_once(collection)
        self.assertEqual(len(collection.invoice_id.transaction_ids), 1)

    def test_webhook_races_an_answer_that_is_lost(self):
        """The webhook comes while the request waits in vain: the webhook's answer is the one that stays."""
        collection = self._race("success/cut_after")
        transaction = collection.invoice_id.transaction_ids
        self.assertEqual((transaction.state, transaction.clinic_outcome), ("done", False))
        with mute_logger(*QUIET):
            collection._collect()
        self.cr.commit()
        self._assert_all_paid_once(collection)
        self.assertEqual(collection.membership_id.state, "active")

    def test_a_sale_that_collides_after_its_charge(self):
        """The server does the request again: the patient has bought, and paid, once."""
        wizard = self._sell_by_card()
        transactions = self.registry["payment.transaction"]
        book, booked = transactions._clinic_post_process, []

        def collide_once(waiting):
            booked.append(waiting.ids)
            if len(booked) == 1:
                self.cr.execute(
                    "UPDATE account_move SET narration = 'x' WHERE id IN %s", [tuple(waiting.invoice_ids.ids)]
                )
                self.cr.commit()
            return book(waiting)

        with (
            patch.object(transactions, "_clinic_post_process", collide_once),
            mute_logger(*QUIET, "odoo.sql_db", "odoo.service.model"),
        ):
            self._finish([self._thread(lambda env: env["clinic.sell"].browse(wizard.id).action_sell())])
        self._seen_again()
        self.assertEqual(len(booked), 2)
        self._assert_sold_once(wizard)

    def test_a_sale_is_pressed_by_two_at_once(self):
        wizard = self._sell_by_card()
        both, tries = threading.Barrier(2), []

        def sell(env):
            """Both have seen that nothing is sold here yet; who loses does it again."""
            dialog = env["clinic.sell"].browse(wizard.id)
            tries.append(dialog.order_id)
            if len(tries) <= 2:
                both.wait(10)
            return dialog.action_sell()

        with mute_logger(*QUIET, "odoo.sql_db", "odoo.service.model"):
            self._finish([self._thread(sell), self._thread(sell)])
        self._seen_again()
        self.assertEqual([len(order) for order in tries], [0, 0, 1])
        self._assert_sold_once(wizard)

    def test_looked_up_by_two(self):
        """The lost answer is looked up by the scheduled action and by Charge Now, while the webhook comes."""
        self.stripe.reset()
        collection = self._due("success/cut_after")
        self.cr.commit()
        with mute_logger(*QUIET, "odoo.sql_db", "odoo.service.model"):
            collection._collect()
            transaction = collection.invoice_id.transaction_ids
            self.assertEqual(transaction.clinic_outcome, "unknown")
            self.cr.execute(
                "UPDATE payment_transaction SET clinic_sent_on = clinic_sent_on - interval '1 hour' WHERE id = %s",
                [transaction.id],
            )
            self.cr.commit()
            intent = self.stripe.charges()[0]
            jobs = [
                lambda env: env["clinic.collection"].browse(collection.id)._charge_safely()._book_durably(),
                lambda env: env["clinic.collection"].browse(collection.id)._charge_safely()._book_durably(),
                lambda env: self._tell(env, transaction.id, intent),
            ]
            self._finish([self._thread(job) for job in jobs])
            self._seen_again()
            collection._collect()
        self.cr.commit()
        self._assert_all_paid_once(collection)

    def test_a_refund_fails_while_it_is_booked(self):
        """Booked first, it came back; refused first, it is never booked: whichever it is, it is told once."""
        self.stripe.reset()
        collection = self._due()
        self.cr.commit()
        with mute_logger(*QUIET, "odoo.sql_db", "odoo.service.model"):
            collection._collect()
            charge = collection.invoice_id.transaction_ids
            refund = self.env["clinic.refund"]._refund(
                collection.invoice_id, "card", "Race", 50, source_transaction_id=charge.id
            )
            transaction = refund.transaction_id
            transaction.clinic_sent_on = fields.Datetime.now()
            transaction._send_refund_request()  # Stripe has agreed, and nothing is booked yet
            self.cr.commit()
            data = {"refund": {**next(iter(self.stripe.refunds.values())), "status": "failed"}}

            def tell(env):
                env["payment.transaction"].browse(transaction.id)._process("stripe", data)

            def book(env):
                env["payment.transaction"].browse(transaction.id)._post_process()

            self._finish([self._thread(job) for job in (book, tell, tell)])
            self._seen_again()
            transaction._post_process()
        self.cr.commit()
        returned = refund.state == "returned"
        self.assertEqual((returned or refund.state == "failed", transaction.state), (True, "error"))
        self.assertEqual(
            (len(refund.activity_ids), len(refund.credit_note_id), len(refund.payment_id)), (returned,) * 3
        )
        told = refund.invoice_id.message_ids.filtered(lambda m: refund.name in (m.body or "") and REASON in m.body)
        self.assertEqual(len(told), 1)
