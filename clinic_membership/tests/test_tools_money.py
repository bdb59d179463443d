from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import float_round

from ..tools.money import exact, spread, to_amount, to_cents
from .tools_common import PROPERTY, ROUNDINGS, roundings

weights = st.lists(
    st.integers(0, 10**6) | st.floats(0, 10**6, allow_nan=False) | st.decimals(0, 10**6, places=2),
    min_size=1,
    max_size=12,
)
totals = st.integers(-(10**12), 10**12)


@tagged("post_install", "-at_install")
class TestMoney(BaseCase):
    def test_to_cents(self):
        for amount, rounding, cents in (
            (0, 0.01, 0),
            (99, 0.01, 9900),
            (0.1 + 0.2, 0.01, 30),
            (1.005, 0.01, 101),
            (2.675, 0.01, 268),
            (-2.675, 0.01, -268),
            (0.005, 0.01, 1),
            (-0.005, 0.01, -1),
            (0.0049, 0.01, 0),
            (3 * 0.145, 0.01, 44),  # 0.43499999999999994
            (1.1 * 1.1, 0.001, 1210),
            (9.99, 0.05, 200),
            (9.974, 0.05, 199),
            (9.975, 0.05, 200),
            (0.15, 0.05, 3),
            (100.5, 1, 101),
            (100.49, 1.0, 100),
            (1234, 1.0, 1234),
            (1.2345, 0.001, 1235),
            (1250, 500, 3),
            (Decimal("19.995"), 0.01, 2000),
            ("19.99", "0.01", 1999),
            (9_999_999_999.99, 0.01, 999_999_999_999),
        ):
            with self.subTest(amount=amount, rounding=rounding):
                self.assertEqual(to_cents(amount, rounding), cents)

    def test_to_amount(self):
        for cents, rounding, amount in (
            (30, 0.01, 0.3),
            (-101, 0.01, -1.01),
            (199, 0.05, 9.95),
            (3, 0.05, 0.15),
            (5, 1.0, 5.0),
            (0, 0.01, 0.0),
            (1235, 0.001, 1.235),
        ):
            with self.subTest(cents=cents, rounding=rounding):
                self.assertEqual(repr(to_amount(cents, rounding)), repr(amount), "the nearest float, without a tail")

    def test_no_number(self):
        for amount in (float("nan"), float("inf"), "ten"):
            with self.subTest(amount=amount), self.assertRaises((ValueError, OverflowError)):
                to_cents(amount, 0.01)

    def test_exact(self):
        self.assertEqual(exact(0.1 + 0.2), Fraction(3, 10))
        self.assertEqual(exact(0.1), Fraction(1, 10))
        self.assertEqual(exact(7), 7)
        self.assertEqual(exact(Decimal("0.70")), Fraction(7, 10))

    def test_spread(self):
        for total, over, parts in (
            (100, [1, 1, 1], [33, 33, 34]),
            (200, [1, 1, 1], [66, 67, 67]),
            (-100, [1, 1, 1], [-33, -33, -34]),
            (100, [1, 1, 0], [50, 50, 0]),
            (101, [1, 1, 0], [50, 51, 0]),  # a part without weight gets nothing, not even a spare cent
            (100, [0, 0, 0], [33, 33, 34]),
            (2, [1] * 5, [0, 0, 0, 1, 1]),
            (0, [1, 2], [0, 0]),
            (60000, [300, 120, 180], [30000, 12000, 18000]),
            (10000, [33.33, 33.33, 33.34], [3333, 3333, 3334]),
            (1, [5], [1]),
            (100, (0.1, 0.2, 0.1 + 0.2), [16, 33, 51]),
            (6, [0.1, 0.2, 0.1 + 0.2], [1, 2, 3]),  # a float's tail moves no cent
            (100, [Decimal("1.5"), Fraction(3, 2)], [50, 50]),
        ):
            with self.subTest(total=total, over=over):
                self.assertEqual(spread(total, over), parts)

    def test_spread_long_numbers(self):
        """More digits than a decimal context holds; the sum and every part stay exact."""
        third = 10**30 // 3
        self.assertEqual(spread(10**30, [1, 1, 1]), [third, third, third + 1])
        self.assertEqual(spread(10**30, [10**20 + 1, 10**20 - 1]), [5 * 10**29 + 5 * 10**9, 5 * 10**29 - 5 * 10**9])

    def test_spread_refuses(self):
        for over in ([], (), [1, -1], [-0.01]):
            with self.subTest(over=over), self.assertRaisesRegex(ValueError, "weights"):
                spread(100, over)


@tagged("post_install", "-at_install")
class TestMoneyProperties(BaseCase):
    @PROPERTY
    @given(totals, weights)
    def test_shares_add_up(self, total, over):
        self.assertEqual(sum(spread(total, over)), total)

    @PROPERTY
    @given(totals, weights)
    def test_shares_are_within_a_cent(self, total, over):
        exacts = [exact(weight) for weight in over] if any(over) else [1] * len(over)
        for part, weight in zip(spread(total, over), exacts, strict=True):
            self.assertLess(abs(part - Fraction(total) * weight / sum(exacts)), 1)
            self.assertGreaterEqual(part * total, 0, "no part against the sign of the total")
            if not weight:
                self.assertEqual(part, 0)

    @PROPERTY
    @given(st.integers(0, 10**6), st.integers(1, 60))
    def test_spare_cents_go_to_the_last(self, total, count):
        parts = spread(total, [1] * count)
        self.assertEqual(parts, sorted(parts))
        self.assertEqual(parts.count(total // count + 1), total % count)

    @PROPERTY
    @given(totals, weights)
    def test_spread_is_symmetric(self, total, over):
        self.assertEqual(spread(-total, over), [-part for part in spread(total, over)])

    @PROPERTY
    @given(totals, st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(2, 50))
    def test_only_proportions_count(self, total, over, factor):
        self.assertEqual(spread(total, over), spread(total, [weight * factor for weight in over]))

    @PROPERTY
    @given(st.integers(-(10**12), 10**12), roundings)
    def test_there_and_back(self, cents, rounding):
        self.assertEqual(to_cents(to_amount(cents, rounding), rounding), cents)

    @PROPERTY
    @given(st.integers(-(10**8), 10**8), st.integers(0, 4), st.integers(1, 60), roundings)
    def test_rounds_as_odoo_does(self, digits, places, factor, rounding):
        """Amounts as they come: a price of a few decimals times a quantity, in floats."""
        amount = digits / 10**places * factor
        rounded = float_round(amount, precision_rounding=rounding)
        self.assertAlmostEqual(to_amount(to_cents(amount, rounding), rounding), rounded, delta=rounding / 10)

    @PROPERTY
    @given(st.lists(st.integers(-(10**7), 10**7), max_size=20))
    def test_sums_of_floats(self, cents):
        for rounding in ROUNDINGS:
            amount = sum(to_amount(one, rounding) for one in cents)
            self.assertEqual(to_cents(amount, rounding), sum(cents))
