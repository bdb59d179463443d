from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .refund_common import WHY, RefundCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefund(RefundCommon):
    """How much can be refunded, by whom, and what is posted: to the cent."""

    # === the amount === #

    def test_all_of_it_as_credit(self):
        refund = self._refund("credit")
        self.assertRecordValues(
            refund,
            [
                {
                    "state": "done",
                    "amount": 113.85,
                    "reason": WHY,
                    "user_id": self.manager.id,
                    "partner_id": self.patient.id,
                    "membership_ids": self.membership.ids,
                }
            ],
        )
        note = refund.credit_note_id
        self.assertRecordValues(
            note,
            [
                {
                    "state": "posted",
                    "move_type": "out_refund",
                    "reversed_entry_id": self.invoice.id,
                    "amount_untaxed": 99,
                    "amount_tax": 14.85,
                    "amount_residual": 113.85,
                    "ref": WHY,
                }
            ],
        )
        self.assertEqual(note.invoice_line_ids.account_id, self.invoice.invoice_line_ids.account_id)
        self.assertEqual(self._open(), -113.85)
        self.assertEqual(self.answer["type"], "success")

    def test_several_times_to_the_cent(self):
        """Each part has its share of tax, the last one takes the rest, and together they are the invoice."""
        notes = [self._refund("credit", amount).credit_note_id for amount in (0.01, 33.33, 0.04, 19.99, 60.47)]
        self.assertEqual([note.amount_total for note in notes], [0.01, 33.33, 0.04, 19.99, 60.47])
        self.assertEqual(self._parts(notes[1]), (28.98, 4.35))
        self.assertEqual(self._refund("credit").amount, 0.01)
        self.assertEqual(self._parts(*self.invoice.clinic_refund_ids.credit_note_id), (99, 14.85))
        with self.assertRaisesRegex(UserError, "Nothing is left to refund"):
            self._refund("credit", 0.01)

    def test_every_cent(self):
        """Whatever amount is refunded first, the credit note has exactly that."""
        for cents in (*range(1, 40), 1000, 5001, 11384):
            note = self.invoice._clinic_refund_note(self.invoice._clinic_take(cents / 100), WHY)
            self.assertEqual(note.amount_total, cents / 100)
            self.assertEqual(-sum(note.line_ids.filtered("tax_line_id").mapped("balance")), -note.amount_tax)
            note.unlink()

    def test_lines_with_several_taxes_included_and_credited(self):
        included = self.tax.copy({"name": "Included 7 %", "amount": 7, "price_include_override": "tax_included"})
        values = [(100, 2, self.tax), (33.33, 3, included), (-25.5, 1, self.tax), (10, 1, self.tax + included)]
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.patient.id,
                "invoice_date": "2026-03-01",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.facial.id,
                            "name": f"Line {price}",
                            "price_unit": price,
                            "quantity": quantity,
                            "discount": 5,
                            "tax_ids": [Command.set(taxes.ids)],
                        }
                    )
                    for price, quantity, taxes in values
                ],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        for amount in (17.17, 100, 3.33):
            self._refund("credit", amount, invoice=invoice)
        self._refund("credit", invoice=invoice)
        notes = invoice.clinic_refund_ids.credit_note_id
        self.assertEqual(self._parts(*notes), self._parts(invoice))
        for tax in self.tax + included:
            lines = (invoice + notes).line_ids.filtered(lambda line, tax=tax: line.tax_line_id == tax)
            self.assertEqual(round(sum(lines.mapped("balance")), 2), 0)

    def test_not_more_than_is_left(self):
        self._refund("credit", 100)
        with self.assertRaisesRegex(UserError, r"\$.13\.85 can be refunded"):
            self._refund("credit", 13.86)
        for amount in (-1, 0.001):
            with self.subTest(amount), self.assertRaisesRegex(UserError, "above 0"):
                self._refund("credit", amount)
        self.assertEqual(self._refund("credit").amount, 13.85)

    def test_credit_notes_by_hand_count(self):
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        )
        action = wizard.create({"journal_id": self.invoice.journal_id.id, "reason": "By hand"}).reverse_moves()
        note = self.env["account.move"].browse(action["res_id"])
        note.invoice_line_ids.price_unit = 40
        self.assertEqual(self.invoice._clinic_refundable(), 113.85, "a draft is none yet")
        note.action_post()
        self.assertEqual(self.invoice._clinic_refundable(), 67.85)
        self.assertEqual(self._parts(self._refund("credit").credit_note_id), (59, 8.85))

    def test_only_what_was_paid(self):
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
            self._pay(invoice, 50)
            self.assertEqual(invoice._clinic_refundable(), 50)
            with self.assertRaisesRegex(UserError, "can be refunded"):
                self._refund("bank", 50.01, invoice=invoice, journal_id=self.journal.id)
            refund = self._refund("bank", 50, invoice=invoice, journal_id=self.journal.id)
        self.assertEqual(self._parts(refund.credit_note_id), (43.48, 6.52))
        self.assertEqual(self._open(), 63.85)

    def test_what_was_written_off_was_not_paid(self):
        account = self.invoice.invoice_line_ids.account_id
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            values = {"amount": 100, "payment_difference_handling": "reconcile", "writeoff_account_id": account.id}
            wizard.create(values).action_create_payments()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice._clinic_refundable(), 100)

    def test_credit_for_a_change_of_plan_counts(self):
        """Half of the period was credited when the plan became cheaper: it is not refunded again."""
        cheap = self._tier("Silver", 5, 49.5, rank=0)
        with freeze_time("2026-03-15"):
            self.membership._change_plan(cheap.plan_ids.product_variant_id)
        credit = self.period.adjustment_ids.amount_total
        self.assertGreater(credit, 20)
        self.assertAlmostEqual(self.invoice._clinic_refundable(), 113.85 - credit)

    def test_certain_lines(self):
        """As the refund of a package will ask: an amount before tax of one line; its tax comes with it."""
        package = self._sell(self.six_pack)
        invoice = package.sale_line_id.invoice_lines.move_id
        refunds = self.env["clinic.refund"].with_user(self.manager).sudo()
        line = invoice.invoice_line_ids
        refund = refunds._refund(invoice, "credit", WHY, nets={line: 171.43}, key="package,1")
        self.assertEqual(self._parts(refund.credit_note_id), (171.43, 25.71))
        self.assertEqual(refund.package_ids, package)
        self.assertEqual(refunds._refund(invoice, "credit", WHY, nets={line: 171.43}, key="package,1"), refund)
        with self.assertRaisesRegex(UserError, "not that much left"):
            refunds._refund(invoice, "credit", WHY, nets={line: 233.58})
        rest = refunds._refund(invoice, "credit", WHY, nets={line: 233.57})
        self.assertEqual(self._parts(refund.credit_note_id, rest.credit_note_id), (405, 60.75))

    def test_refusals(self):
        unpaid = self._order(self.facial)
        unpaid.action_confirm()
        draft = unpaid._create_invoices()
        refunds = self.env["clinic.refund"]
        for invoice, why, error in (
            (draft, WHY, "Only posted"),
            (self.invoice, " ", "Say why"),
        ):
            with self.subTest(error), self.assertRaisesRegex(UserError, error):
                refunds._refund(invoice, "credit", why, 10)
        draft.action_post()
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            refunds._refund(draft, "credit", WHY, 10)

    # === what becomes of the rest === #

    def test_the_period_stays_paid_and_the_benefits_stay(self):
        self._refund("bank", journal_id=self.journal.id)
        self.assertEqual(self.period.payment_state, "paid")
        self.assertFalse(self.period.charge_on)
        self.assertEqual(self.membership.state, "active")
        self.assertEqual(sum(self.period.grant_ids.mapped("remaining")), 2)
        self.assertFalse(self.membership._overdue_periods())

    def test_told_where_staff_and_patient_look(self):
        refund = self._refund("credit", 50)
        words = f"of {self.invoice.name}, credit on the account: {WHY}"
        log = self.membership.log_ids.filtered(lambda entry: entry.event == "refund")
        self.assertIn(words, log.note)
        self.assertEqual(log.monthly_change, 0)
        self.assertIn(words, self.membership.message_ids.mapped("body")[0])
        self.assertEqual(self.membership.refund_ids, refund)
        mail = self.env["mail.mail"].search([("model", "=", "clinic.refund"), ("res_id", "=", refund.id)])
        self.assertEqual(mail.recipient_ids, self.patient)
        self.assertIn("It is credit on your account", mail.body_html)

    def test_on_the_statement_and_the_charges(self):
        refund = self._refund("bank", 50, journal_id=self.journal.id)
        lines = self.env["clinic.statement.line"].search([("partner_id", "=", self.patient.id)])
        self.assertEqual([line.move_id for line in lines[-2:]], [refund.credit_note_id, refund.payment_id.move_id])
        self.assertEqual(lines[-1].balance, 0)
        self.assertIn("Credit for", lines[-2].what)
        domain = self.membership.with_user(self.receptionist).action_charges()["domain"]
        charges = self.env["clinic.charge.line"].with_user(self.receptionist).search(domain)
        mine = charges.filtered(lambda line: line.move_id == refund.credit_note_id)
        self.assertEqual(mine.mapped("kind"), ["credit", "tax", "payment"])
        self.assertAlmostEqual(sum(mine.mapped("amount")), 0)

    # === kept === #

    def test_never_changed_nor_deleted(self):
        refund = self._refund("credit", 50)
        for values in ({"amount": 10}, {"reason": "Another"}, {"state": "failed"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "never changed"):
                refund.write(values)
        with self.assertRaisesRegex(UserError, "never deleted"):
            refund.unlink()
