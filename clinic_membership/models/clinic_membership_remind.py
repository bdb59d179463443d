from odoo import api, fields, models
from odoo.tools import SQL


class ClinicMembership(models.Model):
    """Members are reminded by e-mail before they are charged, a trial converts, or their membership ends.

    Once for each renewal: where a pause or an extension moves it, the new day has its own reminder.
    """

    _inherit = "clinic.membership"

    reminded_for = fields.Date(readonly=True, copy=False, help="The renewal of which the member was reminded last.")

    @api.model
    def _cron_remind(self, limit=100):
        """Scheduled action: remind whoever renews or ends within the days that the clinic has set."""
        self._work_through(self._today_domain(self._remind_domain), "_remind", limit)

    @api.model
    def _remind_domain(self, company, today):
        """Whoever has not been reminded of the renewal that comes; not on a first day, of which they have just heard.

        Of the renewals of a weekly membership nobody is: it would be a weekly e-mail; of the end of its trial, and of
        its own end, they are. A planned pause comes instead of the renewal.
        """
        if not company.clinic_reminder_days or not company.clinic_tell_members:
            return fields.Domain.FALSE
        in_trial = [("is_trial", "=", True), ("date_start", "<=", today), ("date_end", ">=", today)]
        return [
            ("state", "in", self._LIVE),
            ("cancelled_on", "=", False),
            ("pause_from", "=", False),
            *("|", ("billing_interval", "!=", "weekly")),
            *("|", ("auto_renew", "=", False), ("period_ids", "any", in_trial)),
            ("next_renewal", ">", today),
            ("next_renewal", "<=", fields.Date.add(today, days=company.clinic_reminder_days)),
            ("payer_id.email", "!=", False),
            ("period_ids", "not any", [("date_start", "=", today)]),
            fields.Domain.custom(to_sql=self._not_reminded_sql),
        ]

    @staticmethod
    def _not_reminded_sql(model, alias, query):
        return SQL(
            "%s IS DISTINCT FROM %s",
            model._field_to_sql(alias, "reminded_for", query),
            model._field_to_sql(alias, "next_renewal", query),
        )

    def _remind(self):
        self._tell("clinic_membership.mail_template_reminder")
        for renewal, memberships in self.grouped("next_renewal").items():
            memberships.reminded_for = renewal
        self._work_succeeded()

    def _reminder_kind(self):
        """What comes: ``renews``, ``converts`` (a trial becomes the full membership), or ``ends``."""
        self.ensure_one()
        if not self.will_renew or self._trial_without_card() == "cancel":
            return "ends"
        return "converts" if self._is_converting() else "renews"

    def _trial_without_card(self):
        """What the clinic does at the end of this trial if no card is given until then; False where that is no matter.

        :return: a value of ``trial_end``, or False
        """
        due = self._is_converting() and not self.currency_id.is_zero(self.sudo().next_amount)
        cards = [self._token_for(payer) for payer, _weight in self._payers()] if due else []
        return bool(cards) and not any(cards) and self.trial_end
