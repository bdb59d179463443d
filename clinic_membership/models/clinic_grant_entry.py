from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicGrantEntry(models.Model):
    """THE ledger of units. Append-only: a mistake is reversed by an entry that points at it."""

    _name = "clinic.grant.entry"
    _description = "Unit Entry"
    _order = "date desc, id desc"
    _check_company_auto = True

    # what is computed, and what is known later: how the value was recognized
    _MAY_CHANGE = {
        "granted",
        "used",
        "company_id",
        "to_recognize",
        "recognition_move_id",
        "recognition_account_id",
        "failed_on",
        "failure",
    }

    grant_id = fields.Many2one("clinic.grant", required=True, index=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one(related="grant_id.partner_id", string="Patient")
    company_id = fields.Many2one(related="grant_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="grant_id.currency_id")
    kind = fields.Selection(
        [
            ("grant", "Granted"),
            ("opening", "Opening balance"),
            ("redeem", "Redeemed"),
            ("expire", "Expired"),
            ("rollover", "Rolled over"),
            ("transfer", "Transferred"),
            ("refund", "Refunded"),
            ("change", "Plan changed"),
            ("revalue", "Value corrected"),
            ("reverse", "Reversed"),
        ],
        required=True,
        readonly=True,
    )
    quantity = fields.Integer(string="Units", required=True, readonly=True)
    granted = fields.Integer(
        compute="_compute_effect", store=True, precompute=True, help="The units that this entry brought in."
    )
    used = fields.Integer(
        compute="_compute_effect", store=True, precompute=True, help="The units that this entry used, net of undoing."
    )
    value = fields.Monetary(readonly=True)
    date = fields.Date(required=True, readonly=True, index=True)
    redemption_id = fields.Many2one("clinic.redemption", readonly=True, index="btree_not_null", ondelete="restrict")
    reverses_id = fields.Many2one("clinic.grant.entry", readonly=True, ondelete="restrict")
    note = fields.Char(readonly=True)

    _quantity_not_zero = models.Constraint(
        "CHECK (quantity <> 0 OR kind = 'revalue')", "An entry moves at least one unit, or corrects their value."
    )
    _reversed_once = models.UniqueIndex(
        "(reverses_id) WHERE reverses_id IS NOT NULL",
        "Somebody has just moved the same units. Reload the page, look at what is left, and try again if need be.",
    )

    @api.depends("kind", "quantity", "reverses_id")
    def _compute_effect(self):
        for entry in self:
            fills = entry.kind in ("grant", "opening", "rollover", "transfer") and entry.quantity > 0
            entry.granted = entry.quantity if fills else 0
            redeems = "redeem" in (entry.kind, entry.reverses_id.kind)
            entry.used = -entry.quantity if redeems else 0

    def init(self):
        """The database itself refuses to change or delete an entry."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION clinic_grant_entry_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION 'clinic_grant_entry is append-only: reverse the entry instead'
                    USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER clinic_grant_entry_append_only
                BEFORE DELETE OR UPDATE OF grant_id, kind, quantity, value, balance, refunded, exchange, date,
                                           redemption_id, reverses_id, refund_id
                ON clinic_grant_entry FOR EACH ROW EXECUTE FUNCTION clinic_grant_entry_append_only();
            """
        )

    def write(self, vals):
        """Computed columns may be stored; what was entered may not change."""
        if vals.keys() - self._MAY_CHANGE:
            raise UserError(self.env._("Entries of units are never changed. Undo the redemption instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Entries of units are never deleted. Undo the redemption instead."))

    def _reverse(self, day, note=""):
        """Put back what these entries took, with the same value."""
        return self.create(
            [
                {
                    "grant_id": entry.grant_id.id,
                    "kind": "reverse",
                    "quantity": -entry.quantity,
                    "value": -entry.value,
                    "balance": -entry.balance,
                    "refunded": -entry.refunded,
                    "exchange": -entry.exchange,
                    "date": day,
                    "redemption_id": entry.redemption_id.id,
                    "reverses_id": entry.id,
                    "note": note,
                }
                for entry in self
            ]
        )
