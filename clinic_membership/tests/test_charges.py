from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_statement import StatementCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestCharges(StatementCommon):
    """Why this amount: everything that made it, and every attempt to take it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._card(cls.patient)
        cls.platinum = cls._tier("Platinum", 20, 199, rank=2)
        cls.better = cls.platinum.plan_ids.product_variant_id

    def _charges(self, user=None, action="action_charges"):
        membership = self.membership.with_user(user or self.receptionist)
        domain = getattr(membership, action)()["domain"]
        return self.env["clinic.charge.line"].with_user(user or self.receptionist).search(domain)

    def assertExplains(self, document, *expected):
        """(kind, amount) of each line of a document; they add up to what is open on it."""
        lines = self._charges().filtered(lambda line: line.move_id == document)
        self.assertEqual([(line.kind, round(line.amount, 2)) for line in lines], list(expected))
        self.assertAlmostEqual(sum(lines.mapped("amount")), document.amount_residual_signed)
        return lines

    def test_price_tax_and_payment(self):
        lines = self.assertExplains(
            self.membership.period_ids.invoice_id, ("price", 99), ("tax", 14.85), ("payment", -113.85)
        )
        self.assertEqual((lines[0].quantity, lines[0].price_unit), (1, 99))
        self.assertEqual(lines[1].name, self.tax.name)
        self.assertEqual(lines[2].counterpart_id.sudo().origin_payment_id.amount, 113.85)

    def test_proration_credit_and_part_payment(self):
        """On the 16th of 30 days half of the price is credited; 20 of credit and 30 of money came in."""
        self._renewed()
        self._pay(self.membership.period_ids.sorted("date_start")[-1].invoice_id)
        with freeze_time("2026-03-11 12:00:00"):
            note = self._credit_note(self.membership.period_ids[-1:].invoice_id, 20, date(2026, 3, 11))
            self.membership._change_plan(self.better)
            document = self.membership.period_ids.adjustment_ids
            self._pay(document, 30)
        credit, debit = document.invoice_line_ids.mapped("price_subtotal")
        tax, open_now = document.amount_tax, document.amount_residual
        lines = self.assertExplains(
            document, ("credit", credit), ("price", debit), ("tax", tax), ("applied", -20), ("payment", -30)
        )
        self.assertLess(credit, 0)
        self.assertAlmostEqual(credit + debit + tax - 50, open_now)
        self.assertIn("unused from", lines[0].name)
        self.assertEqual(lines[3].counterpart_id, note)

    def test_credit_note_from_its_own_side(self):
        """A downgrade: what was paid too much, and which renewal it paid."""
        self.membership._cancel(self.reason)
        self.membership._undo_cancel()
        with freeze_time("2026-02-01 12:00:00"):
            self.membership._change_plan(self.better)
            self._pay(self.membership.period_ids.adjustment_ids)
            self.membership._change_plan(self.monthly)
        note = self.membership.period_ids.adjustment_ids.filtered(lambda move: move.move_type == "out_refund")
        total = note.amount_total
        invoice = self._renewed().invoice_id
        kinds = [line.kind for line in self._charges().filtered(lambda line: line.move_id == note)]
        self.assertEqual(kinds, ["credit", "price", "tax", "applied"])
        self.assertAlmostEqual(sum(self._charges().filtered(lambda line: line.move_id == note).mapped("amount")), 0)
        self.assertExplains(invoice, ("price", 99), ("tax", 14.85), ("applied", -round(total, 2)))

    def test_every_attempt(self):
        self.membership.payment_token_id = self.card
        period = self._renewed()
        for day, answer in (("2026-02-28", "error"), ("2026-03-03", "pending")):
            with freeze_time(f"{day} 12:00:00"), self._answers(answer):
                period._collections()._collect()
        attempts = self._charges(action="action_charge_history").sorted("id")
        self.assertEqual(attempts.mapped("kind"), ["attempt", "attempt"])
        self.assertEqual(attempts.mapped("attempted"), [113.85, 113.85])
        self.assertEqual(attempts.mapped("amount"), [0, 0])
        self.assertEqual(attempts.mapped("outcome"), ["Declined: Declined", "Waiting for the provider's answer"])
        self.assertEqual(attempts.token_id, self.card)
        self.assertEqual(attempts.provider_id, self.provider)
        self.assertEqual(attempts.move_id, period.invoice_id)
        self.assertEqual(set(attempts.mapped("what")), {"Gold plan · 02/28/2026 – 03/30/2026"})
        attempts.transaction_id.sudo()[-1]._set_done()
        self.env.invalidate_all()
        self.assertEqual(attempts[-1].outcome, "Paid, not in the books yet")
        attempts.transaction_id.sudo()[-1]._post_process()
        self.env.invalidate_all()
        self.assertEqual(attempts[-1].outcome, "Paid")
        self.assertExplains(
            period.invoice_id, ("price", 99), ("tax", 14.85), ("attempt", 0), ("attempt", 0), ("payment", -113.85)
        )

    def test_outcomes_in_words(self):
        period = self._renewed()
        self.membership.payment_token_id = self.card
        transaction = period._collections()._new_attempt()
        self.assertEqual(transaction._clinic_answer_in_words(), "Not sent yet")
        transaction.write({"operation": "online_redirect", "token_id": False})
        self.assertEqual(transaction._clinic_answer_in_words(), "Begun by the patient, not finished")
        transaction._set_canceled("Changed my mind")
        self.assertEqual(transaction._clinic_answer_in_words(), "Cancelled: Changed my mind")

    def test_one_transaction_for_two_documents(self):
        """A patient pays two invoices at once: the attempt is on both."""
        invoices = self._renewed().invoice_id | self._invoice(50)
        transaction = invoices[0]._clinic_new_transaction(self.card)
        transaction.invoice_ids = invoices
        action = self.patient.with_user(self.receptionist).action_clinic_charge_history()
        attempts = self.env["clinic.charge.line"].with_user(self.receptionist).search(action["domain"])
        self.assertEqual(attempts.move_id, invoices)
        self.assertEqual(len(set(attempts.ids)), 2)

    def test_opens_what_it_is_about(self):
        lines = self._charges()
        invoice = self.membership.period_ids.invoice_id
        self.assertEqual(lines[0].action_open()["res_id"], invoice.id)
        payment = lines.filtered(lambda line: line.kind == "payment")
        action = payment.action_open()
        self.assertEqual(action["res_model"], "account.payment")
        self.assertEqual(action["res_id"], payment.counterpart_id.sudo().origin_payment_id.id)

    def test_who_may_look(self):
        self.assertTrue(self._charges(self.accountant))
        for group in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env, group, group)
            with self.subTest(group), self.assertRaises(AccessError):
                self.env["clinic.charge.line"].with_user(user).search([])
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["clinic.charge.line"].with_user(user).search([]))
        with self.assertRaises(AccessError):
            self._charges().with_user(user).read(["amount"])
