"""The table of the README ("Charging"): each state of a charge, each event, and what comes of it."""

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import payment_transaction
from .charging_common import Commits, Provider
from .common import COMMIT, RETRY, SEND
from .due_common import ClinicDue

EVENTS = (
    "run",
    "Charge Now",
    "webhook done",
    "webhook error",
    "process dies",
    "paid elsewhere",
    "new card",
    "pause",
    "cancel",
)
# the words are explained in the README
TABLE = {
    "no transaction": "new new - - new done new rests new",
    "draft never sent": "same same - - same done same rests same",
    "draft sent just now": "waits waits books retries waits waits waits waits waits",
    "draft lost": "same same books retries same person same person same",
    "draft lost key forgotten": "person person books retries person person person person person",
    "pending being processed": "waits waits books retries waits waits waits waits waits",
    "pending being processed for long": "person person books retries person person person person person",
    "pending unknown just now": "waits waits books retries waits waits waits waits waits",
    "pending unknown": "same same books retries same person same person same",
    "pending unknown key forgotten": "person person books retries person person person person person",
    "authorized": "waits waits books retries waits waits waits waits waits",
    "done not in the books": "books books books books books books books books books",
    "done in the books": "done refused done done done - done done done",
    "error declined not acted upon": "retries retries books retries retries done retries rests retries",
    "error declined": "retries new books retries retries done new rests retries",
    "error declined for good": "staff refused books staff staff done new staff staff",
    "error not processed": "waits new books waits waits done new rests waits",
    "error another amount": "person person person - person person person person person",
    "cancel": "retries retries books retries retries done retries rests retries",
    "draft in the portal": "waits waits books new waits done waits rests waits",
}
# where nothing is sent and nothing booked, the collection tells
STATES = {"done": "done", "open": "waits", "due": "retries", "stopped": "staff", "paused": "rests"}
ODOO = "odoo.addons.payment.models.payment_transaction.PaymentTransaction"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestChargingTable(ClinicDue):
    """Each cell: the event, then the next run of the scheduled action. Nothing is ever charged twice."""

    # === states === #

    def _state_no_transaction(self):
        return self.env["payment.transaction"]

    def _state_draft_never_sent(self):
        return self.collection._new_attempt()

    def _state_draft_sent_just_now(self, minutes=1):
        transaction = self.collection._new_attempt()
        transaction.clinic_sent_on = fields.Datetime.now() - timedelta(minutes=minutes)
        self.provider_now.charged.add(transaction.reference)
        self.collection.state = "open"
        return transaction

    def _state_draft_lost(self):
        return self._state_draft_sent_just_now(minutes=10)

    def _state_draft_lost_key_forgotten(self):
        return self._state_draft_sent_just_now(minutes=24 * 60)

    def _after_run(self, answer, **changes):
        self.provider_now.answer = answer
        self._run()
        self.provider_now.answer = "done"
        transaction = self.invoice.transaction_ids
        transaction.write(changes)
        return transaction

    def _state_pending_being_processed(self):
        return self._after_run("processing")

    def _state_pending_being_processed_for_long(self):
        sent = fields.Datetime.now() - timedelta(days=10)
        transaction = self._after_run("processing", clinic_sent_on=sent)
        self.collection.charge_on = self.company._clinic_today()
        return transaction

    def _state_authorized(self):
        return self._after_run("authorized")

    def _state_pending_unknown_just_now(self):
        return self._after_run("unknown")

    def _state_pending_unknown(self):
        return self._after_run("unknown", clinic_sent_on=fields.Datetime.now() - timedelta(minutes=10))

    def _state_pending_unknown_key_forgotten(self):
        return self._after_run("unknown", clinic_sent_on=fields.Datetime.now() - timedelta(days=1))

    def _state_done_not_in_the_books(self):
        transaction = self._state_draft_sent_just_now()
        transaction._set_done()
        return transaction

    def _state_done_in_the_books(self):
        return self._after_run("done")

    def _state_error_declined_not_acted_upon(self):
        transaction = self._state_draft_sent_just_now()
        transaction._set_error("Declined")
        self.provider_now.charged.clear()
        return transaction

    def _state_error_declined(self):
        return self._after_run("decline")

    def _state_error_declined_for_good(self):
        return self._after_run("final")

    def _state_error_not_processed(self):
        return self._after_run("refused")

    def _state_error_another_amount(self):
        return self._after_run("mismatch")

    def _state_cancel(self):
        transaction = self._state_pending_being_processed()
        transaction._set_canceled()
        self.provider_now.charged.clear()
        self.collection.charge_on = self.company._clinic_today()
        return transaction

    def _state_draft_in_the_portal(self):
        transaction = self.invoice._clinic_new_transaction(self.membership.payment_token_id)
        transaction.write({"operation": "online_direct", "token_id": False})
        return transaction

    # === events === #

    def _event_run(self, _transaction):
        """The scheduled action."""

    def _event_charge_now(self, _transaction):
        self.membership.with_user(self.receptionist).action_charge_now()

    def _webhook(self, transaction, state):
        """The provider reports by itself, as :meth:`_process` gets it."""

        def apply(record, payment_data):
            getattr(record, f"_set_{payment_data['state']}")(*payment_data["args"])

        with patch(f"{ODOO}._extract_amount_data", lambda *_args: None), patch(f"{ODOO}._apply_updates", apply):
            transaction._process("none", {"state": state, "args": ["Declined"] if state == "error" else []})

    def _event_webhook_done(self, transaction):
        self.provider_now.charged.add(transaction.reference)
        self._webhook(transaction, "done")

    def _event_webhook_error(self, transaction):
        if transaction.state != "done":  # else it comes late, and the money is there
            self.provider_now.charged.discard(transaction.reference)
        self._webhook(transaction, "error")

    def _event_process_dies(self, _transaction):
        """It dies with the next request; what it has not committed is gone. Ten minutes later it runs again."""
        self.provider_now.answer = "dies"
        try:
            self._run()
        except SystemExit:
            self.commits.die()
            self.env.invalidate_all()
            sent = self.invoice.transaction_ids.filtered("clinic_sent_on")[:1]
            sent.clinic_sent_on -= timedelta(minutes=10)
        self.provider_now.answer = "done"

    def _event_paid_elsewhere(self, _transaction):
        self._pay(self.invoice)

    def _event_new_card(self, _transaction):
        self.membership.payment_token_id = self._card(self.patient)

    def _event_pause(self, _transaction):
        self.membership._pause(1)

    def _event_cancel(self, _transaction):
        self.membership._cancel(self.reason, immediate=True)

    # === running and looking === #

    def _run(self):
        domain = self.collection._today_domain(self.collection._due_domain)
        self.collection.filtered_domain(domain)._collect()

    @contextmanager
    def _cell(self):
        """A provider, and commits, for one cell; everything is rolled back behind it."""
        self.provider_now, self.commits = Provider(), Commits(self.env.cr)

        def commit(cron, processed=0, **_kwargs):
            cron.env.flush_all()
            self.commits.commit()
            return 1000.0

        with (
            self.env.cr.savepoint() as whole,
            patch(SEND, lambda transaction: self.provider_now.send(transaction)),
            patch(COMMIT, commit),
            patch(RETRY, lambda work, env: work()),
            patch.dict(payment_transaction.REPLAYS, none=23),
            mute_logger("odoo.addons.payment", "odoo.addons.clinic_membership"),
        ):
            self.commits = Commits(self.env.cr)
            yield
            whole.rollback()

    def _word(self, transaction, before, booked, said):
        """What came of it, in the word of the table."""
        sent = self.env["payment.transaction"].concat(*self.provider_now.sent[before:])
        asked = self.membership.activity_ids.activity_type_id == self.env.ref("clinic_membership.activity_type_resolve")
        if said:
            return "refused"
        if sent:
            return "same" if sent == transaction else "new"
        if transaction.state == "done" and transaction.is_post_processed and not booked:
            return "books"
        return "person" if asked else STATES[self.collection.state]

    def _check_cell(self, state, event, word):
        """Set the state up, let the event happen and the next run come, and look."""
        transaction = self._do("state", state)
        before, booked, said = len(self.provider_now.sent), transaction.is_post_processed, ""
        try:
            self._do("event", event, transaction)
        except UserError as error:
            said = str(error)
        self._run()
        self.assertEqual(self._word(transaction, before, booked, said), word)
        self._check_always(word, said)

    def _check_always(self, word, said):
        """What holds in every cell."""
        charged, transactions = self.provider_now.charged, self.invoice.transaction_ids
        self.assertLessEqual(len(charged), 1, "nobody is charged twice")
        done = transactions.filtered(lambda tx: tx.state == "done")
        unresolved = transactions.filtered(lambda tx: tx._clinic_is_unresolved())
        self.assertLessEqual(set(done.mapped("reference")), charged, "what is done was charged")
        self.assertLessEqual(charged, set((done | unresolved).mapped("reference")), "what was charged is followed")
        self.assertEqual(done.filtered("is_post_processed"), done)
        self.assertEqual(len(done.payment_id), len(done))
        if word in ("new", "same", "books"):
            self.assertFalse(self.invoice._clinic_is_due())
            self.assertEqual(self.collection.state, "done")
        if self.collection.state in ("due", "open"):
            self.assertTrue(self.collection.charge_on, "somebody looks at it again")
        self.assertRegex(said or "Nothing is due", "Nothing is due|no stored card that may be charged")

    def _do(self, kind, name, *args):
        """Call the method of a state or of an event of the table."""
        return getattr(self, f"_{kind}_{name.lower().replace(' ', '_')}")(*args)

    def test_every_cell(self):
        for state, row in TABLE.items():
            for event, word in zip(EVENTS, row.split(), strict=True):
                if word != "-":
                    with self.subTest(f"{state}: {event}"), self._cell():
                        self._check_cell(state, event, word)

    def test_it_is_in_the_readme(self):
        readme = Path(__file__).parent.with_name("README.md").read_text()
        rows = [f"| {state} | {' | '.join(row.split())} |" for state, row in TABLE.items()]
        self.assertIn("\n".join(rows), readme)
        self.assertIn(f"| | {' | '.join(EVENTS)} |", readme)
