from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import periods


class ClinicMembershipMember(models.Model):
    """The units of somebody who joins or leaves where each person has an allotment of their own."""

    _inherit = "clinic.membership.member"

    # === joining === #

    def _give_units(self):
        """Give the running windows' units to somebody who joins; each window once.

        Who left within the window has back what ended then. Where the plan has changed meanwhile it is the new
        plan's units, less what was used.
        """
        membership, day = self.membership_id, self.date_from
        if membership.sharing != "individual" or membership.state == "pending":
            return
        own = self._own_grants().filtered(lambda grant: not grant.expires_on or grant.expires_on >= day)
        if not self._plan_changed_since():
            own._expired_entries()._reverse(self.company_id._clinic_today(), self.env._("Joined again"))
        month_ago = fields.Date.subtract(day, months=1)  # a month's units may come from a week that is over
        running = membership.period_ids.filtered(lambda period: period.date_end >= month_ago)
        missing, windows = [], set()
        for period in running.sorted("date_start", reverse=True):  # a month may go on in several weeks: it comes once
            coming = [v for v in self._missing_units(period, own) if (v["valid_from"], v["expires_on"]) not in windows]
            windows |= {(values["valid_from"], values["expires_on"]) for values in coming}
            missing += coming
        self.env["clinic.grant"]._issue(missing, kind="grant")

    def _missing_units(self, period, own):
        """The values of the grants of a period that this person is still to have."""
        used = {}
        for entry in (own & period.grant_ids).entry_ids.filtered("used"):
            key = (entry.partner_id, entry.redemption_id.product_id, entry.grant_id.valid_from)
            used[key] = used.get(key, 0) + entry.used
        values_list = period._prepare_grants_after(self.date_from, used)
        mine = [values for values in values_list if values["partner_id"] == self.partner_id.id]
        return [values for values in mine if not own.filtered("remaining")._cover(values)]

    def _plan_changed_since(self):
        """Whether the plan has changed since this person left it; never, for who joins for the first time."""
        left = max((member.date_to for member in self._earlier()), default=None)
        changes = self.membership_id.log_ids.filtered(lambda log: log.event in ("upgrade", "downgrade", "change"))
        return bool(left and changes.filtered(lambda log: log.date >= left))

    def _earlier(self):
        rows = self.membership_id.member_ids - self
        return rows.filtered(lambda member: member.partner_id == self.partner_id and member.date_to)

    def _own_grants(self):
        """The allowances of this plan that are this person's alone; none in a pool, which is the holder's."""
        return self.membership_id.grant_ids.filtered(
            lambda grant: grant.kind == "allowance" and grant.partner_id == self.partner_id
        )

    # === leaving === #

    def _leave(self, last_day):
        """The last day under the plan, or the first one if that is later; units end the day after."""
        for member in self:
            member.date_to = max(last_day, member.date_from)
            if member.date_to < member.company_id._clinic_today():
                member._units_end()

    @api.model
    def _left_domain(self, company, today):
        return Domain("date_to", "<", today) & Domain("units_ended", "=", False)

    def _units_end(self):
        """Take what is left of their own units out of the ledger, unless they are under the plan all the same."""
        for member in self:
            if member.partner_id not in member.membership_id._people_on(member.company_id._clinic_today()):
                member._own_grants()._expire_now()
        self.units_ended = True
        self._work_succeeded()

    def _leaving_in_words(self, day):
        words = self.env._(
            "%(person)s leaves, last day %(day)s",
            person=self.display_name,
            day=self.membership_id._day_in_words(day),
        )
        left = sum(self._own_grants().mapped("remaining"))
        return ", ".join(filter(None, [words, left and self.env._("%s units left end then", left)]))

    def _there_between(self, start, end):
        """Those who are under the plan on a day of a window."""
        return self.filtered(lambda m: m.date_from <= end and (not m.date_to or m.date_to >= start))


class ClinicMembershipPeriod(models.Model):
    """Individual allotments follow who is under the plan, also in the middle of a period."""

    _inherit = "clinic.membership.period"

    def _allowance_spans(self, per):
        """Of a plan that is billed monthly, a month's units last for its period, also where that became longer.

        A pause or an extension moves the anchor: months counted from it would begin somewhere inside the period, and
        who joins before that day, or changes the plan, would wait for their units.
        """
        if per == "month" and not self.is_trial and self.membership_id._billing() == periods.MONTH:
            return [self._span()]
        return super()._allowance_spans(per)

    def _prepare_grants(self):
        """Also for those who join after the first day: the windows that they are there for."""
        result, membership = super()._prepare_grants(), self.membership_id
        if membership.sharing != "individual":
            return result
        there = membership._people_on(self.date_start)
        later = membership.member_ids.filtered(lambda m: m.date_from > self.date_start and m.partner_id not in there)
        plans = [values for values in result if not values["line_id"]]
        holders = [values for values in plans if values["partner_id"] == membership.partner_id.id]
        return result + [
            {**values, "partner_id": person.id, "valid_from": max(values["valid_from"], joined[0].date_from)}
            for person, rows in later.grouped("partner_id").items()
            for values in holders
            if (joined := rows._there_between(values["valid_from"], values["expires_on"]))
        ]

    def _prepare_grants_after(self, day, used, add_on=None):
        """Nothing for those who have left by then."""
        membership, result = self.membership_id, super()._prepare_grants_after(day, used, add_on)
        people = membership._members_from(day).partner_id | membership.partner_id
        return [values for values in result if values["partner_id"] in people.ids]


class ClinicGrant(models.Model):
    """The units of a family plan: who used them, and when they end for somebody who left."""

    _inherit = "clinic.grant"

    @api.model
    def _cron_expire(self, limit=1000):
        """First the units of those who left a plan: they end, and do not roll over."""
        members = self.env["clinic.membership.member"]
        members._work_through(members._today_domain(members._left_domain), "_units_end", limit)
        super()._cron_expire(limit)

    def _cover(self, values):
        """Whether one of these grants is for the same service and days as grant values."""
        scope = (values["product_id"], values["categ_id"])
        return self.filtered(
            lambda grant: (
                (grant.product_id.id, grant.categ_id.id) == scope
                and grant.valid_from <= values["expires_on"]
                and (not grant.expires_on or grant.expires_on >= values["valid_from"])
            )
        )

    def _usage_of(self, person, pooled):
        """How much of these units of one service a person used, for ``_family_usage``; None if they have no part."""
        used = sum(e.used for e in self.entry_ids.filtered("used") if e.redemption_id.partner_id == person)
        own = self if pooled else self.filtered(lambda grant: grant.partner_id == person)
        if not own and not used:
            return None
        service = self.product_id.name or self.categ_id.name
        return {"person": person, "service": service, "used": used, "of": sum(own.mapped("granted"))}
