from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.valuation import (
    Chosen,
    Content,
    refund_by_average,
    refund_by_list,
    refund_of_chosen,
    spread_price,
    value_of_units,
)
from .tools_common import PROPERTY

cents = st.integers(0, 10**8)
contents = st.lists(
    st.builds(Content, st.integers(1, 50), st.integers(0, 10**5).map(lambda value: value / 100)), min_size=1, max_size=8
)


def burn(value: int, units: int, steps) -> list[int]:
    """What each of ``steps`` takes with it, one after another."""
    taken = []
    for step in steps:
        taken.append(value_of_units(value, units, step))
        value, units = value - taken[-1], units - step
    return taken


@tagged("post_install", "-at_install")
class TestValuation(BaseCase):
    def test_spread_price(self):
        for what, price, lines, parts in (
            ("six for 450", 45000, [(6, 100)], [45000]),
            ("six and one more", 60000, [(6, 100), (1, 100)], [51428, 8572]),
            ("by stand-alone value", 35000, [(3, 100), (1, 120)], [25000, 10000]),
            ("by value, not by units", 30000, [(1, 200), (10, 10)], [20000, 10000]),
            ("cents to the last", 10000, [(1, 50), (1, 50), (1, 50)], [3333, 3333, 3334]),
            ("float values", 6, [(1, 0.1), (1, 0.2), (3, 0.1)], [1, 2, 3]),
            ("nothing is worth anything: by units", 10000, [(3, 0), (1, 0)], [7500, 2500]),
            ("a worthless line", 10000, [(3, 100), (1, 0)], [10000, 0]),
            ("free", 0, [(3, 100), (1, 50)], [0, 0]),
        ):
            with self.subTest(what):
                self.assertEqual(spread_price(price, [Content(*line) for line in lines]), parts)

    def test_spread_price_of_nothing(self):
        with self.assertRaisesRegex(ValueError, "weights"):
            spread_price(100, [])
        with self.assertRaisesRegex(ValueError, "weights"):
            spread_price(100, [Content(1, -5)])

    def test_every_unit_of_a_package(self):
        """600 for 7: the cents lie where rounding puts them, and the sum is exact."""
        self.assertEqual(burn(60000, 7, [1] * 7), [8571, 8572, 8571, 8572, 8571, 8572, 8571])
        self.assertEqual(burn(100, 3, [1] * 3), [33, 34, 33])
        self.assertEqual(burn(200, 3, [1] * 3), [67, 67, 66])
        self.assertEqual(burn(2, 5, [1] * 5), [0, 1, 0, 1, 0])
        self.assertEqual(burn(45000, 6, [2, 4]), [15000, 30000])
        self.assertEqual(burn(0, 4, [4]), [0])

    def test_value_of_no_units(self):
        self.assertEqual(value_of_units(100, 3, 0), 0)
        self.assertEqual(value_of_units(0, 0, 0), 0)

    def test_more_units_than_there_are(self):
        for left, units in ((3, 4), (0, 1), (3, -1)):
            with self.subTest(left=left, units=units), self.assertRaisesRegex(ValueError, "units of"):
                value_of_units(100, left, units)

    def test_refund(self):
        """Paid 600 for 7 units worth 100."""
        paid, units, worth = 60000, 7, 10000
        for used, by_list, by_average in (
            (0, 60000, 60000),
            (1, 50000, 51429),
            (3, 30000, 34286),
            (5, 10000, 17143),
            (6, 0, 8571),
            (7, 0, 0),
        ):
            with self.subTest(used=used):
                left = paid - value_of_units(paid, units, used)
                self.assertEqual(refund_by_list(paid, 0, used * worth), by_list)
                self.assertEqual(refund_by_average(paid, 0, left), by_average)

    def test_refund_after_a_refund(self):
        self.assertEqual(refund_by_list(60000, 30000, 30000), 0, "the same refund is not paid twice")
        self.assertEqual(refund_by_list(60000, 10000, 30000), 20000)
        self.assertEqual(refund_by_list(60000, 60000, 0), 0)
        self.assertEqual(refund_by_average(60000, 34286, 0), 0)
        self.assertEqual(refund_by_average(60000, 50000, 34286), 10000, "never more than is still paid")
        self.assertEqual(refund_by_average(60000, 70000, 34286), 0)

    def test_refund_of_chosen(self):
        for what, rest, lots, part in (
            ("all of them", 30000, [(4, 4, 100)], 30000),
            ("one of four", 30000, [(4, 1, 100)], 7500),
            ("by stand-alone value", 30000, [(2, 2, 100), (1, 0, 200)], 15000),
            ("of both kinds", 30000, [(2, 1, 100), (1, 1, 200)], 22500),
            ("worth nothing: by units", 300, [(2, 1, 0), (1, 0, 0)], 100),
            ("the worthless ones of a lot", 300, [(2, 0, 100), (1, 1, 0)], 0),
            ("halves up", 1, [(2, 1, 100)], 1),
            ("none", 300, [(2, 0, 100)], 0),
            ("nothing is left", 300, [], 0),
        ):
            with self.subTest(what):
                self.assertEqual(refund_of_chosen(rest, [Chosen(*lot) for lot in lots]), part)


