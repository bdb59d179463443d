from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon

REPORT = "clinic_membership.clinic_statement_report"


class StatementCommon(ClinicCommon):
    """A member who paid the first month, 113.85 with tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(cls.env, "clinic_accountant", "account.group_account_readonly")
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)

    def _renewed(self, day="2026-02-28"):
        with freeze_time(f"{day} 12:00:00"):
            return self.membership._renew()

    def _invoice(self, amount, partner=None, **values):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.patient).id,
                "invoice_date": date(2026, 3, 1),
                "invoice_line_ids": [
                    Command.create({"product_id": self.facial.id, "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def _credit_note(self, invoice, amount, day=date(2026, 3, 2)):
        """A refund that stays as credit."""
        note = self._invoice(amount, move_type="out_refund", invoice_date=day, reversed_entry_id=invoice.id)
        self.assertEqual(note.amount_residual, amount)
        return note


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestStatement(StatementCommon):
    """What was charged, what was paid, what is left: in order, to the cent."""

    def _statement(self, user=None, partner=None, **values):
        action = (partner or self.patient).with_user(user or self.receptionist).action_clinic_statement()
        statement = self.env["clinic.statement"].with_user(user or self.receptionist).browse(action["res_id"])
        statement.write(values)
        return statement

    def assertLines(self, statement, *expected):
        """(charge, credit, balance) of each movement, and the last balance is the partner's in the ledger."""
        lines = [(line.charge, line.credit, line.balance) for line in statement.line_ids]
        self.assertEqual([tuple(round(value, 2) for value in line) for line in lines], list(expected))
        self.env.invalidate_all()
        self.assertAlmostEqual(lines[-1][2], statement.partner_id.sudo().with_company(self.company).credit)

    def assertBalance(self, statement, **expected):
        (balance,) = statement._balances()
        self.assertEqual({name: balance[name] for name in expected}, expected)

    def test_first_invoice_and_payment(self):
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0))
        self.assertBalance(statement, opening=0, charges=113.85, credits=113.85, closing=0, due=0, unused=0)
        self.assertFalse(statement.open_ids)
        invoice, payment = statement.line_ids
        self.assertEqual(invoice.what, "Gold plan · 01/31/2026 – 02/27/2026")
        self.assertEqual(payment.what, f"Payment, Manual Payment, for {invoice.document}")

    def test_partial_payment(self):
        invoice = self._renewed().invoice_id
        with freeze_time("2026-03-01"):
            self._pay(invoice, 50)
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0), (113.85, 0, 113.85), (0, 50, 63.85))
        self.assertBalance(statement, closing=63.85, due=63.85, unused=0)
        self.assertEqual((statement.open_ids.move_id, statement.open_ids.residual), (invoice, 63.85))

    def test_credit_note_stays_and_pays_a_later_renewal(self):
        first = self.membership.period_ids.invoice_id
        with freeze_time("2026-02-10"):
            note = self._credit_note(first, 40, date(2026, 2, 10))
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0), (0, 40, -40))
        self.assertBalance(statement, closing=-40, due=0, unused=40)
        self.assertEqual(statement.line_ids[-1].what, f"Credit for {first.name}: Facial")
        self.assertEqual((statement.open_ids.move_id, statement.open_ids.residual), (note, -40))
        self._renewed()
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0), (0, 40, -40), (113.85, 0, 73.85))
        self.assertBalance(statement, closing=73.85, due=73.85, unused=0)
        self.assertEqual(statement.open_ids.residual, 73.85)

    def test_write_off(self):
        invoice = self._renewed().invoice_id
        account = self.monthly.product_tmpl_id._get_product_accounts()["expense"]
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        values = {"amount": 110, "payment_difference_handling": "reconcile", "writeoff_account_id": account.id}
        wizard.create(values).action_create_payments()
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0), (113.85, 0, 113.85), (0, 113.85, 0))
        what = statement.line_ids[-1].what.replace("\xa0", " ")
        self.assertEqual(what, f"Payment, Manual Payment, for {invoice.name}; $ 3.85 written off")
        self.assertBalance(statement, closing=0, due=0, unused=0)

    def test_overpayment_and_refund_of_money(self):
        partner = self.env["res.partner"].create({"name": "Other"})
        invoice = self._invoice(100, partner=partner)
        self._pay(invoice, 120)
        payment = self.env["account.payment"].create(
            {
                "partner_id": partner.id,
                "amount": 20,
                "payment_type": "outbound",
                "partner_type": "customer",
                "journal_id": self.journal.id,
                "date": date(2026, 3, 10),
            }
        )
        self.assertBalance(self._statement(partner=partner), closing=-20, due=0, unused=20)
        payment.action_post()
        statement = self._statement(partner=partner)
        self.assertLines(statement, (100, 0, 100), (0, 120, -20), (20, 0, 0))
        self.assertIn("Refund, ", statement.line_ids[-1].what)

    def test_opening_balance(self):
        """A later statement goes on where the former ended, whatever happened before."""
        invoice = self._renewed().invoice_id
        with freeze_time("2026-03-01"):
            self._pay(invoice, 50)
        statement = self._statement(date_from=date(2026, 3, 1))
        self.assertEqual([(line.credit, line.balance) for line in statement.line_ids], [(50, 63.85)])
        self.assertBalance(statement, opening=113.85, charges=0, credits=50, closing=63.85)
        statement = self._statement(date_to=date(2026, 2, 28))
        self.assertBalance(statement, opening=0, charges=227.7, credits=113.85, closing=113.85, due=63.85)

    def test_each_currency_has_its_balance(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self._invoice(70, currency_id=euro.id)
        statement = self._statement()
        balances = {balance["currency"].name: balance["closing"] for balance in statement._balances()}
        self.assertEqual(balances, {"USD": 0, "EUR": 70})
        line = statement.line_ids.filtered(lambda line: line.currency_id == euro)
        self.assertEqual((line.charge, line.balance), (70, 70))

    def test_contacts_of_a_company_share_an_account(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": firm.id})
        self._invoice(30, partner=contact)
        statement = self._statement(partner=contact)
        self.assertEqual(statement.partner_id, firm)
        self.assertLines(statement, (30, 0, 30))

    def test_opens_the_document(self):
        self._correct(5)
        invoice, payment, correction = self._statement().line_ids
        self.assertEqual(invoice.action_open()["res_id"], self.membership.period_ids.invoice_id.id)
        self.assertEqual(payment.action_open()["res_model"], "account.payment")
        with self.assertRaisesRegex(UserError, "only accountants"):
            correction.action_open()
        correction = self._statement(self.accountant).line_ids[-1]
        self.assertEqual(correction.action_open()["res_model"], "account.move")

    def _correct(self, amount):
        """An entry by hand in the patient's favour."""
        income = self.monthly.product_tmpl_id._get_product_accounts()["income"]
        lines = [
            {"account_id": self.patient.property_account_receivable_id.id, "credit": amount, "name": "Goodwill"},
            {"account_id": income.id, "debit": amount, "name": "Goodwill"},
        ]
        entry = self.env["account.move"].create(
            {"line_ids": [Command.create({"partner_id": self.patient.id, **line}) for line in lines]}
        )
        entry.action_post()

    def test_entry_by_hand(self):
        self._correct(5)
        statement = self._statement()
        self.assertLines(statement, (113.85, 0, 113.85), (0, 113.85, 0), (0, 5, -5))
        self.assertEqual(statement.line_ids[-1].what, "Goodwill")

    def test_drafts_do_not_count(self):
        invoice = self._renewed().invoice_id
        invoice.button_draft()
        self.assertLines(self._statement(), (113.85, 0, 113.85), (0, 113.85, 0))

    def test_on_the_screen(self):
        self._renewed()
        form = Form(self._statement())
        self.assertIn("113.85", form.summary)
        self.assertEqual(len(form.line_ids), 3)
        form.date_from = date(2026, 2, 28)
        self.assertEqual(len(form.line_ids), 1)

    def test_of_the_membership_it_is_the_payer(self):
        payer = self.env["res.partner"].create({"name": "Parent"})
        self.membership.payer_id = payer
        action = self.membership.with_user(self.receptionist).action_statement()
        self.assertEqual(self.env["clinic.statement"].browse(action["res_id"]).partner_id, payer)

    def test_on_paper(self):
        invoice = self._renewed().invoice_id
        statement = self._statement(date_from=date(2026, 2, 1))
        html = self.env["ir.actions.report"].with_user(self.receptionist)._render_qweb_html(REPORT, statement.ids)[0]
        text = html.decode().replace("\xa0", " ")
        for words in (self.company.name, "Ann Patient", "02/01/2026", invoice.name, "Gold plan · 02/28/2026"):
            self.assertIn(words, text)
        for words in ("Opening balance", "Closing balance", "$ 113.85", "Open now"):
            self.assertIn(words, text)
        self.assertEqual(statement.with_user(self.receptionist).action_print()["report_name"], REPORT)

    def test_who_may_look(self):
        self.assertLines(self._statement(self.accountant), (113.85, 0, 113.85), (0, 113.85, 0))
        for group in ("base.group_user", "base.group_portal", "sales_team.group_sale_salesman"):
            user = new_test_user(self.env, group, group)
            with self.subTest(group), self.assertRaises(AccessError):
                self._statement(user)
        statement = self._statement(self.accountant)
        with self.assertRaises(AccessError):
            statement.with_user(self.receptionist).line_ids.read(["charge"])

    def test_another_company_is_another_account(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self._statement(user).line_ids)
        with self.assertRaises(AccessError):
            self._statement(user, company_id=self.company.id).line_ids.mapped("charge")
        lines = self.env["clinic.statement.line"].search([("partner_id", "=", self.patient.id)])
        with self.assertRaises(AccessError):
            lines.with_user(user).read(["charge"])
