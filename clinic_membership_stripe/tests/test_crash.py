# pylint: disable=invalid-commit
"""Workers that are killed while they charge: each due is charged once."""

import contextlib
import os
import random

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import get_db_name, tagged

from odoo.addons.clinic_membership.models.clinic_collection import CHUNK

from .crash_common import CrashCommon

# how many members are charged under random kills; CLINIC_CRASH_MEMBERS=200 takes some minutes
MEMBERS = int(os.environ.get("CLINIC_CRASH_MEMBERS", "16"))
WAYS = ("success",) * 4 + ("success/cut_after", "success/cut_before", "success/500_after", "success/429")


@tagged("post_install", "-at_install")
class TestCrash(CrashCommon):
    """The scheduled action, alone and beside others."""

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
