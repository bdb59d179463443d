from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import requests
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment.models.payment_provider import PaymentProvider

from ..models.payment_transaction_refund import REFUND_REPLAYS
from .refund_common import WHY, RefundCommon, answering


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 10:00:00")
class TestRefundCard(RefundCommon):
    """Back to the card: everything durable before money can move, and never a second time."""

    def _prepared(self, amount=50):
        """A refund whose process died before the provider was asked."""
        refunds = self.env["clinic.refund"].with_user(self.manager).sudo()
        return refunds._refund(
            self.invoice, "card", WHY, amount, key=f"test,{amount}", source_transaction_id=self.charge.id
        )

    @contextmanager
    def _later(self, minutes=10):
        with freeze_time(fields.Datetime.now() + timedelta(minutes=minutes)):
            yield

    def _run(self, refund, *answers):
        """What the scheduled action does with it."""
        with answering(*answers) as sent:
            domain = refund._today_domain(refund._under_way_domain)
            refund.filtered_domain(domain)._proceed_safely()
        return sent

    def assertAsItWas(self, refund):
        self.assertEqual((refund.state, refund.credit_note_id.ids), ("failed", []))
        self.assertFalse(self.invoice.reversal_move_ids)
        self.assertEqual(self.invoice._clinic_refundable(), 113.85)
        self.assertEqual(self._open(), 0)
        self.assertEqual(self.period.payment_state, "paid")

    # === as it should be === #

    def test_agreed(self):
        refund = self._refund("card", 50, "done")
        transaction = refund.transaction_id
        self.assertEqual(self.sent, [transaction])
        self.assertRecordValues(
            transaction,
            [
                {
                    "operation": "refund",
                    "amount": -50,
                    "source_transaction_id": self.charge.id,
                    "invoice_ids": refund.credit_note_id.ids,
                    "is_post_processed": True,
                }
            ],
        )
        self.assertRecordValues(refund, [{"state": "done", "payment_id": transaction.payment_id.id}])
        self.assertRecordValues(
            refund.payment_id, [{"payment_type": "outbound", "amount": 50, "payment_transaction_id": transaction.id}]
        )
        note = refund.credit_note_id
        self.assertEqual((note.state, note.amount_residual), ("posted", 0))
        self.assertEqual(self._parts(note), (43.48, 6.52))
        self.assertEqual(self._open(), 0)
        self.assertEqual(self.answer["type"], "success")

    def test_the_books_are_untouched_before_the_answer(self):
        refund = self._refund("card", 50, "pending")
        self.assertEqual((refund.state, refund.credit_note_id.state), ("sent", "draft"))
        self.assertEqual(self._open(), 0)
        self.assertEqual(self.invoice._clinic_refundable(), 63.85, "it is reserved")
        with self.assertRaisesRegex(UserError, "can be refunded"):
            self._refund("credit", 63.86)
        self.assertFalse(self._run(refund), "the provider works on it")
        refund.transaction_id._set_done()
        self._run(refund)
        self.assertEqual((refund.state, self._open()), ("done", 0))

    def test_by_odoos_own_action_after_a_webhook(self):
        refund = self._refund("card", 50, "pending")
        refund.transaction_id._set_done()
        refund.transaction_id._post_process()
        self.assertEqual((refund.state, refund.credit_note_id.payment_state), ("done", "paid"))
        refund.transaction_id._post_process()
        self.assertEqual(len(refund.credit_note_id._get_reconciled_payments()), 1)

    # === refused === #

    def test_refused_leaves_everything_as_it_was(self):
        documents = self.env["account.move"].search_count([])
        refund = self._refund("card", 50, "error")
        self.assertAsItWas(refund)
        self.assertEqual(self.env["account.move"].search_count([]), documents)
        self.assertEqual(refund.refusal, "No money on the account")
        self.assertEqual(self.answer["type"], "danger")
        self.assertIn("was refused: No money on the account. Nothing was given back", self.answer["message"])
        self.assertIn("was refused", self.invoice.message_ids[0].body)
        self.assertEqual(self._refund("card", None, "done").amount, 113.85)

    def test_refused_by_a_webhook_later(self):
        refund = self._refund("card", 50, "pending")
        refund.transaction_id._set_error("Closed account")
        refund.transaction_id._post_process()
        self.assertAsItWas(refund)

    def test_refused_and_made_all_the_same(self):
        """The provider says no, and yes an hour later: the money went, so it is in the books."""
        refund = self._refund("card", 50, "error")
        refund.transaction_id._set_done()
        refund.transaction_id._post_process()
        self.assertEqual((refund.state, refund.refusal), ("done", False))
        self.assertEqual((refund.credit_note_id.state, refund.credit_note_id.amount_residual), ("posted", 0))

    def test_refused_given_otherwise_and_made_all_the_same(self):
        """All of it is given in another way meanwhile: what the provider took is booked, and asked for."""
        refund = self._refund("card", 50, "error")
        self._refund("credit", 113.85)
        refund.transaction_id._set_done()
        refund.transaction_id._post_process()
        payment = refund.payment_id
        self.assertEqual((payment.payment_type, payment.amount, payment.state), ("outbound", 50, "in_process"))
        self.assertFalse(payment.reconciled_invoice_ids | payment.reconciled_bill_ids)
        self.assertEqual((refund.state, len(refund.activity_ids)), ("failed", 1))
        self.assertIn("Ask for it back", refund.activity_ids.note)

    # === the process dies === #

    def test_dies_before_the_provider_was_asked(self):
        refund = self._prepared()
        self.assertEqual(refund.state, "draft")
        self.assertEqual(self._run(refund, "done"), [refund.transaction_id])
        self.assertEqual(refund.state, "done")

    def test_dies_while_the_provider_is_asked(self):
        """It knows refunds by a key: the same is sent again, once nobody waits for the answer any more."""
        refund = self._refund("card", 50, "nothing")
        self.assertEqual(refund.state, "sent")
        self.assertFalse(self._run(refund), "somebody may still be waiting")
        with self._later():
            self.assertEqual(self._run(refund, "done"), [refund.transaction_id])
        self.assertEqual((refund.state, len(self.charge.child_transaction_ids)), ("done", 1))

    def test_dies_after_the_answer(self):
        refund = self._prepared()
        refund.transaction_id._set_done()
        self.assertFalse(self._run(refund))
        self.assertEqual((refund.state, refund.credit_note_id.amount_residual), ("done", 0))

    def test_dies_after_the_refusal(self):
        refund = self._prepared()
        refund.transaction_id._set_error("Closed account")
        self.assertFalse(self._run(refund))
        self.assertAsItWas(refund)

    def test_dies_after_it_is_booked(self):
        refund = self._refund("card", 50, "done")
        self.assertFalse(self._run(refund))
        refund._proceed()
        self.assertEqual(len(self.charge.child_transaction_ids), 1)

    # === nobody knows === #

    def test_no_answer_and_no_key_is_never_sent_again(self):
        with patch.dict(REFUND_REPLAYS, clear=True):
            refund = self._refund("card", 50, "unknown")
            self.assertEqual((refund.state, self.answer["type"]), ("sent", "warning"))
            with self._later():
                self.assertFalse(self._run(refund))
                self.assertEqual(refund.state, "unknown")
                self._run(refund)
                self.assertEqual(len(refund.activity_ids), 1)
                self.assertEqual(refund.activity_ids.user_id, self.manager)
                with self.assertRaisesRegex(UserError, "A manager decides"):
                    refund.with_user(self.receptionist).action_was_refunded()
        self.assertEqual((refund.credit_note_id.state, self.invoice._clinic_refundable()), ("draft", 63.85))
        return refund

    def test_looked_up_it_was_made(self):
        refund = self.test_no_answer_and_no_key_is_never_sent_again()
        refund.with_user(self.manager).action_was_refunded()
        self.assertEqual((refund.state, refund.credit_note_id.amount_residual, self._open()), ("done", 0, 0))
        self.assertFalse(refund.activity_ids)
        with self.assertRaisesRegex(UserError, "resolved already"):
            refund.with_user(self.manager).action_was_not_refunded()

    def test_looked_up_it_was_not_made(self):
        refund = self.test_no_answer_and_no_key_is_never_sent_again()
        refund.with_user(self.manager).action_was_not_refunded()
        self.assertAsItWas(refund)
        self.assertIn("not refunded", refund.refusal)

    def test_what_a_failed_request_means(self):
        """A time-out is no refusal; a 400 is."""
        response = requests.Response()
        response.status_code, response._content = 400, b'{"error": {"code": "charge_already_refunded"}}'
        for answer, state, outcome in ((None, "pending", "unknown"), (response, "error", "refused")):
            refund = self._prepared(10 if answer is None else 20)

            def fail(*_args, answer=answer, **_kwargs):
                try:
                    raise requests.RequestException(response=answer)
                except requests.RequestException:
                    raise ValidationError(str(answer))  # noqa: B904  as Odoo raises it

            transaction = refund.transaction_id

            def send(transaction):
                transaction._send_api_request("POST", "refunds")

            with self.subTest(outcome), patch.object(PaymentProvider, "_send_api_request", fail):
                with patch(
                    "odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_refund_request", send
                ):
                    refund._proceed()
                self.assertEqual((transaction.state, transaction.clinic_outcome), (state, outcome))

    def test_another_amount_went_back(self):
        refund = self._prepared()
        transaction = refund.transaction_id

        def process(transaction):
            with patch.object(type(transaction), "_extract_amount_data", lambda *_args: data):
                transaction._validate_amount({})

        data = {"amount": 40, "currency_code": "USD"}
        with patch("odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_refund_request", process):
            refund._proceed()
        self.assertEqual((transaction.state, refund.state), ("error", "unknown"))
        self.assertTrue(refund.activity_ids)
        self.assertEqual(self.charge._clinic_refund_left(), 63.85, "it moved money")

    @mute_logger("odoo.addons.clinic_membership.models.clinic_refund_card")
    def test_broken_provider_stops_nobody(self):
        prepared = self._prepared()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            refund = prepared.with_env(self.env(cr=cr))
            self._run(refund, RuntimeError("no route"))
            self.assertEqual(refund.failed_on, fields.Date.to_date("2026-03-10"))
            self.assertIn("no route", refund.failure)
            cr.flush()
        self.env.invalidate_all()
        self.assertIn("no route", prepared.message_ids[0].body)

    def test_scheduled_action(self):
        refund = self._prepared()
        with answering("done") as sent, self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_refund").method_direct_trigger()
        self.assertEqual((len(sent), refund.state), (1, "done"))

    # === nobody touches what waits === #

    def test_the_waiting_credit_note_is_left_alone(self):
        note = self._refund("card", 50, "pending").credit_note_id
        for touch in (note.action_post, note.button_cancel, note.unlink):
            with self.subTest(touch.__name__), self.assertRaisesRegex(UserError, "waits for the provider's answer"):
                touch()

    def test_asked_again_by_hand(self):
        refund = self._prepared()
        with self.assertRaisesRegex(UserError, "made by Membership Managers"):
            refund.with_user(self.receptionist).action_proceed()
        with answering("done"):
            answer = refund.with_user(self.manager).action_proceed()
        self.assertEqual(answer["params"]["type"], "success")

    def test_health(self):
        refund = self._prepared()
        health = self.env["clinic.health"]
        self.assertEqual(health._check_refunds(self.company).level, "fine")
        self.env.flush_all()
        self.env.cr.execute("UPDATE clinic_refund SET create_date = '2026-03-08' WHERE id = %s", [refund.id])
        found = health._check_refunds(self.company)
        self.assertEqual((found.level, found.records), ("problem", (refund,)))
