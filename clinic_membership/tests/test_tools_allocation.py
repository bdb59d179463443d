from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import allocation
from ..tools.allocation import ALLOWANCE, COURTESY, PACKAGE, Lot, Policy, Take, allocate, carry_over, order, why_not
from .tools_common import PROPERTY, day

TODAY = day("2024-06-15")
near = st.integers(-40, 40).map(lambda offset: TODAY + timedelta(days=offset))
any_lot = st.builds(
    Lot,
    key=st.integers(1, 30),
    kind=st.sampled_from((COURTESY, ALLOWANCE, PACKAGE)),
    remaining=st.integers(0, 6),
    valid_from=near.filter(lambda one: one <= TODAY + timedelta(days=5)),
    expires_on=st.none() | near,
    scope=st.integers(0, 3),
    blocked=st.sampled_from(("", "", "", "paused")),
    cap_left=st.none() | st.integers(-1, 6),
)
some_lots = st.lists(any_lot, max_size=10, unique_by=lambda one: one.key)
policies = st.builds(Policy, st.booleans())
quantities = st.integers(0, 12)
picks = st.lists(st.integers(1, 30), max_size=4).map(tuple)


def lot(key: int, kind: str = PACKAGE, remaining: int = 5, **values) -> Lot:
    return Lot(key, kind, remaining, values.pop("valid_from", day("2024-01-01")), **values)


def keys(answer) -> list[int]:
    return [take.key for take in answer.takes]


@tagged("post_install", "-at_install")
class TestEligible(BaseCase):
    def test_why_not(self):
        for what, one, reason in (
            ("good", lot(1), ""),
            ("first day", lot(1, valid_from=TODAY), ""),
            ("last day of use", lot(1, expires_on=TODAY), ""),
            ("tomorrow", lot(1, valid_from=day("2024-06-16")), allocation.NOT_YET),
            ("over yesterday", lot(1, expires_on=day("2024-06-14")), allocation.EXPIRED),
            ("nothing left", lot(1, remaining=0), allocation.EMPTY),
            ("cap used up", lot(1, cap_left=0), allocation.CAP_REACHED),
            ("cap overdrawn", lot(1, cap_left=-2), allocation.CAP_REACHED),
            ("cap above what is left", lot(1, cap_left=9), ""),
            ("paused", lot(1, blocked="paused"), "paused"),
            ("paused comes first", lot(1, blocked="paused", expires_on=date.min), "paused"),
        ):
            with self.subTest(what):
                self.assertEqual(why_not(one, TODAY), reason)

    def test_a_visit_is_judged_by_its_own_date(self):
        expired = lot(1, expires_on=day("2024-06-14"))
        self.assertEqual(keys(allocate([expired], day("2024-06-14"), 1)), [1])
        self.assertEqual(allocate([expired], TODAY, 1).refused, {1: allocation.EXPIRED})

    def test_available(self):
        self.assertEqual([lot(1, cap_left=cap).available() for cap in (None, 9, 3, 0, -1)], [5, 5, 3, 0, 0])


@tagged("post_install", "-at_install")
class TestOrder(BaseCase):
    def test_kinds(self):
        lots = [lot(1, PACKAGE), lot(2, ALLOWANCE), lot(3, COURTESY)]
        self.assertEqual([one.key for one in order(lots, Policy())], [3, 2, 1])
        self.assertEqual([one.key for one in order(lots, Policy(packages_first=True))], [3, 1, 2])

    def test_inside_a_kind(self):
        soon, late = day("2024-07-01"), day("2024-08-01")
        lots = [
            lot(1),  # never expires: last
            lot(2, expires_on=late),
            lot(3, expires_on=soon, scope=1),
            lot(9, expires_on=soon),
            lot(4, expires_on=soon),
            lot(5, expires_on=soon, valid_from=TODAY),
        ]
        self.assertEqual([one.key for one in order(lots, Policy())], [4, 5, 9, 3, 2, 1])

    def test_kind_comes_before_expiry(self):
        lots = [lot(1, PACKAGE, expires_on=TODAY), lot(2, ALLOWANCE)]
        self.assertEqual(keys(allocate(lots, TODAY, 1)), [2])

    def test_staff_picks(self):
        lots = [lot(1, COURTESY), lot(2, ALLOWANCE), lot(3), lot(4)]
        for preferred, expected in (((4,), [4, 1, 2, 3]), ((4, 3), [4, 3, 1, 2]), ((99,), [1, 2, 3, 4])):
            with self.subTest(preferred=preferred):
                self.assertEqual([one.key for one in order(lots, Policy(), preferred)], expected)

    def test_picked_twice_is_picked_once(self):
        lots = [lot(1, COURTESY), lot(3), lot(4)]
        for preferred in ((4, 4), (4, 3, 4)):
            with self.subTest(preferred=preferred):
                self.assertEqual(order(lots, Policy(), preferred)[0].key, 4)
                once = tuple(dict.fromkeys(preferred))
                self.assertEqual(order(lots, Policy(), preferred), order(lots, Policy(), once))

    def test_unknown_kind(self):
        with self.assertRaises(ValueError):
            order([lot(1, "voucher")], Policy())


