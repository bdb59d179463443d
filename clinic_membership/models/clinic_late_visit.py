from dataclasses import replace

from odoo import api, fields, models


class ResPartner(models.Model):
    """A visit is judged by its own date: typed in after the units ended, it still finds those of its day."""

    _inherit = "res.partner"

    def _clinic_open_domain(self, company, day=None):
        open_now = super()._clinic_open_domain(company, day)
        if not day or day >= company._clinic_today():
            return open_now
        ended = fields.Domain("entry_ids", "any", self.env["clinic.grant.entry"]._ended_domain(day))
        return open_now | (self.env["clinic.grant"]._usable_until(day) & ended)


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    @api.model
    def _ended_domain(self, day):
        """The entries that ended units after a visit of a day, to be searched."""
        expired = fields.Domain("kind", "=", "expire") & fields.Domain("date", ">=", day)
        return expired | (fields.Domain("kind", "=", "change") & fields.Domain("date", ">", day))


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _lots(self, patient, product, day):
        """With the units that have ended since the visit."""
        lots = super()._lots(patient, product, day)
        if not self or day >= self.company_id[:1]._clinic_today():
            return lots
        offered = {}
        return [self.browse(lot.key)._lot_of_day(lot, product, day, offered) for lot in lots]

    def _lot_of_day(self, lot, product, day, offered):
        """With the units that have ended since.

        :param offered: as :meth:`_room_after_changes` has it
        """
        ended = -sum(self._ended_since(day).mapped("quantity"))
        return replace(lot, remaining=lot.remaining + self._room_after_changes(product, day, ended, offered))

    def _ended_since(self, day):
        """The entries that ended units after a visit of a day, and were not reversed.

        By their last day, with what they belonged to, or by a change of plan.
        """
        expired = self._expired_entries()
        if all(entry.date < day for entry in expired):
            expired = expired.browse()
        return expired | self._changed_entries().filtered(lambda entry: entry.date > day)

    def _changed_entries(self):
        """The entries by which changes of plan ended these units and that were not reversed."""
        entries = self.entry_ids
        return entries.filtered(lambda entry: entry.kind == "change" and entry.quantity < 0) - entries.reverses_id

    def _come_back(self, ended, day):
        """The units that ended before somebody typed the visit in are there again, for what it takes of them.

        :param ended: their entries, as :meth:`_ended_since` has them
        """
        words = self.env._("A visit of %s, entered late", self._day_in_words(day))
        ended._reverse(self.company_id[:1]._clinic_today(), note=words)

    def _end_again(self, ended):
        """The rest ends as it had ended: what a change took is of the day of the change.

        :param ended: the entries that were reversed
        """
        changes = ended.filtered(lambda entry: entry.kind == "change").sorted("date")
        changed = {entry.grant_id: entry.date for entry in reversed(changes)}
        rest = [grant for grant in changed if grant.remaining]
        self.env["clinic.grant.entry"].create(
            [grant._prepare_entry("change", -grant.remaining, -grant.value_left, changed[grant]) for grant in rest]
        )
        ended.grant_id._expire_now()

    @api.model
    def _day_in_words(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    # events after which a membership is in another state
    _STATES = {
        "trial": "active",
        "new": "active",
        "import": "active",
        "win_back": "active",
        "resume": "active",
        "paid": "active",
        "past_due": "past_due",
        "pause": "paused",
        "suspend": "suspended",
        "cancelled": "cancelled",
        "ended": "ended",
        "undo_import": "cancelled",
    }

    def _state_on(self, day):
        """The state on a day, as the history has it; of today and later it is the state of now.

        A membership that is cancelled at once can be used on that day still.
        """
        if not self or day >= self.company_id._clinic_today():
            return self.state
        if self.benefits_until and self.state == "cancelled" and day == self.benefits_until:
            day = fields.Date.subtract(day, days=1)
        events = self.sudo().log_ids.filtered(lambda log: log.event in self._STATES)
        before = events.filtered(lambda log: log.date <= day)
        if not before:  # units of an earlier day than the contract: those of its first day
            return "active" if events else self.state
        return self._STATES[before.sorted(lambda log: (log.date, log.id))[-1].event]


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    @api.model
    def _record(self, partner, product, quantity, day, company, grants, answer, source):
        takes = {grants.browse(take.key): take.quantity for take in answer.takes}
        # what is there already came back when a visit was undone: the plan after it never gave that
        late = {grant: units - grant.remaining for grant, units in takes.items() if units > grant.remaining}
        ended = grants.browse(grant.id for grant in late)._ended_since(day)
        given = {grant: grant._given_by_changes(product, day) for grant in late}
        grants._come_back(ended, day)
        redemption = super()._record(partner, product, quantity, day, company, grants, answer, source)
        grants._end_again(ended)
        for grant, units in late.items():
            grant._less_after_changes(given[grant], day, units)
        return redemption
