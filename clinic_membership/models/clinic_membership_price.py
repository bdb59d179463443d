from odoo import api, fields, models

from ..tools import periods


class ClinicMembership(models.Model):
    """Where a price campaign meets the contract: the renewal moves the price, once, and nothing else does."""

    _inherit = "clinic.membership"

    price_change_ids = fields.One2many(
        "clinic.price.campaign.line",
        "membership_id",
        string="Price Changes",
        groups="clinic_membership.group_membership_manager",
    )
    price_change_note = fields.Char(string="Price Change", compute="_compute_price_change_note", compute_sudo=True)

    @api.depends("price_change_ids.state", "price_change_ids.effective_date", "price_change_ids.campaign_state")
    def _compute_price_change_note(self):
        for membership in self:
            told = membership.price_change_ids.filtered(lambda line: line.state == "told")
            coming = told.filtered(lambda line: line.campaign_state == "running")
            membership.price_change_note = coming._coming_in_words() if coming else False

    @api.depends("price_change_ids.state", "price_change_ids.campaign_state", "next_renewal")
    def _compute_next_amount(self):
        """The next payment has the new price when the next renewal brings it."""
        return super()._compute_next_amount()

    def _prepare_period(self, span):
        """A new price holds from the first period that starts on or after its day; those before keep the old one."""
        self._apply_price_changes(span.start)
        return super()._prepare_period(span)

    def _apply_price_changes(self, day):
        """Take over the prices that hold from a period which starts on ``day``."""
        self.sudo().price_change_ids._due_on(day)._move(day)

    def _first_renewal_from(self, day):
        """The first renewal on or after a day, as the periods are now."""
        self.ensure_one()
        if self.next_renewal >= day:
            return self.next_renewal
        span = periods.period_at(self.anchor_date, self._billing(), day)
        return span.start if span.start >= day else span.end

    def _move_by_pause(self, days):
        """The renewal that brings a new price has moved."""
        result = super()._move_by_pause(days)
        self._renewals_moved()
        return result

    def _renewals_moved(self):
        """Work the dates of announced price changes out again."""
        self.sudo().price_change_ids._open()._compute_effective_date()


class ClinicMembershipLine(models.Model):
    _inherit = "clinic.membership.line"

    def _next_price(self):
        """The price after a change that comes with the next renewal."""
        renewal = self.membership_id.next_renewal
        if self.is_plan and renewal:
            for change in self.sudo().membership_id.price_change_ids._due_on(renewal):
                return self.price_unit if change._why_skipped() else change.new_price
        return super()._next_price()

    def _total_at(self, price):
        """What the payer would pay for this line at another price, discount and taxes included."""
        if not self:
            return price
        net = price * (1 - self.discount / 100)
        return self.membership_id._with_taxes(self._taxes(), self.product_id, net, self.quantity)["total_included"]


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    def _prepare_invoice_line(self, line):
        """A period from before a price change, billed after it, has the price of its own days."""
        values = super()._prepare_invoice_line(line)
        if line.is_plan:
            later = self.membership_id.sudo().price_change_ids.filtered(
                lambda change: (
                    change.state == "moved"
                    and change.effective_date > self.date_start
                    and change.plan_id == line.product_id
                )
            )
            if later:
                values["price_unit"] = later.sorted("effective_date")[0].old_price
        return values
