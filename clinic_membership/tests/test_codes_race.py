# pylint: disable=invalid-commit
"""Codes that are redeemed, called back and guessed at the same time: on real transactions, committed."""

import threading
from collections import defaultdict

from odoo.exceptions import UserError
from odoo.tests import tagged

from .at_once_common import ClinicAtOnce


@tagged("post_install", "-at_install")
class TestCodesRace(ClinicAtOnce):
    """A code is worth its units once, whoever is quicker."""

    def setUp(self):
        super().setUp()
        self.package = self._sell(self.six_pack, partner=self._patient())
        self.package.transferable = True
        self.cr.commit()

    def _give(self, units=6):
        code = self.package._give("gift", {self.package.grant_ids: units})
        self.cr.commit()
        return code

    def _try(self, env, text, key="desk"):
        friend = env["res.partner"].create({"name": "Friend in a hurry"})
        package, problem = env["clinic.code"]._try(text, friend, env["res.company"].browse(self.company.id), key)
        return package.id or problem

    def _one_each(self, *jobs):
        """Run different jobs at once; each thread keeps its own when it is retried."""
        left = iter(jobs)
        mine = defaultdict(lambda: next(left))
        return self._at_once(lambda env: mine[threading.get_ident()](env), len(jobs))

    def test_redeemed_once(self):
        code = self._give()
        results = self._at_once(lambda env: self._try(env, code.code), 4)
        self.assertEqual(len([result for result in results if isinstance(result, int)]), 1)
        self.assertEqual((self.package.units_left, code.received_package_id.units_left), (0, 6))
        self.assertEqual(self.env["clinic.package"].search_count([("source_code_ids", "=", code.id)]), 1)

    def test_redeemed_or_called_back(self):
        code = self._give()
        results = self._one_each(
            lambda env: self._try(env, code.code), lambda env: env["clinic.code"].browse(code.id)._call_back()
        )
        redeemed = any(isinstance(result, int) for result in results)
        self.assertEqual(code.state, "redeemed" if redeemed else "called_back")
        self.assertEqual((self.package.units_left, self.package.units_reserved), (0 if redeemed else 6, 0))

    def test_given_or_used(self):
        """The last units: given away or used, never both."""
        self._redeem(units=5, partner=self.package.partner_id)
        self.cr.commit()
        package, patient = self.package.id, self.package.partner_id.id

        def give(env):
            mine = env["clinic.package"].browse(package)
            mine._give("gift", {mine.grant_ids: 1})

        def redeem(env):
            company, facial = env["res.company"].browse(self.company.id), env["product.product"].browse(self.facial.id)
            today = company._clinic_today()
            env["clinic.redemption"]._redeem(env["res.partner"].browse(patient), facial, 1, today, company)

        results = self._one_each(give, redeem)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 1)
        self.assertEqual(self.package.units_used - 5 + self.package.units_reserved, 1)

    def test_given_once(self):
        package = self.package.id

        def give(env):
            mine = env["clinic.package"].browse(package)
            mine._give("gift", {mine.grant_ids: 4})

        results = self._at_once(give, 3)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 2)
        self.assertEqual((self.package.units_reserved, len(self.package.code_ids)), (4, 1))

    def test_wrong_codes_are_all_counted(self):
        key = f"desk {self.package.id}"
        self._at_once(lambda env: self._try(env, "no", key), 4)
        self.assertEqual(self.env["clinic.code.attempt"].search([("key", "=", key)]).count, 4)
