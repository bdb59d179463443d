from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import LockError
from odoo.service.model import retrying

# no scheme allows more, whatever the clinic's own schedule says
MOST_ATTEMPTS, WITHIN_DAYS = 15, 30
# so many payments go into the books together
CHUNK = 50


class ClinicCollection(models.Model):
    """Collecting the money of one invoice: when its card is charged next, and how that went so far."""

    _name = "clinic.collection"
    _description = "Collection of an Invoice"
    _inherit = ["clinic.job"]
    _order = "charge_on, id"
    _check_company_auto = True

    invoice_id = fields.Many2one("account.move", required=True, readonly=True, ondelete="cascade")
    period_id = fields.Many2one("clinic.membership.period", readonly=True, index="btree_not_null", ondelete="cascade")
    membership_id = fields.Many2one(
        "clinic.membership", readonly=True, index="btree_not_null", check_company=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="invoice_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    payer_id = fields.Many2one(related="invoice_id.partner_id", string="Payer", store=True)
    token_id = fields.Many2one(
        "payment.token", string="Card", readonly=True, ondelete="set null", help="Chosen for this invoice only."
    )
    state = fields.Selection(
        [
            ("due", "Will be charged"),
            ("open", "Waiting for the answer"),
            ("stopped", "Needs somebody"),
            ("paused", "Not pursued"),
            ("done", "Done"),
        ],
        default="due",
        required=True,
        readonly=True,
        index=True,
        help="Needs somebody: no card, a card that will not work again, or all attempts made.",
    )
    charge_on = fields.Date(string="Next Attempt", readonly=True, help="The day on which the card is charged next.")
    attempts = fields.Integer(readonly=True, help="How often this card was charged for this invoice.")
    amount_due = fields.Monetary(related="invoice_id.amount_residual", string="Open")
    due_since = fields.Date(related="invoice_id.invoice_date_due")

    _invoice_unique = models.UniqueIndex("(invoice_id)", "This invoice is collected already.")
    _due_idx = models.Index("(charge_on) WHERE state IN ('due', 'open')")
    _dated_when_due = models.Constraint(
        "CHECK (state NOT IN ('due', 'open') OR charge_on IS NOT NULL)", "What will be charged needs a day."
    )

    # === the scheduled action === #

    @api.model
    def _cron_collect(self):
        """Scheduled action: charge stored cards, one at a time, everything durable before money can move.

        What was paid goes into the books a chunk at a time, and at the end of the run. Where it dies before, the next
        run does that first.
        """
        domain = self._today_domain(self._due_domain)
        due, paid = self.search(domain), self.browse()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for collection in due:
            paid += collection._charge_safely(domain)
            if len(paid) >= CHUNK:
                paid = paid._book_durably()
            if not cron._commit_progress(1):
                break
        paid._book_durably()

    @api.model
    def _due_domain(self, company, today):
        return [("state", "in", ("due", "open")), ("charge_on", "<=", today)]

    def _charge_safely(self, domain=()):
        """One member's broken card or provider must not stop the others; answers as :meth:`_charge`.

        :param domain: what must still be so when we have the row for ourselves
        """
        try:
            waiting = self.try_lock_for_update().filtered_domain(domain)._charge()
            self.env.flush_all()  # what collides does so here
            return waiting
        except (OperationalError, LockError):  # somebody else is at it; the next run looks again
            self.env.cr.rollback()
        except Exception as error:  # noqa: BLE001  noted on the member; the transaction stays for resolution
            self.env.cr.rollback()
            self._work_failed(error)
        return self.browse()

    def _collect(self):
        """Go one step further with each invoice, and have the money in the books at once."""
        for collection in self:
            collection._charge()._book_now()

    def _charge(self):
        """Go one step further with each invoice: unless it is paid, or an earlier attempt is unresolved.

        Commits between its steps: an interrupted run finds the same transaction again and never makes a second.

        :return: those for which money came that is not in the books yet
        """
        waiting = self.browse()
        for collection in self:
            if transaction := collection._next_transaction():
                transaction._clinic_charge()
                if transaction._clinic_is_waiting():
                    waiting += collection
                else:
                    collection._after_charge(transaction)
        return waiting

    def _book_now(self):
        """:meth:`_book`, and nothing is left because somebody else is at it for a moment."""
        self._waiting_transactions()._clinic_wait()
        self._book()

    def _book_durably(self):
        """Book them together and commit, again after a concurrent change; who fails is left for tomorrow.

        :return: none, for those that are left to be booked
        """
        try:
            self._retrying(lambda: self._work_safely("_book"))
        except OperationalError:  # somebody else is at it all the time; the next run looks again
            self.env.cr.rollback()
        return self.browse()

    def _retrying(self, work):
        """As Odoo's server does with a request: again after a collision, and committed."""
        return retrying(work, self.env)

    def _book(self):
        """Put what was paid into the books, all together, and act upon it."""
        waiting = {collection: collection._waiting_transactions() for collection in self}
        self._waiting_transactions()._clinic_post_process()
        for collection, transactions in waiting.items():
            for transaction in transactions.filtered("is_post_processed"):
                collection._after_charge(transaction)

    def _waiting_transactions(self):
        return self.invoice_id.sudo().transaction_ids.filtered(lambda tx: tx._clinic_is_waiting())

    # === its steps === #

    def _next_transaction(self):
        """What to go on with: what is unresolved, paid invoice or not; else a new attempt where money is owed."""
        invoice = self.invoice_id
        if invoice._clinic_is_due():
            return invoice._clinic_open_transaction() or self._new_attempt()
        transaction = invoice._clinic_unresolved_transaction()
        if not transaction and invoice.state == "draft":  # reset by an accountant: it comes back, or is cancelled
            self._wait()
        elif not transaction:
            self._finish()
        return transaction

    def _card(self):
        """The card that pays this invoice: the one chosen for it, else the member's or the payer's."""
        self.ensure_one()
        token = self.token_id or self.membership_id._token_for(self.payer_id)
        return token.sudo()._clinic_usable()

    def _new_attempt(self):
        """A durable draft transaction; none without a card, or when there were enough: staff is asked then.

        Credit comes first: none either where it has come in meanwhile and pays everything.
        """
        self.invoice_id._clinic_apply_credit()
        if not self.invoice_id._clinic_is_due():
            self._finish()
            return None
        card = self._card()
        if not card or self._recent_attempts() >= MOST_ATTEMPTS:
            self._stop()
            if not card:
                self.invoice_id._clinic_send()  # with its payment link: there was a card until now
            return None
        self.attempts += 1
        transaction = self.invoice_id._clinic_new_transaction(card)
        transaction.clinic_follow_up = True
        return transaction

    def _recent_attempts(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), days=WITHIN_DAYS)
        sent = self.invoice_id.sudo().transaction_ids.filtered(lambda tx: tx.clinic_sent_on)
        return len(sent.filtered(lambda tx: tx.clinic_sent_on > since))

    def _after_charge(self, transaction):
        """Act upon the answer, once."""
        verdict = transaction._clinic_verdict()
        transaction.clinic_follow_up = verdict == "open"
        if verdict != "open":
            self.membership_id.activity_unlink(["clinic_membership.activity_type_resolve"])
        if verdict != "open" and not self.invoice_id._clinic_is_due():
            self._finish()
        elif verdict != "open" and self.membership_id.state == "paused":
            self._rest()
        else:
            getattr(self, f"_after_{verdict}")(transaction)
        if verdict != "refused":
            self._work_succeeded()

    def _after_paid(self, transaction):
        """It did not pay all that is owed. A patient's part payment: the rest is charged with the next run.

        Ours asks for all of it: somebody looks before a card is charged again.
        """
        if transaction._clinic_is_ours():
            self._stop()

    def _after_declined(self, transaction):
        """Past due; tried again by the clinic's schedule, but not what the card's network forbids.

        A first payment is not tried again: the patient is there, or has not become a member.
        """
        transaction._clinic_bar_card()
        today, schedule = self.company_id._clinic_today(), self.company_id._clinic_retry_schedule()
        attempt = max(self.attempts, 1)  # 0 where the schedule has begun anew before this was acted upon
        again = self.period_id and not transaction.clinic_final and attempt <= len(schedule)
        if again:
            self.write({"state": "due", "charge_on": fields.Date.add(today, days=schedule[attempt - 1])})
        else:
            self._stop()
        if self.period_id:
            self.membership_id._set_past_due()
            self.membership_id._tell_decline(transaction, again and self.charge_on)

    def _after_refused(self, transaction):
        """The request was not processed: a matter for the clinic, not for the member. Tomorrow again."""
        self.attempts = max(self.attempts - 1, 0)  # 0 where the schedule has begun anew meanwhile
        self._wait()
        self._work_failed(transaction.state_message or transaction.reference)

    def _after_open(self, transaction):
        """No answer: asked again with the next run. Being processed, or by the patient: looked at again tomorrow."""
        if transaction._clinic_needs_person():
            self._ask_to_resolve(transaction)
        if transaction._clinic_is_silent():
            self.write({"state": "open", "charge_on": self.company_id._clinic_today()})
        else:
            self._wait()

    def _wait(self):
        self.write({"state": "open", "charge_on": fields.Date.add(self.company_id._clinic_today(), days=1)})

    def _stop(self):
        """No more attempts by itself: somebody has to talk to the member."""
        self.write({"state": "stopped", "charge_on": False})
        self.membership_id._ask_for_payment()

    def _finish(self):
        """Paid, in whatever way. An attempt whose outcome nobody knows is followed all the same."""
        followed = self._follow_unresolved()
        (self - followed).write({"state": "done", "charge_on": False})

    def _reopen(self):
        """It was paid, and is not any more: a payment bounced, or was taken off.

        Somebody looks before a card is charged again: the accountant may be about to assign the payment anew.
        """
        for collection in self:
            collection._stop()

    def _follow_unresolved(self):
        """Those with an unresolved attempt, to be looked at with the next run."""
        followed = self.filtered(lambda collection: collection.invoice_id._clinic_unresolved_transaction())
        for collection in followed:
            collection.write({"state": "open", "charge_on": collection.company_id._clinic_today()})
        return followed

    def _again_today(self):
        """Try again with the next run: a new card, or somebody asked for it. The schedule begins anew."""
        for collection in self:
            today = collection.company_id._clinic_today()
            collection.write({"state": "due", "charge_on": today, "attempts": 0, "failed_on": False})

    def _answer_came(self):
        """The provider reported by itself: the next run acts upon it, not tomorrow's."""
        for collection in self.filtered(lambda collection: collection.invoice_id._clinic_open_transaction()):
            today = collection.company_id._clinic_today()
            if not collection.charge_on or collection.charge_on > today:
                collection.write({"state": "open", "charge_on": today, "failed_on": False})

    def _rest(self):
        """Nothing more is tried until somebody says so; the debt stays. What was sent is followed all the same."""
        pursued = self.filtered(lambda collection: collection.state in ("due", "open"))
        (pursued - pursued._follow_unresolved()).write({"state": "paused", "charge_on": False})
