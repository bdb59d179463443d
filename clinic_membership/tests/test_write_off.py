from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-10 10:00:00")
class TestWriteOff(ClinicCommon):
    """Debts that the clinic does without: small ones by all staff, others by managers with their tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)
        with freeze_time("2026-05-01"):
            cls.period = cls.membership._renew()
        cls.invoice = cls.period.invoice_id
        cls.collection = cls.period.collection_ids
        cls.account = cls.company.default_cash_difference_expense_account_id

    def _forgive(self, user=None, invoices=None, **values):
        action = (invoices or self.invoice).with_user(user or self.receptionist).action_clinic_write_off()
        wizard = self.env["clinic.write.off"].with_user(user or self.receptionist).with_context(**action["context"])
        wizard = wizard.create({"reason": "Bank charges", **values})
        self.preview = (wizard.preview or "").replace("\N{NO-BREAK SPACE}", " ")
        wizard.action_confirm()
        return wizard

    def _balance(self, document):
        """{account: balance} without the receivable; the tax of the tests has no account of its own."""
        lines = document.line_ids.filtered(lambda line: line.account_id.account_type != "asset_receivable")
        return {account: sum(some.mapped("balance")) for account, some in lines.grouped("account_id").items()}

    def _leave(self, amount):
        """Pay all but so much."""
        self._pay(self.invoice, self.invoice.amount_residual - amount)
        self.assertEqual(self.invoice.payment_state, "partial")

    def test_more_than_was_shown_is_not_forgiven(self):
        self._leave(0.85)
        action = self.invoice.with_user(self.manager).action_clinic_write_off()
        form = Form(self.env["clinic.write.off"].with_user(self.manager).with_context(**action["context"]))
        form.reason = "Too little"
        self.invoice.line_ids.remove_move_reconcile()  # as long as the form is open: nothing is saved before the button
        wizard = form.save()
        with self.assertRaisesRegex(UserError, "More is open on .* than was shown: .*113.85"):
            wizard.action_confirm()
        self.assertEqual(self.invoice.amount_residual, 113.85)

    def test_a_refund_after_it_takes_the_tax_that_is_left(self):
        """113.85 of which 63.85 are forgiven: the 50 that were paid are 43.48 and 6.52 of tax, as the rest is."""
        self._leave(63.85)
        self._forgive(self.manager, kind="forgiven")
        refund = self.env["clinic.refund"].with_user(self.manager).sudo()._refund(self.invoice, "credit", "All", 50)
        self.assertEqual((refund.credit_note_id.amount_untaxed, refund.credit_note_id.amount_tax), (43.48, 6.52))
        notes = self.invoice.reversal_move_ids
        self.assertAlmostEqual(sum(notes.mapped("amount_tax")), 14.85)

    # === small balances === #

    def test_receptionist_writes_a_small_balance_off(self):
        self._leave(0.85)
        self.membership._set_past_due()
        self._forgive()
        self.assertIn("$ 0.85 to", self.preview)
        credit = self.membership.credit_ids
        self.assertRecordValues(
            credit,
            [
                {
                    "kind": "small",
                    "amount": 0.85,
                    "used": 0.85,
                    "left": 0,
                    "invoice_id": self.invoice.id,
                    "user_id": self.receptionist.id,
                    "by_user": False,
                }
            ],
        )
        self.assertEqual(self._balance(credit.move_id), {self.account: 0.85})
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual((self.membership.state, self.collection.state), ("active", "done"))
        self.membership.invalidate_recordset(["log_ids"])
        self.assertIn("write_off", self.membership.log_ids.mapped("event"))

    def test_more_than_small_is_for_managers(self):
        self._leave(1.01)
        with self.assertRaisesRegex(UserError, "A small balance is .*1.00.* at most"):
            self._forgive(kind="small")
        for kind in ("forgiven", "bad_debt"):
            with self.assertRaisesRegex(UserError, "Only a Membership Manager"):
                self._forgive(kind=kind)
        self.assertEqual(self.invoice.amount_residual, 1.01)
        self.assertFalse(self.membership.credit_ids)

    def test_accounts_of_the_settings(self):
        account = self.account.copy({"code": "649999", "name": "Small change"})
        self.company.clinic_write_off_account_id = account
        self._leave(0.5)
        self._forgive()
        self.assertEqual(self._balance(self.membership.credit_ids.move_id), {account: 0.5})

    def test_no_account_to_be_found(self):
        self._leave(0.5)
        self.company.default_cash_difference_expense_account_id = False
        self.company.account_journal_early_pay_discount_loss_account_id = False
        with self.assertRaisesRegex(UserError, "Choose the write-off account"):
            self._forgive()

    def test_small_balance_of_the_first_invoice_starts_the_membership(self):
        membership = self._sell(self.monthly, partner=self.patient.copy(), paid=False)
        invoice = membership.sale_line_id.invoice_lines.move_id
        self._pay(invoice, invoice.amount_residual - 0.3)
        self.assertEqual(membership.state, "pending")
        self._forgive(invoices=invoice)
        self.assertEqual(membership.state, "active")

    def test_small_balance_in_a_foreign_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        self.membership.currency_id = euro
        with freeze_time("2026-06-01"):
            self.invoice = self.membership._renew().invoice_id
        with freeze_time("2026-06-02"):
            self._leave(0.6)
            with self.assertRaisesRegex(UserError, "at most"):
                self._forgive(kind="small")
            self._pay(self.invoice, 0.2)
            self._forgive()
        credit = self.membership.credit_ids
        self.assertEqual((self.invoice.amount_residual, credit.amount, credit.currency_id), (0, 0.4, euro))
        self.assertEqual(self._balance(credit.move_id), {self.account: 0.8})

    # === courtesy and bad debt === #

    def test_bad_debt_takes_the_tax_back(self):
        account = self.account.copy({"code": "649998", "name": "Bad debts"})
        self.company.clinic_bad_debt_account_id = account
        self.membership._set_past_due()
        self._forgive(self.manager, kind="bad_debt")
        self.assertIn("a credit note over $ 113.85, $ 14.85 of it tax", self.preview)
        credit = self.membership.credit_ids
        self.assertRecordValues(
            credit.move_id,
            [{"move_type": "out_refund", "amount_untaxed": 99, "amount_tax": 14.85, "amount_residual": 0}],
        )
        tax = self.tax.refund_repartition_line_ids.account_id
        self.assertEqual(self._balance(credit.move_id), {account: 99, tax: 14.85})
        self.assertEqual(credit.move_id.reversed_entry_id, self.invoice)
        self.assertEqual((self.invoice.payment_state, self.period.payment_state), ("reversed", "paid"))
        self.assertEqual((self.membership.state, self.collection.state), ("active", "done"))

    def test_bad_debt_of_a_suspended_member(self):
        self.membership.write({"state": "suspended", "past_due_since": date(2026, 5, 1)})
        self._forgive(self.manager, kind="bad_debt")
        self.assertEqual(self.membership.state, "active")

    def test_courtesy_is_capped_at_what_is_open(self):
        self._pay(self.invoice, 50)
        self._forgive(self.manager)
        credit = self.membership.credit_ids
        self.assertRecordValues(credit, [{"kind": "forgiven", "amount": 63.85}])
        self.assertRecordValues(credit.move_id, [{"amount_total": 63.85, "amount_tax": 8.33}])
        self.assertEqual(credit.move_id.invoice_line_ids.product_id.name, "Courtesy Credit")
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_each_tax_in_its_part(self):
        """100 with 15 % and 100 without, half of it paid: half of the tax comes back."""
        self.massage.taxes_id = [Command.clear()]
        order = self._order(self.facial, self.massage, partner=self.patient.copy())
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice, invoice.amount_residual / 2)
        self._forgive(self.manager, invoice)
        note = invoice.reversal_move_ids
        self.assertEqual((note.amount_total, note.amount_tax, len(note.invoice_line_ids)), (107.5, 7.5, 2))
        self.assertEqual(invoice.amount_residual, 0)
        tax = note.line_ids.filtered("tax_line_id")
        self.assertEqual((tax.tax_line_id, tax.tax_base_amount), (self.tax, 50))

    def test_a_first_invoice_that_nobody_pays_starts_nothing(self):
        membership = self._sell(self.monthly, partner=self.patient.copy(), paid=False)
        self._forgive(self.manager, membership.sale_line_id.invoice_lines.move_id, kind="bad_debt")
        self.assertEqual(membership.state, "pending")

    # === whatever the kind === #

    def test_twice_pressed_forgives_once(self):
        wizard = self._forgive(self.manager)
        wizard.action_confirm()
        self.assertEqual(len(self.membership.credit_ids), 1)
        with self.assertRaisesRegex(UserError, "Nothing is open here"):
            self.invoice.with_user(self.manager).action_clinic_write_off()

    def test_not_while_a_charge_is_open(self):
        self.membership.payment_token_id = self._card(self.patient)
        with self._answers("pending"):
            self.collection._collect()
        with self.assertRaisesRegex(UserError, "on its way"):
            self._forgive(self.manager)
        self.assertEqual(self.invoice.amount_residual, 113.85)

    def test_locked_books(self):
        self.company.fiscalyear_lock_date = date(2026, 5, 31)
        with self.assertRaisesRegex(UserError, "books of .* are closed"):
            self._forgive(self.manager)

    def test_reason_is_needed(self):
        with self.assertRaisesRegex(UserError, "Give the reason"):
            self._forgive(self.manager, reason=" ")

    def test_several_from_the_list(self):
        other = self._sell(self.monthly, partner=self.patient.copy())
        with freeze_time("2026-06-10"):
            self.env["clinic.membership"].concat(self.membership, other)._renew()
            collections = (self.membership | other).period_ids.collection_ids
            action = collections.with_user(self.manager).action_write_off()
            form = Form(self.env["clinic.write.off"].with_user(self.manager).with_context(**action["context"]))
            form.reason = "The scanner was out of order"
            self.assertEqual(form.kind, "forgiven")
            self.assertEqual(len(form.preview.splitlines()), 3)
            form.save().action_confirm()
        self.assertEqual(collections.mapped("state"), ["done"] * 3)
        self.assertEqual(len(self.membership.credit_ids), 2)
        self.assertEqual(len(other.credit_ids), 1)

    def test_from_the_membership(self):
        context = self.membership.with_user(self.manager).action_write_off()["context"]
        self.assertEqual(context["default_invoice_ids"], [Command.set(self.invoice.ids)])

    def test_others_forgive_nothing(self):
        for login, group in (("sales_1", "sales_team.group_sale_manager"), ("books_1", "account.group_account_user")):
            user = new_test_user(self.env, login, group)
            with self.subTest(user=login), self.assertRaises(AccessError):
                self.env["clinic.write.off"].with_user(user).create(
                    {"invoice_ids": [Command.set(self.invoice.ids)], "kind": "small", "reason": "Mine"}
                )

    def test_what_was_forgiven_stays(self):
        self._forgive(self.manager)
        with self.assertRaisesRegex(UserError, "stays forgiven"):
            self.membership.credit_ids.with_user(self.manager).action_take_back()

    # === by itself === #

    def _run(self, day):
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_write_off").method_direct_trigger()
        self.env.invalidate_all()

    def test_scheduled_action_is_off_by_default(self):
        self._leave(0.5)
        self._run("2026-06-01")
        self.assertEqual(self.invoice.amount_residual, 0.5)

    def test_scheduled_action_after_a_week(self):
        self.company.clinic_write_off_auto = True
        self._leave(0.5)
        self._run("2026-05-07")
        self.assertEqual(self.invoice.amount_residual, 0.5)
        self._run("2026-05-08")
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertRecordValues(
            self.membership.credit_ids, [{"kind": "small", "amount": 0.5, "date": date(2026, 5, 8)}]
        )
        self._run("2026-05-09")
        self.assertEqual(len(self.membership.credit_ids), 1)

    def test_scheduled_action_leaves_the_rest(self):
        """What is more, what was never paid at all, what is being charged, and invoices of nobody's membership."""
        self.company.clinic_write_off_auto = True
        self._leave(1.01)
        small = self._order(self.facial, price_unit=0.5)
        stranger = self._order(self.facial)
        invoices = self.env["account.move"]
        for order in (small, stranger):
            order.action_confirm()
            invoices |= order._create_invoices()
        invoices.action_post()
        self._pay(invoices[1], invoices[1].amount_residual - 0.5)
        self._run("2026-06-20")
        self.assertEqual((invoices | self.invoice).filtered("amount_residual"), invoices | self.invoice)

    def test_scheduled_action_waits_while_charged_or_locked(self):
        self.company.clinic_write_off_auto = True
        self._leave(0.5)
        self.membership.payment_token_id = self._card(self.patient)
        with self._answers("pending"):
            self.collection._collect()
        self._run("2026-05-20")
        self.assertEqual(self.invoice.amount_residual, 0.5)
        self.assertFalse(self.invoice.failure)
        self.invoice.transaction_ids.state = "cancel"
        self.company.fiscalyear_lock_date = date(2026, 5, 31)
        self._run("2026-05-30")
        self.assertEqual(self.invoice.amount_residual, 0.5)

    def test_a_failure_is_told_once_and_stops_nobody(self):
        self.company.clinic_write_off_auto = True
        self._leave(0.5)
        self.company.default_cash_difference_expense_account_id = False
        self.company.account_journal_early_pay_discount_loss_account_id = False
        with mute_logger("odoo.addons.clinic_membership.models.clinic_job"):
            self._run("2026-05-20")
        self.assertIn("Choose the write-off account", self.invoice.failure)
        self.company.clinic_write_off_account_id = self.account
        self._run("2026-05-21")
        self.assertEqual((self.invoice.amount_residual, self.invoice.failure), (0, False))
