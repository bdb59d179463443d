# pylint: disable=invalid-commit
"""Workers that are killed while they sell, charge or refund: real processes, SIGKILL, committed data, one Stripe."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

from odoo import fields, tools
from odoo.sql_db import connection_info_for
from odoo.tests import get_db_name, tagged

from odoo.addons.clinic_membership.models.clinic_collection import CHUNK

from .test_race import StripeCommitted

# how many members are charged under random kills; CLINIC_CRASH_MEMBERS=200 takes some minutes
MEMBERS = int(os.environ.get("CLINIC_CRASH_MEMBERS", "16"))
WAYS = ("success",) * 4 + ("success/cut_after", "success/cut_before", "success/500_after", "success/429")


@tagged("post_install", "-at_install")
class TestCrash(StripeCommitted):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        script = str(Path(__file__).with_name("crash_worker.py"))
        command = [sys.executable, script, tools.config["config"], get_db_name(), cls.stripe.url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        cls.workers = cls.enterClassContext(subprocess.Popen(command, text=True, **pipes))
        cls.addClassCleanup(cls.workers.kill)
        assert cls.workers.stdout.readline() == "ready\n"

    def _run(self, records, *kills, every_query=False, steps=True, hosts=None):
        """Run the scheduled action, or press the button, in as many processes as there are kills; wait for their end.

        :param kills: the point at which each of them dies; None: it does not
        :param steps: whether there are points between the commits and requests, too
        :param hosts: by which name of its host each of them connects to PostgreSQL; by the same where not given
        :return: what each of them reports
        """
        order = {"model": records._name, "ids": records.ids, "kills": kills, "hosts": hosts}
        order.update(every_query=every_query, steps=steps)
        self.workers.stdin.write(json.dumps(order) + "\n")
        self.workers.stdin.flush()
        reports = json.loads(self.workers.stdout.readline())
        self.assertFalse([report for report in reports if "failed" in report])
        self._wait_for_rollback([f"odoo-{report['process']}" for report in reports])
        self._seen_again()
        return reports

    def _wait_for_rollback(self, clients):
        """PostgreSQL takes a moment to see that a client is gone."""
        left = True
        while left:
            self.cr.rollback()
            self.cr.execute("SELECT 1 FROM pg_stat_activity WHERE application_name IN %s", [tuple(clients)])
            if left := self.cr.fetchone():
                time.sleep(0.01)

    def _hours_pass(self, collections, hours):
        """So much later, at Stripe too."""
        self.cr.execute(
            """UPDATE payment_transaction SET clinic_sent_on = clinic_sent_on - %s * interval '1 hour'
               WHERE id IN %s""",
            [hours, tuple(collections.invoice_id.transaction_ids.ids or [0])],
        )
        self.cr.execute(
            """UPDATE clinic_collection SET charge_on = charge_on - 1, failed_on = failed_on - 1
               WHERE id IN %s AND (charge_on > now() OR failed_on IS NOT NULL)""",
            [collections._ids],
        )
        self.cr.commit()
        self.env.invalidate_all()
        self.stripe.age(hours=hours)

    def _committed(self, ways):
        collections = self._dues([[way] for way in ways])
        self.cr.commit()
        return collections

    def _points(self):
        """How many points a worker with one member passes from the beginning to the end of its work."""
        (report,) = self._run(self._committed(["success"]), None)
        return report["points"]

    def test_killed_at_every_point(self):
        """Killed anywhere, and run again: one transaction, one charge, one payment, one paid invoice."""
        died, points = [], self._points()
        for number, collection in enumerate(self._committed(["success"] * points), 1):
            (report,) = self._run(collection, number)
            died.append(report["died"])
            with self.subTest(point=number, **report):
                self._hours_pass(collection, 1)
                self._run(collection, None)
                self._assert_all_paid_once(collection)
                self.assertEqual(len(collection.invoice_id.transaction_ids), 1)
                self.assertEqual(collection.attempts, 1)
        for name in ("after Cursor.commit", "before requests.request", "after requests.request"):
            self.assertIn(name, died)
        self.assertGreater(len(died), 25)

    # === a sale at the desk === #

    def test_sale_killed_at_every_point(self):
        """Killed anywhere and pressed again: nothing was sold and nobody charged before, or that sale is finished."""
        self._sold_once_wherever_killed(self._sell_by_card, self._assert_sold_once)

    def test_roll_killed_at_every_point(self):
        """A package that pays a membership, and a card the rest: its units end once, with the sale or not at all."""
        self._sold_once_wherever_killed(self._roll_with_card, self._assert_rolled_once, steps=False)

    def test_checkout_killed_at_every_point(self):
        """Of a visit a unit pays the facial and a card the massage: both once, or nothing yet."""
        self._sold_once_wherever_killed(self._check_out_by_card, self._assert_checked_out_once, steps=False)

    def _sold_once_wherever_killed(self, make, check, steps=True):
        """Kill a dialog at each of its points, press it again, and see.

        :param make: a new dialog; ``check``: what holds for one that is finished
        """
        (report,) = self._run(make(), None, steps=steps)
        kept = []
        for number in range(1, report["points"] + 1):
            wizard = make()
            (died,) = self._run(wizard, number, steps=steps)
            kept.append(bool(wizard.order_id))
            with self.subTest(point=number, **died):
                self._finish_sale(wizard)
                check(wizard)
        self.assertEqual(sorted(kept), kept, "from the first commit on the sale is there")
        self.assertEqual(set(kept), {False, True})

    def _roll_with_card(self):
        """The dialog in which a package of 46, tax included, pays a part of the first 113.85 of a membership."""
        self.stripe.reset()
        patient = self.env["res.partner"].create({"name": "Rolls over"})
        package = self._sell(self._package("Facial", 40, 1), partner=patient)
        card = self._card(patient, provider_ref=f"cus_{patient.id}", stripe_payment_method=f"pm_{patient.id}")
        context = package.action_roll()["context"]
        values = {"product_id": self.monthly.id, "payment": "card", "token_id": card.id}
        wizard = self.env["clinic.package.roll"].with_context(**context).create(values)
        self.cr.commit()
        return wizard

    def _assert_rolled_once(self, wizard):
        package, membership = wizard.package_id, wizard.partner_id.clinic_membership_ids
        self.assertEqual((package.state, package.refund_ids.mapped("amount")), ("refunded", [46]))
        self.assertEqual((len(membership), membership.state), (1, "active"))
        self.assertEqual(wizard.order_id.invoice_ids.amount_residual, 0)
        self.assertEqual([charge["amount"] for charge in self.stripe.charges()], [6785])
        self.assertEqual(len(wizard.order_id.invoice_ids.transaction_ids.payment_id), 1)

    def _check_out_by_card(self):
        self.stripe.reset()
        patient = self.env["res.partner"].create({"name": "Checks out"})
        self._sell(self.six_pack, partner=patient)
        card = self._card(patient, provider_ref=f"cus_{patient.id}", stripe_payment_method=f"pm_{patient.id}")
        services = [fields.Command.create({"product_id": service.id}) for service in self.facial | self.massage]
        values = {"partner_id": patient.id, "line_ids": services, "payment": "card", "token_id": card.id}
        wizard = self.env["clinic.checkout"].create(values)
        self.cr.commit()
        return wizard

    def _assert_checked_out_once(self, wizard):
        visits = self.env["calendar.event"].search([("clinic_patient_id", "=", wizard.partner_id.id)])
        self.assertEqual((len(visits), visits.clinic_state), (1, "done"))
        self.assertEqual(visits.clinic_line_ids.mapped("state"), ["applied", "charged"])
        self.assertEqual(wizard.partner_id.clinic_package_ids.units_left, 5)
        self.assertEqual([charge["amount"] for charge in self.stripe.charges()], [11500])
        self.assertEqual(wizard.order_id.invoice_ids.amount_residual, 0)
        self.assertEqual(len(wizard.order_id.invoice_ids.transaction_ids.payment_id), 1)

    def _finish_sale(self, wizard):
        """Staff press again; what is open even then the scheduled action finishes an hour later."""
        if not wizard.order_id:
            self.assertFalse(self.stripe.charges())
        self._run(wizard, None)
        if waiting := wizard.order_id.invoice_ids.clinic_collection_ids.filtered(lambda each: each.state != "done"):
            self._hours_pass(waiting, 1)
            self._run(waiting, None)

    # === refunds === #

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

    # === two at once === #

    def _killed_at_random(self, workers, hosts=None):
        """Workers share the work and die anywhere, at any query, while Stripe loses answers."""
        seed = random.randrange(10**6)
        dice, ways = random.Random(seed), [*WAYS, "success/cut_middle"]
        latest = max(900, 60 * min(MEMBERS, CHUNK))  # who always dies before a chunk is in the books gets nowhere
        latest = latest * 2 // workers  # each of more workers has less to do
        self.stripe.reset()
        collections = self._committed([dice.choice(ways) for _member in range(MEMBERS)])
        runs = deaths = 0
        with self.subTest(seed=seed):
            while set(collections.mapped("state")) != {"done"}:
                runs += 1
                self.assertLess(runs, 40 + 4 * MEMBERS)
                kills = [dice.randint(1, latest) for _worker in range(workers)]
                reports = self._run(collections, *kills, every_query=True, hosts=hosts)
                deaths += sum("died" in report for report in reports)
                self._hours_pass(collections, 1)
            self._assert_all_paid_once(collections)
            self.assertGreater(deaths, 2)

    def test_two_workers_killed_at_random(self):
        self._killed_at_random(2)

    # === three at once, each from elsewhere === #

    def _hosts(self):
        """Three names of the database's host; where it has fewer, some come twice: each worker has its own pool."""
        _name, known = connection_info_for(get_db_name())
        found = []
        for host in dict.fromkeys([known.get("host", ""), "localhost", "127.0.0.1", "127.1", "::1"]):
            with contextlib.suppress(psycopg2.OperationalError):
                psycopg2.connect(**{**known, "host": host}).close()
                found.append(host)
        return (found * 3)[:3]

    def test_three_workers_from_three_hosts_killed_at_random(self):
        self._killed_at_random(3, self._hosts())

    def test_three_workers_from_three_hosts(self):
        """Undisturbed, too: one charge each, whoever takes which member."""
        self.stripe.reset()
        collections = self._committed(["success"] * 6)
        reports = self._run(collections, None, None, None, hosts=self._hosts())
        self.assertEqual(len({report["process"] for report in reports}), 3)
        self._assert_all_paid_once(collections)
        self.assertEqual(len(collections.invoice_id.transaction_ids), 6)

    def test_two_workers_at_once(self):
        """Undisturbed they charge everybody once, and share the work."""
        self.stripe.reset()
        collections = self._committed(["success"] * 8)
        first, second = self._run(collections, None, None)
        self._assert_all_paid_once(collections)
        self.assertEqual(len(collections.invoice_id.transaction_ids), 8)
        self.assertGreater(min(first["points"], second["points"]), 20)
