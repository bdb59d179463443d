from dataclasses import replace

from odoo import api, fields, models


class ResPartner(models.Model):
    """A visit is judged by its own date: typed in after the units ended, it still finds those of its day."""

    _inherit = "res.partner"

    def _clinic_open_domain(self, company, day=None):
        open_now = super()._clinic_open_domain(company, day)
        if not day or day >= company._clinic_today():
            return open_now
        ended = [("kind", "=", "expire"), ("date", ">=", day)]
        return open_now | (self.env["clinic.grant"]._usable_until(day) & fields.Domain("entry_ids", "any", ended))


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _lots(self, patient, product, day):
        """With the units that have expired since the visit."""
        lots = super()._lots(patient, product, day)
        if not self or day >= self.company_id[:1]._clinic_today():
            return lots
        return [self.browse(lot.key)._lot_of_day(lot, day) for lot in lots]

    def _lot_of_day(self, lot, day):
        if not self._ended_since(day):
            return lot
        return replace(lot, remaining=lot.remaining + self._units_expired())

    def _ended_since(self, day):
        """Whether units ended after a visit of this day: by their last day, or with what they belonged to."""
        return any(entry.date >= day for entry in self._expired_entries())

    def _come_back(self, takes, day):
        """The units that expired before somebody typed the visit in are there again, for what it takes of them.

        :return: the grants whose rest has to end again
        """
        short = self.browse(take.key for take in takes if take.quantity > self.browse(take.key).remaining)
        short._expired_entries()._reverse(
            self.company_id[:1]._clinic_today(), note=self.env._("A visit of %s, entered late", self._day_in_words(day))
        )
        return short

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
        late = grants._come_back(answer.takes, day)
        redemption = super()._record(partner, product, quantity, day, company, grants, answer, source)
        late._expire_now()
        return redemption