@tagged("post_install", "-at_install")
class TestAllocate(BaseCase):
    def test_one_unit(self):
        answer = allocate([lot(1), lot(2, ALLOWANCE), lot(3, remaining=0)], TODAY, 1)
        self.assertEqual(answer, allocation.Allocation((Take(2, 1, 4),), 0, (1,), {3: allocation.EMPTY}))

    def test_over_several_lots(self):
        lots = [lot(1, remaining=2), lot(2, ALLOWANCE, 1), lot(3, COURTESY, 1), lot(4)]
        answer = allocate(lots, TODAY, 5)
        self.assertEqual(answer.takes, (Take(3, 1, 0), Take(2, 1, 0), Take(1, 2, 0), Take(4, 1, 4)))
        self.assertEqual((answer.missing, answer.others), (0, ()))

    def test_not_enough(self):
        answer = allocate([lot(1, remaining=2)], TODAY, 3)
        self.assertEqual((answer.takes, answer.missing), ((Take(1, 2, 0),), 1))
        self.assertEqual(allocate([], TODAY, 3), allocation.Allocation((), 3, (), {}))

    def test_personal_cap(self):
        answer = allocate([lot(1, ALLOWANCE, cap_left=2), lot(2)], TODAY, 3)
        self.assertEqual(answer.takes, (Take(1, 2, 3), Take(2, 1, 4)))

    def test_paused_membership_leaves_packages(self):
        answer = allocate([lot(1, ALLOWANCE, blocked="paused"), lot(2)], TODAY, 1)
        self.assertEqual((keys(answer), answer.refused), ([2], {1: "paused"}))

    def test_picked_but_ineligible(self):
        answer = allocate([lot(1, remaining=0), lot(2)], TODAY, 1, preferred=(1,))
        self.assertEqual((keys(answer), answer.refused), ([2], {1: allocation.EMPTY}))

    def test_nothing_asked(self):
        self.assertEqual(allocate([lot(1)], TODAY, 0), allocation.Allocation((), 0, (1,), {}))

    def test_shared_cap(self):
        """Two lots of one plan, and a person who may use three units of it in all."""
        lots = [lot(1, ALLOWANCE, cap_left=3, cap_group=7), lot(2, ALLOWANCE, cap_left=3, cap_group=7), lot(3, PACKAGE)]
        lots = [replace(one, remaining=2) for one in lots]
        answer = allocate(lots, TODAY, 4)
        self.assertEqual([(take.key, take.quantity) for take in answer.takes], [(1, 2), (2, 1), (3, 1)])
        answer = allocate([replace(one, cap_left=2) for one in lots[:2]], TODAY, 3)
        self.assertEqual((answer.missing, answer.refused), (1, {2: allocation.CAP_REACHED}))

    def test_negative_quantity(self):
        with self.assertRaisesRegex(ValueError, "cannot pay for -1"):
            allocate([lot(1)], TODAY, -1)


@tagged("post_install", "-at_install")
class TestAllocateProperties(BaseCase):
    @PROPERTY
    @given(some_lots, quantities, policies, picks)
    def test_never_more_than_there_is_or_is_asked(self, lots, quantity, policy, preferred):
        answer = allocate(lots, TODAY, quantity, policy, preferred)
        by_key = {one.key: one for one in lots}
        for take in answer.takes:
            one = by_key[take.key]
            self.assertEqual(why_not(one, TODAY), "")
            self.assertTrue(0 < take.quantity <= one.remaining)
            self.assertTrue(one.cap_left is None or take.quantity <= one.cap_left)
        taken = sum(take.quantity for take in answer.takes)
        there = sum(one.available() for one in lots if not why_not(one, TODAY))
        self.assertEqual(taken, min(quantity, there), "all that can be paid is paid")
        self.assertEqual(answer.missing, quantity - taken)

    @PROPERTY
    @given(some_lots, quantities, policies, picks)
    def test_every_lot_has_one_place(self, lots, quantity, policy, preferred):
        answer = allocate(lots, TODAY, quantity, policy, preferred)
        places = [*keys(answer), *answer.others, *answer.refused]
        self.assertEqual(sorted(places), sorted(one.key for one in lots))
        self.assertTrue(all(answer.refused.values()), "every refusal has its reason")
        self.assertFalse(answer.missing and answer.others)

    @PROPERTY
    @given(some_lots.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))), quantities, policies, picks)
    def test_input_order_does_not_matter(self, both, quantity, policy, preferred):
        one, other = (allocate(lots, TODAY, quantity, policy, preferred) for lots in both)
        self.assertEqual(one, other)
        self.assertEqual(one, allocate(both[0], TODAY, quantity, policy, preferred), "asking twice is the same")

    @PROPERTY
    @given(some_lots, quantities, policies, picks)
    def test_one_visit_or_many(self, lots, quantity, policy, preferred):
        """What is taken at once is what is taken unit by unit, each from the state the last one left."""
        expected = {take.key: take.quantity for take in allocate(lots, TODAY, quantity, policy, preferred).takes}
        taken = {}
        for _unit in range(quantity):
            for take in allocate(lots, TODAY, 1, policy, preferred).takes:
                taken[take.key] = taken.get(take.key, 0) + 1
                lots = [self._use(one) if one.key == take.key else one for one in lots]
        self.assertEqual(taken, expected)

    @staticmethod
    def _use(one: Lot) -> Lot:
        return replace(one, remaining=one.remaining - 1, cap_left=one.cap_left and one.cap_left - 1)

    @PROPERTY
    @given(some_lots, policies, picks)
    def test_a_pick_is_used_first(self, lots, policy, preferred):
        usable = [one.key for one in lots if not why_not(one, TODAY)]
        answer = allocate(lots, TODAY, 1, policy, preferred)
        wanted = [key for key in preferred if key in usable]
        self.assertEqual(bool(answer.takes), bool(usable))
        if wanted:
            self.assertEqual(keys(answer), wanted[:1])


