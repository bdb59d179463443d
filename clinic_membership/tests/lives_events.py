"""What may happen to a membership in a random life; what is not allowed at that moment is refused."""

from datetime import timedelta

from .lives_days import LENGTHS
from .lives_money import TIMES, exact


class LifeEvents:
    """Each does it, and notes what was agreed, so that the checks can work out what has to follow."""

    def _nothing(self):
        """A quiet time."""

    def _busy(self):
        """Why a change is refused: not active, or something else is on its way."""
        return self.membership.state != "active" or self.asked or self.membership.cancelled_on

    def _too_late(self):
        """Why nothing changes today: the period is over, and the next one is not billed yet."""
        return self.membership.next_renewal <= self.day

    def _too_small(self, plan, day):
        """Whether a plan does not have a place for everybody."""
        return False

    # === plans === #

    def _change(self):
        plan = self._one_of((self.plans | self.trials) - self.plan)
        if self._busy() or self._too_late() or self._too_small(plan, self.day):
            with self._refused_if(True):
                self.membership._change_plan(plan)
        else:
            self._change_to(plan)

    def _change_to(self, plan):
        membership, period = self.membership, self.membership.current_period_id
        restarts = plan.billing_interval != self.plan.billing_interval and not self.in_trial
        before, prices = membership.period_ids.adjustment_ids, {"plan": exact(plan.list_price)}
        if restarts:
            prices.update({service: self._of_period(service, plan) for service in self.add_ons})
        parts = {what: self._replaced(period, what, price, restarts) for what, price in prices.items()}
        change = membership._change_plan(plan)
        self.assertEqual((change.price, change.restarts), (plan.list_price, restarts))
        self._set_plan(plan, change.price)
        if self.in_trial:
            return
        self.served += sum(parts.values())
        self.lines += 2 * len(parts)
        self.worth.update(prices)
        self.paid_by.update(dict.fromkeys(prices, membership.period_ids.adjustment_ids - before))
        if restarts:
            self.lengths[period] = (1, LENGTHS["annual"][1])  # what was served of it
            self.lengths[membership.current_period_id] = LENGTHS[plan.billing_interval]
        self._pay_all()

    def _schedule(self):
        plan = self._one_of(self.plans - self.plan)
        day = self.membership.next_renewal
        with self._refused_if(self._busy() or self._too_small(plan, day)):
            self.membership._schedule_change(plan)
            self.coming = (plan, plan.list_price)

    def _unschedule(self):
        with self._refused_if(not self.coming):
            self.membership._forget_scheduled_change()
            self.coming = None

    # === services that are added === #

    def _add_on(self):
        membership, units = self.membership, self.dice.randrange(0, 4)
        had, price = self.add_ons.get(self.massage, (0, 0))[0], self._price_for(self.massage)
        if self._busy() or self._too_late() or (units == had and self.massage not in self.coming_units):
            with self._refused_if(True):
                membership._change_add_on(self.massage, units)
            return
        period, before = membership.current_period_id, membership.period_ids.adjustment_ids
        whole = units * price * TIMES.get(self.plan.billing_interval, 1)
        part = self._replaced(period, self.massage, whole)
        membership._change_add_on(self.massage, units)
        if self.in_trial:
            self.coming_units[self.massage] = (units, price)
            return
        self.coming_units.pop(self.massage, None)
        self._set_units(self.massage, units, price)
        self.served += part
        self.lines += 2
        self.worth[self.massage] = whole
        self.paid_by[self.massage] = membership.period_ids.adjustment_ids - before
        self._pay_all()

    def _schedule_add_on(self):
        units = self.dice.randrange(0, 4)
        had, price = self.add_ons.get(self.massage, (0, 0))[0], self._price_for(self.massage)
        with self._refused_if(self._busy() or (units == had and self.massage not in self.coming_units)):
            self.membership._schedule_add_on(self.massage, units)
            self.coming_units[self.massage] = (units, price)

    # === a discount, a new price === #

    def _stay(self):
        self.offer = (self.dice.choice((10, 12.5, 20)), self.dice.randrange(1, 4))
        self.membership._give_offer(*self.offer, self.reason)

    def _announce(self):
        """A new price for this member, some days or months ahead; they are told at once."""
        membership, short = self.membership, self.dice.random() < 0.3
        percent, ahead = self.dice.choice((5, 12.5, -10)), self.dice.choice((0, 10, 40, 90))
        if membership.state == "pending" or self.coming or self.campaign:
            return
        campaign = self.env["clinic.price.campaign"].create(
            {
                "name": "Another price",
                "domain": f"[('partner_id', '=', {self.person.id})]",
                "percent": percent,
                "date": self.day + timedelta(days=ahead if short else max(ahead, 30)),
                "notice_days": 30,
                "short_notice": short,
            }
        )
        campaign.action_load()
        campaign.action_start()
        campaign.line_ids._tell()
        line = campaign.line_ids
        self.assertEqual((line.state, line.membership_id), ("told", membership))
        new = exact(round(float(self.price * (1 + exact(percent) / 100)) + 1e-9, 2))
        self.assertEqual((exact(line.old_price), exact(line.new_price)), (self.price, new))
        self.campaign = {"line": line, "from": campaign.date, "plan": self.plan, "old": self.price, "new": new}

    def _take_price_back(self):
        if self.campaign:
            self.campaign["line"].campaign_id.action_undo()
            self.campaign = None

    # === pauses === #

    def _pause(self):
        months, at_renewal = self.dice.randrange(1, 7), self.dice.random() < 0.4
        with self._refused_if(self.membership.state not in self.membership._LIVE or self.asked):
            start = self.membership.next_renewal if at_renewal else self.day
            self.membership._pause(months, at_renewal=at_renewal)
            self._pause_asked(start, months)

    def _forget_pause(self):
        with self._refused_if(not self.asked):
            self.membership._cancel_planned_pause()
            self.asked = None

    def _resume(self):
        self.membership._resume()

    # === leaving === #

    def _leave(self):
        membership, immediate = self.membership, self.dice.random() < 0.3
        tier, first = self.plan.membership_tier_id, not membership.cancelled_on
        fee = exact(tier.cancel_fee) if first and not self.in_trial else 0
        earliest = self.day + timedelta(days=0 if immediate or self.in_trial else tier.notice_days)
        self.at_once = immediate
        membership._cancel(self.reason, immediate=immediate)
        self._note()
        if fee:
            self._fee_charged(fee)
        self.asked = None
        stop, longest = membership.no_charge_from, timedelta(days=LENGTHS[self.plan.billing_interval][1])
        self.assertGreaterEqual(stop, earliest, "notice is given")
        self.assertTrue(stop == membership.next_renewal or stop - longest < earliest, "and no more than that")
        self.assertEqual(membership.benefits_until, self.day if immediate else stop - timedelta(days=1))
        self._pay_all()

    def _undo_leaving(self):
        self.membership._undo_cancel()
        self.served -= self.fee
        self.lines += 1
        self.fee = 0

    # === visits === #

    def _visit(self):
        person, held = self._who_comes(), self.dice.random() < 0.8
        grants = person._clinic_grants(self.facial, self.company)
        if grants._allocate(person, self.facial, self.day, 1).missing:
            return
        self.visits.append(self._redeem(partner=person))
        if not held:  # or one of those before did not take place
            self.visits.pop(self.dice.randrange(len(self.visits)))._undo()

    def _who_comes(self):
        return self.person
