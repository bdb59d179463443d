from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.money import exact, to_amount, to_cents
from ..tools.periods import Period, first_period
from ..tools.proration import Change, change_plan, fraction_left, prorate
from .tools_common import PROPERTY, billing, day, days, roundings

APRIL = Period(day("2024-04-01"), day("2024-05-01"))
FEBRUARY = Period(day("2024-02-01"), day("2024-03-01"))

periods = st.builds(first_period, days, billing)
prices = st.integers(0, 10**7).map(lambda cents: cents / 100)
fractions = st.fractions(0, 1, max_denominator=366)


@tagged("post_install", "-at_install")
class TestProration(BaseCase):
    def test_fraction_left(self):
        for text, fraction in (
            ("2024-03-31", Fraction(1)),
            ("2024-04-01", Fraction(1)),
            ("2024-04-02", Fraction(29, 30)),
            ("2024-04-16", Fraction(1, 2)),
            ("2024-04-30", Fraction(1, 30)),
            ("2024-05-01", Fraction(0)),
            ("2024-12-31", Fraction(0)),
        ):
            with self.subTest(text):
                self.assertEqual(fraction_left(APRIL, day(text)), fraction)

    def test_change(self):
        upgrade = (99, 199)
        for what, paid, price, period, when, rounding, credit, debit, due in (
            ("half of April", *upgrade, APRIL, "2024-04-16", 0.01, 49.5, 99.5, 50.0),
            ("downgrade", 199, 99, APRIL, "2024-04-16", 0.01, 99.5, 49.5, -50.0),
            ("first day", *upgrade, APRIL, "2024-04-01", 0.01, 99.0, 199.0, 100.0),
            ("last day", *upgrade, APRIL, "2024-04-30", 0.01, 3.3, 6.63, 3.33),
            ("next period", *upgrade, APRIL, "2024-05-01", 0.01, 0.0, 0.0, 0.0),
            ("unpaid", 0, 199, APRIL, "2024-04-16", 0.01, 0.0, 99.5, 99.5),
            ("to nothing", 99, 0, APRIL, "2024-04-16", 0.01, 49.5, 0.0, -49.5),
            ("leap February", *upgrade, FEBRUARY, "2024-02-15", 0.01, 51.21, 102.93, 51.72),
            ("steps of 0.05", *upgrade, FEBRUARY, "2024-02-15", 0.05, 51.2, 102.95, 51.75),
            ("three decimals", *upgrade, FEBRUARY, "2024-02-15", 0.001, 51.207, 102.931, 51.724),
            ("yen", 9900, 19900, FEBRUARY, "2024-02-15", 1.0, 5121.0, 10293.0, 5172.0),
        ):
            with self.subTest(what):
                change = change_plan(paid, price, period, day(when), rounding)
                self.assertEqual((change.credit, change.debit, change.due), (credit, debit, due))

    def test_each_side_is_rounded_once(self):
        change = change_plan(0.05, 0.15, APRIL, day("2024-04-16"), 0.01)
        self.assertEqual((change.credit, change.debit, change.due), (0.03, 0.08, 0.05))

    def test_due_has_no_tail(self):
        self.assertNotEqual(0.3 - 0.1, 0.2)
        self.assertEqual(Change(Fraction(1), 0.1, 0.3).due, 0.2)
        self.assertEqual(Change(Fraction(1), 199.0, 99.9).due, -99.1)

    def test_prorate(self):
        for amount, fraction, rounding, result in (
            (0.01, Fraction(1, 2), 0.01, 0.01),
            (-0.01, Fraction(1, 2), 0.01, -0.01),
            (0.1 + 0.7, Fraction(1, 32), 0.01, 0.03),  # 0.7999999999999999
            (0.1 + 0.2, Fraction(1, 2), 0.01, 0.15),
            (100, Fraction(1, 3), 0.01, 33.33),
            (100, Fraction(2, 3), 0.01, 66.67),
            (100, Fraction(1, 3), 0.05, 33.35),
            (100, Fraction(1, 3), 1, 33.0),
            (Decimal("0.05"), Fraction(1, 2), 0.01, 0.03),
            (0, Fraction(1, 3), 0.01, 0.0),
        ):
            with self.subTest(amount=amount, fraction=fraction, rounding=rounding):
                self.assertEqual(prorate(amount, fraction, rounding), result)


@tagged("post_install", "-at_install")
class TestProrationProperties(BaseCase):
    @PROPERTY
    @given(periods, days)
    def test_fraction_is_clamped(self, period, when):
        fraction = fraction_left(period, when)
        self.assertTrue(0 <= fraction <= 1)
        self.assertEqual(fraction == 1, when <= period.start)
        self.assertEqual(fraction == 0, when >= period.end)

    @PROPERTY
    @given(periods, st.data())
    def test_every_day_costs_the_same(self, period, data):
        when = period.start + timedelta(days=data.draw(st.integers(0, period.days - 1)))
        step = fraction_left(period, when) - fraction_left(period, when + timedelta(days=1))
        self.assertEqual(step, Fraction(1, period.days))

    @PROPERTY
    @given(prices, fractions, roundings)
    def test_within_half_a_step(self, price, fraction, rounding):
        """Clamped: never below 0, never above the price (rounded); and nearest to what is exact."""
        part, step = exact(prorate(price, fraction, rounding)), exact(rounding)
        self.assertLessEqual(abs(part - exact(price) * fraction), step / 2)
        self.assertTrue(0 <= part <= exact(prorate(price, Fraction(1), rounding)))
        self.assertEqual(part % step, 0)

    @PROPERTY
    @given(prices, fractions, roundings)
    def test_symmetric(self, price, fraction, rounding):
        self.assertEqual(prorate(-price, fraction, rounding), -prorate(price, fraction, rounding))

    @PROPERTY
    @given(prices, fractions, roundings)
    def test_used_and_left_make_the_whole(self, price, fraction, rounding):
        price = to_amount(to_cents(price, rounding), rounding)
        parts = [prorate(price, share, rounding) for share in (fraction, 1 - fraction)]
        cents = sum(to_cents(part, rounding) for part in parts)
        self.assertIn(cents - to_cents(price, rounding), (0, 1), "both halves of an odd step round up")

    @PROPERTY
    @given(prices, prices, periods, days, roundings)
    def test_there_and_back_costs_nothing(self, old, new, period, when, rounding):
        there = change_plan(old, new, period, when, rounding)
        back = change_plan(new, old, period, when, rounding)
        self.assertEqual((there.credit, there.debit), (back.debit, back.credit))
        self.assertEqual(there.due, -back.due)

    @PROPERTY
    @given(prices, prices, periods, days, roundings)
    def test_due_is_what_the_lines_add_up_to(self, old, new, period, when, rounding):
        change = change_plan(old, new, period, when, rounding)
        cents = to_cents(change.debit, rounding) - to_cents(change.credit, rounding)
        self.assertEqual(change.due, to_amount(cents, rounding))
        self.assertEqual((change.due > 0) - (change.due < 0), (cents > 0) - (cents < 0))

    @PROPERTY
    @given(prices, periods, days, roundings)
    def test_same_price_moves_no_money(self, price, period, when, rounding):
        self.assertEqual(change_plan(price, price, period, when, rounding).due, 0)

    @PROPERTY
    @given(prices, prices, periods, days, days, roundings)
    def test_later_is_never_dearer(self, old, new, period, one, other, rounding):
        first, later = (change_plan(old, new, period, when, rounding) for when in sorted((one, other)))
        self.assertGreaterEqual(first.credit, later.credit)
        self.assertGreaterEqual(first.debit, later.debit)
