from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError


class ClinicCollection(models.Model):
    """Dunning as staff sees it: how old, how often, what the last answer was, and what can be done."""

    _inherit = "clinic.collection"

    partner_id = fields.Many2one(related="membership_id.partner_id", string="Member", store=True)
    membership_state = fields.Selection(related="membership_id.state", string="Membership Status")
    days_late = fields.Integer(compute="_compute_days_late", search="_search_days_late")
    card_id = fields.Many2one("payment.token", string="Charged To", compute="_compute_last_answer")
    last_attempt = fields.Datetime(compute="_compute_last_answer")
    needs_person = fields.Boolean(
        compute="_compute_last_answer", help="Somebody has to look the last attempt up at the provider."
    )
    last_answer = fields.Char(compute="_compute_last_answer", help="What the provider said to the last attempt.")

    @api.depends("invoice_id.name")
    def _compute_display_name(self):
        for collection in self:
            collection.display_name = collection.invoice_id.name

    @api.depends("due_since")
    def _compute_days_late(self):
        for collection in self:
            today = collection.company_id._clinic_today()
            due = collection.due_since or today
            collection.days_late = max((today - due).days, 0) if collection.invoice_id._clinic_is_due() else 0

    def _search_days_late(self, operator, value):
        """Compared by the due date of the invoice."""
        turned = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "="}
        if operator not in turned:
            return NotImplemented
        day = fields.Date.subtract(self.env.company._clinic_today(), days=value)
        return [("invoice_id.invoice_date_due", turned[operator], day), ("state", "!=", "done")]

    @api.depends("invoice_id.transaction_ids.state", "token_id", "membership_id.payment_token_id")
    def _compute_last_answer(self):
        for collection in self:
            last = collection.sudo().invoice_id.transaction_ids.sorted("id")[-1:]
            collection.card_id = collection._card()
            collection.last_attempt = last.clinic_sent_on
            collection.needs_person = bool(last) and last._clinic_needs_person()
            collection.last_answer = last and last._clinic_answer_in_words()

    # === what staff can do === #

    def action_charge(self):
        """Charge the card now."""
        self._check_staff()
        for collection in self:
            if not collection._card():
                raise UserError(
                    self.env._(
                        "There is no stored card for %s. Send the payment link: the patient pays online and can save "
                        "a card.",
                        collection.invoice_id.name,
                    )
                )
        self.sudo()._charge_now()

    def _charge_now(self):
        """Charge these cards because somebody pressed a button: each once, whatever collides.

        After the first card nothing may make the server do the whole request again: it would take a card that was
        declined a moment ago for one that is to be charged now. So each is done again alone.

        :raises UserError: somebody else is at one of them all the time; those before it are done
        """
        self._again_today()
        self.env["ir.cron"]._commit_progress()  # what collides up to here has charged nothing
        for collection in self:
            try:
                collection._retrying(collection._collect)
            except (OperationalError, ConcurrencyError) as error:
                raise UserError(collection._busy_in_words()) from error

    def action_send_link(self):
        """Send the invoice with its payment link once more; not while a charge may still be paying it."""
        self._check_staff()
        for invoice in self.sudo().invoice_id:
            if invoice._clinic_unresolved_transaction():
                raise UserError(invoice._clinic_under_way_in_words())
        self.sudo().invoice_id._clinic_send()
        for collection in self.sudo():
            collection.membership_id.message_post(
                body=self.env._("Payment link of %s sent again.", collection.invoice_id.name)
            )

    def action_rest(self):
        """Pursue it no further for now: no attempts, and no suspension for it."""
        self._check_staff()
        if any(collection.invoice_id._clinic_open_transaction() for collection in self.sudo()):
            raise UserError(self.env._("A payment is on its way. Wait for its answer, or look it up first."))
        self.sudo().filtered(lambda c: c.state != "done").write({"state": "paused", "charge_on": False})

    def action_pursue(self):
        """Pursue it again, from today."""
        self._check_staff()
        resting = self.sudo().filtered(lambda collection: collection.state == "paused")
        resting._again_today()

    def action_was_paid(self):
        """A manager has looked it up: the provider has the money."""
        self._unresolved()._clinic_was_paid()
        self._resolved()

    def action_was_not_paid(self):
        """A manager has looked it up: the provider does not have the money, so that it may be tried again."""
        self._unresolved()._clinic_was_not_paid()
        self._resolved()

    def _unresolved(self):
        """The attempt whose outcome only a person can tell."""
        self.ensure_one()
        self._check_staff()
        attempts = self.sudo().invoice_id.transaction_ids.filtered(lambda tx: tx._clinic_needs_person())
        if not attempts:
            raise UserError(self.env._("No payment of %s has to be looked up.", self.sudo().invoice_id.name))
        return attempts[-1:]

    def _resolved(self):
        self.sudo().membership_id.activity_unlink(["clinic_membership.activity_type_resolve"])

    def action_open_invoice(self):
        """Open the invoice."""
        return self.invoice_id.get_formview_action()

    def _check_staff(self):
        self.check_access("read")
        if not self.env.user.has_group("clinic_membership.group_membership_user"):
            raise UserError(self.env._("Only staff with access to memberships can do this."))

    # === what staff is told === #

    def _busy_in_words(self):
        return self.env._(
            "%s cannot be charged: somebody else works on it. The cards before it were charged. Look again in a "
            "moment.",
            self.invoice_id.name,
        )

    def _ask_to_resolve(self, transaction):
        """One activity: look the payment up at the provider."""
        for membership in self.membership_id - self.membership_id.filtered(self._is_asked):
            membership.activity_schedule(
                "clinic_membership.activity_type_resolve",
                user_id=membership.user_id.id or self.env.uid,
                note=self.env._(
                    "Look payment %(payment)s up at the provider, then say under To Collect, on invoice %(invoice)s, "
                    "whether it was paid. The card is not charged before.",
                    payment=transaction.reference,
                    invoice=self.invoice_id.name,
                ),
            )

    def _is_asked(self, membership):
        kind = self.env.ref("clinic_membership.activity_type_resolve")
        return kind in membership.activity_ids.activity_type_id

    def _tell_failure(self, reason):
        """What fails here is told on the membership, where staff looks."""
        for collection in self:
            collection.membership_id.message_post(body=collection._failure_text(reason))

    def _failure_text(self, reason):
        """Nobody is to ask for money that was paid already."""
        words = {"invoice": self.invoice_id.name, "reason": reason}
        if self._waiting_transactions():
            return self.env._(
                "The card was charged for %(invoice)s, but posting the payment failed: %(reason)s", **words
            )
        return self.env._("Charging %(invoice)s failed: %(reason)s", **words)


