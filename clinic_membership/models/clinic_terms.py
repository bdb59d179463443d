from odoo import fields, models


class ClinicTerms(models.AbstractModel):
    """What a tier promises. A membership carries a copy, taken when it is sold (terms as sold)."""

    _name = "clinic.terms"
    _description = "Membership Terms"

    auto_renew = fields.Boolean(
        string="Auto-renew",
        default=True,
        help="Renew at the end of each period. Otherwise the membership ends with its first full period.",
    )
    cancel_policy = fields.Selection(
        [("period_end", "At the end of the paid period"), ("immediate", "Immediately")],
        string="Cancellation Policy",
        required=True,
        default="period_end",
        help="When benefits end after the member has cancelled.",
    )
    notice_days = fields.Integer(
        string="Notice Period (days)",
        help="After cancelling, charges stop with the first renewal that is at least this many days away.",
    )
    cancel_fee = fields.Float(
        string="Cancellation Fee",
        digits="Product Price",
        help="Charged when a member cancels, before taxes that are added. None in a trial.",
    )
    rollover_percent = fields.Float(
        string="Unused Benefits Rolled Over (%)",
        help="Share of the unused units of a period that is carried into the next one, rounded down.",
    )
    rollover_cap = fields.Integer(
        help="The most units of one benefit that may be carried in total. 0 is no cap.",
    )
    rollover_months = fields.Integer(
        string="Rolled Units Expire After (months)",
        help="How long carried units can be used. 0: they never expire while the membership lives.",
    )
    family_size = fields.Integer(
        string="People Covered", required=True, default=1, help="The holder included: 4 for a family of four."
    )
    sharing = fields.Selection(
        [("pool", "One pool for all"), ("individual", "The same units for each person")],
        string="Family Benefits",
        required=True,
        default="pool",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Member Pricelist",
        check_company=True,
        help="The prices members get wherever Odoo prices something, as long as the membership is live.",
    )
    priority_booking = fields.Boolean()
    vip_service = fields.Boolean(string="VIP Customer Service")
    perks = fields.Text(string="Other Perks", translate=True)

    _notice_not_negative = models.Constraint("CHECK (notice_days >= 0)", "The notice period cannot be negative.")
    _cancel_fee_not_negative = models.Constraint("CHECK (cancel_fee >= 0)", "The cancellation fee cannot be negative.")
    _rollover_percent_range = models.Constraint(
        "CHECK (rollover_percent >= 0 AND rollover_percent <= 100)",
        "The share of unused benefits that rolls over must be between 0 and 100 %.",
    )
    _rollover_not_negative = models.Constraint(
        "CHECK (rollover_cap >= 0 AND rollover_months >= 0)", "Rollover cap and months cannot be negative."
    )
    _family_size_positive = models.Constraint(
        "CHECK (family_size >= 1)", "A membership covers at least one person: its holder."
    )

    def _terms_values(self, currency=None):
        """The values that copy these terms onto another record.

        :param currency: the currency of that record, where it may be another one
        """
        self.ensure_one()
        terms = self.env["clinic.terms"]._fields
        names = [name for name, field in terms.items() if field.store and name not in models.MAGIC_COLUMNS]
        values = self._read_format(names, load=None)[0]
        values["cancel_fee"] = self._fee_in(currency or self.currency_id)
        return {name: values[name] for name in names}

    def _fee_in(self, currency):
        return self.currency_id._convert(self.cancel_fee, currency, self.company_id, self.company_id._clinic_today())