@tagged("post_install", "-at_install")
class TestCarryOver(BaseCase):
    def test_examples(self):
        for unused, percent, cap, carried, units in (
            (3, 100, 0, 0, 3),
            (3, 50, 0, 0, 1),
            (1, 50, 0, 0, 0),
            (4, 100, 2, 0, 2),
            (4, 100, 5, 3, 2),
            (4, 100, 5, 5, 0),
            (4, 100, 5, 9, 0),
            (4, 0, 5, 0, 0),
            (0, 100, 5, 0, 0),
            (100, 29, 0, 0, 29),
            (3, 100 / 3, 0, 0, 1),
            (21, 300 / 7, 0, 0, 9),  # 8.999999999999998 in floats
            (10, 99.9, 0, 0, 9),
            (-3, 100, 0, 0, 0),
            (3, -50, 0, 0, 0),
            (3, 150, 0, 0, 3),
        ):
            with self.subTest(unused=unused, percent=percent, cap=cap, carried=carried):
                self.assertEqual(carry_over(unused, percent, cap, carried), units)

    @PROPERTY
    @given(st.integers(0, 1000), st.floats(0, 100, allow_nan=False), st.integers(0, 50), st.integers(0, 80))
    def test_bounded(self, unused, percent, cap, carried):
        units = carry_over(unused, percent, cap, carried)
        self.assertTrue(0 <= units <= unused)
        self.assertLessEqual(units, unused * percent / 100 + 1e-6)
        if cap:
            self.assertLessEqual(units, max(0, cap - carried))

    @PROPERTY
    @given(st.lists(st.integers(0, 30), max_size=12), st.integers(0, 100), st.integers(1, 20), st.data())
    def test_never_beyond_the_cap(self, periods, percent, cap, data):
        """Period after period, rolled units that live on count against the cap; so does running it again."""
        carried = 0
        for unused in periods:
            carried += carry_over(unused, percent, cap, carried)
            self.assertLessEqual(carried, cap)
            carried -= data.draw(st.integers(0, carried))
        for _again in range(3):
            carried += carry_over(cap, 100, cap, carried)
            self.assertEqual(carried, cap)


@tagged("post_install", "-at_install")
class TestAllocateAll(BaseCase):
    """Several services of one visit."""

    def test_what_one_takes_the_next_no_longer_finds(self):
        shared, own = lot(1, ALLOWANCE, 1), lot(2, remaining=3)
        first, second, third = allocation.allocate_all([([shared], 1), ([shared, own], 2), ([own], 2)], TODAY)
        self.assertEqual(first.takes, (Take(1, 1, 0),))
        self.assertEqual(second.takes, (Take(2, 2, 1),))
        self.assertEqual((third.takes, third.missing), ((Take(2, 1, 0),), 1))

    @PROPERTY
    @given(
        st.lists(st.tuples(st.sets(st.integers(0, 3)), st.integers(0, 4)), max_size=4),
        st.lists(st.integers(0, 5), min_size=4, max_size=4),
    )
    def test_nothing_is_taken_twice(self, wanted, remaining):
        lots = [lot(key, remaining=units) for key, units in enumerate(remaining)]
        left = dict(enumerate(remaining))
        answers = allocation.allocate_all(
            [([lots[key] for key in sorted(keys)], units) for keys, units in wanted], TODAY
        )
        for (keys, units), answer in zip(wanted, answers, strict=True):
            self.assertEqual(sum(take.quantity for take in answer.takes) + answer.missing, units)
            for take in answer.takes:
                self.assertIn(take.key, keys)
                self.assertEqual(take.left, left[take.key] - take.quantity)
                self.assertGreaterEqual(take.left, 0)
                left[take.key] -= 0 if answer.missing else take.quantity

    def test_what_is_short_takes_nothing_from_the_next(self):
        """Two are wanted and one is there: that service is charged, and the unit pays for the next one."""
        shared = lot(1, remaining=1)
        first, second = allocation.allocate_all([([shared], 2), ([shared], 1)], TODAY)
        self.assertEqual((first.missing, second.missing), (1, 0))
        self.assertEqual(second.takes, (Take(1, 1, 0),))
