from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .refund_common import REFUND, RefundCommon, answering, supporting


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefundCardLimits(RefundCommon):
    """No card gets back more than it paid."""

    def test_not_more_than_the_card_paid(self):
        """60 by one card, 40 by another, the rest in cash."""
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
            first, second = self._charge(invoice, 60), self._charge(invoice, 40, self._card(self.patient))
            self._pay(invoice)
            cards = {first: 60, second: 40}
            self.assertEqual(invoice._clinic_card_payments(), cards)
            with self.assertRaisesRegex(UserError, "40.00 can go back to"):
                self._refund("card", 41, invoice=invoice, payment_id=second.payment_id.id)
            self._refund("card", 15, "done", invoice=invoice, payment_id=second.payment_id.id)
            self.assertEqual(invoice._clinic_card_payments(), {first: 60, second: 25})
            self._refund("bank", 50, invoice=invoice, journal_id=self.journal.id)
            self.assertEqual(invoice._clinic_card_payments(), {first: 48.85, second: 25})
            self._refund("card", None, "done", invoice=invoice, payment_id=first.payment_id.id)
            self.assertEqual(invoice._clinic_refundable(), 0)

    def test_what_credit_paid_does_not_become_money(self):
        with freeze_time("2026-03-09"):
            self._refund("credit", 30)
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
            self.assertEqual(invoice.amount_residual, 83.85)
            charge = self._charge(invoice)
            self.assertEqual(invoice._clinic_refundable(), 113.85)
            self.assertEqual(invoice._clinic_card_payments(), {charge: 83.85})
            with self.assertRaisesRegex(UserError, "paid with credit goes back as credit"):
                self._refund("bank", 84, invoice=invoice, journal_id=self.journal.id)
            self._refund("card", 83.85, "done", invoice=invoice)
            self._refund("credit", 30, invoice=invoice)

    def test_a_refund_by_odoos_own_wizard_counts(self):
        with answering("done"):
            self.charge._refund(100)._post_process()
        self.assertEqual(self.invoice._clinic_card_payments(), {self.charge: 13.85})
        self.assertEqual(self.invoice._clinic_refundable(), 13.85)
        with self.assertRaisesRegex(UserError, "13.85 can be refunded"):
            self._refund("credit", 50)
        note = self.invoice._reverse_moves([{"invoice_date": self.invoice.date}])  # its credit note by hand
        note.invoice_line_ids.price_unit = 86.96
        note.action_post()
        self.assertEqual(self.invoice._clinic_refundable(), 13.85, "the same money, not once more")

    def test_an_archived_card_gets_its_money_back(self):
        self.card.active = False
        self.assertEqual(self._refund("card", 50, "done").state, "done")

    def test_providers_that_refund_nothing_or_all(self):
        with supporting("full_only"):
            self.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "refunds whole payments only"):
                self._refund("card", 50)
            self.assertEqual(self._refund("card", 113.85, "done").state, "done")
        first = self.membership.period_ids.filtered("is_first").invoice_id
        with supporting("none"):
            self.env.invalidate_all()
            self.assertFalse(self.invoice._clinic_card_payments())
            with self.assertRaisesRegex(UserError, "not paid by a card"):
                self._refund("card", 50, invoice=first)

    def _become_authorize(self):
        """Its addon is not installed here; it refunds whole payments only."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE payment_provider SET code = 'authorize' WHERE id = %s", [self.provider.id])
        self.env.invalidate_all()

    def test_a_charge_that_is_voided_is_given_back(self):
        """Authorize.net cannot refund on the day of the charge: Odoo voids it, and calls the refund cancelled."""
        self._become_authorize()
        with supporting("full_only"):
            with self.assertRaisesRegex(UserError, "refunds whole payments only: .*113.85.* or another way"):
                self._refund("card", 50)
            self.assertFalse(self.sent, "nothing is voided by a part")
            refund = self._refund("card", 113.85, "canceled")
        self.assertEqual((refund.state, refund.payment_id.amount, self._open()), ("done", 113.85, 0))
        self.assertEqual(refund.credit_note_id.payment_state, "paid")
        self.assertIn("voided", refund.message_ids[0].body + refund.message_ids[1].body)
        self.assertEqual(self.invoice._clinic_refundable(), 0)

    def test_a_part_that_voided_everything_is_looked_at(self):
        """Where another addon lets parts through: all of it went back."""
        self._become_authorize()
        refund = self._refund("card", 50, "canceled")
        self.assertEqual((refund.state, refund.credit_note_id.state), ("unknown", "draft"))
        self.assertTrue(refund.activity_ids)
        self.assertEqual(refund.transaction_id.clinic_charged, 113.85)

    def test_a_refund_that_authorize_declines(self):
        """That is cancelled, too, and nothing went back."""
        self._become_authorize()

        def decline(transaction):
            transaction._set_canceled("The credit is not allowed")
            transaction._clinic_read_answer({"response": {"x_response_code": "2", "x_type": "refund"}})

        with patch(REFUND, decline):
            self._wizard(way="card", amount=50).action_confirm()
        refund = self.invoice.clinic_refund_ids
        self.assertEqual((refund.state, refund.credit_note_id.ids), ("failed", []))
        self.assertEqual(self.invoice._clinic_refundable(), 113.85)

    def test_a_split_payer_gets_their_own_money(self):
        father = self.env["res.partner"].create({"name": "Father"})
        self.membership.write(
            {
                "billing_split": "equal",
                "payer_ids": [
                    fields.Command.create({"partner_id": self.patient.id}),
                    fields.Command.create({"partner_id": father.id, "payment_token_id": self._card(father).id}),
                ],
            }
        )
        with freeze_time("2026-03-31"):
            period = self.membership._renew()
            theirs = period.adjustment_ids.filtered(lambda move: move.partner_id == father)
            charge = self._charge(theirs, card=self._card(father))
            self._pay(period.invoice_id)
            refund = self._refund("card", None, "done", invoice=theirs)
        self.assertEqual((refund.partner_id, refund.amount), (father, theirs.amount_total))
        self.assertEqual(refund.source_transaction_id, charge)
        self.assertEqual(refund.membership_ids, self.membership)
        self.assertEqual(period.payment_state, "paid")
