from dataclasses import dataclass
from datetime import date

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import periods

MONTHS = {"quarterly": 3, "annual": 12}


@dataclass(frozen=True)
class AddOnChange:
    """What another number of a recurring add-on does, worked out once: the wizard shows it, the contract does it."""

    product: models.BaseModel
    line: models.BaseModel  # empty for one that joins
    price: float  # of one
    day: date
    period: models.BaseModel
    span: periods.Period
    sides: tuple  # of Side

    @property
    def due(self):
        return sum(side.amount for side in self.sides)


class ClinicMembership(models.Model):
    """Recurring add-ons: services that join, change in number, and leave, in the middle of a period or at its end."""

    _inherit = "clinic.membership"

    @api.depends("line_ids.changes", "line_ids.next_units")
    def _compute_next_amount(self):
        """The next payment has what is agreed for the renewal."""
        return super()._compute_next_amount()

    # === working it out === #

    def _add_on_change(self, product, units):
        """What having ``units`` of an add-on a month (weekly members: a week) from today would do.

        :param product: the service or goods
        :param units: the new number; 0 takes it away
        :return: an :class:`AddOnChange`
        :raises UserError: the membership cannot change now, or this is no add-on; says what to do
        """
        self.ensure_one()
        line = self._add_on(product)
        self._check_add_on(product, units, line)
        day, period = self.company_id._clinic_today(), self._running_period()
        price = line.price_unit if line else self._plan_price(product, day)
        span = periods.Period(day, period._span().end)
        whole = line._subtotal(line._per_period(units, self.plan_id), price)
        sides = self._sides(period, day, span, [(line, product, whole)])
        return AddOnChange(product, line, price, day, period, span, sides)

    def _add_on(self, product):
        """The line of an add-on, empty if the member does not have it."""
        return self.line_ids.filtered(lambda line: line.product_id == product and not line.is_plan)

    def _check_add_on(self, product, units, line):
        self._check_changes()
        if product.service_tracking in ("membership", "package"):
            raise UserError(self.env._("%s is sold on its own; it cannot be an add-on.", product.display_name))
        if product.company_id not in (self.company_id, self.env["res.company"]):
            raise UserError(self.env._("%s belongs to another company.", product.display_name))
        if units < 0:
            raise UserError(self.env._("The number cannot be negative. 0 takes the service away."))
        if units == line.units and not line.changes:
            raise UserError(
                self.env._(
                    "%(membership)s has %(units)s of %(service)s already.",
                    membership=self.display_name,
                    units=units,
                    service=product.display_name,
                )
            )

    # === doing it === #

    def _change_add_on(self, product, units, gives_units=True):
        """Another number from today: prorated money on one document, the new units less what was used.

        In a trial it begins with the first full period, as the price of the plan does.

        :param gives_units: of one that joins: the member gets what is billed as units
        :return: the ``AddOnChange`` that was done
        """
        change = self._add_on_change(product, units)
        if change.period.is_trial:
            self._schedule_add_on(product, units, gives_units)
            return change
        documents = self._bill_sides(change.period, change.day, change.sides)
        used, before = change.period._end_for_change(change.day, add_on=product), self.price
        line = change.line or self._new_add_on(product, change.price, gives_units)
        line._set_units(units)
        more = change.period._price_of_all(self.price - before)
        change.period.amount = max(change.period.amount + more, 0.0)
        if line.active:
            self.env["clinic.grant"]._issue(
                change.period._prepare_grants_after(change.day, used, add_on=line), kind="grant"
            )
        change.period._settle(documents)
        return change

    def _schedule_add_on(self, product, units, gives_units=True):
        """Another number with the next renewal; no money moves before."""
        line, price = self._scheduled_add_on(product, units)
        line = line or self._new_add_on(product, price, gives_units)
        line.write({"changes": True, "next_units": units})
        self._log("schedule", line._change_in_words(line.units, units))

    def _scheduled_add_on(self, product, units):
        """The line of an add-on, empty for one that joins, and the price of one from the next renewal on.

        :raises UserError: it cannot change with the renewal; says what to do
        """
        self.ensure_one()
        line = self._add_on(product)
        self._check_add_on(product, units, line)
        self._check_renews()
        return line, line.price_unit if line else self._plan_price(product, self.next_renewal)

    def _new_add_on(self, product, price, gives_units):
        self.env["clinic.membership.line"].flush_model(["active"])  # one that has just ended makes place for it
        return self.env["clinic.membership.line"].create(
            {
                "membership_id": self.id,
                "product_id": product.id,
                "name": product.display_name,
                "price_unit": price,
                "quantity": 0.0,
                "gives_units": gives_units,
            }
        )


class ClinicMembershipLine(models.Model):
    _inherit = "clinic.membership.line"

    def _per_period(self, units, plan):
        """How many a billing period of a plan has; weekly members have them each week."""
        return units * MONTHS.get(plan.billing_interval, 1)

    def _subtotal(self, quantity, price=None):
        """The price of a number of these, after the discount of the line."""
        return quantity * (self.price_unit if price is None else price) * (1 - self.discount / 100)

    def _set_units(self, units):
        """Bill another number from now on, and give as many units; none: the add-on has ended."""
        note = self._change_in_words(self.units, units)
        self.write({"units": units, "changes": False, "next_units": 0, "active": bool(units)})
        self._fit_rhythm()
        self.membership_id._log("add_on", note)

    def _fit_rhythm(self):
        """The quantity and the units that belong to the number, in the rhythm of the plan."""
        benefits = self.env["clinic.benefit"].search([("line_id", "in", self.ids)]).grouped("line_id")
        for line in self:
            line.quantity = line._per_period(line.units, line.membership_id.plan_id)
            had = benefits.get(line, self.env["clinic.benefit"])
            if not line.quantity or not line.gives_units:
                had.unlink()
            elif had:
                had.write(line._benefit_values())
            else:
                had.create(line._benefit_values())

    def _benefit_values(self):
        return {
            "membership_id": self.membership_id.id,
            "line_id": self.id,
            "product_id": self.product_id.id,
            "quantity": self.units,
            "per": "period" if self.membership_id.billing_interval == "weekly" else "month",
            "sequence": 100,
        }

    def _apply_scheduled(self):
        """What was agreed for this renewal: called before the next period is prepared."""
        for line in self.filtered("changes"):
            line._set_units(line.next_units)

    def _forget_scheduled(self):
        """Take back what was agreed for the next renewal; one that has not joined yet goes."""
        for line in self:
            if not line.changes:
                raise UserError(self.env._("%s has no scheduled change.", line.name))
            note = line._change_in_words(line.next_units, line.units)
            line.write({"changes": False, "next_units": 0, "active": bool(line.units)})
            line.membership_id._log("unschedule", note)

    def _change_in_words(self, before, after):
        return f"{self.name}: {before} → {after}"

    def _next_quantity(self):
        """After what is agreed for the next renewal, in the rhythm of the plan that it brings."""
        if self.is_plan:
            return super()._next_quantity()
        plan = self.membership_id.next_plan_id or self.membership_id.plan_id
        return self._per_period(self.next_units if self.changes else self.units, plan)

    def action_change_add_on(self):
        """Open the wizard with this add-on."""
        return self.membership_id._add_on_action(product_id=self.product_id.id, units=0)

    def action_forget_add_on(self):
        """Take back what was agreed for the next renewal."""
        self.membership_id.check_access("write")
        self.sudo()._forget_scheduled()
