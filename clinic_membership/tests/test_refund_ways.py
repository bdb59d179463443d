from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .refund_common import WHY, RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefundWays(RefundCommon):
    """As credit, as store credit, in cash: where the money is afterwards, in the ledger too."""

    # === credit === #

    def test_credit_pays_what_is_due_oldest_first(self):
        self.membership.payment_token_id = False
        with freeze_time("2026-03-31"):
            older = self.membership._renew().invoice_id
        with freeze_time("2026-04-30"):
            newer = self.membership._renew().invoice_id
        later = newer.copy({"invoice_date": "2026-05-05", "invoice_date_due": "2026-06-30"})
        later.action_post()
        self._pay(older, 100)
        with freeze_time("2026-05-05"):
            refund = self._refund("credit")
        self.assertEqual((older.amount_residual, newer.amount_residual), (0, 13.85))
        self.assertEqual(later.amount_residual, 113.85, "it is not due yet")
        self.assertEqual(refund.credit_note_id.amount_residual, 0)

    def test_credit_waits_for_the_next_renewal(self):
        self._refund("credit", 40)
        self.assertEqual(self.membership.credit_to_use, 40)
        with freeze_time("2026-03-31"):
            self.assertEqual(self.membership._renew().invoice_id.amount_residual, 73.85)

    def test_credit_does_not_pay_what_a_card_is_being_charged_with(self):
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
            invoice._clinic_new_transaction(self.card)
            refund = self._refund("credit", 40)
        self.assertEqual((invoice.amount_residual, refund.credit_note_id.amount_residual), (113.85, 40))

    def test_credit_makes_a_member_past_due_up_to_date(self):
        with freeze_time("2026-03-31"), self._answers("error"):
            self.membership._renew().collection_ids._collect()
        self.assertEqual(self.membership.state, "past_due")
        with freeze_time("2026-04-01"):
            self._refund("credit")
        self.assertEqual(self.membership.state, "active")

    # === in cash, by bank === #

    def test_out_of_the_cash_box(self):
        cash = self.env["account.journal"].create({"name": "Cash box", "type": "cash", "code": "CBX"})
        refund = self._refund("bank", 50, journal_id=cash.id)
        self.assertRecordValues(
            refund.payment_id,
            [{"journal_id": cash.id, "payment_type": "outbound", "amount": 50, "partner_id": self.patient.id}],
        )
        self.assertEqual((refund.credit_note_id.amount_residual, self._open()), (0, 0))

    def test_a_journal_that_cannot_pay(self):
        sales = self.invoice.journal_id
        with self.assertRaisesRegex(UserError, "Choose the cash or bank journal"):
            self._refund("bank", 50, journal_id=sales.id)
        with self.assertRaisesRegex(UserError, "Choose the cash or bank journal"):
            self._refund("bank", 50)
        self.journal.outbound_payment_method_line_ids.unlink()
        with self.assertRaisesRegex(UserError, "no way to pay out"):
            self._refund("bank", 50, journal_id=self.journal.id)
        self.assertFalse(self.invoice.reversal_move_ids)

    # === store credit === #

    def test_store_credit(self):
        refund = self._refund("wallet", 50)
        wallet, entry = refund.wallet_id, refund.wallet_move_id
        self.assertEqual((wallet.points, wallet.partner_id), (50, self.patient))
        self.assertEqual(wallet.program_id, self.company.clinic_wallet_program_id)
        self.assertRecordValues(wallet.program_id, [{"program_type": "ewallet", "company_id": self.company.id}])
        self.assertRecordValues(wallet.history_ids, [{"issued": 50, "order_id": refund.id}])
        self.assertIn(self.invoice.name, wallet.history_ids.description)
        owed = entry.line_ids.filtered("credit")
        self.assertEqual((owed.credit, owed.account_id.account_type), (50, "liability_current"))
        self.assertEqual((refund.credit_note_id.amount_residual, self._open()), (0, 0))

    def test_store_credit_is_in_the_ledger_until_it_is_spent(self):
        refund = self._refund("wallet", 50)
        account = refund.wallet_move_id.line_ids.filtered("credit").account_id
        order = self._order(self.massage)
        order._update_programs_and_rewards()
        wallet = refund.wallet_id
        order._apply_program_reward(order._get_claimable_rewards()[wallet], wallet)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(wallet.points, 0)
        self.assertEqual(sum(invoice.line_ids.filtered(lambda line: line.account_id == account).mapped("balance")), 50)
        lines = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        self.assertEqual(sum(lines.mapped("balance")), 0, "nothing is left on the card, nothing is owed")

    def test_one_wallet_one_account(self):
        first, second = self._refund("wallet", 50), self._refund("wallet", 13.85)
        self.assertEqual(first.wallet_id, second.wallet_id)
        self.assertEqual(first.wallet_id.points, 63.85)
        self.assertEqual(*[refund.wallet_move_id.line_ids.filtered("credit").account_id for refund in first + second])

    def test_told_what_the_wallet_holds(self):
        self._refund("wallet", 50)
        refund = self._refund("wallet", 13.85)
        mail = self.env["mail.mail"].search([("model", "=", "clinic.refund"), ("res_id", "=", refund.id)])
        self.assertIn("63.85", mail.body_html)

    def test_a_chosen_wallet_keeps_its_account(self):
        programs = self.env["loyalty.program"]
        program = programs.browse(programs.create_from_template("ewallet")["res_id"])
        self.company.clinic_wallet_program_id = program
        product = program.reward_ids.discount_line_product_id
        product.property_account_income_id = account = self.env["account.account"].create(
            {"name": "Owed on eWallets", "code": "219999", "account_type": "liability_current"}
        )
        refund = self._refund("wallet", 50)
        self.assertEqual(refund.wallet_id.program_id, program)
        self.assertEqual(refund.wallet_move_id.line_ids.filtered("credit").account_id, account)

    # === prepaid packages === #

    def test_a_package_that_keeps_its_units(self):
        """What is owed in services stays: the refund comes off income, or off the units that end with it."""
        self.company.action_clinic_propose_accounts()
        package = self._sell(self.six_pack)
        invoice = package.sale_line_id.invoice_lines.move_id
        prepaid = self.company.clinic_prepaid_account_id
        self.assertEqual(invoice.invoice_line_ids.account_id, prepaid)
        kept = self._refund("credit", 100, invoice=invoice)
        self.assertEqual(kept.credit_note_id.invoice_line_ids.account_id.account_type, "income")
        refunds = self.env["clinic.refund"].with_user(self.manager).sudo()
        gone = refunds._refund(invoice, "credit", WHY, nets={invoice.invoice_line_ids: 67.5})
        self.assertEqual(gone.credit_note_id.invoice_line_ids.account_id, prepaid)
        rest = self._refund("credit", invoice=invoice)
        self.assertEqual(self._parts(*(kept + gone + rest).credit_note_id), self._parts(invoice))

    # === currencies === #

    def test_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euro.id, "name": day, "rate": rate, "company_id": self.company.id}
                for day, rate in (("2026-03-01", 0.8), ("2026-03-09", 0.5))
            ]
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.patient.id,
                "currency_id": euro.id,
                "invoice_date": "2026-03-02",
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": self.facial.id, "price_unit": 100, "tax_ids": [Command.set(self.tax.ids)]}
                    )
                ],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        card = self._refund("bank", 40, invoice=invoice, journal_id=self.journal.id)
        self.assertEqual((card.currency_id, card.payment_id.currency_id, card.payment_id.amount), (euro, euro, 40))
        self.assertEqual(card.credit_note_id.amount_residual, 0)
        wallet = self._refund("wallet", 35, invoice=invoice)
        self.assertEqual(wallet.wallet_id.points, 70, "35 euros are 70 dollars on that day")
        self.assertEqual(sum(wallet.wallet_move_id.line_ids.mapped("credit")), 70)
        self.assertEqual(wallet.credit_note_id.amount_residual, 0)
        self.company.clinic_user_refund_limit = 70
        with self.assertRaisesRegex(UserError, r"up to \$.70"):
            self._refund("credit", 35.01, invoice=invoice, user=self.receptionist)
        self.assertEqual(self._refund("credit", 35, invoice=invoice, user=self.receptionist).state, "done")
        self._refund("credit", invoice=invoice)
        self.assertEqual(self._parts(*invoice.clinic_refund_ids.credit_note_id), (100, 15))
