from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestStepBack(ClinicCommon):
    """Resume Now, Undo Cancellation and Remove show what they do before they do it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold.write({"family_size": 3, "cancel_fee": 40})
        cls.company._clinic_fee_product().taxes_id = cls.tax
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)
            cls.bea = cls.env["res.partner"].create({"name": "Bea Daughter"})
            cls.member = cls.membership._family_add(cls.bea)

    def _open(self, action):
        wizard = self.env[action["res_model"]].with_user(self.receptionist).with_context(**action["context"])
        return Form(wizard)

    def test_resume(self):
        with freeze_time("2026-04-06"):
            self.membership._pause(2)
        form = self._open(self.membership.action_resume())
        self.assertIn("from 04/06/2026 ends today, after 10 days, instead of on 06/06/2026", form.preview)
        self.assertIn("next renewal is on 05/11/2026 and charges $\N{NO-BREAK SPACE}113.85", form.preview)
        self.assertNotIn("overdue", form.preview)
        form.save().action_confirm()
        self.assertEqual((self.membership.state, self.membership.next_renewal), ("active", date(2026, 5, 11)))
        self.assertEqual(self.membership.next_amount, 113.85, "as shown")

    def test_resume_with_a_debt(self):
        with freeze_time("2026-04-01"):
            membership = self._sell(self.monthly, partner=self.bea)
        with freeze_time("2026-05-01"):
            membership._renew()
            membership._pause(1)
        with freeze_time("2026-05-03"):
            form = self._open(membership.action_resume())
            self.assertIn("The overdue $\N{NO-BREAK SPACE}113.85 are followed up again", form.preview)
            form.save().action_confirm()
        self.assertEqual(membership.state, "past_due")

    def test_resume_what_is_not_paused(self):
        form = self._open(self.membership.action_resume())
        self.assertIn("is not paused", form.preview)
        with self.assertRaisesRegex(UserError, "is not paused"):
            form.save().action_confirm()

    def test_a_preview_of_yesterday_is_refused(self):
        self.membership._pause(1)
        wizard = self._open(self.membership.action_resume()).save()
        with freeze_time("2026-04-17"), self.assertRaisesRegex(UserError, "of another day"):
            wizard.action_confirm()
        self.assertEqual(self.membership.state, "paused")

    def test_undo_a_cancellation(self):
        self.membership._cancel(self.reason)
        self._pay(self.membership.fee_document_ids)
        form = self._open(self.membership.action_undo_cancel())
        self.assertIn("Benefits go on after 04/30/2026", form.preview)
        self.assertIn("next renewal is on 05/01/2026 and charges $\N{NO-BREAK SPACE}113.85", form.preview)
        self.assertIn("fee of $\N{NO-BREAK SPACE}46.00 is taken back", form.preview)
        self.assertIn("paid of it, $\N{NO-BREAK SPACE}46.00, stays as credit", form.preview)
        form.save().action_confirm()
        self.assertTrue(self.membership.will_renew)
        self.assertAlmostEqual(self.membership.next_amount, 113.85 - 46)

    def test_undo_what_does_not_renew(self):
        self.membership.auto_renew = False
        self.membership._cancel(self.reason, fee=False)
        form = self._open(self.membership.action_undo_cancel())
        self.assertIn("does not renew: it ends before 05/01/2026", form.preview)
        self.assertNotIn("fee", form.preview)

    def test_remove_from_a_pool(self):
        form = self._open(self.member.action_remove())
        self.assertIn("Bea Daughter leaves, last day 04/16/2026.", form.preview)
        self.assertIn("units of the pool stay", form.preview)
        form.last_day = date(2026, 4, 20)
        self.assertIn("last day 04/20/2026", form.preview)
        form.save().action_confirm()
        self.assertEqual(self.member.date_to, date(2026, 4, 20))
        form = self._open(self.member.action_remove())
        form.last_day = date(2026, 4, 25)
        self.assertIn("leaves this plan on 04/20/2026 already", form.preview)

    def test_remove_with_units_of_their_own(self):
        self.gold.sharing = "individual"
        cara = self.env["res.partner"].create({"name": "Cara Holder"})
        with freeze_time("2026-04-01"):
            membership = self._sell(self.monthly, partner=cara)
            dan = self.env["res.partner"].create({"name": "Dan Son"})
            member = membership._family_add(dan)
        form = self._open(member.action_remove())
        self.assertIn("2 units left end then", form.preview)
        form.last_day = date(2026, 4, 10)
        self.assertIn("today or later", form.preview)
        with self.assertRaisesRegex(UserError, "today or later"):
            form.save().action_confirm()

    def test_another_clinic_cannot(self):
        other = self.env["res.company"].create({"name": "Other clinic"})
        group = "clinic_membership.group_membership_manager"
        stranger = new_test_user(self.env, "step_stranger", group, company_id=other.id)
        self.membership._pause(1)
        for action in (self.membership.action_resume(), self.member.action_remove()):
            with self.subTest(action["name"]), self.assertRaises(AccessError):
                self._confirm(action, stranger)
        self.assertEqual((self.membership.state, self.member.date_to), ("paused", False))

    def test_sales_users_cannot(self):
        sales = new_test_user(self.env, "step_sales", "sales_team.group_sale_salesman")
        self.membership._pause(1)
        with self.assertRaises(AccessError):
            self.env["clinic.step.back"].with_user(sales).create(
                {"membership_id": self.membership.id, "step": "resume"}
            )
