# pylint: disable=invalid-commit
"""Income, refunds of packages and services of members at the same time: on real transactions, committed."""

from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .at_once_common import BooksAtOnce


@tagged("post_install", "-at_install")
class TestBooksRace(BooksAtOnce):
    """What becomes income, or goes back, does so once."""

    def _used(self, units):
        """So many redeemed units of one patient, each an entry to be recognized."""
        patient = self._patient()
        package = self._sell(self._package("Pack", 10 * units, units), partner=patient)
        for _unit in range(units):
            self._redeem(partner=patient)
        self.cr.commit()
        return package.grant_ids.entry_ids.filtered("to_recognize")

    def _recognize(self, env, records, limit=2):
        model = env[records._name]
        left = [("to_recognize", "=", True)] if records._name == "clinic.grant.entry" else [("recognized", "=", 0)]
        model._work_through(fields.Domain("id", "in", records.ids) & fields.Domain(left), "_recognize", limit)

    def _assert_recognized_once(self, entries):
        self.assertFalse(entries.filtered("to_recognize"))
        moves = entries.recognition_move_id
        income = moves.line_ids.filtered(lambda line: line.account_id in entries.recognition_account_id)
        self.assertEqual(-sum(income.mapped("balance")), 10 * len(entries))
        self.assertEqual(set(moves.mapped("state")), {"posted"})

    def test_units_are_recognized_once_by_two_workers(self):
        entries = self._used(8)
        self._at_once(lambda env: self._recognize(env, entries), 2)
        self._assert_recognized_once(entries)

    def test_a_recognition_that_died_is_run_again(self):
        """Dead after its journal entry and before its commit: nothing of the chunk is there; then once."""
        entries = self._used(6)
        origin, calls = type(entries)._recognize, []

        def recognize(records):
            origin(records)
            calls.append(len(records))
            if len(calls) == 2:
                raise SystemExit("killed")

        with patch.object(type(entries), "_recognize", recognize), self.registry.cursor() as cr:
            with self.assertRaises(SystemExit):
                self._recognize(api.Environment(cr, SUPERUSER_ID, {}), entries)
            cr.rollback()
        self.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(len(entries.filtered("to_recognize")), 4)
        self._at_once(lambda env: self._recognize(env, entries), 1)
        self._assert_recognized_once(entries)

    def test_months_are_recognized_once_by_two_workers(self):
        annual = self.monthly.copy({"name": "Annual", "list_price": 3650, "billing_interval": "annual"})
        for _member in range(4):
            self._sell(annual, partner=self._patient())
        plan = [("move_line_id.product_id", "=", annual.id)]
        deferrals = self.env["clinic.deferral"].search(plan)
        self.assertEqual(len(deferrals), 4)
        self.cr.commit()
        month = deferrals[0].post_on

        def post(env):
            records = env["clinic.deferral"].browse(deferrals.ids)
            mine = records.try_lock_for_update().filtered(lambda record: record.post_on == month)
            for (company, day, account), some in mine.grouped(
                lambda record: (record.company_id, record.post_on, record.income_account_id)
            ).items():
                some._post_month(company, day, account)

        self._at_once(post, 2)
        self.assertEqual([len(record.posting_ids) for record in deferrals], [1] * 4)

    def test_a_package_is_given_back_once(self):
        package = self._sell(self.six_pack, partner=self._patient())
        self.cr.commit()

        def refund(env):
            return env["clinic.package"].browse(package.id)._refund_units("credit", "Moves away").id

        results = self._at_once(refund, 3)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 2)
        self.assertIn("has no units left", str(refused[0]))
        self.assertEqual(package.refund_ids.mapped("net"), [450])
        self.assertEqual((package.units_left, package.value_left), (0, 0))

    def test_given_back_and_used_at_once(self):
        """A visit while the package is being refunded: the unit is used or given back, never both."""
        patient = self._patient()
        package = self._sell(self._package("One", 100, 1), partner=patient)
        self.cr.commit()

        def refund(env):
            return env["clinic.package"].browse(package.id)._refund_units("credit", "Moves away").id

        def redeem(env):
            company, facial = env["res.company"].browse(self.company.id), env["product.product"].browse(self.facial.id)
            today = company._clinic_today()
            return env["clinic.redemption"]._redeem(env["res.partner"].browse(patient.id), facial, 1, today, company).id

        results = self._at_once_each(refund, redeem)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 1)
        self.assertEqual(package.units_used + len(package.refund_ids), 1)
        self.assertEqual((package.units_left, package.value_left), (0, 0))

    def test_an_extension_is_charged_once(self):
        """Two people extend the same package for its fee: one invoice, one later day."""
        package = self._sell(self.six_pack, partner=self._patient())
        package.extension_fee = 25
        until = fields.Date.add(package.expires_on, days=30)
        self.cr.commit()

        def extend(env):
            values = {"package_id": package.id, "until": until, "reason": "Was ill", "fee": 25}
            env["clinic.extend"].create({"what": "units", **values}).action_confirm()

        results = self._at_once(extend, 3)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 2, results)
        self.assertEqual((len(package.extension_ids), package.expires_on), (1, until))
        self.assertEqual(package.extension_ids.invoice_id.amount_untaxed, 25)
        fees = self.env["account.move"].search([("invoice_origin", "=", package.name)])
        self.assertEqual(len(fees), 1)

    def test_a_package_is_rolled_once(self):
        """Two people roll the same package: one membership, one refund."""
        package = self._sell(self.six_pack, partner=self._patient())
        self.cr.commit()
        patient, journal = package.partner_id.id, self.journal.id

        def roll(env):
            values = {"package_id": package.id, "product_id": self.monthly.id, "journal_id": journal}
            wizard = env["clinic.package.roll"].with_company(self.company.id).create({**values, "partner_id": patient})
            wizard.action_sell()

        results = self._at_once(roll, 2)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 1, results)
        self.assertEqual(len(package.partner_id.clinic_membership_ids), 1)
        self.assertEqual((package.units_left, len(package.refund_ids)), (0, 1))

    def test_a_service_is_added_once(self):
        """Two people add the same service: one has it charged, the other hears that it is there."""
        membership = self._sell(self.monthly, partner=self._patient())
        self.cr.commit()

        def add(env):
            massage = env["product.product"].browse(self.massage.id)
            return bool(env["clinic.membership"].browse(membership.id)._change_add_on(massage, 1))

        results = self._at_once(add, 3)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 2)
        self.assertIn("already", str(refused[0]))
        self.assertEqual(len(membership.line_ids), 2)
        self.assertEqual(len(membership.period_ids.adjustment_ids), 1)

    def test_a_cancellation_costs_one_fee(self):
        """Two people cancel at once: one fee."""
        membership = self._sell(self.monthly, partner=self._patient())
        membership.cancel_fee = 40
        self.cr.commit()

        def cancel(env):
            reason = env["clinic.cancel.reason"].browse(self.reason.id)
            return env["clinic.membership"].browse(membership.id)._cancel(reason)

        self._at_once(cancel, 3)
        self.assertEqual(membership.period_ids.adjustment_ids.mapped("amount_untaxed"), [40])
        self.assertTrue(membership.cancelled_on)
