from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round


class ClinicMembership(models.Model):
    """What a member who wants to leave gets to stay: a discount for some renewals, a pause, another plan."""

    _inherit = "clinic.membership"

    offer_percent = fields.Float(
        string="Discount on Renewals (%)", digits="Discount", copy=False, readonly=True, tracking=True
    )
    offer_periods = fields.Integer(string="Renewals With the Discount", copy=False, readonly=True, help="Those left.")

    _offer_within = models.Constraint(
        "CHECK (offer_percent >= 0 AND offer_percent <= 100 AND offer_periods >= 0)",
        "A discount must be between 0 and 100 %, for 0 or more renewals.",
    )

    @api.depends("offer_percent", "offer_periods")
    def _compute_next_amount(self):
        """The next payment is less by the discount."""
        return super()._compute_next_amount()

    def _give_offer(self, percent, renewals, reason):
        """A discount on the plan for the next renewals, so that the member stays.

        :param reason: the ``clinic.cancel.reason`` for which they wanted to leave
        :raises UserError: the discount is none, or the membership is ending already; says what to do
        """
        for membership in self:
            if membership.state not in self._RUNNING or membership.cancelled_on:
                raise UserError(
                    self.env._("Only a running membership gets an offer. Take its cancellation back first.")
                )
            if not (0 < percent <= 100 and renewals > 0):
                raise UserError(self.env._("Offer a discount of 1 to 100 %, for at least one renewal."))
            membership.write({"offer_percent": percent, "offer_periods": renewals})
            words = self.env._("%(percent)g %% off %(renewals)s renewals", percent=percent, renewals=renewals)
            membership._stays(reason, words)
            membership._tell("clinic_membership.mail_template_offer")

    def _stays(self, reason, words):
        """Note that an offer kept the member."""
        self._log("retain", f"{reason.name}: {words}")

    def _check_offer(self):
        """One offer in 12 months, or everybody learns to ask for the next.

        :raises UserError: says when the last one was
        """
        year_ago = fields.Date.subtract(self.company_id._clinic_today(), years=1)
        last = self.log_ids.filtered(lambda event: event.event == "retain" and event.date > year_ago)[:1]
        if last:
            raise UserError(
                self.env._(
                    "%(member)s had an offer on %(day)s, and there is one in 12 months. A manager can give another.",
                    member=self.partner_id.display_name,
                    day=self.env["ir.qweb.field.date"].value_to_html(last.date, {}),
                )
            )

    def _prepare_period(self, span):
        """The discount is of the period it was promised for: each renewal takes one."""
        values = super()._prepare_period(span)
        if percent := self._renewal_discount():
            values.update(offer_percent=percent, amount=self._price_after(percent))
            self._discount_used()
        return values

    def _renewal_discount(self):
        """The discount on the plan that the next renewal has, in percent."""
        return self.offer_percent if self.offer_periods else 0.0

    def _discount_used(self):
        """A renewal had its discount: there is one less."""
        self.offer_periods -= 1

    def _offer_factor(self):
        return 1 - self._renewal_discount() / 100

    def _price_after(self, percent):
        """The price of a period with a discount on the plan."""
        return sum(line._subtotal_after(percent) for line in self.line_ids)


class ClinicMembershipLine(models.Model):
    _inherit = "clinic.membership.line"

    def _discount_after(self, percent):
        """The discount of the line and another one on top, as an invoice line can have it."""
        if not (percent and self.is_plan):
            return self.discount
        both = 100 - (100 - self.discount) * (100 - percent) / 100
        return float_round(both, self.env["decimal.precision"].precision_get("Discount"))

    def _subtotal_after(self, percent):
        return self.quantity * self.price_unit * (1 - self._discount_after(percent) / 100)

    def _next_discount(self):
        return self._discount_after(self.membership_id._renewal_discount())


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    offer_percent = fields.Float(string="Discount on Renewal (%)", digits="Discount", readonly=True)

    def _prepare_invoice_line(self, line):
        return {**super()._prepare_invoice_line(line), "discount": line._discount_after(self.offer_percent)}
