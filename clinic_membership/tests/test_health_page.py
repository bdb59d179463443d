from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_health import NOW, HealthCommon


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestHealthPage(HealthCommon):
    """The page for managers, and the digest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere", "clinic_health_digest": False})

    def _user(self, login, groups, company=None):
        company = company or self.company
        return new_test_user(self.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)])

    def _cards(self, user=None):
        page = self.env["clinic.health.finding"].with_user(user or self.manager)
        return page.search(page._open_page()["domain"])

    def test_worst_first_and_fresh(self):
        self.membership.payment_token_id = False
        self.membership.failed_on = "2026-02-10"
        summary, problem, warning, *others = self._cards()
        self.assertEqual(summary.title, "Problems: 1 · Warnings: 1")
        self.assertEqual((summary.level, problem.level, warning.level), ("problem", "problem", "warning"))
        self.assertEqual({card.level for card in others}, {"fine"})
        self.membership.failed_on = False
        self.env.invalidate_all()
        self.assertEqual((summary.level, problem.level), ("warning", "fine"), "nothing on the page is kept")

    def test_everything_is_fine(self):
        cards = self._cards()
        self.assertEqual(cards[0].title, "Everything is fine")
        self.assertEqual(set(cards.mapped("level")), {"fine"})
        self.assertFalse(cards.filtered("can_open"))

    def test_opens_exactly_the_records(self):
        self.membership.payment_token_id = False
        card = self._cards()[1]
        self.assertTrue(card.can_open)
        action = card.action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("clinic.membership", self.membership.id))
        other = self._sell(self.monthly, partner=self.env["res.partner"].create({"name": "Other"}))
        action = card.action_open()
        self.assertEqual(action["domain"], [("id", "in", (self.membership | other).sorted("id").ids)])

    def test_what_a_manager_may_not_see(self):
        self.provider.state = "test"
        card = self._cards()[1]
        self.assertFalse(card.can_open)
        self.assertTrue(card.needs_help)
        self.assertFalse(card.action_open())
        administrator = self._user("clinic_admin", "base.group_system,clinic_membership.group_membership_manager")
        card = self._cards(administrator)[1]
        self.assertEqual(card.action_open()["res_id"], self.provider.id)

    def test_accounts_are_opened_instead_of_charges(self):
        period = self._renewed()
        transaction = period._collections()._new_attempt()
        self._made(transaction, NOW - timedelta(days=2))
        action = self._cards()[1].action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", period.invoice_id.id))

    def test_for_managers_only(self):
        accountant = self._user("clinic_accountant", "account.group_account_user")
        for user in (self.receptionist, accountant):
            with self.assertRaises(AccessError):
                self._cards(user)
            with self.assertRaises(AccessError):
                self.env.ref("clinic_membership.clinic_health_action").with_user(user).run()
        action = self.env.ref("clinic_membership.clinic_health_action").with_user(self.manager).run()
        self.assertEqual(action["res_model"], "clinic.health.finding")

    def test_own_page(self):
        mine = self._cards()
        other = self._user("other_manager", "clinic_membership.group_membership_manager")
        with self.assertRaises(AccessError):
            mine.with_user(other).check_access("read")

    def _digest(self):
        """What the scheduled action sends about these two companies."""
        silent = self.env["res.company"].search([("id", "not in", (self.company | self.elsewhere).ids)])
        silent.clinic_health_digest = False
        before = self.env["mail.mail"].search([])
        with self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_health_digest").method_direct_trigger()
        return self.env["mail.mail"].search([]) - before

    def test_digest_to_the_managers_of_the_company(self):
        stranger = self._user("elsewhere", "clinic_membership.group_membership_manager", self.elsewhere)
        self.membership._work_failed(ValueError("No journal"))
        mails = self._digest()
        self.assertEqual(len(mails), 1)
        self.assertIn(self.manager.partner_id, mails.recipient_ids)
        self.assertNotIn(self.receptionist.partner_id, mails.recipient_ids)
        self.assertNotIn(stranger.partner_id, mails.recipient_ids)
        self.assertEqual(mails.subject, f"{self.company.name}: 1 things to look at in memberships")
        for words in ("Memberships whose renewal or charge fails: 1", "No journal", "/odoo/action-"):
            self.assertIn(words, mails.body_html)

    def test_digest_of_another_company(self):
        """It tells its own managers its own troubles."""
        self.manager.company_ids += self.elsewhere
        self.membership.failed_on = "2026-02-10"
        self.elsewhere.clinic_health_digest = True
        self.company.clinic_health_digest = False
        mails = self._digest()
        self.assertIn(self.manager.partner_id, mails.recipient_ids)
        self.assertIn("Missing: sales journal", mails.body_html)
        self.assertNotIn("renewal or charge fails", mails.body_html)

    def test_no_digest(self):
        self.assertFalse(self._digest(), "everything is fine")
        self.membership.failed_on = "2026-02-10"
        self.company.clinic_health_digest = False
        self.assertFalse(self._digest(), "switched off")
        self.company.clinic_health_digest = True
        self.assertTrue(self._digest())

    def test_digest_in_the_language_of_the_manager(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "fr_FR"
        english = self._user("english", "clinic_membership.group_membership_manager")
        self.membership.failed_on = "2026-02-10"
        mails = self._digest()
        mine = mails.filtered(lambda mail: self.manager.partner_id in mail.recipient_ids)
        self.assertEqual(mine.recipient_ids, self.manager.partner_id)
        self.assertIn(english.partner_id, (mails - mine).recipient_ids)
