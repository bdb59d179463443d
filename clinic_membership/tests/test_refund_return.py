from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account.models.account_move import AccountMove

from .refund_common import WHY, RefundCommon

KIND = "clinic_membership.activity_type_returned"
REASON = "The card has expired"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefundReturn(RefundCommon):
    """A refund that was booked, and whose money the bank sent back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.clinic_tell_members = True

    def _booked(self, amount=50):
        return self._refund("card", amount, "done")

    def _fail(self, refund):
        """What a webhook does, and what Odoo's scheduled action does after it."""
        refund.transaction_id._set_error(REASON, extra_allowed_states=("done",))
        refund.transaction_id._post_process()

    def _returned(self, amount=50):
        refund = self._booked(amount)
        self._fail(refund)
        return refund

    def _give(self, refund, user=None):
        return refund.with_user(user or self.manager).action_give_as_credit()

    def _credit(self, refund):
        return -refund._receivable(refund.credit_note_id).amount_residual

    # === it is told === #

    def test_it_is_told(self):
        refund = self._returned()
        self.assertRecordValues(
            refund,
            [{"state": "returned", "returned_on": fields.Date.to_date("2026-03-10"), "refusal": REASON, "way": "card"}],
        )
        activity = refund.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(KIND))
        self.assertTrue(activity.user_id.has_group("clinic_membership.group_membership_manager"))
        for record in (self.invoice, self.membership, activity):
            words = activity.note if record == activity else record.message_ids[0].body
            self.assertIn(f"came back: {REASON}. {self.patient.display_name} has not got the money", words)
        self.assertEqual(
            self.membership.log_ids.filtered(lambda log: log.event == "refund").mapped("note")[0][:6], "Refund"
        )

    def test_until_then_the_books_stay(self):
        """It is not refunded again meanwhile: the amount is with the clinic, and promised."""
        refund = self._returned()
        self.assertEqual((refund.credit_note_id.amount_residual, refund.payment_id.move_id.state), (0, "posted"))
        self.assertEqual(
            (self.invoice._clinic_refundable(), self.invoice._clinic_card_payments()), (63.85, {self.charge: 63.85})
        )

    def test_told_twice_and_late(self):
        refund = self._returned()
        self._fail(refund)
        refund.transaction_id._set_done(extra_allowed_states=("error",))
        refund.transaction_id._post_process()
        self.assertEqual(
            (refund.state, refund.transaction_id.state, len(refund.activity_ids)), ("returned", "error", 1)
        )
        self.assertEqual(len(self.invoice.message_ids.filtered(lambda m: "came back" in (m.body or ""))), 1)

    def test_before_it_was_booked_it_is_refused(self):
        refund = self._refund("card", 50, "pending")
        refund.transaction_id._set_done()
        self._fail(refund)
        self.assertEqual((refund.state, refund.credit_note_id.ids, refund.activity_ids.ids), ("failed", [], []))

    def test_the_receptionist_who_refunded_does_not_decide(self):
        self.company.clinic_user_refund_limit = 100
        refund = self._refund("card", 50, "done", user=self.receptionist)
        self._fail(refund)
        self.assertEqual(refund.user_id, self.receptionist)
        self.assertNotEqual(refund.activity_ids.user_id, self.receptionist)
        with self.assertRaisesRegex(UserError, "A manager decides"):
            self._give(refund, self.receptionist)

    def test_where_it_is_seen(self):
        health, statement = self.env["clinic.health"], self.env["clinic.statement"]
        mine = statement.with_user(self.receptionist).create({"partner_id": self.patient.id})
        self.assertFalse(mine.returned)
        self.assertEqual(health._check_returned_refunds(self.company).level, "fine")
        refund = self._returned()
        mine = statement.with_user(self.receptionist).create({"partner_id": self.patient.id})
        self.assertIn(refund.name, mine.returned)
        found = health._check_returned_refunds(self.company)
        self.assertEqual((found.level, found.records), ("problem", (refund,)))
        self._give(refund)
        self.assertEqual(health._check_returned_refunds(self.company).level, "fine")
        self.assertFalse(statement.create({"partner_id": self.patient.id}).returned)

    # === it is owed again === #

    def test_given_as_credit(self):
        refund = self._returned()
        note, mails = refund.credit_note_id, self.env["mail.mail"].search_count([])
        answer = self._give(refund)["params"]
        self.assertEqual((answer["type"], refund.state, refund.way), ("success", "done", "credit"))
        self.assertRecordValues(
            refund.return_payment_id,
            [{"payment_type": "inbound", "amount": 50, "journal_id": refund.payment_id.journal_id.id}],
        )
        moves = (refund.payment_id | refund.return_payment_id).move_id
        self.assertEqual(moves.mapped("state"), ["posted"] * 2, "what was posted stays")
        self.assertEqual((note.amount_residual, note.payment_state, self._open()), (50, "not_paid", -50))
        for payment in (refund.payment_id, refund.return_payment_id):
            self.assertEqual(refund._receivable(payment.move_id).amount_residual, 0)
        self.assertFalse(refund.activity_ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails + 1)
        self.assertEqual(self.invoice._clinic_refundable(), 63.85)

    def test_the_renewal_is_paid_with_it(self):
        self._give(self._returned())
        with freeze_time("2026-03-31"):
            self.assertEqual(self.membership._renew().invoice_id.amount_residual, 63.85)

    def test_what_is_due_is_paid_first(self):
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
        with freeze_time("2026-04-02"):
            refund = self._returned()
            self._give(refund)
        self.assertEqual((invoice.amount_residual, self._credit(refund)), (63.85, 0))

    def test_paid_out_of_the_till_instead(self):
        """The credit note is open, so that Odoo's own button pays it."""
        refund = self._returned()
        self._give(refund)
        note = refund.credit_note_id
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=note.ids)
        wizard.create({"journal_id": self.journal.id})._create_payments()
        self.assertEqual((note.amount_residual, self._open()), (0, 0))

    def test_given_once(self):
        refund = self._returned()
        self._give(refund)
        with self.assertRaisesRegex(UserError, "did not come back, or was given as credit already"):
            self._give(refund)
        self._fail(refund)
        self.assertEqual((refund.state, refund.way, self._open()), ("done", "credit", -50))
        with self.assertRaisesRegex(UserError, "never changed"):
            refund.way = "bank"

    def test_nothing_to_give_where_nothing_came_back(self):
        with self.assertRaisesRegex(UserError, "did not come back"):
            self._give(self._booked())

    def test_a_payment_that_odoo_has_cancelled(self):
        """The credit note is open already: no payment in is made."""
        refund = self._returned()
        refund.payment_id.action_cancel()
        self._give(refund)
        self.assertEqual(
            (refund.return_payment_id.ids, refund.credit_note_id.amount_residual, self._open()), ([], 50, -50)
        )

    def test_a_payment_without_an_entry(self):
        """Where the clinic books nothing until the bank's statement comes: Odoo's accounting app can do so."""
        line = self.charge.payment_id.payment_method_line_id
        line.payment_account_id = False
        self.startPatcher(patch.object(AccountMove, "_get_invoice_in_payment_state", lambda _self: "in_payment"))
        refund = self._booked()
        self.assertFalse(refund.payment_id.move_id)
        self._fail(refund)
        self._give(refund)
        self.assertEqual(refund.payment_id.state, "canceled")
        self.assertEqual((refund.credit_note_id.amount_residual, self._open()), (50, -50))

    def test_refunded_to_the_card_again(self):
        """What is left of the invoice can still go to the card; what came back is credit."""
        self._give(self._returned())
        again = self._refund("card", 63.85, "done")
        self.assertEqual((again.state, again.reason, self.invoice._clinic_refundable()), ("done", WHY, 0))
