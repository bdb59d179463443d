from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..tools.periods import BILLING, MONTH, Interval, Period, nth_period, starting_within
from .tools_common import PROPERTY, billing, days


class TestRhythms(BaseCase):
    """Allowances by the month within billing periods of any length."""

    def test_a_quarter_has_three_months(self):
        quarter = nth_period(date(2026, 11, 30), BILLING["quarterly"], 0)
        self.assertEqual(
            list(starting_within(date(2026, 11, 30), MONTH, quarter)),
            [
                Period(date(2026, 11, 30), date(2026, 12, 30)),
                Period(date(2026, 12, 30), date(2027, 1, 30)),
                Period(date(2027, 1, 30), date(2027, 2, 28)),
            ],
        )

    def test_a_week_has_a_month_or_none(self):
        anchor = date(2026, 1, 31)
        weeks = [nth_period(anchor, BILLING["weekly"], n) for n in range(5)]
        self.assertEqual([len(list(starting_within(anchor, MONTH, week))) for week in weeks], [1, 0, 0, 0, 1])

    def test_a_year_from_the_29th_of_february(self):
        year = nth_period(date(2028, 2, 29), BILLING["annual"], 0)
        months = list(starting_within(date(2028, 2, 29), MONTH, year))
        self.assertEqual(len(months), 12)
        self.assertEqual(months[-1].end, date(2029, 2, 28))

    @PROPERTY
    @given(days, billing, st.integers(0, 60), st.sampled_from([MONTH, Interval("week", 1), Interval("day", 10)]))
    def test_every_one_starts_in_one_period(self, anchor, interval, count, rhythm):
        """Over any number of billing periods none is given twice and none is left out."""
        spans = [
            span for n in range(count) for span in starting_within(anchor, rhythm, nth_period(anchor, interval, n))
        ]
        self.assertEqual(spans, [nth_period(anchor, rhythm, n) for n in range(len(spans))])
        if count:
            self.assertGreaterEqual(nth_period(anchor, rhythm, len(spans)).start, interval.after(anchor, count))
