from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestCreditRights(CreditCommon):
    """Who gives how much, and who takes it back."""

    # === taking it back === #

    def test_take_back_what_was_not_used(self):
        credit = self._give()
        credit.with_user(self.receptionist).action_take_back()
        self.assertRecordValues(
            credit,
            [{"left": 0, "used": 0, "taken_back_on": date(2026, 4, 16), "taken_back_by_id": self.receptionist.id}],
        )
        self.assertEqual(credit.move_id.amount_residual, 0)
        self.assertEqual(self.membership.credit_to_use, 0)
        self.assertEqual(self.membership.period_ids.payment_state, "paid")
        credit.action_take_back()
        self.assertEqual(len(credit.move_id.reversal_move_ids), 1, "once")
        self.membership.invalidate_recordset(["log_ids"])
        self.assertEqual(self.membership.log_ids[0].event, "undo_credit")

    def test_what_was_used_stays(self):
        credit = self._give()
        self._renew()
        with self.assertRaisesRegex(UserError, "30.00.* of it is used already"):
            credit.action_take_back()

    def test_who_may_take_back(self):
        credit = self._give(self.manager)
        with self.assertRaisesRegex(UserError, "Somebody else gave this"):
            credit.with_user(self.receptionist).action_take_back()
        mine = self._give()
        mine.with_user(self.manager).action_take_back()
        self.assertEqual(mine.taken_back_by_id, self.manager)

    def test_what_was_taken_back_does_not_count(self):
        self._give(amount=50).with_user(self.receptionist).action_take_back()
        self._give(amount=50)

    # === limits === #

    def test_a_contact_has_no_limit_of_its_own(self):
        """What a contact of the patient gets lands on the patient's account."""
        self._give(amount=50)
        child = self.env["res.partner"].create({"name": "Home address", "parent_id": self.patient.id})
        with self.assertRaisesRegex(UserError, "You may give"):
            company = self.company.with_user(self.receptionist)
            company.env["clinic.credit"]._check_given(child, 1, "Again", company, company.currency_id)

    def test_a_user_gives_up_to_the_limit(self):
        self._give(amount=50)
        other = self.env["res.partner"].create({"name": "Other"})
        self.membership = self._sell(self.monthly, partner=other)
        with self.assertRaisesRegex(UserError, "You may give .*50.00"):
            self._give(amount=50.01)
        self.company.clinic_user_credit_limit = 0
        with self.assertRaisesRegex(UserError, "ask a manager"):
            self._give(amount=0.01)

    def test_limit_is_per_patient_in_30_days(self):
        self._give(amount=30)
        self._give(self.manager, amount=500)
        wizard = self._wizard(amount=21)
        self.assertIn("the patient got", wizard.preview)
        with self.assertRaisesRegex(UserError, "the patient got .*30.00.* within 30 days"):
            wizard.action_confirm()
        with freeze_time("2026-05-15"), self.assertRaises(UserError):
            self._give(amount=21)
        with freeze_time("2026-05-16"):
            self._give(amount=50)

    def test_a_manager_has_no_limit(self):
        credit = self._give(self.manager, amount=5000)
        self.assertFalse(credit.by_user)

    def test_others_give_nothing(self):
        sales = new_test_user(self.env, "clinic_sales", "sales_team.group_sale_salesman")
        accountant = new_test_user(self.env, "clinic_books", "account.group_account_user")
        credit = self._give()
        for user in (sales, accountant):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._give(user)
        with self.assertRaises(AccessError):
            credit.with_user(sales).action_take_back()
        with self.assertRaisesRegex(UserError, "Only staff with access to memberships"):
            credit.with_user(accountant).action_take_back()

    def test_history_is_not_edited(self):
        credit = self._give()
        for user in (self.receptionist, self.manager):
            for work in (
                lambda record: record.write({"amount": 1}),
                lambda record: record.unlink(),
                lambda record: record.copy(),
            ):
                with self.assertRaises(AccessError):
                    work(credit.with_user(user))
        with self.assertRaisesRegex(UserError, "never deleted"):
            credit.sudo().unlink()

    def test_a_stranger_of_another_company(self):
        other = self.env["res.company"].create({"name": "Second clinic"})
        stranger = new_test_user(
            self.env,
            "clinic_stranger",
            "clinic_membership.group_membership_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        credit = self._give()
        with self.assertRaises(AccessError):
            self._give(stranger)
        with self.assertRaises(AccessError):
            credit.with_user(stranger).action_take_back()
