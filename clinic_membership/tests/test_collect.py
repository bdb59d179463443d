from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools import declines
from ..tools.declines import read_answer
from .due_common import ClinicDue


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestCollect(ClinicDue):
    """Charging stored cards: one transaction at a time, and only a definite decline is tried again."""

    def test_paid_by_the_card(self):
        self.assertEqual(self.period.charge_on, date(2026, 2, 28))
        with self._answers("done") as sent:
            self.collection._collect()
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0].amount, 113.85)
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.period.payment_state, "paid")
        self.assertFalse(self.period.charge_on)
        self.assertEqual(self.membership.state, "active")

    def test_paid_is_not_charged_again(self):
        with self._answers("done") as sent:
            self.collection._collect()
            self.collection._again_today()
            self.collection._collect()
        self.assertEqual(len(sent), 1)
        self.assertFalse(self.period.charge_on)

    def test_a_payment_that_bounced_is_for_staff(self):
        """The card is not charged by itself: the accountant may assign the same payment anew."""
        with self._answers("done") as sent:
            self.collection._collect()
            self.invoice.line_ids.remove_move_reconcile()
            self.assertEqual(self.collection.state, "done")
            with freeze_time("2026-03-01"):
                self.membership._follow_up()
                self.assertEqual((self.membership.state, self.collection.state), ("past_due", "stopped"))
                self.assertTrue(self.membership.activity_ids)
        self.assertEqual(len(sent), 1)

    def test_an_invoice_that_is_reset_waits(self):
        """What an accountant corrects is charged when it is posted again."""
        self.invoice.button_draft()
        with self._answers("done") as sent:
            self.collection._collect()
            self.assertEqual((self.collection.state, self.collection.charge_on), ("open", date(2026, 3, 1)))
            self.invoice.action_post()
            with freeze_time("2026-03-01"):
                self.collection._collect()
        self.assertEqual((len(sent), self.collection.state), (1, "done"))

    def test_a_card_that_went_away_sends_the_link(self):
        """There was a card at the renewal, and there is none when it is to be charged."""
        self.membership.payment_token_id.active = False
        sent = self.invoice.sending_data
        self.assertFalse(sent)
        self.collection._collect()
        self.assertEqual(self.collection.state, "stopped")
        self.assertTrue(self.invoice.sending_data)

    def test_the_schedule_is_never_below_its_beginning(self):
        self.collection.attempts = 0
        self.collection._after_refused(self.env["payment.transaction"])
        self.assertEqual(self.collection.attempts, 0)

    def test_declines_follow_the_schedule_then_staff(self):
        days = []
        for day in ("2026-02-28", "2026-03-03", "2026-03-06", "2026-03-09"):
            with freeze_time(day), self._answers("error"):
                self.collection._collect()
                days.append(self.period.charge_on)
        self.assertEqual(days, [date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 9), False])
        self.assertEqual(self.period.attempts, 4)
        self.assertEqual(self.membership.state, "past_due")
        self.assertEqual(self.membership.past_due_since, date(2026, 2, 28))
        self.assertEqual(len(self.membership.activity_ids), 1)
        mine = [("model", "=", "clinic.membership"), ("res_id", "=", self.membership.id)]
        mails = self.env["mail.mail"].search([*mine, ("subject", "like", "did not go through")])
        self.assertEqual(len(mails), 4)
        self.assertIn("We try again on", mails.sorted("id")[0].body_html)

    def test_unknown_outcome_is_never_a_second_transaction(self):
        for _day in range(3):
            with self._answers("pending") as sent:
                self.collection._collect()
        self.assertEqual(len(self.invoice.transaction_ids), 1)
        self.assertEqual(self.period.charge_on, date(2026, 3, 1))
        self.assertEqual(self.membership.state, "active")
        self.assertFalse(sent, "a pending transaction is not sent again")

    def test_interrupted_before_sending_sends_the_same_again(self):
        transaction = self.collection._new_attempt()
        with self._answers("done") as sent:
            self.collection._collect()
        self.assertEqual(sent, [transaction])
        self.assertEqual(self.invoice.transaction_ids, transaction)

    def test_answered_but_not_in_the_books_is_not_charged_again(self):
        """The process died between the provider's answer and the payment's entry."""
        transaction = self.collection._new_attempt()
        transaction._set_done()
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertTrue(transaction.is_post_processed)
        self.assertEqual(self.period.payment_state, "paid")
        self.assertEqual(self.invoice.transaction_ids, transaction)

    def test_declined_but_not_acted_upon_is_not_charged_at_once(self):
        """The process died after the decline, or it came later by a webhook: the schedule holds all the same."""
        transaction = self.collection._new_attempt()
        transaction._set_error("Declined")
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertEqual((self.period.attempts, self.period.charge_on), (1, date(2026, 3, 3)))
        self.assertEqual(self.membership.state, "past_due")
        with freeze_time("2026-03-03"), self._answers("done") as sent:
            self.collection._collect()
        self.assertEqual(len(sent), 1)
        self.assertEqual(self.period.payment_state, "paid")

    def test_draft_of_a_paid_invoice_is_not_sent(self):
        self.collection._new_attempt()
        self._pay(self.invoice)
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertFalse(self.period.charge_on)

    def test_a_patient_paying_in_the_portal_comes_first(self):
        portal = self.collection._new_attempt()
        portal.write({"operation": "online_direct", "token_id": False})
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertEqual(self.period.charge_on, date(2026, 3, 1))
        with freeze_time("2026-03-01"), self._answers("done") as sent:
            self.env.cr.execute(
                "UPDATE payment_transaction SET create_date = %s WHERE id = %s", ("2026-02-28", portal.id)
            )
            portal.invalidate_recordset()
            self.collection._collect()
        self.assertEqual(len(sent), 1, "what was abandoned in the portal is no longer waited for")

    def test_card_saved_in_the_portal_is_kept(self):
        self.membership.payment_token_id = False
        card = self._card(self.patient)
        transaction = self.invoice._clinic_new_transaction(card)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.membership.payment_token_id, card)

    def test_the_card_that_paid_replaces_the_one_that_was_declined(self):
        """Declined for now, not for good: the next renewal asks the card that has paid."""
        with self._answers("error"):
            self.collection._collect()
        card = self._card(self.patient)
        transaction = self.invoice._clinic_new_transaction(card)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.membership.payment_token_id, card)
        other = self._card(self.patient)
        with freeze_time("2026-03-31"):
            invoice = self.membership._renew().invoice_id
        transaction = invoice._clinic_new_transaction(other)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.membership.payment_token_id, card, "which works")

    def test_a_decline_for_good_in_an_answer_that_is_no_error(self):
        """Adyen declines with HTTP 200: a blocked card is not tried again."""
        card = self.membership.payment_token_id
        with self._answers("nothing") as sent:
            self.collection._collect()
            (transaction,) = sent
            transaction._set_error("Declined: Blocked Card")
            adyen = patch(f"{declines.__name__}.read_answer", lambda _code, data: read_answer("adyen", data))
            with adyen:  # its addon is not installed here
                transaction._clinic_read_answer({"refusalReason": "Blocked Card", "refusalReasonCode": "5"})
            self.collection._after_charge(transaction)
        self.assertEqual((transaction.clinic_final, card.clinic_code), (True, "restricted_card"))
        self.assertEqual((self.collection.state, self.membership.state), ("stopped", "past_due"))

    def test_a_card_stored_in_the_portal_is_tried(self):
        """In the place of the one that was declined; somebody who owes nothing keeps what they have."""
        with self._answers("error"):
            self.collection._collect()
        other = self.env["res.partner"].create({"name": "Other"})
        member = self._sell(self.monthly, partner=other)
        self._card(other)
        self.assertFalse(member.payment_token_id, "who pays by hand goes on")
        card = self._card(self.patient)
        self.assertEqual(self.membership.payment_token_id, card)
        self.assertEqual(self.collection.charge_on, date(2026, 2, 28))
        self._card(self.patient)
        self.assertEqual(self.membership.payment_token_id, card, "not declined")

    def test_archived_card_asks_staff(self):
        self.membership.payment_token_id.active = False
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertFalse(self.period.charge_on)
        self.assertTrue(self.membership.activity_ids)

    def test_new_card_is_tried_at_once(self):
        with self._answers("error"):
            self.collection._collect()
        self.assertEqual(self.period.charge_on, date(2026, 3, 3))
        self.membership.payment_token_id = self._card(self.patient)
        self.assertEqual(self.period.charge_on, date(2026, 2, 28))
        with self._answers("done"):
            self.collection._collect()
        self.assertEqual(self.membership.state, "active")
        self.assertFalse(self.membership.past_due_since)

    def test_grace_then_suspension_then_payment(self):
        with self._answers("error"):
            self.collection._collect()
        with freeze_time("2026-03-07"):
            self._follow_up()
            self.assertEqual(self.membership.state, "past_due")
            self._redeem()
        with freeze_time("2026-03-08"):
            self._follow_up()
            self.assertEqual(self.membership.state, "suspended")
            with self.assertRaisesRegex(UserError, "suspended until its renewal is paid"):
                self._redeem()
            self._pay(self.invoice)
            self.assertEqual(self.membership.state, "active")
            self._redeem()

    def _follow_up(self):
        model = self.env["clinic.membership"]
        self.membership.filtered_domain(model._today_domain(model._late_domain))._follow_up()

    def test_suspended_time_is_not_billed(self):
        with self._answers("error"):
            self.collection._collect()
        self.membership.state = "suspended"
        with freeze_time("2026-05-10"):
            model = self.env["clinic.membership"]
            self.assertFalse(self.membership.filtered_domain(model._today_domain(model._due_domain)))
            self._pay(self.invoice)
            self.assertEqual(self.membership.next_renewal, date(2026, 4, 30))
            self.assertEqual(self.membership._renew().mapped("date_start"), [date(2026, 4, 30)])

    def test_suspended_and_cancelled_ends(self):
        with self._answers("error"):
            self.collection._collect()
        self.membership.state = "suspended"
        self.membership._cancel(self.reason)
        model = self.env["clinic.membership"]
        with freeze_time("2026-03-30"):
            self.assertFalse(self.membership.filtered_domain(model._today_domain(model._over_domain)))
        with freeze_time("2026-03-31"):
            self.membership.filtered_domain(model._today_domain(model._over_domain))._end_by_itself()
        self.assertEqual(self.membership.state, "cancelled")
        self.assertEqual(self._left(), 0)

    def test_a_late_run_suspends_before_it_bills(self):
        """The server was down for a month: the time in which benefits would have been suspended is not billed."""
        with self._answers("error"):
            self.collection._collect()
        with freeze_time("2026-04-02"):
            self.assertFalse(self.membership._renew())
        self.assertEqual(self.membership.state, "suspended")
        self.assertEqual(self.membership.next_renewal, date(2026, 3, 31))

    def test_unpaid_invoice_makes_past_due(self):
        self.membership.payment_token_id = False
        with freeze_time("2026-03-01"):
            self._follow_up()
        self.assertEqual(self.membership.state, "past_due")
        self.assertTrue(self.membership.activity_ids)

    def test_charge_now(self):
        with self._answers("error"):
            self.collection._collect()
        self.membership.payment_token_id = False
        with self.assertRaisesRegex(UserError, "no stored card"):
            self.membership.action_charge_now()
        self.membership.payment_token_id = self._card(self.patient)
        with self._answers("done"):
            self.membership.with_user(self.receptionist).action_charge_now()
        self.assertEqual(self.membership.state, "active")
        with self.assertRaisesRegex(UserError, "Nothing is due"):
            self.membership.action_charge_now()

    def test_broken_provider_stops_nobody(self):
        """The scheduled action itself: the failure is noted, and the draft stays to be resolved."""
        with (
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
            self._answers(RuntimeError("no route")),
            mute_logger("odoo.addons.clinic_membership.models.clinic_collection"),
        ):
            collection = self.collection.with_env(self.env(cr=cr))
            collection._charge_safely()
            self.assertEqual(collection.failed_on, date(2026, 2, 28))
            self.assertIn("no route", collection.failure)
            cr.flush()
        self.env.invalidate_all()
        self.assertIn("no route", self.membership.message_ids[0].body)

    def test_schedule_must_be_readable(self):
        for wrong in ("3; 3", "soon", "0", "-1"):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, "whole numbers"):
                self.company.clinic_retry_days = wrong
