from odoo import fields, models
from odoo.exceptions import UserError


class ClinicMembership(models.Model):
    """A longer period for the same money: its end, its units and the next renewal move to a later day."""

    _inherit = "clinic.membership"

    extension_ids = fields.One2many("clinic.extension", "membership_id", string="Extensions", readonly=True)

    def _paid_until(self):
        """The last day before the next renewal."""
        return self.next_renewal and fields.Date.subtract(self.next_renewal, days=1)

    def _extend(self, until, reason):
        """Move the end of the paid time; nothing is charged for it.

        :param until: the new last day of the current period
        :param reason: kept with the extension
        :raises UserError: it cannot be extended, or not to this day; says what to do
        """
        for membership in self:
            membership._check_extend(until)
            extensions = self.env["clinic.extension"]
            extensions._check_reason(reason)
            last, grants = membership._paid_until(), membership._grants_of_period()
            extensions.create(
                [
                    membership._prepare_extension(until, reason),
                    *[{**grant._prepare_extension(until, reason), "units_back": 0} for grant in grants],
                ]
            )
            membership._move_end(last, until, grants)
            membership._note_extension(last, until, reason)

    def _check_extend(self, until):
        """Refuse what cannot be extended, saying what to do."""
        self.ensure_one()
        if self.state not in self._LIVE:
            raise UserError(self._why_not_extended())
        if self.cancelled_on:
            raise UserError(self.env._("It is cancelled: take the cancellation back first, or extend single units."))
        if self.pause_from:
            raise UserError(self.env._("A pause is planned: forget it first, extend, and plan it again."))
        if self.next_renewal <= self.company_id._clinic_today():
            raise UserError(self.env._("The renewal is due: renew it first, then extend."))
        self.env["clinic.extension"]._check_day(self.company_id, self._paid_until(), until)

    def _why_not_extended(self):
        return {
            "pending": self.env._("It has not started yet: change its first day instead."),
            "suspended": self.env._("It is suspended: collect what is overdue first."),
            "paused": self.env._("It is paused: resume it first."),
        }.get(self.state, self.env._("It has ended: sell it again, or give courtesy units."))

    def _grants_of_period(self):
        """The units that end with the paid time, used up ones included; those with a later day keep it."""
        return self.grant_ids.filtered(lambda grant: grant.expires_on == self._paid_until())

    def _prepare_extension(self, until, reason):
        return {
            "date": self.company_id._clinic_today(),
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "membership_id": self.id,
            "old_date": self._paid_until(),
            "new_date": until,
            "reason": reason,
        }

    def _move_end(self, last, until, grants):
        self.period_ids.filtered(lambda period: period.date_end == last).date_end = until
        grants.expires_on = until
        renewal = fields.Date.add(until, days=1)
        self.write({"next_renewal": renewal, "anchor_date": renewal})
        self._renewals_moved()

    def _note_extension(self, last, until, reason):
        day = self.env["clinic.extension"]._day
        note = self.env._("%(old)s → %(new)s: %(reason)s", old=day(last), new=day(until), reason=reason)
        self.message_post(body=self.env._("Extended without charge, %s", note))
        self._log("extend", note)

    def action_extend(self):
        """Open the wizard that previews and confirms an extension."""
        return self.env["clinic.extend"]._open(what="membership", membership_id=self.id)
