from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import periods


class ClinicMembership(models.Model):
    """Walk 2: a due membership becomes a period, an invoice and new units."""

    _inherit = "clinic.membership"

    @api.model
    def _cron_renew(self, limit=100):
        """Scheduled action: renew every due membership. Resumable, shared between workers, safe to run twice."""
        self._work_through(self._today_domain(self._pause_end_domain), "_resume_when_due", limit)
        self._work_through(self._today_domain(self._due_domain), "_renew", limit)
        unbilled = self.env["clinic.membership.period"]
        unbilled._work_through(unbilled._today_domain(unbilled._unbilled_domain), "_bill", limit)

    @api.model
    def _due_domain(self, company, today):
        return [("state", "in", self._LIVE), ("next_renewal", "<=", today)]

    def _renew(self):
        """Bill and grant every period that has started, all in the transaction of the caller.

        Draft invoices first and posting last: the lock on the invoice numbers is held only from here to the commit.
        """
        renewing = self._who_renews()
        self._apply_scheduled_changes(renewing)
        converted = renewing.filtered(lambda membership: membership._is_converting())
        new = self.env["clinic.membership.period"].create(
            [values for membership in renewing for values in membership._next_periods()]
        )
        renewing._expire_allowances()
        new._issue_grants()
        new._bill()
        converted._log("convert")
        self._work_succeeded()
        return new

    def _who_renews(self):
        """Those that go on; a late run first does to the others what would have come before their renewal."""
        unpaid = self.filtered(lambda membership: membership._grace_ends_by(membership.next_renewal))
        unpaid._suspend()
        ending = (self - unpaid).filtered(lambda membership: not membership._renews_on(membership.next_renewal))
        ending._end_by_itself()
        going_on = self - unpaid - ending
        pausing = going_on.filtered(lambda membership: membership._pauses_by(membership.next_renewal))
        pausing._start_pause()
        return (going_on - pausing)._end_trials_without_card()

    def _end_trials_without_card(self):
        """A trial is over and there is no card to charge: what the clinic has decided for this.

        :return: those that are billed all the same
        """
        cardless = self.grouped(lambda membership: membership._trial_without_card())
        for membership in cardless.get("pause", self.browse()):
            start = membership.next_renewal
            membership.write({"pause_from": start, "pause_until": periods.MONTH.after(start)})
            membership._start_pause(by_clinic=True)
        cardless.get("cancel", self.browse())._end("cancelled")
        return self.filtered(lambda membership: membership.state in self._LIVE)

    def _is_converting(self):
        """Whether the next period is the first after the trial."""
        return bool(self.trial_length) and all(self.period_ids.mapped("is_trial"))

    def _pauses_by(self, day):
        """Whether a planned pause begins on or before a day."""
        return bool(self.pause_from and self.pause_from <= day)

    def _next_periods(self):
        """The values of the periods that have started, moving the renewal date behind them."""
        today = self.company_id._clinic_today()
        due = list(periods.due_periods(self.anchor_date, self._billing(), self.next_renewal, today))
        latest = due[-1]
        due = [span for span in due if self._renews_on(span.start) and not self._pauses_by(span.start)]
        self.next_renewal = due[-1].end
        missed = len(due) > 1
        if self.missed_periods != "each":
            due = [span for span in due if span == latest]
        if missed and self.missed_periods == "forgive":
            return [self._prepare_free_period(span) for span in due]
        return [self._prepare_period(span) for span in due]

    def _prepare_free_period(self, span):
        """The values of one period that costs nothing: the clinic makes up for the renewals that it missed."""
        return {
            "membership_id": self.id,
            "date_start": span.start,
            "date_end": span.last_day,
            "amount": 0.0,
        }

    def _prepare_period(self, span):
        """The values of one period, at the price that holds from its first day."""
        return {**self._prepare_free_period(span), "amount": self.price}

    def _expire_allowances(self):
        """The unused units of the periods before expire or roll over now, not at the next expiry run."""
        latest = max((company._clinic_today() for company in self.company_id), default=None)
        if latest:
            self.env["clinic.grant"].search(
                [("membership_id", "in", self.ids), ("remaining", ">", 0), ("expires_on", "<", latest)]
            )._expire()

    def _end_by_itself(self):
        """The paid time is over and nothing renews it."""
        for membership in self:
            membership._end("cancelled" if membership.cancelled_on else "ended")

    # === the other things that time does === #

    @api.model
    def _cron_update_states(self, limit=200):
        """Scheduled action: start what was sold for today, follow up what is unpaid."""
        self._work_through(self._today_domain(self._starting_domain), "_start_when_due", limit)
        self._work_through(self._today_domain(self._late_domain), "_follow_up", limit)
        self._work_through(self._today_domain(self._over_domain), "_end_by_itself", limit)

    @api.model
    def _starting_domain(self, company, today):
        return [("state", "=", "pending"), ("ready", "=", True), ("start_date", "<=", today)]

    def _start_when_due(self):
        self._activate()
        self._work_succeeded()

    @api.model
    def _late_domain(self, company, today):
        """Active with an invoice past its due date; past due beyond the grace days. Open credit is no debt."""
        unpaid = [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("invoice_date_due", "<", today),
        ]
        invoices = fields.Domain("invoice_id", "any", unpaid) | fields.Domain("adjustment_ids", "any", unpaid)
        return (fields.Domain("state", "=", "active") & fields.Domain("period_ids", "any", invoices)) | (
            fields.Domain("state", "=", "past_due") & fields.Domain("grace_until", "<", today)
        )

    @api.model
    def _over_domain(self, company, today):
        """Suspended ones are not renewed, so they do not meet their end there."""
        ends = fields.Domain("no_charge_from", "<=", today) | (
            fields.Domain("auto_renew", "=", False) & fields.Domain("next_renewal", "<=", today)
        )
        return fields.Domain("state", "=", "suspended") & ends

    def _follow_up(self):
        """Active and unpaid becomes past due; past due beyond the grace days is suspended."""
        late = self.filtered(lambda membership: membership.state == "active")
        late._set_past_due()
        late._ask_for_payment()
        (self - late)._suspend()
        self._work_succeeded()

    def _suspend(self):
        """Allowances rest until the debt is paid; the member is not billed for that time."""
        self.write({"state": "suspended"})
        self._log("suspend")

    def _grace_ends_by(self, day):
        """Whether a past due member would be suspended by then, had every run been on time."""
        return bool(self.state == "past_due" and self.grace_until and self.grace_until < day)

    def _ask_for_payment(self):
        """Leave staff one activity: somebody has to talk to the member."""
        kind = "clinic_membership.activity_type_payment"
        asked = self.browse(self.activity_search([kind]).mapped("res_id"))
        # quick: it is on the staff's list of activities; an e-mail for each would be a flood
        for user, memberships in (
            (self - asked).with_context(mail_activity_quick_update=True).grouped("user_id").items()
        ):
            memberships.activity_schedule(
                kind,
                user_id=user.id or self.env.uid,
                note=self.env._("The renewal is not paid. Ask the member for a card or send the payment link."),
            )

    # === one member's trouble === #

    def _tell_failure(self, reason):
        self.ensure_one()
        self.message_post(body=self.env._("The renewal failed and will be tried again tomorrow: %s", reason))
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=self.user_id.id or self.env.uid,
            summary=self.env._("Renewal failed"),
            note=reason,
        )

    def _clear_failure(self):
        self.activity_unlink(["mail.mail_activity_data_warning"])

    def action_renew_now(self):
        """Renew a due membership without waiting for the scheduled action."""
        self.check_access("write")
        for membership in self:
            if membership.state not in self._LIVE or membership.next_renewal > membership.company_id._clinic_today():
                raise UserError(self.env._("%s is not due for renewal.", membership.display_name))
        self.sudo()._renew()
