from odoo import api, fields, models

from ..tools import periods


class ClinicMembershipPeriod(models.Model):
    """The period that a member brought along from another system: paid there, and never billed here."""

    _inherit = "clinic.membership.period"

    is_opening = fields.Boolean(
        string="Opening", readonly=True, help="Paid before the clinic used this system: it is never billed here."
    )
    intervals = fields.Integer(
        readonly=True, default=1, help="How many billing intervals it pays for: several where a member paid ahead."
    )
    used_before = fields.Json(
        readonly=True, help="Units of the running month or period that were used in the old system."
    )

    @api.depends("is_opening")
    def _compute_payment_state(self):
        """What was paid elsewhere is paid; what a change of plan adds is due here as ever."""
        super()._compute_payment_state()
        for period in self.filtered(lambda period: period.is_opening and period.payment_state == "draft"):
            period.payment_state = "paid"

    @api.model
    def _unbilled_domain(self, company, today):
        return [*super()._unbilled_domain(company, today), ("is_opening", "=", False)]

    def _price_of_all(self, price):
        """What the whole period costs at a price for each interval."""
        return price * self.intervals

    # === its units === #

    def _prepare_opening_grants(self, day, left):
        """What is left of the months or periods that run on ``day``, and all of those that are paid and to come.

        :param left: units for each benefit of the contract, in their order
        """
        membership, grants = self.membership_id, []
        for benefit, units in zip(membership.benefit_ids, left, strict=True):
            rhythm, running = self._running(benefit, day)
            grants.append(self._opening_grant(benefit, units, day, running.last_day))
            if running.end < membership.next_renewal:
                paid = periods.Period(running.end, membership.next_renewal)
                grants += [
                    self._opening_grant(benefit, benefit.quantity, span.start, span.last_day)
                    for span in periods.starting_within(membership.anchor_date, rhythm, paid)
                ]
        return [values for values in grants if values["quantity"]]

    def _running(self, benefit, day):
        """The rhythm of a benefit, and its month or period that runs on a day."""
        membership = self.membership_id
        rhythm = periods.MONTH if benefit.per == "month" else membership._billing()
        return rhythm, periods.period_at(membership.anchor_date, rhythm, day)

    def _opening_grant(self, benefit, units, first, last):
        return {
            **benefit._grant_values(),
            "quantity": units,
            "kind": "allowance",
            "partner_id": self.membership_id.partner_id.id,
            "membership_id": self.membership_id.id,
            "period_id": self.id,
            "valid_from": first,
            "expires_on": last,
        }

    def _used_in_old_system(self, day, left):
        """What of the running months and periods was used before the import, as ``used_before`` keeps it.

        :param left: units for each benefit of the contract, in their order
        """
        return [
            {
                "product": benefit.product_id.id,
                "categ": benefit.categ_id.id,
                "units": benefit.quantity - units,
                "since": fields.Date.to_string(day),
                "until": fields.Date.to_string(self._running(benefit, day)[1].last_day),
            }
            for benefit, units in zip(self.membership_id.benefit_ids, left, strict=True)
            if units < benefit.quantity
        ]

    def _end_for_change(self, day, add_on=None):
        """Units that were used in the old system count as used, too: nobody draws both tiers' allowances."""
        used = super()._end_for_change(day, add_on)
        for before in (not add_on and self.used_before) or ():
            until = fields.Date.add(fields.Date.to_date(before["until"]), days=self.paused_days)
            served = self._served(before)
            if served and until >= day:
                key = (self.membership_id.partner_id, served, fields.Date.to_date(before["since"]))
                used[key] = used.get(key, 0) + before["units"]
        return used

    def _served(self, before):
        """The product that was used. Of a category it is not known which: any of its products stands for it."""
        products = self.env["product.product"]
        if before["product"]:
            return products.browse(before["product"])
        return products.with_context(active_test=False).search([("categ_id", "child_of", before["categ"])], limit=1)
