from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

ATTEMPTS, WINDOW = 10, timedelta(hours=1)


class ClinicCodeAttempt(models.Model):
    """Codes that were typed wrong, by whoever typed them: after too many nobody answers for a while."""

    _name = "clinic.code.attempt"
    _description = "Wrong Access Codes"

    key = fields.Char(required=True, help="Who: a user, or an address of the network.")
    since = fields.Datetime(required=True)
    count = fields.Integer(required=True, default=1)

    _key_unique = models.Constraint("UNIQUE (key)", "There is one count for each.")

    @api.model
    def _blocked_until(self, key):
        """Until when no code is tried for somebody; False: they may try."""
        found = self.sudo().search([("key", "=", key), ("count", ">=", ATTEMPTS)])
        until = found.since and found.since + WINDOW
        return until if until and until > fields.Datetime.now() else False

    @api.model
    def _note_wrong(self, key):
        """One more. Two at once write the same row, so that both count: the database refuses one, Odoo retries it."""
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO clinic_code_attempt AS found (key, since, count) VALUES (%(key)s, %(now)s, 1)
                ON CONFLICT (key) DO UPDATE
                   SET count = CASE WHEN found.since <= %(old)s THEN 1 ELSE found.count + 1 END,
                       since = CASE WHEN found.since <= %(old)s THEN %(now)s ELSE found.since END
                """,
                key=key,
                now=now,
                old=now - WINDOW,
            )
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_attempts(self):
        self.search([("since", "<", fields.Datetime.now() - WINDOW)]).unlink()


class ClinicCode(models.Model):
    _inherit = "clinic.code"

    @api.model
    def _try(self, text, partner, company, key):
        """Redeem what somebody typed. Nothing is raised, so that a wrong code is counted.

        :param key: who tries, for the count: "user 7", "address 192.0.2.1"
        :return: (the new ``clinic.package`` or none, what went wrong in words or "")
        """
        attempts, nothing = self.env["clinic.code.attempt"], self.env["clinic.package"]
        if until := attempts._blocked_until(key):
            time = self.env["ir.qweb.field.datetime"].value_to_html(until, {"time_only": True, "hide_seconds": True})
            return nothing, self.env._("Too many codes were not valid. Try again after %s.", time)
        code = self._find(text, company)
        if not code:
            attempts._note_wrong(key)
            return nothing, self.env._(
                "This code is not valid. It does not exist, was redeemed, called back or has expired, or is not "
                "paid yet."
            )
        return code._give_to(partner), ""
