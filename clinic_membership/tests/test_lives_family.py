"""Random lives of family plans: who is covered, whose units they are, and who pays which part."""

from datetime import timedelta
from fractions import Fraction

from odoo.fields import Command
from odoo.tests import tagged

from .lives_common import LivesCommon, lives
from .lives_money import exact


@tagged("post_install", "-at_install")
class TestFamilyLives(LivesCommon):
    """People join and leave, now or on a later day, and use a pool within their limits, or units of their own; one
    pays, or several do by shares; a plan that is too small is refused."""

    _FAMILY = {"family_join": 5, "family_leave": 2}
    _EVENTS = {**LivesCommon._EVENTS, **_FAMILY, "visit": 8, "split": 2}
    _OF_LEAVING = {**LivesCommon._OF_LEAVING, **_FAMILY}
    _OF_PAUSED = {**LivesCommon._OF_PAUSED, **_FAMILY, "visit": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pool = cls._tier("Family", 10, 199, rank=3, family_size=4, cancel_fee=25, rollover_percent=50, rollover_cap=3)
        pool.benefit_ids.quantity = 6
        own = cls._tier("Each", 15, 149, rank=3, family_size=3, sharing="individual", notice_days=20)
        own.write({"rollover_percent": 100, "rollover_cap": 2, "rollover_months": 1})
        small = cls._tier("Two", 10, 129, rank=2, family_size=2)
        pool, own, small = (tier.plan_ids.product_variant_id for tier in (pool, own, small))
        cls.plans = cls.monthly | pool | own | small
        cls.plans |= pool.copy({"name": "Family, annual", "list_price": 1990, "billing_interval": "annual"})
        cls.plans |= own.copy({"name": "Each, quarterly", "list_price": 400, "billing_interval": "quarterly"})
        cls.plans |= own.copy({"name": "Each, weekly", "list_price": 45, "billing_interval": "weekly"})
        cls.trials = pool.copy({"name": "Family, tried", "trial_length": 14, "trial_unit": "day"})

    def test_lives(self):
        for seed in lives("3 5"):
            with self.subTest(seed=seed):
                self.others = self.env["res.partner"].create([{"name": name} for name in ("Bea", "Cid", "Dan", "Eve")])
                self._live(seed)

    def _join(self):
        self.family = []  # [who, first day, last day or None, limit]
        self.shares = []
        super()._join()

    # === who is in the family === #

    def _there(self, day):
        return [row for row in self.family if row[1] <= day and (not row[2] or row[2] >= day)]

    def _there_from(self, day):
        """Those who are there on a day, or join later."""
        return [row for row in self.family if not row[2] or row[2] >= day]

    def _too_small(self, plan, day):
        people = {row[0] for row in self._there_from(day)}
        return 1 + len(people) > plan.membership_tier_id.family_size

    def _family_join(self):
        person, cap = self.dice.choice(self.others), self.dice.choice((0, 0, 1, 2))
        day = self.day + timedelta(days=self.dice.choice((0, 0, 0, 5, 40)))
        with self._refused_if(self._no_place(person, day)):
            self.membership._family_add(person, cap=cap, day=day)
            stays = [row for row in self._there_from(day) if row[0] == person]
            for row in stays:
                row[2:] = [None, cap]
            if not stays:
                self.family.append([person, day, None, cap])

    def _no_place(self, person, day):
        rows = self._there_from(day)
        plans = [self.plan] + ([self.coming[0]] if self.coming else [])
        size = min(plan.membership_tier_id.family_size for plan in plans)
        twice = any(row[0] == person and not row[2] for row in rows)
        full = 1 + len({row[0] for row in rows} - {person}) >= size
        return twice or full or self.membership.state == "paused"

    def _family_leave(self):
        rows = self._there_from(self.day)
        if not rows:
            return
        row, day = self.dice.choice(rows), self.day + timedelta(days=self.dice.choice((0, 0, 5, 30)))
        member = self.membership.member_ids.filtered(lambda m: (m.partner_id, m.date_from) == (row[0], row[1]))
        with self._refused_if(row[2] and row[2] <= day):
            self.membership._family_remove(member, day)
            if row[1] > day:
                self.family.remove(row)
            else:
                row[2] = day

    # === who pays === #

    def _split(self):
        split = self.dice.choice(("one", "equal", "percent"))
        payers = [self.person, *self.dice.sample(list(self.others), self.dice.randrange(1, 4))]
        parts = {2: (70, 30), 3: (33.33, 33.33, 33.34), 4: (10, 20, 30, 40)}[len(payers)]
        lines = [
            Command.create({"partner_id": payer.id, "percent": part}) for payer, part in zip(payers, parts, strict=True)
        ]
        self.membership.write({"billing_split": split, "payer_ids": [Command.clear(), *lines]})
        parts = {"one": [], "equal": [Fraction(1, len(payers))] * len(payers)}.get(
            split, [exact(p) / 100 for p in parts]
        )
        self.shares = [] if split == "one" else list(zip(payers, parts, strict=True))
        self.payers = max(self.payers, len(payers))

    def _bill(self, period, price):
        super()._bill(period, price)
        documents = period.invoice_id | period._billed_shares()
        shares = self.shares or [(self.person, 1)]
        by_payer = documents.grouped("partner_id")
        for payer, part in shares if price else ():
            own = by_payer.get(payer, documents.browse())
            self.assertEqual(len(own), 1, "one document for each")
            wanted = float(sum(self.worth.values()) * part)
            self.assertAlmostEqual(own.amount_untaxed, wanted, delta=0.01 * len(self.worth) + 0.005)
        if price:
            self.assertEqual(len(documents), len(shares))
            self.assertAlmostEqual(sum(documents.mapped("amount_untaxed")), period.amount, 2, "to the cent")

    # === whose units === #

    def _visit(self):
        """Any of them comes; the rules say whether units pay."""
        person = self.dice.choice([self.person, *self.others])
        grants = person._clinic_grants(self.facial, self.company)
        answer = grants._allocate(person, self.facial, self.day, 1)
        self.assertEqual(not answer.missing, bool(self._units_for(person)), f"{person.name} on {self.day}")
        if not answer.missing:
            redemption = self._redeem(partner=person)
            if self.dice.random() < 0.2:
                redemption._undo()

    def _units_for(self, person):
        """How many units pay for somebody today."""
        membership, row = self.membership, [row for row in self._there(self.day) if row[0] == person]
        if membership.state not in membership._LIVE or not (row or person == self.person):
            return 0
        lots = membership.grant_ids.filtered(lambda grant: grant.product_id == self.facial)._usable_on(self.day)
        if self.plan.membership_tier_id.sharing == "individual":
            return sum(lots.filtered(lambda grant: grant.partner_id == person).mapped("remaining"))
        left = sum(lots.mapped("remaining"))
        if row and row[-1][3]:
            lots = membership.grant_ids._usable_on(self.day)
            left = min(left, row[-1][3] - sum(e.used for e in lots.entry_ids if e.redemption_id.partner_id == person))
        return max(left, 0)

    # === what must hold === #

    def _check(self):
        super()._check()
        self._check_family()

    def _check_family(self):
        """Exactly those are covered; who has left has no units, and each who is there has what the plan gives."""
        membership, there = self.membership, {row[0] for row in self._there(self.day)}
        people = membership._people_on(self.day)
        self.assertEqual(people, self.env["res.partner"].union(self.person, *there), self.day)
        live = membership._live_for(self.person | self.others, self.company)
        benefit = people if membership.state in membership._LIVE else people.browse()
        self.assertEqual({person for person, held in live.items() if held}, set(benefit), "the member price")
        own = membership.grant_ids.filtered(lambda grant: grant.remaining and grant.partner_id not in people)
        later = {row[0] for row in self._there_from(self.day)}
        self.assertLessEqual(set(own.partner_id), later, "who left keeps no units")
