from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import periods


class ClinicMembership(models.Model):
    """Pause and resume: no charge, and frozen units, for as long as it really lasts."""

    _inherit = "clinic.membership"

    pause_from = fields.Date(string="Paused From", copy=False, readonly=True, tracking=True)
    pause_until = fields.Date(
        string="Resumes On", copy=False, readonly=True, tracking=True, help="The first day after the pause."
    )

    _pause_dates_ordered = models.Constraint(
        "CHECK (num_nulls(pause_from, pause_until) <> 1 AND (pause_until IS NULL OR pause_until > pause_from))",
        "A pause needs a first day and a later day on which it ends.",
    )

    # === asked for === #

    def _pause(self, months, at_renewal=False):
        """Pause for whole months, from today or from the next renewal.

        :param months: how long, within the limits of the company
        :raises UserError: not active, outside the limits, or paused often enough this year
        """
        for membership in self:
            start = membership._check_pause(months, at_renewal)
            membership.write({"pause_from": start, "pause_until": periods.Interval("month", months).after(start)})
            if start <= membership.company_id._clinic_today():
                membership._start_pause()
            else:
                membership._log("pause_planned")

    def _check_pause(self, months, at_renewal):
        """Refuse what the rules do not allow, saying why.

        :return: the first day of the pause
        """
        today = self.company_id._clinic_today()
        if self.state not in self._LIVE or self.pause_from:
            raise UserError(self.env._("Only an active membership that is not paused yet can be paused."))
        if self.cancelled_on:
            raise UserError(self.env._("It is cancelled: take the cancellation back first, then pause it."))
        if at_renewal:
            self._check_renews()
        low, high = self.pause_min_months, self.pause_max_months
        if not low <= months <= high:
            raise UserError(self.env._("A pause lasts %(low)s to %(high)s months here.", low=low, high=high))
        taken = self._pauses_in_year(today)
        if taken >= self.pauses_per_year:
            raise UserError(
                self.env._(
                    "%(member)s paused %(taken)s times in the last 12 months, and the clinic allows %(limit)s.",
                    member=self.partner_id.display_name,
                    taken=taken,
                    limit=self.pauses_per_year,
                )
            )
        return self.next_renewal if at_renewal else today

    def _pauses_in_year(self, today):
        """How often the member has paused; what the clinic paused for want of a card is not counted."""
        year_ago = fields.Date.subtract(today, years=1)
        return self.env["clinic.membership.log"].search_count(
            [
                ("membership_id", "=", self.id),
                ("event", "=", "pause"),
                ("date", ">", year_ago),
                ("by_clinic", "=", False),
            ]
        )

    def _cancel_planned_pause(self):
        """Forget a pause that has not begun."""
        for membership in self:
            if not membership.pause_from or membership.state == "paused":
                raise UserError(self.env._("%s has no planned pause.", membership.display_name))
            membership.write({"pause_from": False, "pause_until": False})
            membership._log("pause_forgotten")

    def _pause_not_before(self, day):
        """What is left of a planned pause that an unpaid time has overtaken begins on a day; nothing, if it is over."""
        if self.pause_from and self.pause_from < day:
            left = self.pause_until > day
            self.write({"pause_from": left and day, "pause_until": left and self.pause_until})

    # === begun and ended === #

    def _start_pause(self, by_clinic=False):
        """Freeze: nothing is charged any more, what was being retried included; the debt stays.

        :param by_clinic: not asked for by the member, so it is none of the pauses that they have
        """
        self.write({"state": "paused"})
        self.period_ids.sudo().collection_ids._rest()
        self._log("pause").by_clinic = by_clinic

    def _resume(self, day=None):
        """End the pause on its day, or early: everything moves by the days really paused.

        :param day: the first day after the pause; default today
        """
        for membership in self:
            membership._check_resume()
            end = day or membership.company_id._clinic_today()
            membership._move_by_pause(membership._days_paused(end))
            membership.write({"state": "active", "pause_from": False, "pause_until": False})
            membership._log("resume")
            membership._after_resume()

    def _check_resume(self):
        if self.state != "paused":
            raise UserError(self.env._("%s is not paused.", self.display_name))

    def _days_paused(self, end):
        """The days of a pause until ``end``; none of one that is planned for later."""
        return max((end - self.pause_from).days, 0) if self.pause_from else 0

    def _move_by_pause(self, days):
        """Move the end of the period, the expiry of its units, and the renewals after it."""
        start = self.pause_from
        current = self.period_ids.filtered(lambda period: period.date_start <= start <= period.date_end)
        for period in current.sudo():
            period.write(
                {"date_end": fields.Date.add(period.date_end, days=days), "paused_days": period.paused_days + days}
            )
        # used up ones as well: a change of plan counts what was used of them, and an undone visit puts a unit back
        for grant in self.grant_ids.sudo().filtered(lambda g: g.expires_on and g.expires_on >= start):
            grant.expires_on = fields.Date.add(grant.expires_on, days=days)
            if grant.valid_from >= start:
                grant.valid_from = fields.Date.add(grant.valid_from, days=days)
        if days:
            renewal = fields.Date.add(self.next_renewal, days=days)
            self.write({"next_renewal": renewal, "anchor_date": renewal})

    def _after_resume(self):
        """An old debt is followed up again."""
        if due := self._overdue_periods():
            self._set_past_due()
            due.sudo()._collections()._again_today()

    # === by itself: a planned pause begins in the renewal that it replaces === #

    @api.model
    def _pause_end_domain(self, company, today):
        return [("state", "=", "paused"), ("pause_until", "<=", today)]

    def _resume_when_due(self):
        """A run that comes late ends the pause on its day all the same."""
        for membership in self:
            membership._resume(membership.pause_until)
        self._work_succeeded()