class ClinicMembership(models.Model):
    """How dunning ends: suspended with an activity, or cancelled where the clinic wants it."""

    _inherit = "clinic.membership"

    collection_ids = fields.One2many("clinic.collection", "membership_id", string="Collections")

    @api.model
    def _cron_update_states(self, limit=200):
        result = super()._cron_update_states(limit)
        self._work_through(self._today_domain(self._given_up_domain), "_give_up", limit)
        return result

    @api.model
    def _given_up_domain(self, company, today):
        """Suspended, with every attempt made, where the terms as sold end it then."""
        stopped = fields.Domain("collection_ids", "any", [("state", "=", "stopped"), ("period_id", "!=", False)])
        going_on = fields.Domain("collection_ids", "any", [("state", "in", ("due", "open", "paused"))])
        ends = fields.Domain("state", "=", "suspended") & fields.Domain("dunning_end", "=", "cancel")
        return ends & stopped & ~going_on

    def _give_up(self):
        """Cancel what is not paid; the debt stays on its invoices."""
        reason = self.env.ref("clinic_membership.cancel_reason_payment", raise_if_not_found=False)
        for membership in self:
            today = membership.company_id._clinic_today()
            membership.write(
                {
                    "cancelled_on": today,
                    "no_charge_from": today,
                    "benefits_until": today,
                    "cancel_reason_id": reason and reason.id,
                }
            )
        self._end("cancelled")
        self._work_succeeded()

    @api.model
    def _late_domain(self, company, today):
        """What is not pursued makes nobody past due, and suspends nobody."""
        resting = fields.Domain("collection_ids", "any", [("state", "=", "paused")])
        return super()._late_domain(company, today) & ~resting

    def _grace_ends_by(self, day):
        if "paused" in self.collection_ids.mapped("state"):
            return False
        return super()._grace_ends_by(day)

    def _set_past_due(self):
        """What is late is collected from now on, with a card or without."""
        result = super()._set_past_due()
        self.sudo()._overdue_periods()._collections()
        return result
