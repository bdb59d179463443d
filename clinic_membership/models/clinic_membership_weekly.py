from odoo import fields, models

from ..tools import periods


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    replaced = fields.Boolean(readonly=True, copy=False, help="Those of another plan took their place.")

    def _months_until(self, day):
        """Those of a month that is longer than the week that gave it, and runs on a day or later."""
        return self.filtered(
            lambda grant: (
                grant.period_id
                and grant.expires_on
                and grant._end_as_given() > grant.period_id.date_end
                and grant._end_as_given() >= day
            )
        )


class ClinicMembershipPeriod(models.Model):
    """Units per month of who pays by the week: a month goes on in the weeks after the one that gave it."""

    _inherit = "clinic.membership.period"

    def _allowance_spans(self, per):
        """A pause, or an extension, moves the anchor while a month is running: the next one begins when it is over."""
        spans, anchor = super()._allowance_spans(per), self.membership_id.anchor_date
        if per != "month" or self.is_trial or self.membership_id.billing_interval != "weekly":
            return spans
        lots = self.membership_id.grant_ids._months_until(anchor)
        running = lots.filtered(lambda g: not g.replaced and max(g.valid_from, g.period_id.date_start) < anchor)
        if running and self.date_start >= anchor:
            first = fields.Date.add(max(grant._end_as_given() for grant in running), days=1)
            spans = [
                span for span in periods.starting_within(first, periods.MONTH, self._span()) if span.start >= first
            ]
        return [*spans, *self.env.context.get("clinic_month_goes_on", ())]

    def _months_before(self, day):
        """The units of a month that goes on, of the weeks before this period."""
        months = self.membership_id.grant_ids._months_until(day)
        return months.filtered(lambda grant: grant.period_id.date_start < self.date_start)

    def _ending_for_change(self, day, add_on=None):
        """What goes on from the weeks before ends, too, so that nobody draws both tiers' allowances."""
        ending = super()._ending_for_change(day, add_on)
        return ending if add_on else ending | self._months_before(day)

    def _end_for_change(self, day, add_on=None):
        months = self.grant_ids.browse() if add_on else self._months_before(day)
        used = super()._end_for_change(day, add_on)
        months.replaced = True
        return used

    def _prepare_grants_after(self, day, used, add_on=None):
        """Of another weekly plan, also those of the month that goes on from the weeks before."""
        anchor = self.membership_id.anchor_date
        replaced = self.membership_id.grant_ids.filtered(
            lambda grant: (
                grant.replaced
                and grant.period_id
                and anchor <= grant.valid_from <= day <= grant._end_as_given()
                and grant.period_id.date_start < self.date_start
            )
        )
        if replaced and not add_on:
            end = fields.Date.add(max(grant._end_as_given() for grant in replaced), days=1)
            self = self.with_context(clinic_month_goes_on=(periods.Period(day, end),))
        return super()._prepare_grants_after(day, used, add_on)

    def _issue_grants(self):
        """A plan that comes with the renewal takes the place of a weekly one, whose month goes on, in the same way."""
        changed = self._following_weekly()
        values = [
            grant
            for period in changed
            for grant in period._prepare_grants_after(period.date_start, period._end_for_change(period.date_start))
        ]
        issued = super(ClinicMembershipPeriod, self - changed)._issue_grants()
        return issued | issued._issue(values, kind="grant")

    def _following_weekly(self):
        """Those of another rhythm that begin while a month of a weekly plan goes on; one query for any number."""
        if not self:
            return self
        rows = self.env["clinic.grant"]._read_group(
            [
                ("membership_id", "in", self.membership_id.ids),
                ("period_id", "!=", False),
                ("period_id", "not in", self.ids),
                ("expires_on", ">=", min(self.mapped("date_start"))),
            ],
            ["membership_id"],
        )
        others = [membership for (membership,) in rows if membership.billing_interval != "weekly"]
        following = self.filtered(lambda period: period.membership_id in others)
        return following.filtered(lambda p: not all(p._months_before(p.date_start).mapped("replaced")))


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def _restart_period(self, change, documents):
        """What the plan before gave is over with it, however long it would have run: no month of it goes on."""
        change.period.grant_ids.replaced = True
        return super()._restart_period(change, documents)
