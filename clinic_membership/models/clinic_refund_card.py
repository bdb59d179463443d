from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import LockError, UserError


class ClinicRefund(models.Model):
    """A refund to a card, while the provider is asked. Each step is committed before the next.

    Until the provider agrees, the credit note is a draft. It is posted with the payment, in one transaction
    (``payment.transaction._post_process``), or goes away when the provider refuses.
    """

    _inherit = "clinic.refund"

    # === the scheduled action === #

    @api.model
    def _cron_proceed(self):
        """Scheduled action: go on with every refund whose provider has not answered, one at a time."""
        domain = self._today_domain(self._under_way_domain)
        waiting = self.search(domain, order="id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(waiting))
        for refund in waiting:
            if refund.try_lock_for_update().filtered_domain(domain):
                refund._proceed_safely()
            if not cron._commit_progress(1):
                break

    @api.model
    def _under_way_domain(self, _company, _today):
        return [("state", "in", self._UNDER_WAY), ("transaction_id", "!=", False)]

    def _proceed_safely(self):
        """One broken provider must not stop the others, nor end in a traceback."""
        try:
            self._proceed()
        except (OperationalError, LockError):  # somebody else is at it; the next run looks again
            self.env.cr.rollback()
        except Exception as error:  # noqa: BLE001  noted on the refund; it stays to be resolved
            self.env.cr.rollback()
            self._work_failed(error)

    # === one step further === #

    def _proceed(self):
        """Go on, whatever happened before: ask the provider, ask again what became of it, or book the answer.

        Commits between its steps. Called again it sends nothing a second time.
        """
        for refund in self.filtered(lambda refund: refund.state in refund._UNDER_WAY and refund.transaction_id):
            refund.transaction_id._clinic_proceed_refund()
            refund._follow_answer()
            self.env["ir.cron"]._commit_progress()

    def _follow_answer(self):
        """Where it stands while there is no answer; with one, :meth:`_answered` has been called."""
        if self.state not in self._UNDER_WAY:
            return
        state = "unknown" if self.transaction_id._clinic_refund_needs_person() else "sent"
        if state != self.state:
            self.state = state
        if state == "unknown":
            self._ask_to_resolve()

    def _answered(self):
        """The provider has answered: called when the transaction is processed, within its database transaction."""
        for refund in self:
            verdict = refund.transaction_id._clinic_verdict()
            if verdict == "paid" and not refund.credit_note_id:
                refund.payment_id = refund.transaction_id.payment_id
            elif verdict == "paid" and refund.state != "done":
                refund.payment_id = refund.transaction_id.payment_id
                refund._finish()
            elif verdict in ("declined", "refused") and refund.state in refund._UNDER_WAY:
                refund._fail()

    def _fail(self):
        """Everything as it was: the draft credit note goes, what was prepared with it is taken back."""
        note, transaction = self.credit_note_id, self.transaction_id
        reason = transaction.state_message or transaction.clinic_code or transaction.provider_id.name
        self.write({"state": "failed", "credit_note_id": False, "refusal": reason})
        note.unlink()
        self.activity_unlink(["clinic_membership.activity_type_refund"])
        self.invoice_id.message_post(body=self._refusal_in_words())
        self._work_succeeded()
        self._after_failed()

    def _draft_again(self):
        """The provider refused, and changed its mind: the money went, so the credit note is made again."""
        for refund in self.filtered(lambda refund: refund.state == "failed"):
            invoice = refund.invoice_id
            if refund.currency_id.compare_amounts(refund.amount, invoice._clinic_refundable()) > 0:
                refund._given_twice()
                continue
            note = invoice._clinic_refund_note(invoice._clinic_take(refund.amount), refund.reason)
            refund.write({"state": "sent", "credit_note_id": note.id})
            refund.transaction_id.invoice_ids = note

    def _given_twice(self):
        """Refused, given back otherwise since, and made all the same: the money is open on the patient's account."""
        self.transaction_id.invoice_ids = False
        words = self.env._(
            "%(refund)s of %(amount)s was refused, and the provider has made it all the same. Nothing is left to "
            "refund on %(invoice)s: the money is open on the account of %(patient)s. Ask for it back.",
            refund=self.name,
            amount=self.currency_id.format(self.amount),
            invoice=self.invoice_id.name,
            patient=self.partner_id.display_name,
        )
        self.activity_schedule("clinic_membership.activity_type_refund", user_id=self.user_id.id, note=words)
        self.invoice_id.message_post(body=words)

    def _refusal_in_words(self):
        return self.env._(
            "Refund %(refund)s of %(amount)s was refused: %(reason)s. Nothing was given back, and nothing was posted.",
            refund=self.name,
            amount=self.currency_id.format(self.amount),
            reason=(self.refusal or "").rstrip("."),
        )

    # === somebody has to look === #

    def _ask_to_resolve(self):
        """One activity: look the refund up at the provider."""
        kind = self.env.ref("clinic_membership.activity_type_refund")
        if kind not in self.activity_ids.activity_type_id:
            self.activity_schedule(
                "clinic_membership.activity_type_refund",
                user_id=self.user_id.id,
                note=self.env._(
                    "Look refund %s up at the provider, then say here whether it was made. It is not sent again "
                    "before, as the money could go twice.",
                    self.transaction_id.reference,
                ),
            )

    def _tell_failure(self, reason):
        """What fails here is told on the refund, where staff looks."""
        for refund in self:
            refund.message_post(body=self.env._("The refund cannot go on: %s", reason))

    def action_proceed(self):
        """Ask the provider now, instead of with the next run."""
        self.check_access("read")
        self._check_may_refund(self.invoice_id, self.amount)
        self.sudo()._proceed_safely()
        return self._notify()

    def action_was_refunded(self):
        """A manager has looked it up: the money went back. Into the books."""
        self._check_decides()
        self.transaction_id.sudo()._clinic_refund_was_made()

    def action_was_not_refunded(self):
        """A manager has looked it up: no money went back. Everything as it was."""
        self._check_decides()
        self.transaction_id.sudo()._clinic_refund_was_not_made()

    def _check_decides(self):
        """Only what is unknown is decided by hand, and only by managers."""
        self.ensure_one()
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise UserError(self.env._("A manager decides what became of a refund."))
        if self.state != "unknown":
            raise UserError(self.env._("%s is resolved already, or the provider still works on it.", self.name))

    # === what the user is told === #

    def _notify(self):
        """A message about where it stands; a refusal stays until it is read."""
        kinds = {"done": "success", "failed": "danger"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kinds.get(self.state, "warning"),
                "message": getattr(self, f"_{self.state}_in_words")(),
                "sticky": self.state != "done",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _done_in_words(self):
        return self.env._("Refunded: %s", self._in_words())

    def _failed_in_words(self):
        return self._refusal_in_words()

    def _draft_in_words(self):
        return self._sent_in_words()

    def _sent_in_words(self):
        return self.env._(
            "%s waits for the provider's answer. It is booked when it comes; nothing is sent twice.", self.name
        )

    def _unknown_in_words(self):
        return self.env._(
            "%s: the provider did not say whether the money went back. Look it up there, then say on the refund what "
            "became of it.",
            self.name,
        )