@tagged("post_install", "-at_install")
class TestValuationProperties(BaseCase):
    @PROPERTY
    @given(cents, st.integers(1, 120), st.data())
    def test_one_step_or_many(self, value, units, data):
        steps, left = [], units
        while left:
            steps.append(data.draw(st.integers(1, left)))
            left -= steps[-1]
        taken = burn(value, units, steps)
        single = burn(value, units, [1] * units)
        self.assertEqual(sum(taken), value, "nothing is left after the last unit")
        for index, total in enumerate(taken):
            first = sum(steps[:index])
            self.assertEqual(total, sum(single[first : first + steps[index]]))

    @PROPERTY
    @given(cents, st.integers(1, 200))
    def test_units_differ_by_a_cent(self, value, units):
        for one in burn(value, units, [1] * units):
            self.assertLess(abs(one - Fraction(value, units)), 1)

    @PROPERTY
    @given(cents, st.integers(1, 200), st.data())
    def test_value_left_is_never_negative(self, value, units, data):
        some = data.draw(st.integers(0, units))
        self.assertTrue(0 <= value_of_units(value, units, some) <= value)
        if some < units:
            more = value_of_units(value, units, some + 1)
            self.assertLessEqual(value_of_units(value, units, some), more)

    @PROPERTY
    @given(cents, contents, st.data())
    def test_a_package_ends_at_zero(self, price, lines, data):
        """Sold, spread over its lines, used unit by unit or the rest at once: every cent is accounted for."""
        values = spread_price(price, lines)
        self.assertEqual(sum(values), price)
        balance = price
        for value, line in zip(values, lines, strict=True):
            first = data.draw(st.integers(0, line.quantity))
            balance -= sum(burn(value, line.quantity, [1] * first + [line.quantity - first]))
        self.assertEqual(balance, 0)

    @PROPERTY
    @given(cents, contents)
    def test_lines_follow_stand_alone_value(self, price, lines):
        worth = [Fraction(str(line.unit_value)) * line.quantity for line in lines]
        assume(any(worth))
        for part, one in zip(spread_price(price, lines), worth, strict=True):
            self.assertLess(abs(part - price * one / sum(worth)), 1)

    @PROPERTY
    @given(cents, st.integers(1, 50), cents, st.data())
    def test_refund_is_bounded(self, paid, units, worth, data):
        used, refunded = data.draw(st.integers(0, units)), data.draw(st.integers(0, paid))
        left = paid - value_of_units(paid, units, used)
        for refund in (refund_by_list(paid, refunded, used * worth), refund_by_average(paid, refunded, left)):
            self.assertTrue(0 <= refund <= paid - refunded)
        self.assertLessEqual(refund_by_average(paid, refunded, left), left)

    @PROPERTY
    @given(cents, cents, st.lists(cents, min_size=1, max_size=5))
    def test_refunds_by_list_never_add_up_to_more(self, paid, used, more):
        """Refunded again and again, with visits between: the last word is what was paid less what was used."""
        refunded = refund_by_list(paid, 0, used)
        self.assertEqual(refund_by_list(paid, refunded, used), 0)
        for visits in more:
            self.assertEqual(refund_by_list(paid, refunded, used + visits), 0)
        self.assertLessEqual(refunded, max(0, paid - used))

    @PROPERTY
    @given(cents, st.integers(1, 50), st.data())
    def test_using_more_refunds_less(self, paid, units, data):
        one, other = sorted((data.draw(st.integers(0, units)), data.draw(st.integers(0, units))))
        refunds = [refund_by_average(paid, 0, paid - value_of_units(paid, units, used)) for used in (one, other)]
        self.assertGreaterEqual(*refunds)

    def _choose(self, data, left):
        """Some units of these lots, or all that are left."""
        some = [data.draw(st.integers(0, units)) for units in left]
        return some if any(some) and data.draw(st.booleans()) else list(left)

    @PROPERTY
    @given(cents, contents, st.data())
    def test_parts_of_a_refund_by_list_add_up(self, paid, lines, data):
        """Given back in several steps, at most is given back what it would be at once, and exactly that at the end."""
        used = [data.draw(st.integers(0, line.quantity)) for line in lines]
        at_list = round(sum(some * line.unit_value * 100 for some, line in zip(used, lines, strict=True)))
        left = [line.quantity - some for some, line in zip(used, lines, strict=True)]
        assume(any(left))
        at_once, refunded = refund_by_list(paid, 0, at_list), 0
        while any(left):
            some = self._choose(data, left)
            lots = [Chosen(*lot) for lot in zip(left, some, [line.unit_value for line in lines], strict=True)]
            refunded += refund_of_chosen(refund_by_list(paid, refunded, at_list), lots)
            left = [units - chosen for units, chosen in zip(left, some, strict=True)]
            self.assertLessEqual(refunded, at_once)
        self.assertEqual(refunded, at_once)

    @PROPERTY
    @given(cents, contents, st.data())
    def test_parts_of_a_refund_by_average_add_up(self, paid, lines, data):
        values, left = spread_price(paid, lines), [line.quantity for line in lines]
        refunded = 0
        while any(left):
            some = self._choose(data, left)
            taken = [value_of_units(*lot) for lot in zip(values, left, some, strict=True)]
            refund = refund_by_average(paid, refunded, sum(taken))
            self.assertEqual(refund, sum(taken), "earlier refunds leave what the units left are worth")
            refunded += refund
            values = [value - part for value, part in zip(values, taken, strict=True)]
            left = [units - chosen for units, chosen in zip(left, some, strict=True)]
        self.assertEqual(refunded, paid)

    @PROPERTY
    @given(cents, contents, st.data())
    def test_choosing_more_gives_more(self, rest, lines, data):
        one = [data.draw(st.integers(0, line.quantity)) for line in lines]
        more = [data.draw(st.integers(some, line.quantity)) for some, line in zip(one, lines, strict=True)]
        parts = [
            refund_of_chosen(
                rest, [Chosen(line.quantity, n, line.unit_value) for n, line in zip(some, lines, strict=True)]
            )
            for some in (one, more)
        ]
        self.assertLessEqual(0, parts[0])
        self.assertLessEqual(parts[0], parts[1])
        self.assertLessEqual(parts[1], rest)
