"""Random lives of memberships over years: whatever happens to them, days, money, units and history agree."""

import random
from datetime import date, timedelta
from fractions import Fraction

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClinicCommon

LIVES = (1, 3, 4, 5)


@tagged("post_install", "-at_install")
class TestLives(ClinicCommon):
    """Sell, change, pause, resume, cancel, undo, win back, renew, redeem: with random dates over three years."""

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

    def test_lives(self):
        for seed in LIVES:
            with self.subTest(seed=seed):
                self._live(random.Random(seed))

    def _live(self, dice):
        self.day = date(2026, 1, 1) + timedelta(days=dice.randrange(400))
        end = self.day + timedelta(days=3 * 365)
        self.served, self.documents = Fraction(0), 0
        self.person = self.env["res.partner"].create({"name": "A life"})
        self.membership, self.pauses = None, set()
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
        """What the scheduled actions do, and everybody pays."""
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
        self._pay_all()

    def _pay_all(self):
        due = self.membership.period_ids._due_invoices()
        if due:
            self._pay(due)

    def _something_happens(self, dice):
        membership = self.membership
        if not membership or membership.state in ("cancelled", "ended"):
            self._join(dice)
        elif membership.state == "paused":
            self.pauses.add(membership.pause_from)
            if dice.random() < 0.4:
                membership._resume()
        elif membership.cancelled_on:
            if dice.random() < 0.5:
                membership._undo_cancel()
        else:
            dice.choice((self._change, self._schedule, self._pause, self._leave, self._visit, self._visit))(dice)

    def _join(self, dice):
        self.membership = self._sell(dice.choice(self.plans), partner=self.person)
        self.served, self.documents = Fraction(str(self.membership.period_ids.amount)), 0

    def _change(self, dice):
        membership = self.membership
        plan = dice.choice(self.plans - membership.plan_id)
        if membership.pause_from:
            return
        period = membership.current_period_id
        total = (period.date_end - period.date_start).days + 1 - period.paused_days
        left = Fraction((period.date_end - self.day).days + 1, total)
        old = Fraction(str(period.amount))
        change = membership._change_plan(plan)
        new = Fraction(str(change.price))
        self.served += (new if change.restarts else new * left) - old * left
        self.documents += 2
        self._pay_all()

    def _schedule(self, dice):
        if not self.membership.pause_from:
            self.membership._schedule_change(dice.choice(self.plans - self.membership.plan_id))

    def _pause(self, dice):
        if not self.membership.pause_from:
            self.membership._pause(dice.randrange(1, 7), at_renewal=dice.random() < 0.4)

    def _leave(self, dice):
        if not self.membership.pause_from:
            self.membership._cancel(self.reason, immediate=dice.random() < 0.3)

    def _visit(self, dice):
        grants = self.person._clinic_grants(self.facial, self.company)
        if grants._allocate(self.person, self.day, 1).missing:
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
        if self.membership.state == "paused":
            self.pauses.add(self.membership.pause_from)
        spans = [period._span() for period in self.membership.period_ids.sorted("date_start")]
        for earlier, later in zip(spans, spans[1:], strict=False):
            if earlier.end not in self.pauses:
                self.assertEqual(earlier.end, later.start, "no day is billed twice, and none is left out")
            self.assertLessEqual(earlier.end, later.start)
        if self.membership.state in self.membership._LIVE:
            self.assertGreater(self.membership.next_renewal, self.day)
            if spans[-1].end not in self.pauses:
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
        self.assertLessEqual(sum(carried.mapped("remaining")), cap, "never more than the cap")
