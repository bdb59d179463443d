from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .refund_common import WHY, RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefundWizard(RefundCommon):
    """What staff see before they confirm, and who may."""

    def test_preview_is_what_is_posted(self):
        context = self.invoice.with_user(self.manager).action_clinic_refund()["context"]
        with Form(self.env["clinic.refund.wizard"].with_user(self.manager).with_context(**context)) as form:
            self.assertEqual((form.paid, form.refunded, form.refundable), (113.85, 0, 113.85))
            self.assertEqual((form.way, form.amount), ("card", 113.85))
            form.way = "credit"
            form.amount = 50
            form.reason = WHY
            self.assertIn(f"A credit note for {self.invoice.name} over", form.preview)
            self.assertIn("Gold plan: $\xa043.48", form.preview)
            self.assertIn("Clinic 15 %: $\xa06.52", form.preview)
            self.assertIn("The membership goes on as it is", form.preview)
            form.amount = 200
            self.assertIn("can be refunded", form.problem)
            form.amount = 50
            self.assertFalse(form.problem)
        form.record.action_confirm()
        note = self.invoice.clinic_refund_ids.credit_note_id
        self.assertEqual(self._parts(note), (43.48, 6.52))

    def test_pressed_twice(self):
        wizard = self._wizard(way="credit", amount=50)
        wizard.action_confirm()
        wizard.action_confirm()
        self.assertEqual(len(self.invoice.clinic_refund_ids), 1)

    def test_something_else_meanwhile(self):
        wizard = self._wizard(way="credit", amount=50)
        self._refund("credit", 10)
        with self.assertRaisesRegex(UserError, "meanwhile"):
            wizard.action_confirm()

    def test_from_the_membership_and_the_statement(self):
        first = self.membership.period_ids.filtered("is_first").invoice_id
        for record in (self.membership, self.patient):
            if record == self.patient:
                action = record.with_user(self.manager).action_clinic_statement()
                record = self.env["clinic.statement"].browse(action["res_id"])
            context = record.with_user(self.manager).action_refund()["context"]
            wizard = self.env["clinic.refund.wizard"].with_user(self.manager).with_context(**context).new()
            self.assertEqual(wizard.available_invoice_ids._origin, self.invoice + first)
            self.assertEqual(wizard.invoice_id._origin, self.invoice)

    def test_the_first_payment(self):
        first = self.membership.period_ids.filtered("is_first").invoice_id
        refund = self._refund("bank", invoice=first, journal_id=self.journal.id)
        self.assertEqual((refund.state, refund.membership_ids), ("done", self.membership))
        self.assertFalse(refund.credit_note_id.invoice_line_ids.sale_line_ids, "the order is not to be invoiced again")
        self.assertEqual(self.membership.sale_line_id.qty_to_invoice, 0)

    # === who may === #

    def test_users_up_to_the_limit(self):
        with self.assertRaisesRegex(UserError, "made by Membership Managers"):
            self._refund("credit", 10, user=self.receptionist)
        self.company.clinic_user_refund_limit = 20
        with self.assertRaisesRegex(UserError, r"up to \$.20\.00"):
            self._refund("credit", 20.01, user=self.receptionist)
        self.assertEqual(self._refund("credit", 20, user=self.receptionist).user_id, self.receptionist)
        with self.assertRaisesRegex(UserError, "within 30 days"):
            self._refund("credit", 1, user=self.receptionist)
        self.assertEqual(self._refund("credit", 30).user_id, self.manager)

    def test_others_may_not(self):
        self.company.clinic_user_refund_limit = 20
        wizard = self._wizard(way="credit", amount=10)
        for group in ("base.group_user", "account.group_account_manager", "sales_team.group_sale_manager"):
            user = new_test_user(self.env, group.partition(".")[2], group)
            with self.subTest(group):
                with self.assertRaises(AccessError):
                    wizard.with_user(user).action_confirm()
                with self.assertRaisesRegex(UserError, "made by Membership Managers"):
                    self.env["clinic.refund"].with_user(user).sudo()._refund(self.invoice, "credit", WHY, 10)
        self.assertFalse(self.invoice.clinic_refund_ids)

    def test_nobody_writes_a_refund(self):
        refund = self._refund("credit", 10)
        for user in (self.receptionist, self.manager):
            mine = refund.with_user(user)
            mine.check_access("read")
            for operation in ("create", "write", "unlink"):
                with self.subTest(operation), self.assertRaises(AccessError):
                    mine.check_access(operation)
        stranger = new_test_user(self.env, "refund_stranger", "base.group_user")
        with self.assertRaises(AccessError):
            refund.with_user(stranger).check_access("read")

    def test_another_company(self):
        refund = self._refund("credit", 10)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(self.env, "elsewhere", "clinic_membership.group_membership_manager", company_id=company.id)
        with self.assertRaises(AccessError):
            refund.with_user(user).read(["amount"])
        with self.assertRaises(AccessError):
            self.env["clinic.refund.wizard"].with_user(user).create(
                {"invoice_id": self.invoice.id, "way": "credit", "amount": 5, "reason": WHY}
            ).action_confirm()
