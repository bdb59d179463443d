from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .test_activity import AGREES, ActivityCommon

REPORT = "clinic_membership.clinic_activity_report"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestActivityPage(ActivityCommon):
    """Package Activity on the screen, on paper, by e-mail; and who may see it."""

    def test_on_the_screen(self):
        redemption = self._redeem(2)
        activity = self._activity()
        form = Form(activity)
        self.assertIn("2 of 6 used, 4 left", form.body)
        self.assertIn(f"/odoo/clinic.redemption/{redemption.id}", form.body)
        form.date_from = date(2026, 2, 10)
        self.assertIn("Before", form.body)
        action = activity.action_movements()
        self.assertEqual(len(self.env[action["res_model"]].search(action["domain"])), 2)

    # === on paper, by e-mail === #

    def test_on_paper(self):
        redemption = self._redeem(2)
        activity = self._activity()
        html = self.env["ir.actions.report"].with_user(self.receptionist)._render_qweb_html(REPORT, activity.ids)[0]
        text = html.decode().replace("\xa0", " ")
        columns = "Package Name|Purchase Date|Expiration Date|Services Included|Services Used|Remaining Balance"
        for words in (*columns.split("|"), "Value Remaining"):
            self.assertIn(words, text)
        facts = (
            self.company.name,
            "Ann Patient",
            "6-Pack Facials",
            "01/31/2026",
            "01/30/2027",
            "2 of 6 used",
            "$ 300.00",
        )
        for words in (*facts, redemption.name, "2 of 6 used, 4 left", AGREES):
            self.assertIn(words, text)
        self.assertNotIn("/odoo/", text)
        self.assertEqual(activity.action_print()["report_name"], REPORT)

    def test_by_e_mail(self):
        self._redeem(2)
        context = self._activity().action_send()["context"]
        composer = self.env["mail.compose.message"].with_user(self.receptionist).with_context(**context)
        composer.create({})._action_send_mail()
        message = self.patient.message_ids[0]
        self.assertIn("2 of 6 used, 4 left", message.body)
        self.assertEqual(message.partner_ids, self.patient)
        self.patient.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._activity().action_send()

    # === who may look === #

    def test_who_may_look(self):
        accountant = new_test_user(self.env, "books", "account.group_account_readonly")
        self.assertIn("0 of 6 used, 6 left", self._activity(user=accountant).body)
        for group in ("base.group_user", "base.group_portal", "sales_team.group_sale_salesman"):
            user = new_test_user(self.env, group, group)
            with self.subTest(group), self.assertRaises(AccessError):
                self._activity(user=user)
            with self.subTest(group), self.assertRaises(AccessError):
                self.env["clinic.activity.line"].with_user(user).search([]).read(["quantity"])
        with self.assertRaises(AccessError):
            self._activity(user=accountant).with_user(self.receptionist).read(["body"])

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self._activity(user=user)._sections())
        with self.assertRaises(AccessError):
            self._activity(user=user, company_id=self.company.id)._sections()
        lines = self.env["clinic.activity.line"].search([("partner_id", "=", self.patient.id)])
        with self.assertRaises(AccessError):
            lines.with_user(user).read(["quantity"])
