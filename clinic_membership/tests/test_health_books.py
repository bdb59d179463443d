from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .test_health import NOW, HealthCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestHealthBooks(HealthCommon):
    """What is owed in services, and what becomes income of it."""

    def test_tax_account(self):
        """A tax without an account would be owed in services; without deferral that is no matter."""
        tax, accounts = self.tax, self.tax.repartition_line_ids.account_id
        self.tax.repartition_line_ids.account_id = False
        self.assertFine("_check_tax_accounts")
        self.company.action_clinic_propose_accounts()
        self.assertFound("_check_tax_accounts", "problem", "Taxes without an account", tax)
        taxed = tax.repartition_line_ids.filtered(lambda line: line.repartition_type == "tax")
        taxed.account_id = accounts
        self.assertFine("_check_tax_accounts")

    def test_recognition_that_fails(self):
        self.company.action_clinic_propose_accounts()
        self._sell(self.six_pack)
        entry = self._redeem(3).entry_ids.filtered("grant_id.package_id")
        self.assertFine("_check_recognition")
        entry._work_failed(ValueError("No income account"))
        self.assertFound("_check_recognition", "problem", "cannot be recognized: 1", entry)
        self.assertIn("No income account", self._found("_check_recognition").text)

    def test_books_that_differ(self):
        self.company.action_clinic_propose_accounts()
        self._sell(self.six_pack)
        self.assertFine("_check_tie_out")
        prepaid, breakage = self.company.clinic_prepaid_account_id, self.company.clinic_breakage_account_id
        lines = [Command.create({"account_id": prepaid.id, "balance": 10})]
        lines += [Command.create({"account_id": breakage.id, "balance": -10})]
        entry = {"journal_id": self.company.clinic_deferral_journal_id.id, "line_ids": lines}
        self.env["account.move"].create(entry).action_post()
        self.assertFound("_check_tie_out", "problem", "Prepaid Services: ")
