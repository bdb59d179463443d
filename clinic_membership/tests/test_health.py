from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.clinic_membership.models.clinic_health import ClinicHealth

from .common import ClinicCommon

NOW = datetime(2026, 2, 10, 10)


class HealthCommon(ClinicCommon):
    """A clinic in which everything is fine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.company
        clinic = cls.env["res.company"].create({"name": "Healthy Clinic"})
        (cls.env.user | cls.receptionist | cls.manager).company_ids += clinic
        cls.env["account.chart.template"].try_loading("generic_coa", clinic, install_demo=False)
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": clinic.ids})
        cls._prepare(mark=" healthy")
        cls.provider = cls._provider(mark="_healthy")
        cls.health = cls.env["clinic.health"]
        cls.company.clinic_tz = "America/New_York"
        cls.provider.write({"state": "enabled", "allow_tokenization": True})
        cls.crons = cls.health._scheduled_actions()
        cls.crons.write({"active": True, "nextcall": NOW + timedelta(hours=1)})
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
        cls.card = cls._card(cls.patient)
        cls.membership.payment_token_id = cls.card

    def _found(self, name, company=None):
        return self.health._look(company or self.company)[name]

    def assertFound(self, name, level, words, records=None):
        """A check finds this, and offers these records."""
        finding = self._found(name)
        self.assertEqual(finding.level, level, finding)
        self.assertIn(words, finding.title)
        self.assertTrue(finding.text)
        if records is not None:
            self.assertEqual(finding.records[0], records)

    def assertFine(self, name):
        self.assertEqual(self._found(name).level, "fine", self._found(name))

    def _made(self, records, when):
        """These records were created then."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {records._table} SET create_date = %s WHERE id IN %s",
            (when, tuple(records.ids)),
        )
        records.invalidate_recordset()

    def _renewed(self):
        with freeze_time("2026-02-28 12:00:00"):
            return self.membership._renew()


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestHealthSetup(HealthCommon):
    """Providers, accounts, journals, scheduled actions, time zone."""

    def test_everything_is_fine(self):
        self.assertEqual(self.health._troubles(self.company), [])
        names = self.health._checks()
        self.assertEqual(len(names), 21)
        self.assertEqual(set(self.health._look(self.company)), set(names))

    def test_provider_in_test_mode(self):
        self.provider.state = "test"
        self.assertFound("_check_test_mode", "warning", "Test provider", self.provider)
        self.membership.period_ids.invoice_id = False
        self.assertFine("_check_test_mode")

    def test_no_provider_stores_cards(self):
        self.provider.allow_tokenization = False
        self.assertFound("_check_tokenization", "warning", "No payment provider stores cards", self.provider)
        self.provider.state = "disabled"
        self.assertEqual(self._found("_check_tokenization").level, "warning")

    def test_webhook_secret(self):
        fields = {**self.env["payment.provider"]._fields, "stripe_webhook_secret": None}
        with patch.object(type(self.env["payment.provider"]), "_fields", fields):
            self.assertEqual(self.health._webhook_secrets().get("stripe"), "stripe_webhook_secret")
        with patch.object(self.registry["clinic.health"], "_webhook_secrets", lambda model: {"none": "auth_msg"}):
            self.provider.auth_msg = False
            self.assertFound("_check_webhook", "problem", "Test provider", self.provider)
            self.provider.auth_msg = "whsec"
            self.assertFine("_check_webhook")
            self.provider.write({"auth_msg": False, "state": "disabled"})
            self.assertFine("_check_webhook")

    def test_income_account(self):
        """Of the product, else of its category, else of the company."""
        template = self.six_pack.product_tmpl_id
        account = template._get_product_accounts()["income"]
        template.property_account_income_id = False
        self.company.income_account_id = False
        self.assertFound("_check_income_accounts", "problem", "No income account")
        self.assertIn(template, self._found("_check_income_accounts").records[0])
        template.property_account_income_id = account
        self.assertNotIn(template, self._found("_check_income_accounts").records[0])
        self.company.income_account_id = account
        self.assertFine("_check_income_accounts")

    def test_journals(self):
        self.env["account.journal"].search(
            [("type", "in", ("bank", "cash")), ("company_id", "=", self.company.id)]
        ).active = False
        self.assertFound("_check_journals", "problem", "bank or cash journal")
        self.assertNotIn("sales journal", self._found("_check_journals").title)

    def test_scheduled_action_off(self):
        cron = self.env.ref("clinic_membership.ir_cron_collect")
        cron.active = False
        self.assertFound("_check_actions_off", "problem", "charge stored cards", cron)
        self.assertFine("_check_actions_late")

    def test_scheduled_action_late(self):
        cron = self.env.ref("clinic_membership.ir_cron_renew")
        cron.nextcall = NOW - timedelta(hours=2)
        self.assertFine("_check_actions_late")
        cron.nextcall = NOW - timedelta(hours=2, seconds=1)
        self.assertFound("_check_actions_late", "problem", "renew what is due", cron)

    def test_scheduled_action_that_fails(self):
        cron = self.env.ref("clinic_membership.ir_cron_expire")
        cron.failure_count = 1
        self.assertFound("_check_actions_late", "problem", "expire unused units", cron)

    def test_time_zone(self):
        self.company.write({"clinic_tz": "UTC", "country_id": self.env.ref("base.us").id})
        self.assertFound("_check_time_zone", "warning", "United States")
        self.company.country_id = self.env.ref("base.uk")
        self.assertIn("Europe/London", self._found("_check_time_zone").text)
        self.company.country_id = self.env.ref("base.is")
        self.assertFine("_check_time_zone")
        self.company.country_id = False
        self.assertFine("_check_time_zone")

    def test_a_clinic_without_anything(self):
        """No chart of accounts, no provider: found and not raised, and the first clinic's troubles stay there."""
        self.membership.failed_on = "2026-02-10"
        bare = self.env["res.company"].create({"name": "Bare"})
        levels = {name: finding.level for name, finding in self.health._look(bare).items() if finding.level != "fine"}
        self.assertEqual(
            levels,
            {
                "_check_income_accounts": "problem",
                "_check_journals": "problem",
                "_check_tokenization": "warning",
            },
        )
        self.assertEqual(self._found("_check_failures").level, "problem")

    def test_a_bridge_adds_a_check(self):
        checks = ClinicHealth._checks
        with (
            patch.object(ClinicHealth, "_checks", lambda model: ["_check_moon", *checks(model)]),
            patch.object(
                self.registry["clinic.health"],
                "_check_moon",
                lambda model, company: model._problem("Full moon", "Wait."),
                create=True,
            ),
        ):
            self.assertEqual(self.health._troubles(self.company)[0].title, "Full moon")


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestHealthMoney(HealthCommon):
    """Cards, charges, invoices and messages."""

    def test_member_without_a_card(self):
        self.membership.payment_token_id = False
        self.assertFound("_check_cards_missing", "warning", "30 days: 1", self.membership)
        with freeze_time("2026-01-28"):
            self.assertFine("_check_cards_missing")
        self.membership._cancel(self.reason)
        self.assertFine("_check_cards_missing")

    def test_barred_card(self):
        """Stolen, so it is never charged again: as good as none."""
        self.membership.payment_token_id = self.card
        self.assertFine("_check_cards_missing")
        self.card.clinic_code = "stolen_card"
        self.assertFound("_check_cards_missing", "warning", "30 days: 1", self.membership)

    def test_archived_card(self):
        self.card.active = False
        self.membership.payment_token_id = self.card
        self.assertFound("_check_cards_archived", "warning", "archived: 1", self.membership)
        self.assertFine("_check_cards_missing")
        self.membership.state = "ended"
        self.assertFine("_check_cards_archived")

    def test_charge_without_an_outcome(self):
        period = self._renewed()
        transaction = period._collections()._new_attempt()
        for state in ("draft", "pending"):
            transaction.state = state
            self._made(transaction, NOW - timedelta(hours=23))
            self.assertFine("_check_unresolved")
            self._made(transaction, NOW - timedelta(hours=25))
            self.assertFound("_check_unresolved", "problem", "outcome: 1", transaction)
            self.assertEqual(self._found("_check_unresolved").records[1], period.invoice_id)
        transaction.state = "error"
        self.assertFine("_check_unresolved")

    def test_abandoned_in_the_portal(self):
        """Somebody looked at the payment page and left: nothing to resolve, unless the provider has it as pending."""
        period = self._renewed()
        transaction = period._collections()._new_attempt()
        transaction.write({"operation": "online_redirect", "token_id": False})
        self._made(transaction, NOW - timedelta(days=2))
        self.assertFine("_check_unresolved")
        transaction.state = "pending"
        self.assertFound("_check_unresolved", "problem", "outcome: 1", transaction)

    def test_charge_of_something_else(self):
        invoice = self._sell(self.six_pack, paid=False).sale_line_id.invoice_lines.move_id
        transaction = invoice._clinic_new_transaction(self.card)
        self._made(transaction, NOW - timedelta(days=2))
        self.assertFine("_check_unresolved")

    def test_paid_and_not_in_the_books(self):
        period = self._renewed()
        transaction = period._collections()._new_attempt()
        transaction._set_done()
        transaction.last_state_change = NOW - timedelta(minutes=59)
        self.assertFine("_check_not_in_the_books")
        transaction.last_state_change = NOW - timedelta(minutes=61)
        self.assertFound("_check_not_in_the_books", "problem", "books: 1", transaction)
        transaction._post_process()
        self.assertFine("_check_not_in_the_books")

    def test_failing_renewal_and_failing_charge(self):
        self.membership._work_failed(ValueError("No journal"))
        self.assertFound("_check_failures", "problem", "fails: 1", self.membership)
        self.assertIn("Ann Patient: No journal", self._found("_check_failures").text)
        self.membership._work_succeeded()
        self.assertFine("_check_failures")
        self.membership.period_ids._work_failed(ValueError("No route"))
        self.assertFound("_check_failures", "problem", "fails: 1", self.membership)
        self.assertIn("No route", self._found("_check_failures").text)

    def test_renewal_without_a_posted_invoice(self):
        period = self._renewed()
        self._made(period, NOW - timedelta(days=2))
        self.assertFine("_check_drafts")
        period.invoice_id.button_draft()
        self.assertFound("_check_drafts", "problem", "invoice: 1", period)
        period.invoice_id.unlink()
        self.assertFound("_check_drafts", "problem", "invoice: 1", period)
        self._made(period, NOW - timedelta(hours=23))
        self.assertFine("_check_drafts")

    def test_cancelled_invoice_was_a_decision(self):
        period = self._renewed()
        self._made(period, NOW - timedelta(days=2))
        period.invoice_id.button_cancel()
        self.assertFine("_check_drafts")

    def test_sold_and_never_paid(self):
        other = self.env["res.partner"].create({"name": "Slow Payer"})
        pending = self._sell(self.monthly, partner=other, paid=False)
        self._made(pending, NOW - timedelta(days=6))
        self.assertFine("_check_never_paid")
        self._made(pending, NOW - timedelta(days=8))
        self.assertFound("_check_never_paid", "warning", "never paid: 1", pending)
        self._pay(pending.sale_line_id.invoice_lines.move_id)
        self.assertFine("_check_never_paid")

    def test_mail_that_was_not_sent(self):
        mail = self.env["mail.mail"].search(
            [("model", "=", "clinic.membership"), ("res_id", "=", self.membership.id)], limit=1
        )
        self._made(mail, NOW - timedelta(days=1))
        self.assertFine("_check_mail")
        mail.write({"state": "exception", "failure_reason": "Mailbox full"})
        self.assertFound("_check_mail", "problem", "not sent: 1", mail)
        self.assertIn("Mailbox full", self._found("_check_mail").text)
        self._made(mail, NOW - timedelta(days=8))
        self.assertFine("_check_mail")
