from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .payments_common import PaymentsCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestBatchPayments(PaymentsCommon):
    """Payments that go into the books together are those that Odoo would have made, field by field."""

    # === the cases === #

    def test_full(self):
        ours = self.check(lambda: self.charged(self.invoices()))
        self.assertEqual(set(ours.invoice_ids.mapped("payment_state")) - {"paid", "in_payment"}, set())
        self.assertEqual(ours.payment_id.mapped("amount"), [113.85] * 3)
        self.assertTrue(all(ours.payment_id.mapped("is_reconciled")))

    def test_partial(self):
        """A part of the invoice, and what is left of it after credit."""
        ours = self.check(lambda: self.charged(self.invoices(), amount=50))
        self.assertEqual(ours.invoice_ids.mapped("amount_residual"), [63.85] * 3)

        def after_credit():
            invoices = self.invoices()
            for refund, invoice in zip(self.invoices(move_type="out_refund"), invoices, strict=True):
                self._pay(refund, 50)
                items = (refund + invoice).line_ids.filtered(lambda item: item.display_type == "payment_term")
                items.reconcile()
            return self.charged(invoices)

        ours = self.check(after_credit)
        self.assertEqual(ours.payment_id.mapped("amount"), [50] * 3)
        self.assertEqual(ours.invoice_ids.mapped("amount_residual"), [0] * 3)

    def test_currency(self):
        """At another rate than the invoice's: each has its exchange difference."""
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        currency.active = True
        self.env["res.currency.rate"].create(
            [
                {"name": day, "currency_id": currency.id, "rate": rate, "company_id": self.company.id}
                for day, rate in (("2026-03-01", 0.9), ("2026-03-10", 0.8))
            ]
        )
        ours = self.check(lambda: self.charged(self.invoices(currency_id=currency.id)))
        self.assertEqual(ours.payment_id.currency_id, currency)
        self.assertEqual(ours.payment_id.mapped("amount_company_currency_signed"), [142.31] * 3)
        items = ours.payment_id.move_id.line_ids
        self.assertEqual(len((items.matched_debit_ids | items.matched_credit_ids).exchange_move_id), 3)

    def test_taxes(self):
        """Taxes of every kind, one of them due with the payment."""
        self.company.tax_exigibility = True
        account = self.env["account.account"].create(
            {"name": "Not due yet", "code": "298765", "account_type": "liability_current", "reconcile": True}
        )
        late = {"tax_exigibility": "on_payment", "cash_basis_transition_account_id": account.id}
        taxes = self.tax | self.env["account.tax"].create(
            [
                {"name": "On payment", "amount": 7, **late},
                {"name": "Fixed", "amount": 1.5, "amount_type": "fixed"},
                {"name": "Included", "amount": 3, "price_include_override": "tax_included"},
            ]
        )
        ours = self.check(lambda: self.charged(self.invoices(taxes)))
        self.assertEqual(len(ours.invoice_ids.tax_cash_basis_created_move_ids), 3)

    def test_instalments(self):
        parts = [
            Command.create({"value": "percent", "value_amount": n, "nb_days": days}) for n, days in ((30, 0), (70, 30))
        ]
        term = self.env["account.payment.term"].create({"name": "Parts", "line_ids": parts})
        for amount in (113.85, 34.16, 60):

            def make(amount=amount):
                return self.charged(self.invoices(invoice_payment_term_id=term.id), amount=amount)

            ours = self.check(make)
            self.assertAlmostEqual(ours[0].invoice_ids.amount_residual, 113.85 - amount)

    def test_receivable_account(self):
        """The invoice's account, not the member's of today."""
        account = self.people[1].property_account_receivable_id

        def make():
            self.people[1].property_account_receivable_id = account.copy()
            transactions = self.charged(self.invoices())
            self.people[1].property_account_receivable_id = account
            return transactions

        core, ours = make(), make()
        for transaction in core:
            transaction._post_process()
        ours._clinic_post_process()
        for one, other in zip(core, ours, strict=True):
            terms = other.invoice_ids.line_ids.filtered(lambda item: item.display_type == "payment_term")
            self.assertEqual(other.payment_id.destination_account_id, terms.account_id)
            self.assertEqual(one.invoice_ids.payment_state, other.invoice_ids.payment_state)

    # === what is not plain is Odoo's === #

    def test_drafts(self):
        """A draft invoice is posted by Odoo, then paid."""
        core, ours = (self.charged(self.invoices(post=False), amount=113.85) for _time in range(2))
        for transaction in core:
            transaction._post_process()
        self.assertFalse(ours._clinic_plain())
        ours._clinic_post_process()
        for transactions in (core, ours):
            self.assertEqual(transactions.invoice_ids.mapped("state"), ["posted"] * 3)
            self.assertEqual(transactions.invoice_ids.mapped("amount_residual"), [0] * 3)

    def test_early_payment_discount(self):
        part = [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})]
        early = {"early_discount": True, "discount_percentage": 10, "discount_days": 20}
        term = self.env["account.payment.term"].create({"name": "Early", "line_ids": part, **early})

        def make():
            invoices = self.invoices(invoice_payment_term_id=term.id)
            return self.charged(invoices, amount=invoices[0]._get_invoice_next_payment_values()["amount_due"])

        ours = self.check(make, together=False)
        self.assertLess(ours[0].amount, 113.85)
        self.assertEqual(ours.invoice_ids.mapped("amount_residual"), [0] * 3)

    def test_paid_by_somebody_else_meanwhile(self):
        """The money is there all the same: it stays as credit, as with Odoo."""

        def make():
            transactions = self.charged(self.invoices())
            self._pay(transactions.invoice_ids)
            return transactions

        ours = self.check(make, together=False)
        self.assertEqual(set(ours.payment_id.mapped("is_reconciled")), {False})

    def test_two_for_one_invoice(self):
        """The first pays, the second is credit; nobody else is held up."""
        invoices = self.invoices()
        ours = self.charged(invoices) | self.charged(invoices[0])
        self.assertEqual(ours._clinic_plain().invoice_ids, invoices[1:])
        ours._clinic_post_process()
        self.assertEqual(len(ours.payment_id), 4)
        self.assertEqual(sorted(ours.payment_id.mapped("is_reconciled")), [False, True, True, True])

    def test_others_are_left_to_odoo(self):
        """A validation has no payment; an order's is confirmed first; more than the invoice asks for is Odoo's."""
        validation, order, more = self.charged(self.invoices())
        validation.operation = "validation"
        order.sale_order_ids = self._order(self.facial)
        more.amount = 200
        ours = validation | order | more
        self.assertFalse(ours._clinic_plain())
        ours._clinic_post_process()
        self.assertEqual(ours.mapped("is_post_processed"), [True] * 3)
        self.assertEqual([bool(tx.payment_id) for tx in ours], [False, True, True])
        self.assertEqual(more.payment_id.amount, 200)

    def test_another_addon_creates_payments_differently(self):
        ours = self.charged(self.invoices())
        origin = type(ours)._create_payment

        def create_payment(transaction, **values):
            return origin(transaction, memo="Theirs", **values)

        with patch.object(type(ours), "_create_payment", create_payment):
            self.assertFalse(ours._clinic_plain())
            ours._clinic_post_process()
        self.assertEqual(ours.payment_id.mapped("memo"), ["Theirs"] * 3)

    def test_once(self):
        """Called again, or for what is not paid: nothing."""
        ours = self.charged(self.invoices())
        ours[0].state = "pending"
        ours._clinic_post_process()
        payments = ours.payment_id
        self.assertEqual(len(payments), 2)
        ours._clinic_post_process()
        self.assertEqual(ours.payment_id, payments)
        self.assertEqual(ours.mapped("is_post_processed"), [False, True, True])

    def test_cost(self):
        """A payment more costs a few statements, not what a whole post-processing costs."""
        ours = self.charged(self.invoices() + self.invoices() + self.invoices())
        self.settle()
        before = self.cr.sql_log_count
        ours[:1]._clinic_post_process()
        self.settle()
        alone, before = self.cr.sql_log_count - before, self.cr.sql_log_count
        ours[1:]._clinic_post_process()
        self.settle()
        self.assertLess((self.cr.sql_log_count - before) / 8, alone / 3)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestBatchPaymentsCompanies(PaymentsCommon):
    """The same in a second company, and in both at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.here = cls.charged(cls.invoices()), cls.env
        other = cls.env["res.company"].create({"name": "Second clinic"})
        cls.env.user.company_ids += other
        cls.env["account.chart.template"].try_loading("generic_coa", other, install_demo=False)
        cls.env.ref("base.EUR").active = True
        other.currency_id = cls.env.ref("base.EUR")
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": other.ids})
        cls._prepare(" second")
        cls.provider = cls._provider(" second")
        cls._prepare_people()

    def test_second(self):
        ours = self.check(lambda: self.charged(self.invoices()))
        self.assertEqual(ours.payment_id.company_id, self.company)
        self.assertEqual(ours.payment_id.currency_id.name, "EUR")

    def test_both_at_once(self):
        """As the scheduled action does it, in the environment of the first."""
        both = (self.first | self.charged(self.invoices())).with_env(self.here)
        self.assertEqual(both._clinic_plain(), both)
        both._clinic_post_process()
        self.assertEqual(len(both.payment_id.company_id), 2)
        for transaction in both:
            payment, company = transaction.payment_id, transaction.company_id
            self.assertEqual(payment.company_id, company)
            self.assertEqual(payment.move_id.line_ids.account_id.company_ids, company)
            self.assertIn(transaction.invoice_ids.payment_state, ("paid", "in_payment"))
