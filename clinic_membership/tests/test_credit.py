from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestCredit(CreditCommon):
    """Credit given for a reason: posted with its tax, and used before the card."""

    # === what is posted === #

    def test_courtesy_credit_is_a_credit_note_with_its_tax(self):
        wizard = self._wizard(amount=46)
        self.assertIn("$ 46.00", wizard.preview.replace("\N{NO-BREAK SPACE}", " "))
        self.assertIn("40.00 and", wizard.preview)
        self.assertIn("pays the renewal of 05/01/2026", wizard.preview)
        wizard.action_confirm()
        credit = wizard.credit_id
        self.assertRecordValues(
            credit.move_id,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "amount_untaxed": 40,
                    "amount_tax": 6,
                    "amount_residual": 46,
                    "invoice_date": date(2026, 4, 16),
                }
            ],
        )
        self.assertEqual(credit.move_id.invoice_line_ids.product_id.name, "Courtesy Credit")
        self.assertRecordValues(
            credit,
            [
                {
                    "kind": "courtesy",
                    "partner_id": self.patient.id,
                    "membership_id": self.membership.id,
                    "amount": 46,
                    "left": 46,
                    "used": 0,
                    "user_id": self.receptionist.id,
                    "by_user": True,
                }
            ],
        )
        self.assertIn(credit.move_id, self.membership._documents())
        self.membership.invalidate_recordset(["log_ids"])
        self.assertEqual(self.membership.log_ids[0].event, "credit")
        self.assertIn("The laser broke down", self.membership.log_ids[0].note)

    def test_credit_of_a_change_that_waits_is_no_debt(self):
        """It is open until the next renewal takes it; the member who has it is not past due."""
        self.membership._change_plan(self.monthly.copy({"name": "Gold light", "list_price": 49}))
        self.assertEqual(self.membership.period_ids.adjustment_ids.payment_state, "not_paid")
        with freeze_time("2026-04-20"):
            late = self.membership._today_domain(self.membership._late_domain)
            self.assertFalse(self.membership.filtered_domain(late))

    def test_the_patient_gets_the_amount_to_the_cent(self):
        """Of 0.04 no price with 15 % comes to it, nor of 11.11 and the like: the last cent is the tax's."""
        for amount in (0.01, 0.04, 0.12, 11.11, 19.99, 33.35, 49.98):
            credit = self._give(self.manager, amount=amount)
            self.assertEqual(credit.move_id.amount_total, amount)
            self.assertEqual(credit.left, amount)

    def test_taxes_in_prices_and_several(self):
        included = self.env["account.tax"].create(
            {"name": "Included 10 %", "amount": 10, "price_include_override": "tax_included"}
        )
        product = self.company._clinic_credit_product("courtesy")
        for taxes in (included, included + self.tax, self.env["account.tax"]):
            product.taxes_id = [Command.set(taxes.ids)]
            note = self._give(self.manager, amount=47.77).move_id
            self.assertEqual((note.amount_total, note.invoice_line_ids.tax_ids), (47.77, taxes))

    def test_product_of_the_settings(self):
        self.company.clinic_promotional_product_id = self.massage
        credit = self._give(kind="promotional")
        self.assertEqual(credit.move_id.invoice_line_ids.product_id, self.massage)

    def test_product_is_gone(self):
        self.env.ref("clinic_membership.product_promotional_credit").unlink()
        wizard = self._wizard(kind="promotional")
        self.assertIn("Choose the products of credit", wizard.preview)
        with self.assertRaisesRegex(UserError, "Choose the products of credit"):
            wizard.action_confirm()

    def test_reason_and_amount_are_needed(self):
        for values, words in (({"reason": "  "}, "Give the reason"), ({"amount": 0}, "Enter the amount")):
            with self.assertRaisesRegex(UserError, words):
                self._give(**values)
        with self.assertRaisesRegex(UserError, "Enter the amount"):
            self._give(amount=-20)

    def test_twice_pressed_gives_once(self):
        wizard = self._wizard()
        wizard.action_confirm()
        wizard.action_confirm()
        self.assertEqual(len(self.membership.credit_ids), 1)

    def test_locked_books(self):
        self.company.fiscalyear_lock_date = date(2026, 4, 30)
        with self.assertRaisesRegex(UserError, "books of .* are closed for today"):
            self._give()

    def test_from_the_patient_without_a_membership(self):
        other = self.env["res.partner"].create({"name": "Other"})
        action = other.with_user(self.receptionist).action_clinic_give_credit()
        form = Form(self.env["clinic.give.credit"].with_user(self.receptionist).with_context(**action["context"]))
        form.amount, form.reason = 20, "Waited for an hour"
        self.assertIn("stays as credit", form.preview)
        wizard = form.save()
        wizard.action_confirm()
        self.assertRecordValues(
            wizard.credit_id, [{"partner_id": other.id, "membership_id": False, "company_id": self.company.id}]
        )
        self.assertEqual(other.clinic_credit_count, 1)

    def test_from_the_patient_it_is_about_their_membership(self):
        context = self.patient.with_user(self.receptionist).action_clinic_give_credit()["context"]
        self.assertEqual(context["default_membership_id"], self.membership.id)

    def test_only_who_pays_gets_it(self):
        other = self.env["res.partner"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "Other does not pay for this"):
            self._give(partner_id=other.id)

    # === what it pays === #

    def test_it_pays_what_is_due_oldest_first(self):
        first = self._renew("2026-05-01").invoice_id
        with freeze_time("2026-05-02"):
            second = self._sell(self.six_pack, paid=False).sale_line_id.invoice_lines.move_id
        with freeze_time("2026-05-03"):
            wizard = self._wizard(self.manager, amount=150)
            preview = wizard.preview.replace("\N{NO-BREAK SPACE}", " ")
            self.assertIn(f"It pays $ 113.85 of {first.name}.\nIt pays $ 36.15 of {second.name}.", preview)
            wizard.action_confirm()
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 429.6))
        self.assertRecordValues(wizard.credit_id, [{"used": 150, "left": 0}])

    def test_it_lifts_past_due(self):
        """Odoo calls an invoice that credit notes pay reversed, and tells nobody: the member is up to date."""
        period = self._renew()
        with freeze_time("2026-05-03"):
            self.membership._set_past_due()
            self._give(self.manager, amount=113.85)
        self.assertEqual((period.invoice_id.payment_state, period.payment_state), ("reversed", "paid"))
        self.assertEqual((self.membership.state, period.collection_ids.state), ("active", "done"))

    def test_credit_starts_what_it_pays(self):
        membership = self._sell(self.gold.plan_ids.product_variant_id, partner=self._rich_patient(), paid=False)
        self.assertEqual(membership.state, "pending")
        membership.sale_line_id.invoice_lines.move_id._clinic_apply_credit()
        self.assertEqual(membership.state, "active")

    def _rich_patient(self):
        patient = self.env["res.partner"].create({"name": "Rich"})
        self.env["clinic.credit"]._give("courtesy", patient, 200, "Prize", self.company)
        return patient

    def test_the_rest_pays_the_renewal_before_the_card(self):
        self.membership.payment_token_id = self._card(self.patient)
        credit = self._give(amount=30)
        self.assertEqual((self.membership.next_amount, self.membership.credit_to_use), (83.85, 30))
        period = self._renew()
        with freeze_time("2026-05-01"), self._answers("done") as sent:
            period.collection_ids._collect()
        self.assertEqual(sent[0].amount, 83.85)
        self.assertRecordValues(credit, [{"used": 30, "left": 0}])

    def test_credit_that_comes_between_two_attempts(self):
        """A patient pays by bank while the card is tried again: it is charged for the rest only, or not at all."""
        self.membership.payment_token_id = self._card(self.patient)
        collection = self._renew().collection_ids
        with freeze_time("2026-05-01"), self._answers("error"):
            collection._collect()
        self._overpay(100)
        with freeze_time("2026-05-04"), self._answers("error") as sent:
            collection._collect()
        self.assertEqual(sent[0].amount, 13.85)
        self._overpay(20)
        with freeze_time("2026-05-07"), self._answers() as sent:
            collection._collect()
        self.assertEqual((len(sent), collection.state, self.membership.state), (0, "done", "active"))

    # === overpayment === #

    def _overpay(self, amount, partner=None, company=None, currency=None):
        """Money in the bank that belongs to no invoice."""
        company = company or self.company
        journal = self.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
        payment = self.env["account.payment"].create(
            {
                "amount": amount,
                "partner_id": (partner or self.patient).id,
                "journal_id": journal.id,
                "payment_type": "inbound",
                "currency_id": (currency or company.currency_id).id,
            }
        )
        payment.action_post()
        return payment

    def test_what_is_paid_too_much_pays_the_next_renewal(self):
        first = self._renew("2026-05-01").invoice_id
        with freeze_time("2026-05-02"):
            self._pay(first, 150)
        self.assertEqual(first.amount_residual, 0)
        self.assertAlmostEqual(self.membership.credit_to_use, 36.15)
        self.assertEqual(self._renew("2026-06-01").invoice_id.amount_residual, 77.7)

    def test_overpayment_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        self._overpay(25, currency=euro)
        self.assertEqual(self._renew().invoice_id.amount_residual, 63.85)

    def test_credit_in_the_currency_of_the_contract(self):
        """The limit is the company's; the credit note is in the member's currency."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        self.membership.currency_id = euro
        with self.assertRaisesRegex(UserError, "You may give .*50.00"):
            self._give(amount=26)
        credit = self._give(amount=25)
        self.assertRecordValues(credit, [{"currency_id": euro.id, "amount": 25, "left": 25}])
        self.assertEqual(credit.move_id.amount_total_signed, -50)
        self.assertEqual(self._renew().invoice_id.amount_residual, 113.85 - 25)

    def test_credit_of_one_company_does_not_pay_the_other(self):
        other = self.env["res.company"].create({"name": "Second clinic"})
        self.env["account.chart.template"].try_loading("generic_coa", other, install_demo=False)
        self.env["clinic.credit"].with_company(other)._give("courtesy", self.patient, 500, "Here only", other)
        self.assertEqual(self.membership.credit_to_use, 0)
        self.assertEqual(self._renew().invoice_id.amount_residual, 113.85)
