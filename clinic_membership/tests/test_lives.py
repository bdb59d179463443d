"""Random lives of memberships over years: whatever happens to them, days, money, units and history agree."""

import os
import random
from datetime import date, timedelta
from fractions import Fraction

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClinicCommon

# others can be looked at: CLINIC_LIVES="20 21 22" ./clinic test -k test_lives
LIVES = [int(seed) for seed in os.environ.get("CLINIC_LIVES", "1 4 5 8 40").split()]


@tagged("post_install", "-at_install")
class TestLives(ClinicCommon):
    """Sell, try, change, add services, pause, resume, cancel, undo, stay for a discount, win back, renew, redeem, pay
    late or never: with random dates over three years."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"clinic_pauses_per_year": 99})
        cls.gold.write({"rollover_percent": 50, "rollover_cap": 2, "rollover_months": 2})
        platinum = cls._tier("Platinum", 20, 199, rank=2, rollover_percent=100, rollover_cap=3)
        cls.plans = cls.monthly | platinum.plan_ids.product_variant_id
        for name, price, interval in (
            ("Weekly", 29, "weekly"),
            ("Quarterly", 270, "quarterly"),
            ("Annual", 990, "annual"),
        ):
            cls.plans |= cls.monthly.copy({"name": name, "list_price": price, "billing_interval": interval})
        cls.trials = cls.monthly.copy({"name": "Tried", "trial_length": 20, "trial_unit": "day"})
        cls.trials |= cls.plans[-1].copy({"name": "Annual, first month free", "trial_length": 1, "trial_unit": "month"})

    def test_lives(self):
        for seed in LIVES:
            with self.subTest(seed=seed):
                self._live(random.Random(seed), pays=1.0 if seed % 2 else 0.7)

    def _live(self, dice, pays):
        self.dice, self.pays = dice, pays
        self.day = date(2026, 1, 1) + timedelta(days=dice.randrange(400))
        end = self.day + timedelta(days=3 * 365)
        self.served, self.documents = Fraction(0), 0
        self.person = self.env["res.partner"].create({"name": "A life"})
        self.membership, self.gaps = None, set()
        while self.day < end:
            with freeze_time(self.day):
                self._time_passes()
                self._something_happens(dice)
                self._time_passes()
                if self.membership:
                    self._check()
            self.day += timedelta(days=dice.choice((1, 3, 9, 17, 30, 45, 70)))

    # === what happens === #

    def _time_passes(self):
        """What the scheduled actions do; who pays, pays at once."""
        if not self.membership:
            return
        membership = self.membership
        membership.invalidate_recordset()
        for make, work in (
            ("_pause_end_domain", "_resume_when_due"),
            ("_due_domain", "_renew"),
            ("_pause_end_domain", "_resume_when_due"),
            ("_due_domain", "_renew"),
            ("_due_domain", "_renew"),
        ):
            domain = membership._today_domain(getattr(membership, make))
            before = membership.period_ids
            getattr(membership.filtered_domain(domain), work)()
            self.served += sum(Fraction(str(period.amount)) for period in membership.period_ids - before)
        membership.grant_ids.filtered_domain(
            membership.grant_ids._today_domain(membership.grant_ids._expired_domain)
        )._expire()
        for make, work in (("_late_domain", "_follow_up"), ("_over_domain", "_end_by_itself")):
            getattr(membership.filtered_domain(membership._today_domain(getattr(membership, make))), work)()
        self._note_gap()
        self._pay_all()

    def _pay_all(self):
        due = self.membership.period_ids._due_invoices()
        if due and self.dice.random() < self.pays:
            self._pay(due)

    def _note_gap(self):
        """Paused and suspended time is not billed: a gap may begin here."""
        if self.membership.pause_from:  # planned ones too: one may begin and end before the next look
            self.gaps.add(self.membership.pause_from)
        if self.membership.state == "suspended":
            self.gaps.add(self.membership.next_renewal)

    def _something_happens(self, dice):
        membership = self.membership
        if not membership or membership.state in ("cancelled", "ended"):
            self._join(dice)
        elif membership.state == "paused":
            if dice.random() < 0.4:
                membership._resume()
        elif membership.cancelled_on:
            if dice.random() < 0.5:
                membership._undo_cancel()
        elif membership.pause_from and dice.random() < 0.3:
            self.gaps.discard(membership.pause_from)
            membership._cancel_planned_pause()
        elif membership.state == "active" and not membership.pause_from:
            changes = (self._change, self._schedule, self._add_on, self._schedule_add_on, self._stay)
            dice.choice((*changes, self._pause, self._leave, self._visit, self._visit))(dice)
        else:
            dice.choice((self._visit, self._leave))(dice)

    def _join(self, dice):
        plans = self.plans if self.membership else self.plans | self.trials  # one trial for each patient
        self.membership, self.gaps = self._sell(dice.choice(plans), partner=self.person), set()
        self.served, self.documents = Fraction(str(self.membership.period_ids.amount)), 0

    def _change(self, dice):
        membership = self.membership
        plan = dice.choice((self.plans | self.trials) - membership.plan_id)
        period, add_ons = membership.current_period_id, membership.line_ids.filtered("units")
        served_before, left, paid = Fraction(str(period.amount)), self._left_of(period), self._paid_part(period)
        beside = sum(Fraction(str(line.price_subtotal)) for line in add_ons)
        change = membership._change_plan(plan)
        if period.is_trial:  # nothing is charged before its end
            return
        new = Fraction(str(change.price))
        if change.restarts:
            new += sum(Fraction(str(line.price_subtotal)) for line in add_ons)
            self.served += new - served_before * left * paid
        else:
            self.served += new * left - (served_before - beside) * left * paid
        self.documents += 2 + 2 * len(add_ons)
        self._pay_all()

    def _left_of(self, period):
        total = (period.date_end - period.date_start).days + 1 - period.paused_days
        return Fraction(min((period.date_end - self.day).days + 1, total), total)

    def _paid_part(self, period):
        """Which part of a period is paid: credit may have paid some of what nobody has paid the rest of."""
        if period.payment_state in ("paid", "free"):
            return Fraction(1)
        invoice = period.invoice_id
        owed = Fraction(str(invoice.amount_residual)) / Fraction(str(invoice.amount_total)) if invoice else 1
        return 1 - owed

    def _schedule(self, dice):
        self.membership._schedule_change(dice.choice(self.plans - self.membership.plan_id))

    def _add_on(self, dice):
        membership, period = self.membership, self.membership.current_period_id
        line, units = membership._add_on(self.massage), dice.randrange(0, 4)
        if units == line.units:
            return
        before, left, paid = Fraction(str(line.price_subtotal)), self._left_of(period), self._paid_part(period)
        change = membership._change_add_on(self.massage, units)
        if period.is_trial:
            return
        after = Fraction(str(change.price)) * line._per_period(units, membership.plan_id)
        self.served += after * left - before * left * paid
        self.documents += 2
        self._pay_all()

    def _schedule_add_on(self, dice):
        units = dice.randrange(0, 4)
        if units != self.membership._add_on(self.massage).units:
            self.membership._schedule_add_on(self.massage, units)

    def _stay(self, dice):
        self.membership._give_offer(dice.choice((10, 12.5, 20)), dice.randrange(1, 4), self.reason)

    def _pause(self, dice):
        self.membership._pause(dice.randrange(1, 7), at_renewal=dice.random() < 0.4)

    def _leave(self, dice):
        if self.membership.pause_from and self.membership.state != "paused":
            self.gaps.discard(self.membership.pause_from)  # the planned pause is forgotten
        self.membership._cancel(self.reason, immediate=dice.random() < 0.3)

    def _visit(self, dice):
        grants = self.person._clinic_grants(self.facial, self.company)
        if grants._allocate(self.person, self.facial, self.day, 1).missing:
            return
        redemption = self._redeem(partner=self.person)
        if dice.random() < 0.2:
            redemption._undo()

    # === what must hold === #

    def _check(self):
        self.membership.invalidate_recordset()
        self._check_days()
        self._check_money()
        self._check_units()
        changes = sum(self.membership.log_ids.mapped("monthly_change"))
        self.assertAlmostEqual(changes, self.membership._monthly_now(), 2, "the history adds up")

    def _check_days(self):
        self._note_gap()
        spans = [period._span() for period in self.membership.period_ids.sorted("date_start")]
        for earlier, later in zip(spans, spans[1:], strict=False):
            if earlier.end not in self.gaps:
                self.assertEqual(earlier.end, later.start, "no day is billed twice, and none is left out")
            self.assertLessEqual(earlier.end, later.start)
        if self.membership.state in self.membership._LIVE:
            self.assertGreater(self.membership.next_renewal, self.day)
            if spans[-1].end not in self.gaps:
                self.assertEqual(spans[-1].end, self.membership.next_renewal)

    def _check_money(self):
        periods = self.membership.period_ids
        moves = periods.invoice_id | periods.adjustment_ids
        billed = sum(-move.amount_untaxed if move.move_type == "out_refund" else move.amount_untaxed for move in moves)
        self.assertAlmostEqual(billed, float(self.served), delta=0.01 + 0.01 * self.documents)

    def _check_units(self):
        for grant in self.membership.grant_ids:
            entries = grant.entry_ids
            self.assertEqual(grant.remaining, sum(entries.mapped("quantity")))
            gone = -sum(
                entries.filtered(
                    lambda e: e.kind in ("expire", "change") or e.quantity < 0 and e.kind == "rollover"
                ).mapped("quantity")
            )
            self.assertEqual(grant.granted, grant.used + gone + grant.remaining, "every unit is accounted for")
        carried = self.membership.grant_ids.filtered(lambda grant: grant.source_grant_id and grant.remaining)
        cap = max(tier.rollover_cap for tier in self.plans.membership_tier_id)
        for grants in carried.grouped("product_id").values():
            units = sum(grants.mapped("remaining"))
            self.assertLessEqual(units, cap, "never more than the cap")
