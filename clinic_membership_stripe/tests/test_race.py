# pylint: disable=invalid-commit
"""Two at once at one payment: on real transactions, committed for others to see."""

import threading
import time
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.clinic_membership.tests.common import ClinicCommitted

from .common import QUIET, StripeData


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


@tagged("post_install", "-at_install")
class TestRace(StripeCommitted):
    def _thread(self, job):
        """Do something as Odoo's server does: on a cursor of its own, retried when transactions collide."""

        def run():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})
                with patch("odoo.service.model.random.uniform", lambda low, high: 0.01):
                    retrying(lambda: job(env), env)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def _finish(self, threads):
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive(), "it hangs")

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
