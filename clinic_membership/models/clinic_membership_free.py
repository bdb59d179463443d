from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicMembership(models.Model):
    """Renewals that the clinic gives away. Another discount that was promised waits until they are used."""

    _inherit = "clinic.membership"

    free_periods = fields.Integer(
        string="Free Renewals", copy=False, readonly=True, tracking=True, help="Those left: the plan costs nothing."
    )
    credit_ids = fields.One2many("clinic.credit", "membership_id", string="Credits", readonly=True)

    _free_not_negative = models.Constraint("CHECK (free_periods >= 0)", "Free renewals cannot be negative.")

    @api.depends("free_periods")
    def _compute_next_amount(self):
        """The next payment is none, or that for added services."""
        return super()._compute_next_amount()

    def _give_free(self, renewals, reason):
        """Give the plan for nothing at the next renewals; added services are charged as ever.

        :return: the ``clinic.credit``
        :raises UserError: it does not renew, or it is more than this user may give
        """
        self.ensure_one()
        credits_ = self.env["clinic.credit"]
        self._check_free(renewals)
        amount = self._free_value(renewals)
        if amount:
            credits_._check_given(self.payer_id, amount, reason, self.company_id, self.currency_id)
        credits_._check_reason(reason)
        self.free_periods += renewals
        return credits_._record(
            "free", self.payer_id, amount, reason, self.company_id, self.currency_id, self, renewals=renewals
        )

    def _check_free(self, renewals):
        """Refuse what would never be used, saying what to do."""
        if renewals < 1:
            raise UserError(self.env._("Give at least one renewal."))
        if self.state not in self._RUNNING or self.cancelled_on:
            raise UserError(
                self.env._("Only a running membership has renewals. Take its cancellation back first, or give credit.")
            )
        if not self.will_renew:
            raise UserError(self.env._("%s does not renew. Give credit instead.", self.display_name))

    def _free_value(self, renewals):
        """What the plan would cost for so many renewals, tax included."""
        line = self._plan_line()
        totals = self._with_taxes(line._taxes(), line.product_id, line.price_subtotal)
        return self.currency_id.round(totals["total_included"] * renewals)

    def _free_renewals_left(self):
        """How many of each gift of free renewals are to come; the oldest gift is used first.

        :return: {credit: renewals}
        """
        result = {}
        for membership in self:
            left = membership.free_periods
            gifts = membership.credit_ids.filtered(lambda credit: credit.kind == "free" and not credit.taken_back_on)
            for credit in gifts.sorted("id", reverse=True):
                result[credit] = min(left, credit.renewals)
                left -= result[credit]
        return result

    def _renewal_discount(self):
        return 100.0 if self.free_periods else super()._renewal_discount()

    def _discount_used(self):
        if self.free_periods:
            self.free_periods -= 1
        else:
            super()._discount_used()
