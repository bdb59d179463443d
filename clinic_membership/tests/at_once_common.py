# pylint: disable=invalid-commit
"""Several people, or several workers, at the same thing at once."""

import threading
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools import mute_logger

from .common import ClinicCommitted

QUIET = ("odoo.sql_db", "odoo.service.model", "odoo.addons.clinic_membership.models.clinic_job")


class ClinicAtOnce(ClinicCommitted):
    """Real transactions in parallel, retried as Odoo's server retries requests."""

    def _patient(self):
        return self.env["res.partner"].create({"name": "Patient in a hurry"})

    def _at_once(self, job, times):
        """Run ``job(env)`` in parallel as Odoo's server runs requests: retried when transactions collide.

        :return: the results; what a job refused (UserError) is returned, not raised
        """
        start, results = threading.Barrier(times), []

        def run():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})
                start.wait(10)
                try:
                    results.append(retrying(lambda: job(env), env))
                except UserError as error:
                    results.append(error)

        threads = [threading.Thread(target=run) for _time in range(times)]
        with mute_logger(*QUIET), patch("odoo.service.model.MAX_TRIES_ON_CONCURRENCY_FAILURE", 20):
            with patch("odoo.service.model.random.uniform", lambda low, high: 0.01):
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(60)
        self.assertEqual(len(results), times)
        self.cr.rollback()
        self.env.invalidate_all()
        return results


class BooksAtOnce(ClinicAtOnce):
    """In a company with books and fees of its own: what is committed stays, and other tests look at theirs."""

    @classmethod
    def _prepare(cls, mark=""):
        company = cls.env["res.company"].create({"name": f"Books{mark}"})
        cls.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": company.ids})
        super()._prepare(mark)
        company.action_clinic_propose_accounts()
        fee = {"type": "service", "taxes_id": [fields.Command.clear()]}
        fees = cls.env["product.product"].create([{**fee, "name": name} for name in ("Cancellation", "Extension")])
        company.clinic_fee_product_id, company.clinic_extension_product_id = fees

    def _at_once_each(self, *jobs):
        """Run different jobs at once, as :meth:`_at_once`; a job that is retried stays the same."""
        waiting, mine = iter(jobs), {}

        def run(env):
            thread = threading.get_ident()
            if thread not in mine:
                mine[thread] = next(waiting)
            return mine[thread](env)

        return self._at_once(run, len(jobs))
