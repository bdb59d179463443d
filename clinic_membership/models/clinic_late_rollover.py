from dataclasses import replace

from odoo import api, fields, models


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    @api.model
    def _ended_domain(self, day):
        """Those that carried units over, too."""
        carried = fields.Domain("kind", "=", "rollover") & fields.Domain("quantity", "<", 0)
        return super()._ended_domain(day) | (carried & fields.Domain("date", ">=", day))


class ClinicGrant(models.Model):
    """A visit that is typed in after its units were carried into the next period: what it takes is carried no more."""

    _inherit = "clinic.grant"

    def _lot_of_day(self, lot, product, day, offered):
        lot = super()._lot_of_day(lot, product, day, offered)
        return replace(lot, remaining=lot.remaining + self._carried_and_left(day))

    def _carried_since(self, day):
        """The entries by which these units were carried over after a visit of a day, and that were not reversed."""
        entries = self.entry_ids
        return (
            entries.filtered(lambda e: e.kind == "rollover" and e.quantity < 0 and e.date >= day) - entries.reverses_id
        )

    def _carried_grants(self):
        """The units that came of these."""
        self.ensure_one()
        return self.membership_id.grant_ids.filtered(lambda grant: grant.source_grant_id == self)

    def _carried_and_left(self, day):
        """How many of the units that were carried over are still there."""
        carried = -sum(self._carried_since(day).mapped("quantity"))
        return min(carried, sum(self._carried_grants().mapped("remaining"))) if carried else 0

    def _take_carried_back(self, units, day):
        """Have units here again that were carried over: as many less are there now.

        :param units: at most what :meth:`_carried_and_left` answers
        """
        entries = self._carried_since(day)
        rest = -sum(entries.mapped("quantity")) - units
        rolled_on = entries[:1].date
        self._come_back(entries, day)
        moves = []
        for carried in self._carried_grants().sorted("id"):  # several, where a visit was undone and they rolled again
            less = min(units, carried.remaining)
            units -= less
            if less:
                moves.append(carried._prepare_entry("rollover", -less, -carried._value_of(less), rolled_on))
        if rest:
            moves.append(self._prepare_entry("rollover", -rest, -self._value_of(rest), rolled_on))
        self.env["clinic.grant.entry"].create(moves)


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    @api.model
    def _record(self, partner, product, quantity, day, company, grants, answer, source):
        """First what expired or was ended, then what was carried over."""
        for take in answer.takes:
            grant = grants.browse(take.key)
            there = grant.remaining - sum(grant._ended_since(day).mapped("quantity"))
            if take.quantity > there:
                grant._take_carried_back(take.quantity - there, day)
        return super()._record(partner, product, quantity, day, company, grants, answer, source)
