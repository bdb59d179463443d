from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicMembershipLog(models.Model):
    """What happened to a contract, and to its monthly value. Churn and recurring revenue come from here."""

    _name = "clinic.membership.log"
    _description = "Membership Event"
    _order = "date desc, id desc"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner",
        string="Member",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        index=True,
        help="The holder at that time.",
    )
    tier_id = fields.Many2one("clinic.membership.tier", readonly=True, ondelete="restrict", help="The tier after it.")
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    currency_id = fields.Many2one(related="membership_id.currency_id", store=True)
    date = fields.Date(required=True, readonly=True, index=True)
    event = fields.Selection(
        [
            ("trial", "Trial started"),
            ("new", "Started"),
            ("import", "Imported"),
            ("undo_import", "Import taken back"),
            ("win_back", "Won back"),
            ("convert", "Trial converted"),
            ("upgrade", "Upgraded"),
            ("downgrade", "Downgraded"),
            ("change", "Changed"),
            ("add_on", "Services changed"),
            ("retain", "Stayed after an offer"),
            ("schedule", "Change scheduled"),
            ("unschedule", "Scheduled change taken back"),
            ("price", "Price changed"),
            ("credit", "Credit given"),
            ("free", "Free renewals given"),
            ("undo_credit", "Credit taken back"),
            ("write_off", "Debt forgiven"),
            ("refund", "Refunded"),
            ("extend", "Extended"),
            ("family", "Family"),
            ("holder", "New holder"),
            ("pause_planned", "Pause planned"),
            ("pause_forgotten", "Planned pause taken back"),
            ("pause", "Paused"),
            ("resume", "Resumed"),
            ("past_due", "Past due"),
            ("suspend", "Suspended"),
            ("paid", "Paid up"),
            ("cancel", "Cancellation asked"),
            ("undo_cancel", "Cancellation taken back"),
            ("cancelled", "Cancelled"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
    )
    monthly_change = fields.Monetary(readonly=True, help="By how much the monthly recurring value changed.")
    monthly_value = fields.Monetary(readonly=True, help="The monthly recurring value after it.")
    note = fields.Char(readonly=True)
    by_clinic = fields.Boolean(readonly=True, help="Done by the clinic's policy, not asked for by the member.")
    user_id = fields.Many2one("res.users", string="By", readonly=True, default=lambda self: self.env.user)

    @api.depends("membership_id")
    def _compute_partner_id(self):
        """Once: a new holder does not inherit what happened to the one before, such as a trial."""
        for log in self:
            log.partner_id = log.membership_id.partner_id

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of a membership is never deleted."))


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    log_ids = fields.One2many("clinic.membership.log", "membership_id", string="History")

    def _monthly_now(self):
        """What the contract is worth a month now: nothing in a trial, while paused or suspended, or after its end."""
        self.ensure_one()
        in_trial = self.trial_length and all(self.period_ids.mapped("is_trial"))
        counts = self.state in self._LIVE and not in_trial
        return self.currency_id.round(self.monthly_value) if counts else 0.0

    def _log(self, event, note=""):
        """Note an event. The changes of all events of a contract always add up to its monthly value."""
        before = dict(
            self.env["clinic.membership.log"]._read_group(
                [("membership_id", "in", self.ids)], ["membership_id"], ["monthly_change:sum"]
            )
        )
        vals_list = []
        for membership in self:
            value = membership._monthly_now()
            vals_list.append(
                {
                    "membership_id": membership.id,
                    "tier_id": membership.tier_id.id,
                    "date": membership.company_id._clinic_today(),
                    "event": event,
                    "monthly_change": membership.currency_id.round(value - before.get(membership, 0.0)),
                    "monthly_value": value,
                    "note": note,
                    "day": membership._log_day(event),
                    "user_id": self.env.uid,  # whatever the context proposes for other documents
                }
            )
        return self.env["clinic.membership.log"].sudo().create(vals_list)
