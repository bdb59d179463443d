# pylint: disable=invalid-commit
"""Corrections of a started package's value beside other work on it: on real transactions, committed."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .at_once_common import BooksAtOnce
from .test_package_follow import credit_by_hand


@tagged("post_install", "-at_install")
class TestFollowRace(BooksAtOnce):
    """A credit note by hand takes its value once, off what is left then; books and units agree afterwards."""

    def setUp(self):
        super().setUp()
        self.package = self._sell(self.six_pack, partner=self._patient())
        self.today = self.company._clinic_today()
        self.cr.commit()

    def _credit(self, price):
        """The job of an accountant: a credit note of the package's invoice."""
        invoice = self.package.sale_line_id.invoice_lines.move_id.id

        def credit(env):
            env = env(context={**env.context, "allowed_company_ids": self.company.ids})
            return credit_by_hand(env["account.move"].browse(invoice), price, self.today).id

        return credit

    def _redeem_job(self, env):
        company, facial = env["res.company"].browse(self.company.id), env["product.product"].browse(self.facial.id)
        patient = env["res.partner"].browse(self.package.partner_id.id)
        return env["clinic.redemption"]._redeem(patient, facial, 1, self.today, company).id

    def _corrections(self):
        entries = self.package.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "revalue")
        return entries.sorted("id").mapped("balance")

    def assertTiesOut(self, units_value, not_posted=0):
        """Of this company, whose other tests leave their packages: by what this one adds."""
        report = self.env["clinic.tie.out"].create({"company_id": self.company.id, "date": self.today})
        self.assertEqual((report.difference, report.not_invoiced, report.not_taken_back), (0, 0, 0))
        self.assertEqual(self.package.value_left, units_value)

    def test_two_credit_notes(self):
        results = self._at_once_each(self._credit(100), self._credit(50))
        self.assertFalse([result for result in results if isinstance(result, UserError)], results)
        self.assertEqual(sorted(self._corrections()), [-100, -50])
        self.assertEqual(self.package.price_paid, 300)
        self.assertTiesOut(300)

    def test_a_visit_meanwhile(self):
        """The unit takes its value of before or of after the credit note, never a part that is not there."""
        self._at_once_each(self._credit(90), self._redeem_job)
        self.assertEqual(self._corrections(), [-90])
        used = -sum(self.package.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "redeem").mapped("balance"))
        self.assertIn(used, (75, 60))
        self.assertEqual(self.package.units_left, 5)
        self.assertTiesOut(360 - used)

    def test_the_last_units_are_used_meanwhile(self):
        """Who is second finds nothing left: what is credited goes off income."""
        for _visit in range(5):
            self._redeem(partner=self.package.partner_id)
        self.cr.commit()
        self._at_once_each(self._credit(90), self._redeem_job)
        self.assertEqual((self.package.units_left, self.package.value_left), (0, 0))
        entries = self.package.grant_ids.entry_ids
        self.assertEqual(sum(entries.mapped("balance")), 0)
        income = sum(entry._to_income() for entry in entries.filtered(lambda entry: entry.kind != "grant"))
        self.assertEqual(income, 360)
        self.assertTiesOut(0)

    def test_refunded_meanwhile(self):
        """Refund and credit note at once: together they give back what was paid, once."""
        package = self.package.id

        def refund(env):
            return env["clinic.package"].browse(package)._refund_units("credit", "Moves away").id

        self._at_once_each(self._credit(100), refund)
        invoice = self.package.sale_line_id.invoice_lines.move_id.filtered(lambda move: move.move_type == "out_invoice")
        credited = invoice.reversal_move_ids.filtered(lambda move: move.state == "posted")
        self.assertLessEqual(sum(credited.mapped("amount_untaxed")), 550)
        self.assertEqual((self.package.units_left, self.package.value_left), (0, 0))
        self.assertTiesOut(0)
