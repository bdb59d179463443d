"""A random life of a membership over three years: what happens to it, and what has to hold after each step."""

import os
import random
from contextlib import contextmanager
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Domain

from .common import ClinicCommon
from .lives_days import LifeDays
from .lives_events import LifeEvents
from .lives_money import LifeMoney
from .lives_units import LifeUnits


def lives(seeds):
    """The lives to look at: others with CLINIC_LIVES="20 21 22" ./clinic test -k lives."""
    return [int(seed) for seed in os.environ.get("CLINIC_LIVES", seeds).split()]


class LivesCommon(LifeEvents, LifeDays, LifeMoney, LifeUnits, ClinicCommon):
    """Sell, try, change, add services, pause, resume, cancel, undo, stay for a discount, win back, renew, redeem, pay
    late or never, with a new price announced, and taken back."""

    _DAYS = (0, 1, 3, 9, 17, 30, 45, 70)
    _EVENTS = {
        "change": 2,
        "schedule": 1,
        "unschedule": 1,
        "add_on": 2,
        "schedule_add_on": 1,
        "stay": 1,
        "pause": 2,
        "forget_pause": 3,
        "leave": 1,
        "visit": 4,
        "announce": 1,
        "take_price_back": 1,
        "nothing": 1,
    }
    _OF_LEAVING = {"undo_leaving": 4, "leave": 1, "visit": 2, "nothing": 3}
    _OF_PAUSED = {"resume": 4, "leave": 1, "nothing": 4}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.clinic_pauses_per_year = 99
        cls.gold.write({"rollover_percent": 50, "rollover_cap": 2, "rollover_months": 2, "notice_days": 30})
        platinum = cls._tier(
            "Platinum", 20, 199, rank=2, rollover_percent=100, rollover_cap=3, cancel_fee=40, notice_days=10
        )
        platinum.benefit_ids.quantity = 4
        cls.plans = cls.monthly | platinum.plan_ids.product_variant_id
        for name, price, interval in (
            ("Weekly", 29, "weekly"),
            ("Quarterly", 270, "quarterly"),
            ("Annual", 990, "annual"),
        ):
            cls.plans |= cls.monthly.copy({"name": name, "list_price": price, "billing_interval": interval})
        cls.trials = cls.monthly.copy({"name": "Tried", "trial_length": 20, "trial_unit": "day", "trial_price": 9})
        cls.trials |= cls.plans[-1].copy({"name": "Annual, first month free", "trial_length": 1, "trial_unit": "month"})
        cls.fee = cls.env.ref("clinic_membership.product_cancellation_fee")

    def _live(self, seed):
        self.dice = random.Random(seed)
        self.pays = 1.0 if seed % 2 else 0.7
        self.day = date(2026, 1, 1) + timedelta(days=self.dice.randrange(400))
        end = self.day + timedelta(days=3 * 365)
        self.person = self.env["res.partner"].create({"name": "A life", "email": "life@example.com"})
        self.membership, self.before, self.ends, self.visits, self.story = None, [], {}, [], []
        while self.day < end:
            with freeze_time(self.day), self._told():
                self._time_passes()
                self._something_happens()
                self._check()
            self.day += timedelta(days=self.dice.choice(self._DAYS))

    @contextmanager
    def _told(self):
        """What went wrong comes with the story of this life."""
        try:
            yield
        except Exception as error:
            error.add_note("\n".join(self.story))
            raise

    # === time === #

    def _time_passes(self):
        """What the scheduled actions do; who pays, pays at once."""
        if not self.membership:
            return
        self._run("_pause_end_domain", "_resume_when_due")
        self._run("_due_domain", "_renew")
        if self.membership.state == "paused":  # it began in the renewal, and may be over
            self._run("_pause_end_domain", "_resume_when_due")
            self._run("_due_domain", "_renew")
        grants = self.env["clinic.grant"]
        members = self.env["clinic.membership.member"]
        self._run("_left_domain", "_units_end", members)
        self._run("_expired_domain", "_expire", grants)
        self._run("_late_domain", "_follow_up")
        self._run("_over_domain", "_end_by_itself")
        self._pay_all()
        self._run("_due_domain", "_renew")  # who was suspended and has paid

    def _run(self, make, work, model=None):
        """A scheduled action, for this membership."""
        membership = self.membership
        mine = Domain("id" if model is None else "membership_id", "=", membership.id)
        model = membership if model is None else model
        before = membership.period_ids
        records = model.search(model._today_domain(getattr(model, make)) & mine)
        getattr(records, work)()
        self._note()
        if new := membership.period_ids - before:
            self._renewed(new)

    def _pay_all(self):
        for invoice in self.membership.period_ids._due_invoices():
            if self.dice.random() < self.pays:
                self._pay(invoice)
                self._note()

    # === what happens === #

    def _something_happens(self):
        membership = self.membership
        if not membership or membership.state in ("cancelled", "ended"):
            self._join()
            return
        events = self._EVENTS
        if membership.state == "paused":
            events = self._OF_PAUSED
        elif membership.cancelled_on:
            events = self._OF_LEAVING
        event = self.dice.choices(list(events), events.values())[0]
        self.story.append(f"{self.day} {event}, {membership.state}, {self.plan.name}, renews {membership.next_renewal}")
        getattr(self, f"_{event}")()
        self._note()
        if membership.state in membership._LIVE and membership.next_renewal <= self.day:  # it goes on today
            self._run("_due_domain", "_renew")

    def _join(self):
        plans = self.plans if self.membership else self.plans | self.trials  # one trial for each patient
        if self.membership:
            self.before.append(self.membership)
        plan = self._one_of(plans)
        self.story.append(f"{self.day} join {plan.name}")
        self.membership = self._sell(plan, partner=self.person)
        self.at_once, self.values, self.payers = False, {}, 1
        self._days_begin()
        self._money_begins(plan)
        self._units_begin()
        self._note()

    def _one_of(self, plans):
        """Weekly ones less often, as their invoices are many."""
        plan = self.dice.choice(plans)
        return plan if plan.billing_interval != "weekly" or self.dice.random() < 0.3 else self.dice.choice(plans)

    @contextmanager
    def _refused_if(self, refused):
        """It is refused, or it is done; never the other way round."""
        if not refused:
            yield
            return
        with self.assertRaises(UserError), self.env.cr.savepoint():
            yield

    # === what must hold === #

    def _check(self):
        self.env.flush_all()
        self.membership.invalidate_recordset()
        self._check_days()
        self._check_history()
        self._check_money()
        self._check_log()
        self._check_campaign()
        self._check_units()
