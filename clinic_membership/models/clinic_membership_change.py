from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import periods, proration


@dataclass(frozen=True)
class PlanChange:
    """What a change of plan does, worked out once: the wizard shows it, the contract does it."""

    plan: models.BaseModel
    price: float
    event: str
    day: date
    period: models.BaseModel
    span: periods.Period  # what the new price pays for: the rest of the period, or a new one
    restarts: bool  # another interval starts anew on the day of the change
    credit: float
    debit: float

    @property
    def due(self):
        return self.debit - self.credit


class ClinicMembership(models.Model):
    """Another plan, in the middle of a period or at the next renewal."""

    _inherit = "clinic.membership"

    next_plan_id = fields.Many2one(
        "product.product",
        string="Plan From the Next Renewal",
        copy=False,
        readonly=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
    )

    # === working it out === #

    def _plan_change(self, plan):
        """What moving to ``plan`` today would do.

        :param plan: the product of the new plan
        :return: a :class:`PlanChange`
        :raises UserError: the membership cannot change now; says what to do
        """
        self.ensure_one()
        self._check_change(plan)
        day = self.company_id._clinic_today()
        period, price = self.current_period_id, self._plan_price(plan, day)
        if not period:
            raise UserError(self.env._("%s is due for renewal. Renew it first, then change it.", self.display_name))
        rounding, old = self.currency_id.rounding, period._span()
        paid = period.amount if period.payment_state in ("paid", "free") else 0.0
        change = proration.change_plan(paid, period._price_of_all(price), old, day, rounding, idle=period.paused_days)
        span, debit = periods.Period(day, old.end), change.debit
        restarts = plan.billing_interval != self.billing_interval and not period.is_trial
        if restarts:
            span, debit = periods.first_period(day, plan.product_tmpl_id._billing()), price
        if period.is_trial:  # the trial goes on; the new price begins with the first full period
            debit = 0.0
        credit = 0.0 if period.is_trial else change.credit
        return PlanChange(plan, price, self._change_event(plan, price), day, period, span, restarts, credit, debit)

    def _check_change(self, plan):
        if self.state != "active" or self.pause_from or self.cancelled_on:
            raise UserError(
                self.env._(
                    "Only an active membership can change its plan. Take a pause or a cancellation back, "
                    "or collect what is overdue, first."
                )
            )
        if plan.service_tracking != "membership" or plan.membership_tier_id.company_id != self.company_id:
            raise UserError(self.env._("%s is not a membership of this clinic.", plan.display_name))
        if plan == self.plan_id:
            raise UserError(self.env._("%s has this plan already.", self.display_name))

    def _plan_price(self, plan, day):
        """Today's price of a plan for this member, in the currency of the contract."""
        pricelist = self.partner_id.with_company(self.company_id).property_product_pricelist
        return pricelist._get_product_price(plan, 1.0, currency=self.currency_id, date=day)

    def _plan_total(self, plan, price):
        """A price of a plan with its taxes."""
        taxes = plan.sudo().taxes_id._filter_taxes_by_company(self.company_id)
        taxes = self.sudo().fiscal_position_id.map_tax(taxes)
        return self._with_taxes(taxes, plan, price)["total_included"]

    def _change_event(self, plan, price):
        """Upgrade or downgrade by the rank of the tiers, by the monthly price where that is equal."""
        monthly = price * plan.product_tmpl_id._billing().monthly_rate()
        old, new = (self.tier_id.rank, self.monthly_value), (plan.membership_tier_id.rank, monthly)
        if plan.membership_tier_id == self.tier_id:
            return "change"
        return "upgrade" if new > old else "downgrade"

    # === doing it === #

    def _change_plan(self, plan):
        """Change today: prorated money on one document, the new tier's units less what was used.

        :return: the ``PlanChange`` that was done
        """
        change = self._plan_change(plan)
        period = change.period
        document = self._bill_change(change)
        used = period._end_for_change(change)
        before = self.tier_id
        self._apply_plan(plan, change.price)
        if change.restarts:
            period = self._restart_period(change, document)
        elif not period.is_trial:
            period.amount = period._price_of_all(change.price)
        self.env["clinic.grant"]._issue(period._prepare_grants_after(change, used), kind="grant")
        self._log(change.event, f"{before.name} → {self.tier_id.name}: {plan.display_name}")
        if document:
            document._post(soft=False)
            (period | change.period)._settle(document)
        return change

    def _bill_change(self, change):
        """The draft invoice or credit note with both sides of the change; none when no money moves."""
        if self.currency_id.is_zero(change.credit) and self.currency_id.is_zero(change.debit):
            return self.env["account.move"]
        sign = -1 if change.due < 0 else 1
        values = change.period._prepare_invoice(change.day)
        old_line = self.line_ids.filtered("is_plan")
        lines = []
        if not self.currency_id.is_zero(change.credit):
            name = self.env._("%(plan)s: unused from %(day)s", plan=old_line.name, day=change.period._day(change.day))
            lines.append(change.period._prepare_change_line(old_line.product_id, name, -sign * change.credit))
        if not self.currency_id.is_zero(change.debit):
            name = f"{change.plan.display_name}\n{change.period._span_in_words(change.span)}"
            lines.append(change.period._prepare_change_line(change.plan, name, sign * change.debit))
        values.update(
            move_type="out_refund" if sign < 0 else "out_invoice",
            clinic_adjusted_period_id=change.period.id,
            invoice_line_ids=[fields.Command.create(line) for line in lines],
        )
        return self.env["account.move"].create(values)

    def _restart_period(self, change, document):
        """The old period ends with yesterday and the new plan's first one begins; on its first day it is rewritten."""
        values = {"date_end": change.span.last_day, "amount": change.price, "intervals": 1}
        period = change.period
        if change.day == period.date_start:
            period.write(values)
        else:
            period.date_end = fields.Date.subtract(change.day, days=1)
            period = period.create(
                {"membership_id": self.id, "date_start": change.day, "invoice_id": document.id, **values}
            )
        self.write({"anchor_date": change.day, "next_renewal": change.span.end})
        return period

    def _apply_plan(self, plan, price):
        """From now on the contract is the new plan's: tier, terms, benefits, price."""
        tier = plan.membership_tier_id.sudo()
        self.benefit_ids.unlink()
        self.line_ids.filtered("is_plan").unlink()
        self.write(
            {
                **tier._terms_values(),
                "tier_id": tier.id,
                "plan_id": plan.id,
                "next_plan_id": False,
                "billing_interval": plan.billing_interval,
                "benefit_ids": [fields.Command.create(values) for values in tier.benefit_ids._copy_values()],
                "line_ids": [
                    fields.Command.create(
                        {"is_plan": True, "product_id": plan.id, "name": plan.display_name, "price_unit": price}
                    )
                ],
            }
        )

    # === at the next renewal === #

    def _schedule_change(self, plan):
        """Change with the next renewal; no money moves before."""
        self.ensure_one()
        self._check_change(plan)
        self.next_plan_id = plan
        self._log("schedule", plan.display_name)

    def _forget_scheduled_change(self):
        """Take a scheduled change back."""
        for membership in self:
            if not membership.next_plan_id:
                raise UserError(self.env._("%s has no scheduled change.", membership.display_name))
            membership.next_plan_id = False
            membership._log("schedule", self.env._("taken back"))

    @api.model
    def _apply_scheduled_changes(self, memberships):
        """Called by the renewal, before the next period is prepared."""
        for membership in memberships.filtered("next_plan_id"):
            plan = membership.next_plan_id
            price = membership._plan_price(plan, membership.next_renewal)
            event, before = membership._change_event(plan, price), membership.tier_id
            if plan.billing_interval != membership.billing_interval:
                membership.anchor_date = membership.next_renewal
            membership._apply_plan(plan, price)
            membership._log(event, f"{before.name} → {membership.tier_id.name}: {plan.display_name}")
