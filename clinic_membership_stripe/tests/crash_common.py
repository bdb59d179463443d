# pylint: disable=invalid-commit
"""Processes that are killed: real ones, SIGKILL, committed data, one Stripe."""

import json
import subprocess
import sys
import time
from pathlib import Path

from odoo import tools
from odoo.tests import get_db_name

from .test_race import StripeCommitted


class CrashCommon(StripeCommitted):
    """Workers to be killed, and what time does to what they leave."""

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
