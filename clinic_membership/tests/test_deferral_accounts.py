from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .test_deferral import DeferralCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestDeferralAccounts(DeferralCommon):
    """What was sold into an account is earned out of it: the account stays while value is on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deferred = cls.company.clinic_deferred_account_id
        cls.other = cls.company._clinic_account("Other", "liability_current")

    def assertStays(self, name, value, why):
        for new in (value, False):
            with self.subTest(name=name, new=new), self.assertRaisesRegex(UserError, why), self.cr.savepoint():
                self.company[name] = new

    def test_prepaid_while_units_are_left(self):
        package = self._sell(self.six_pack)
        self.assertStays("clinic_prepaid_account_id", self.other, "450.00 is on the account.*Prepaid Services")
        package._refund_units("credit", "Moves away")
        self._recognize("2026-03-03")
        self.company.clinic_prepaid_account_id = self.other
        self._sell(self.six_pack)
        self.assertEqual((self._balance(self.prepaid), self._balance(self.other)), (0, 450))

    def test_prepaid_while_packages_wait(self):
        """Invoiced and not paid: there are no units yet, but the account owes them."""
        self._sell(self.six_pack, paid=False)
        self.assertStays("clinic_prepaid_account_id", self.other, "450.00 is on the account")

    def test_prepaid_while_units_are_not_invoiced(self):
        self.company.clinic_activation = "confirmation"
        self._order(self.six_pack).action_confirm()
        self.assertStays("clinic_prepaid_account_id", self.other, "450.00 is on the account")

    def test_memberships(self):
        annual = self.monthly.copy({"name": "Annual", "list_price": 3650, "billing_interval": "annual"})
        self._sell(annual)
        self.assertStays("clinic_deferred_account_id", self.other, "3,650.00 is on the account.*Deferred Memberships")
        with freeze_time("2027-04-01"):
            records = self.env["clinic.deferral"]
            records.search(records._today_domain(records._due_domain))._recognize()
            self.company.clinic_deferred_account_id = self.other

    def test_recognition_is_not_switched_off(self):
        """Another account of breakage, or another journal, is no matter; none would stop the recognition."""
        self._sell(self.six_pack)
        for name in ("clinic_breakage_account_id", "clinic_deferral_journal_id"):
            with self.subTest(name), self.assertRaisesRegex(UserError, "is on the account"), self.cr.savepoint():
                self.company[name] = False
            self.company[name] = self.company[name].copy()
        self.assertTrue(self.company.clinic_defer)

    def test_free_while_there_is_nothing(self):
        for name in ("clinic_prepaid_account_id", "clinic_deferred_account_id", "clinic_deferral_journal_id"):
            self.company[name] = False
        self.company.action_clinic_propose_accounts()
        self.assertTrue(self.company.clinic_defer)

    def test_a_chart_made_by_hand(self):
        """Of a company without one of Odoo's charts: its journal, and accounts of their own."""
        company = self.env["res.company"].create({"name": "By hand"})
        with self.assertRaisesRegex(UserError, "By hand has no journal of the type Miscellaneous"):
            company.action_clinic_propose_accounts()
        journal = {"name": "Entries", "type": "general", "code": "ENT", "company_id": company.id}
        company.clinic_deferral_journal_id = self.env["account.journal"].create(journal)
        company.action_clinic_propose_accounts()
        self.assertTrue(company.clinic_defer)
        self.assertEqual(company.clinic_prepaid_account_id.company_ids, company)
        self.assertEqual(company.clinic_breakage_account_id.account_type, "income_other")

    def test_a_branch(self):
        """Its books are its parent's: the same journal, and codes beside the parent's."""
        country = self.company.account_fiscal_country_id
        values = {"name": "Branch", "parent_id": self.company.id, "country_id": country.id}
        branch = self.env["res.company"].create(values)
        self.cr.precommit.run()  # Odoo gives a branch its parent's chart
        branch.action_clinic_propose_accounts()
        self.assertTrue(branch.clinic_defer)
        self.assertEqual(branch.clinic_deferral_journal_id, self.company.clinic_deferral_journal_id)
        line = Command.create({"product_id": self.six_pack.id})
        orders = self.env["sale.order"].with_context(allowed_company_ids=[branch.id, self.company.id])
        order = orders.create({"partner_id": self.patient.id, "company_id": branch.id, "order_line": [line]})
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertIn(branch.clinic_prepaid_account_id, invoice.line_ids.account_id)
        grant = order.order_line.clinic_package_ids.grant_ids
        self.assertEqual((grant.company_id, grant.balance_left, grant.deferred), (branch, 450, True))

    def test_settings_are_saved_as_they_are(self):
        """The settings write every field; one that is the same is no change. One that is another one is refused."""
        self._sell(self.six_pack)
        same = {"clinic_prepaid_account_id": self.prepaid.id, "clinic_grace_days": 9}
        self.env["res.config.settings"].create(same).execute()
        self.assertEqual(self.company.clinic_grace_days, 9)
        with self.assertRaisesRegex(UserError, "chart of accounts"), self.cr.savepoint():
            self.env["res.config.settings"].create({"clinic_prepaid_account_id": self.other.id}).execute()

    def test_another_company(self):
        """Value of one clinic is none of another's."""
        self._sell(self.six_pack)
        other = self.env["res.company"].create({"name": "Other clinic"})
        other._clinic_check_value_moves({"clinic_prepaid_account_id": False})

    def test_months_need_a_journal(self):
        self.company.clinic_deferred_account_id = False
        with self.assertRaisesRegex(ValidationError, "Choose the recognition journal, too"):
            self.company.write({"clinic_deferral_journal_id": False, "clinic_deferred_account_id": self.other.id})
