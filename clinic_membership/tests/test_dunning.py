from contextlib import contextmanager
from datetime import date, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .due_common import ClinicDue

REQUEST = "odoo.addons.payment.models.payment_provider.PaymentProvider._send_api_request"


class FailedRequest(Exception):
    """What the HTTP library raises, with the answer of the provider."""

    def __init__(self, status, **error):
        super().__init__(status)
        self.response = SimpleNamespace(status_code=status, json=lambda: {"error": error})


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestDunning(ClinicDue):
    """After a decline: by its code and the clinic's schedule; staff sees why and decides."""

    def _charge(self, *answers):
        """Charge, the provider answering each request with a failed one (status, error) or "done"."""
        answers = iter(answers)

        def request(_provider, *_args, **_kwargs):
            answer = next(answers)
            if answer != "done":
                try:
                    raise answer
                except (FailedRequest, ConnectionError):
                    raise ValidationError(answer.__class__.__name__)  # noqa: B904  as Odoo does
            return {}

        def send(transaction):
            transaction._send_api_request("POST", "payments")
            transaction._set_done()

        with self._answers(), patch(REQUEST, request):
            with patch("odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_payment_request", send):
                self.collection._collect()

    def _transaction(self):
        return self.invoice.transaction_ids.sorted("id")[-1:]

    # === what the answer means === #

    def test_soft_decline_is_tried_again(self):
        self._charge(FailedRequest(402, code="card_declined", decline_code="insufficient_funds"))
        self.assertRecordValues(
            self._transaction(), [{"state": "error", "clinic_outcome": "declined", "clinic_code": "insufficient_funds"}]
        )
        self.assertEqual((self.collection.state, self.collection.charge_on), ("due", date(2026, 3, 3)))
        self.assertIn("Declined: ", self.collection.last_answer)

    def test_lost_card_is_not_tried_again_before_a_new_one(self):
        self._charge(FailedRequest(402, code="card_declined", decline_code="lost_card"))
        self.assertEqual((self.collection.state, self.collection.charge_on), ("stopped", False))
        self.assertEqual(self.membership.state, "past_due")
        self.assertEqual(len(self.membership.activity_ids), 1)
        self.assertIn("Declined for good", self.collection.last_answer)
        mail = self.env["mail.mail"].search([("subject", "like", "did not go through")], order="id desc", limit=1)
        self.assertIn("give us another one", mail.body_html)
        self.membership.payment_token_id = self._card(self.patient)
        self.assertEqual((self.collection.state, self.collection.attempts), ("due", 0))
        self._charge("done")
        self.assertEqual((self.collection.state, self.membership.state), ("done", "active"))

    def test_no_answer_is_resolved_with_the_same_transaction(self):
        self._charge(ConnectionError())
        transaction = self._transaction()
        self.assertRecordValues(transaction, [{"state": "pending", "clinic_outcome": "unknown"}])
        self.assertEqual((self.collection.state, self.collection.charge_on), ("open", date(2026, 2, 28)))
        self.assertEqual(self.membership.state, "active", "nobody is dunned for what may be paid")
        self.assertIn("not known", self.collection.last_answer)
        self._charge()
        self.assertEqual(self.invoice.transaction_ids, transaction, "its answer may still be on its way")
        with freeze_time("2026-02-28 11:00:00"):
            self._charge("done")
        self.assertEqual(self.invoice.transaction_ids, transaction)
        self.assertEqual((transaction.state, self.collection.state), ("done", "done"))

    def test_no_answer_and_then_a_decline(self):
        self._charge(FailedRequest(503))
        with freeze_time("2026-02-28 11:00:00"):
            self._charge(FailedRequest(402, decline_code="insufficient_funds"))
        self.assertEqual(len(self.invoice.transaction_ids), 1)
        self.assertEqual((self._transaction().state, self.collection.charge_on), ("error", date(2026, 3, 3)))

    def test_a_provider_that_works_on_it_for_ten_days_is_looked_up_by_a_person(self):
        """Its message was lost, and there is nobody to ask: staff sees what to do, and nothing is sent."""
        with self._answers("pending"):
            self.collection._collect()
        for day, words in ((9, "Waiting for the provider"), (10, "more than 10 days, look it up")):
            with freeze_time(f"2026-03-{day} 11:00:00"):
                with self._answers():
                    self.collection._collect()
                self.env.invalidate_all()
                self.assertIn(words, self.collection.last_answer)
                self.assertEqual(self.collection.needs_person, bool(self.membership.activity_ids))
        self.assertEqual(self.membership.activity_ids.mapped("summary"), ["Was it paid?"])
        with freeze_time("2026-03-10 12:00:00"):
            with self._answers() as sent:
                self.collection.with_user(self.receptionist).action_charge()
            self.assertFalse(sent)
            self.assertEqual(self.invoice.transaction_ids, self._transaction(), "never a second")
            self.collection.with_user(self.manager).action_was_paid()
        self.assertEqual((self.collection.state, self.invoice.amount_residual), ("done", 0))
        self.assertFalse(self.membership.activity_ids)

    def test_a_provider_that_cannot_replay_is_looked_up_by_a_person(self):
        """Once; until then nothing is sent."""
        with patch.dict("odoo.addons.clinic_membership.models.payment_transaction.REPLAYS", none=0):
            self._charge(ConnectionError())
            for hour in (11, 12):
                with freeze_time(f"2026-02-28 {hour}:00:00"):
                    self._charge()
        transaction = self._transaction()
        self.assertEqual(self.membership.activity_ids.mapped("summary"), ["Was it paid?"])
        with self._cannot_replay("2026-02-28 12:30:00"):
            self.assertTrue(self.collection.with_user(self.manager).needs_person)
            with self.assertRaisesRegex(UserError, "A manager decides"):
                self.collection.with_user(self.receptionist).action_was_paid()
            self.collection.with_user(self.manager).action_was_not_paid()
        self.assertFalse(self.membership.activity_ids)
        self._charge("done")
        self.assertEqual(self.invoice.transaction_ids.sorted("id").mapped("state"), ["error", "done"])
        with self.assertRaisesRegex(UserError, "resolved already"):
            transaction.with_user(self.manager).sudo()._clinic_was_paid()
        with self.assertRaisesRegex(UserError, "has to be looked up"):
            self.collection.with_user(self.manager).action_was_paid()

    @contextmanager
    def _cannot_replay(self, when):
        with patch.dict("odoo.addons.clinic_membership.models.payment_transaction.REPLAYS", none=0), freeze_time(when):
            self.env.invalidate_all()
            yield

    def test_a_person_finds_it_paid(self):
        self._charge(ConnectionError())
        with self._cannot_replay("2026-02-28 10:01:00"):
            self.assertFalse(self.collection.with_user(self.manager).needs_person, "the answer may be on its way")
        with self._cannot_replay("2026-02-28 11:00:00"):
            self.collection.with_user(self.manager).action_was_paid()
        self.assertEqual((self.period.payment_state, self.collection.state), ("paid", "done"))

    def test_refused_request_is_the_clinic_s_matter(self):
        """A wrong key, a closed account: the member is not told, staff is; tomorrow again, with a new transaction."""
        self._charge(FailedRequest(401, code="api_key_expired"))
        self.assertRecordValues(self.collection, [{"attempts": 0, "charge_on": date(2026, 3, 1), "state": "open"}])
        self.assertIn("FailedRequest", self.collection.failure)
        self.assertEqual(self.membership.state, "active")
        with freeze_time("2026-03-01"):
            self._charge("done")
        self.assertEqual(len(self.invoice.transaction_ids), 2)
        self.assertFalse(self.collection.failure)

    def test_another_amount_is_never_charged_again(self):
        transaction = self.collection._new_attempt()
        with patch(
            "odoo.addons.payment.models.payment_transaction.PaymentTransaction._extract_amount_data",
            lambda tx, data: {"amount": 1, "currency_code": tx.currency_id.name},
        ):
            transaction._process("none", {})
        self.assertRecordValues(transaction, [{"state": "error", "clinic_outcome": "mismatch"}])
        with self._answers() as sent:
            self.collection._collect()
        self.assertFalse(sent)
        self.assertEqual(self.membership.activity_ids.mapped("summary"), ["Was it paid?"])

    def test_never_more_than_fifteen_attempts_in_thirty_days(self):
        for attempt in range(20):
            with freeze_time(f"2026-03-{attempt + 1:02} 10:00:00"):
                self.collection._again_today()
                with self._answers("error"):
                    self.collection._collect()
        self.assertEqual(len(self.invoice.transaction_ids), 15)
        self.assertEqual(self.collection.state, "stopped")

    # === what staff does === #

    def test_not_pursued_for_now(self):
        with self._answers("error"):
            self.collection._collect()
        self.collection.with_user(self.receptionist).action_rest()
        with freeze_time("2026-03-20"):
            model = self.env["clinic.membership"]
            self.assertFalse(self.membership.filtered_domain(model._today_domain(model._late_domain)))
            self.assertFalse(
                self.collection.filtered_domain(self.collection._today_domain(self.collection._due_domain))
            )
            self.collection.with_user(self.receptionist).action_pursue()
            self.assertEqual((self.collection.state, self.collection.charge_on), ("due", date(2026, 3, 20)))
            self.assertEqual(self.collection.days_late, 20)
            self.assertIn(self.collection, self.collection.search([("days_late", ">", 19)]))
            self.assertNotIn(self.collection, self.collection.search([("days_late", ">", 20)]))

    def test_not_while_an_answer_is_awaited(self):
        with self._answers("pending"):
            self.collection._collect()
        with self.assertRaisesRegex(UserError, "on its way"):
            self.collection.with_user(self.receptionist).action_rest()

    def test_buttons(self):
        with self._answers("error"):
            self.collection._collect()
        with self._answers("done"):
            self.collection.with_user(self.receptionist).action_charge()
        self.assertEqual(self.collection.state, "done")
        self.membership.payment_token_id = False
        with freeze_time("2026-03-31"):
            late = self.membership._renew().collection_ids
            self.assertEqual((late.state, late.card_id.id), ("stopped", False))
            with self.assertRaisesRegex(UserError, "Send the payment link"):
                late.with_user(self.receptionist).action_charge()
            late.invoice_id.sending_data = False
            late.with_user(self.receptionist).action_send_link()
            self.assertTrue(late.invoice_id.sending_data)
        accountant = new_test_user(self.env, "books", "account.group_account_readonly")
        with self.assertRaisesRegex(UserError, "Only staff"):
            late.with_user(accountant).action_charge()

    def test_how_dunning_ends(self):
        """Suspended for good by default; cancelled where the clinic wants it, when every attempt was made."""
        day = date(2026, 2, 28)
        for _attempt in range(4):
            with freeze_time(day), self._answers("error"):
                self.collection._collect()
            day += timedelta(days=3)
        model = self.env["clinic.membership"]
        with freeze_time("2026-03-12"):
            self.membership.filtered_domain(model._today_domain(model._late_domain))._follow_up()
            self.assertEqual(self.membership.state, "suspended")
            self.assertFalse(self.membership.filtered_domain(model._today_domain(model._given_up_domain)))
            self.company.clinic_dunning_end = "cancel"  # of those who join from now on
            self.assertFalse(self.membership.filtered_domain(model._today_domain(model._given_up_domain)))
            self.membership.dunning_end = "cancel"
            self.membership.filtered_domain(model._today_domain(model._given_up_domain))._give_up()
        self.assertRecordValues(
            self.membership,
            [
                {
                    "state": "cancelled",
                    "cancelled_on": date(2026, 3, 12),
                    "cancel_reason_id": self.env.ref("clinic_membership.cancel_reason_payment").id,
                }
            ],
        )
        self.assertTrue(self.invoice.amount_residual, "the debt stays")

    def test_first_payment_is_not_retried(self):
        """At the desk: the card is declined, the patient is there; nothing is past due."""
        other = self.env["res.partner"].create({"name": "Other"})
        card = self._card(other)
        wizard = self.env["clinic.sell"].create(
            {"partner_id": other.id, "product_id": self.monthly.id, "payment": "card", "token_id": card.id}
        )
        with self._answers("error"):
            wizard.action_sell()
        collection = self.env["clinic.collection"].search([("payer_id", "=", other.id)])
        self.assertRecordValues(collection, [{"state": "stopped", "attempts": 1, "period_id": False}])
        self.assertEqual(collection.membership_id.state, "pending")
        with self._answers("done"):
            collection.with_user(self.receptionist).action_charge()
        self.assertEqual(collection.membership_id.state, "active")

    def test_unknown_first_payment_is_resolved(self):
        other = self.env["res.partner"].create({"name": "Other"})
        wizard = self.env["clinic.sell"].create(
            {
                "partner_id": other.id,
                "product_id": self.six_pack.id,
                "payment": "card",
                "token_id": self._card(other).id,
            }
        )
        with self._answers("nothing"):
            wizard.action_sell()
        collection = self.env["clinic.collection"].search([("payer_id", "=", other.id)])
        self.assertEqual(collection.state, "open")
        with freeze_time("2026-02-28 12:00:00"), self._answers("done"):
            collection._collect()
        self.assertEqual(collection.state, "done")
        self.assertEqual(other.clinic_package_ids.units_left, 6)
