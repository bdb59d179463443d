from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import periods, proration


@dataclass(frozen=True)
class Side:
    """One line of a change in the middle of a period: negative is a credit, positive is charged; before tax."""

    product: models.BaseModel
    name: str
    amount: float
    interval: str = ""  # the billing interval of the time that it pays for


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
    sides: tuple  # of Side

    @property
    def credit(self):
        return -sum(side.amount for side in self.sides if side.amount < 0)

    @property
    def debit(self):
        return sum(side.amount for side in self.sides if side.amount > 0)

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
    next_price = fields.Monetary(
        string="Price From the Next Renewal", copy=False, readonly=True, help="Agreed with the change, before tax."
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
        day, period = self.company_id._clinic_today(), self._running_period()
        price, billing = self._plan_price(plan, day), plan.product_tmpl_id._billing()
        restarts = plan.billing_interval != self.billing_interval and not period.is_trial
        span = periods.first_period(day, billing) if restarts else periods.Period(day, period._span().end)
        moves = [(self._plan_line(), plan, price)]
        if restarts:  # everything is billed anew, in the rhythm of the new plan
            add_ons = self.line_ids - self._plan_line()
            moves += [(line, line.product_id, line._subtotal(line._per_period(line.units, plan))) for line in add_ons]
        sides = self._sides(period, day, span, moves, plan if restarts else None)
        return PlanChange(plan, price, self._change_event(plan, price), day, period, span, restarts, sides)

    def _sides(self, period, day, span, moves, restart=None):
        """Both sides of each move, those of nothing left out. In a trial nothing is charged before its end.

        :param moves: (the line that is left, or none; the product that comes; its price for a whole period)
        :param restart: the plan whose first whole period ``span`` is; none: it is the rest of ``period``
        """
        sides, rounding = [], self.currency_id.rounding
        before, after = self.billing_interval, (restart or self.plan_id).billing_interval
        for line, product, price in moves if not period.is_trial else ():
            paid, coming, idle = period._paid_for(line), period._price_of_all(price), period.paused_days
            change = proration.change_plan(paid, coming, period._span(), day, rounding, idle=idle)
            unused = self.env._("%(plan)s: unused from %(day)s", plan=line.name, day=period._day(day))
            dates = f"{product.display_name}\n{period._span_in_words(span)}"
            debit = self.currency_id.round(price) if restart else change.debit
            sides += [
                Side(line.product_id, unused, -period._not_given_back(line, day, change.credit), before),
                Side(product, dates, debit, after),
            ]
        return tuple(side for side in sides if not self.currency_id.is_zero(side.amount))

    def _plan_line(self):
        """The line that pays for the tier."""
        return self.line_ids.filtered("is_plan")

    def _running_period(self):
        """The period of today, which a change prorates."""
        if not self.current_period_id:
            raise UserError(self.env._("%s is due for renewal. Renew it first, then change it.", self.display_name))
        return self.current_period_id

    def _check_change(self, plan, day=None):
        """Refuse what cannot change, or not to this plan, saying what to do.

        :param day: the first day of the plan; default today
        """
        self._check_changes()
        if plan.service_tracking != "membership" or plan.membership_tier_id.company_id != self.company_id:
            raise UserError(self.env._("%s is not a membership of this clinic.", plan.display_name))
        if plan == self.plan_id:
            raise UserError(self.env._("%s has this plan already.", self.display_name))
        self._check_people(plan, day or self.company_id._clinic_today())

    def _check_people(self, plan, day):
        """Refuse a plan that is too small for those who are in the family from a day on."""
        people = self.partner_id | self._members_from(day).partner_id
        size = plan.membership_tier_id.family_size
        if len(people) > size:
            raise UserError(
                self.env._(
                    "%(plan)s covers %(size)s people, the holder included, and %(membership)s has %(people)s: "
                    "%(names)s. Remove somebody first, or choose a larger plan.",
                    plan=plan.display_name,
                    size=size,
                    membership=self.display_name,
                    people=len(people),
                    names=", ".join(people.mapped("display_name")),
                )
            )

    def _check_renews(self):
        """Refuse what is to begin with a renewal that does not come."""
        if not self.will_renew:
            raise UserError(
                self.env._(
                    "%s does not renew, so nothing can begin with its renewal. Choose today instead.", self.display_name
                )
            )

    def _can_change(self):
        return self.state == "active" and not self.pause_from and not self.cancelled_on

    def _check_changes(self):
        if not self._can_change():
            raise UserError(
                self.env._(
                    "Only an active membership can change. Take a pause or a cancellation back, "
                    "or collect what is overdue, first."
                )
            )

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
        documents = self._bill_sides(period, change.day, change.sides)
        used = period._end_for_change(change.day)
        before = self.tier_id
        self._apply_plan(plan, change.price)
        if change.restarts:
            period = self._restart_period(change, documents)
        elif not period.is_trial:
            period.amount = period._price_of_all(self.price)
        self.env["clinic.grant"]._issue(period._prepare_grants_after(change.day, used), kind="grant")
        self._log(change.event, f"{before.name} → {self.tier_id.name}: {plan.display_name}")
        period._settle(documents)
        return change

    def _bill_sides(self, period, day, sides, purpose="change"):
        """The draft invoices or credit notes with all sides of a change, one a payer; none when no money moves."""
        if not sides:
            return self.env["account.move"]
        sign = -1 if sum(side.amount for side in sides) < 0 else 1
        lines = [period._prepare_side(side, sign) for side in sides]
        values = {
            **period._prepare_document(day),
            "move_type": "out_refund" if sign < 0 else "out_invoice",
            "clinic_adjusted_period_id": period.id,
            "clinic_purpose": purpose,
            "invoice_line_ids": [fields.Command.create(line) for line in lines],
        }
        return self.env["account.move"].create(period._split(values))

    def _restart_period(self, change, documents):
        """The old period ends with yesterday and the new plan's first one begins; on its first day it is rewritten."""
        values = {"date_end": change.span.last_day, "amount": self.price, "intervals": 1}
        period = change.period
        if change.day == period.date_start:
            period.write(values)
        else:
            period.date_end = fields.Date.subtract(change.day, days=1)
            period = period.create(
                {"membership_id": self.id, "date_start": change.day, "invoice_id": documents[:1].id, **values}
            )
            documents.clinic_adjusted_period_id = period
        self.write({"anchor_date": change.day, "next_renewal": change.span.end})
        return period

    def _apply_plan(self, plan, price):
        """From now on the contract is the new plan's: tier, terms, benefits, price. Add-ons stay."""
        tier = plan.membership_tier_id.sudo()
        self.benefit_ids.filtered(lambda benefit: not benefit.line_id).unlink()
        self.line_ids.filtered("is_plan").unlink()
        self.write(
            {
                **tier._terms_values(self.currency_id),
                "tier_id": tier.id,
                "plan_id": plan.id,
                "next_plan_id": False,
                "next_price": 0.0,
                "billing_interval": plan.billing_interval,
                "benefit_ids": [fields.Command.create(values) for values in tier.benefit_ids._copy_values()],
                "line_ids": [
                    fields.Command.create(
                        {"is_plan": True, "product_id": plan.id, "name": plan.display_name, "price_unit": price}
                    )
                ],
            }
        )
        (self.line_ids - self._plan_line())._fit_rhythm()

    # === at the next renewal === #

    def _schedule_change(self, plan):
        """Change with the next renewal, at the price of today's agreement; no money moves before."""
        price = self._scheduled_price(plan)
        self.write({"next_plan_id": plan.id, "next_price": price})
        self._log("schedule", plan.display_name)

    def _scheduled_price(self, plan):
        """What a plan would cost from the next renewal on; it is agreed when the change is scheduled.

        :raises UserError: the membership cannot change to it with the renewal; says what to do
        """
        self.ensure_one()
        self._check_change(plan, self.next_renewal)
        self._check_renews()
        return self._plan_price(plan, self.next_renewal)

    def _forget_scheduled_change(self):
        """Take a scheduled change back."""
        for membership in self:
            if not membership.next_plan_id:
                raise UserError(self.env._("%s has no scheduled change.", membership.display_name))
            membership.write({"next_plan_id": False, "next_price": 0.0})
            membership._log("unschedule")

    @api.model
    def _apply_scheduled_changes(self, memberships):
        """Called by the renewal, before the next period is prepared."""
        memberships.line_ids._apply_scheduled()
        for membership in memberships.filtered("next_plan_id"):
            plan, price = membership.next_plan_id, membership.next_price
            event, before = membership._change_event(plan, price), membership.tier_id
            if plan.billing_interval != membership.billing_interval:
                membership.anchor_date = membership.next_renewal
            membership._apply_plan(plan, price)
            membership._log(event, f"{before.name} → {membership.tier_id.name}: {plan.display_name}")
