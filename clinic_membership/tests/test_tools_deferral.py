from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.clinic_membership.tools.deferral import earned, month_end, next_month_end


class TestDeferralTool(BaseCase):
    """Straight-line by day."""

    def test_by_example(self):
        first, last = date(2026, 1, 1), date(2026, 12, 31)
        for day, amount in (
            (date(2025, 12, 31), 0),
            (date(2026, 1, 1), 10),
            (date(2026, 1, 31), 310),
            (date(2026, 12, 30), 3640),
            (date(2026, 12, 31), 3650),
            (date(2030, 1, 1), 3650),
        ):
            with self.subTest(day):
                self.assertEqual(earned(3650, first, last, day, 0.01), amount)
        self.assertEqual(earned(-100, first, first, first, 0.01), -100)
        self.assertEqual(
            earned(90, date(2026, 1, 1), date(2026, 4, 10), date(2026, 2, 10), 0.01, idle=10), 31 * 90 / 90
        )

    def test_month_ends(self):
        self.assertEqual(month_end(date(2028, 2, 3)), date(2028, 2, 29))
        self.assertEqual(next_month_end(date(2026, 1, 31)), date(2026, 2, 28))
        self.assertEqual(next_month_end(date(2026, 12, 1)), date(2027, 1, 31))

    @given(
        cents=st.integers(-(10**9), 10**9),
        length=st.integers(1, 800),
        steps=st.lists(st.integers(0, 60), max_size=30),
    )
    def test_adds_up_and_never_goes_back(self, cents, length, steps):
        first = date(2026, 3, 5)
        last, day, before = first + timedelta(days=length - 1), first - timedelta(days=3), 0.0
        for step in steps:
            day += timedelta(days=step)
            now = earned(cents / 100, first, last, day, 0.01)
            self.assertGreaterEqual(abs(now), abs(before))
            before = now
        self.assertEqual(earned(cents / 100, first, last, last, 0.01), cents / 100)
