from dataclasses import replace

from odoo import api, fields, models


class ResPartner(models.Model):
    """A visit is judged by its own date: typed in after the units ended, it still finds those of its day."""

    _inherit = "res.partner"

    def _clinic_open_domain(self, company, day=None):
        open_now = super()._clinic_open_domain(company, day)
        if not day or day >= company._clinic_today():
            return open_now
        ended = fields.Domain("expires_on", ">=", day) & fields.Domain("expires_on", "<", company._clinic_today())
        return open_now | ended


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
        """Whether a visit of this day comes late for these units."""
        return bool(self.expires_on) and day <= self.expires_on < self.company_id._clinic_today()

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


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    @api.model
    def _record(self, partner, product, quantity, day, company, grants, answer, source):
        late = grants._come_back(answer.takes, day)
        redemption = super()._record(partner, product, quantity, day, company, grants, answer, source)
        late._expire_now()
        return redemption
