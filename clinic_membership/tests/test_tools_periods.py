from calendar import monthrange
from datetime import date, timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.periods import (
    BILLING,
    Interval,
    Period,
    due_periods,
    first_period,
    index_at,
    last_day,
    nth_period,
    period_at,
)
from .tools_common import PROPERTY, billing, day, days, intervals

MONTHLY, ANNUAL = BILLING["monthly"], BILLING["annual"]


def month_end(year: int, month: int, wanted: int) -> date:
    """The day ``wanted`` of a month, or its last one: the rule of anchors, written a second time."""
    return date(year, month, min(wanted, monthrange(year, month)[1]))


@tagged("post_install", "-at_install")
class TestPeriodDates(BaseCase):
    """Hard dates, written out: 28 to 31 of a month, leap years, year ends."""

    STARTS = (
        # (what, interval, starts from the anchor on)
        ("31st", "monthly", "2023-01-31 2023-02-28 2023-03-31 2023-04-30 2023-05-31 2023-06-30 2023-07-31 2023-08-31"),
        ("31st, leap year", "monthly", "2024-01-31 2024-02-29 2024-03-31 2024-04-30"),
        ("30th", "monthly", "2023-01-30 2023-02-28 2023-03-30 2023-04-30 2023-05-30"),
        ("29th", "monthly", "2023-01-29 2023-02-28 2023-03-29"),
        ("29th, leap year", "monthly", "2024-01-29 2024-02-29 2024-03-29"),
        ("28th", "monthly", "2024-01-28 2024-02-28 2024-03-28"),
        ("30th of a short month", "monthly", "2024-04-30 2024-05-30 2024-06-30"),
        ("29 Feb", "monthly", "2024-02-29 2024-03-29 2024-04-29"),
        ("year end", "monthly", "2023-11-30 2023-12-30 2024-01-30 2024-02-29"),
        ("last of the year", "monthly", "2022-12-31 2023-01-31 2023-02-28 2023-03-31"),
        ("2000 is a leap year", "monthly", "2000-01-31 2000-02-29 2000-03-31"),
        ("2100 is not", "monthly", "2100-01-31 2100-02-28 2100-03-31"),
        ("30 Nov", "quarterly", "2022-11-30 2023-02-28 2023-05-30 2023-08-30 2023-11-30 2024-02-29"),
        ("31 Oct", "quarterly", "2024-10-31 2025-01-31 2025-04-30 2025-07-31"),
        ("29 Feb", "annual", "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
        ("28 Feb stays the 28th", "annual", "1999-02-28 2000-02-28 2001-02-28"),
        ("29 Feb to 2000", "annual", "1996-02-29 1997-02-28 1998-02-28 1999-02-28 2000-02-29"),
        (
            "29 Feb over 2100",
            "annual",
            "2096-02-29 2097-02-28 2098-02-28 2099-02-28 2100-02-28 2101-02-28 2102-02-28 2103-02-28 2104-02-29",
        ),
        ("year end", "weekly", "2024-12-20 2024-12-27 2025-01-03 2025-01-10"),
        ("leap day", "weekly", "2024-02-23 2024-03-01"),
        ("no leap day", "weekly", "2023-02-23 2023-03-02"),
    )

    def test_starts(self):
        for what, interval, text in self.STARTS:
            starts = [day(one) for one in text.split()]
            with self.subTest(what, interval=interval, anchor=starts[0]):
                found = [nth_period(starts[0], BILLING[interval], n).start for n in range(len(starts))]
                self.assertEqual(found, starts)

    def test_before_the_anchor(self):
        anchor = day("2024-03-31")
        starts = [nth_period(anchor, MONTHLY, -n).start for n in range(5)]
        expected = "2024-03-31 2024-02-29 2024-01-31 2023-12-31 2023-11-30"
        self.assertEqual(starts, [day(one) for one in expected.split()])

    def test_index_at_month_ends(self):
        anchor = day("2023-01-31")
        for text, index in (
            ("2023-01-31", 0),
            ("2023-02-27", 0),
            ("2023-02-28", 1),
            ("2023-03-30", 1),
            ("2023-03-31", 2),
            ("2023-04-29", 2),
            ("2023-04-30", 3),
            ("2024-01-30", 11),
            ("2024-01-31", 12),
            ("2023-01-30", -1),
            ("2022-12-31", -1),
            ("2022-12-30", -2),
            ("2022-01-31", -12),
            ("2022-01-30", -13),
        ):
            with self.subTest(text):
                self.assertEqual(index_at(anchor, MONTHLY, day(text)), index)

    def test_index_at_leap_anchor(self):
        anchor = day("2024-02-29")
        for text, index in (
            ("2025-02-27", 0),
            ("2025-02-28", 1),
            ("2028-02-28", 3),
            ("2028-02-29", 4),
            ("2024-02-28", -1),
        ):
            with self.subTest(text):
                self.assertEqual(index_at(anchor, ANNUAL, day(text)), index)

    def test_edges_of_a_period(self):
        period = period_at(day("2024-01-31"), MONTHLY, day("2024-02-15"))
        self.assertEqual(period, Period(day("2024-01-31"), day("2024-02-29")))
        self.assertEqual((period.days, period.last_day), (29, day("2024-02-28")))
        self.assertIn(period.start, period)
        self.assertIn(period.last_day, period)
        self.assertNotIn(period.end, period)
        self.assertNotIn(period.start - timedelta(days=1), period)

    def test_edge_of_the_calendar(self):
        """A period that cannot be written down is refused in one way, whatever its unit."""
        for interval in BILLING.values():
            for edge in (date.max, date.min):
                with self.subTest(interval=interval, edge=edge), self.assertRaisesRegex(ValueError, "calendar"):
                    period_at(day("2024-01-31"), interval, edge)
        self.assertEqual(period_at(day("2024-01-31"), MONTHLY, day("9999-12-30")).end, date.max)
        self.assertEqual(period_at(date.max, ANNUAL, day("9999-12-30")), Period(day("9998-12-31"), date.max))
        self.assertEqual(index_at(date.min, MONTHLY, date.min), 0)

    def test_bad_input(self):
        for unit, count in (("month", 0), ("month", -1), ("fortnight", 1), ("month", 1.5), ("", 1)):
            with self.subTest(unit=unit, count=count), self.assertRaisesRegex(ValueError, "not an interval"):
                Interval(unit, count)
        for end in ("2024-01-01", "2023-12-31"):
            with self.subTest(end=end), self.assertRaisesRegex(ValueError, "must end after it starts"):
                Period(day("2024-01-01"), day(end))

    def test_monthly_rate(self):
        rates = {name: round(interval.monthly_rate(), 4) for name, interval in BILLING.items()}
        self.assertEqual(rates, {"weekly": 4.3482, "monthly": 1, "quarterly": 0.3333, "annual": 0.0833})
        self.assertAlmostEqual(Interval("day", 365).monthly_rate() * 12, 365.25 / 365)


@tagged("post_install", "-at_install")
class TestPeriodRules(BaseCase):
    """Trials, validity, pauses, missed runs: the examples of the rules."""

    def test_trial(self):
        for start, unit, count, end in (
            ("2024-02-20", "day", 14, "2024-03-05"),
            ("2023-02-20", "day", 14, "2023-03-06"),
            ("2024-01-31", "day", 30, "2024-03-01"),
            ("2023-12-31", "day", 1, "2024-01-01"),
            ("2024-01-31", "month", 1, "2024-02-29"),
            ("2023-01-31", "month", 1, "2023-02-28"),
            ("2023-11-30", "month", 3, "2024-02-29"),
            ("2024-02-29", "month", 12, "2025-02-28"),
        ):
            with self.subTest(start=start, trial=f"{count} {unit}"):
                trial = first_period(day(start), MONTHLY, Interval(unit, count))
                self.assertEqual(trial, Period(day(start), day(end)))

    def test_first_full_period_follows_the_trial(self):
        trial = first_period(day("2024-01-31"), MONTHLY, Interval("month", 1))
        first = nth_period(trial.end, MONTHLY, 0)
        self.assertEqual(first, Period(day("2024-02-29"), day("2024-03-29")))
        self.assertEqual(first.start - trial.last_day, timedelta(days=1))

    def test_no_trial(self):
        self.assertEqual(first_period(day("2024-01-31"), MONTHLY), Period(day("2024-01-31"), day("2024-02-29")))

    def test_last_day_of_use(self):
        for start, unit, count, last in (
            ("2024-01-01", "year", 1, "2024-12-31"),
            ("2024-02-29", "year", 1, "2025-02-27"),
            ("2024-08-31", "month", 6, "2025-02-27"),
            ("2024-01-15", "month", 1, "2024-02-14"),
            ("2024-01-15", "day", 1, "2024-01-15"),
            ("2024-12-30", "week", 1, "2025-01-05"),
        ):
            with self.subTest(start=start, length=f"{count} {unit}"):
                self.assertEqual(last_day(day(start), Interval(unit, count)), day(last))
        self.assertIsNone(last_day(day("2024-01-01"), None))

    def test_pause_moves_the_end(self):
        january = Period(day("2024-01-01"), day("2024-02-01"))
        self.assertEqual(january.extended(31), Period(day("2024-01-01"), day("2024-03-03")))
        self.assertEqual(january.extended(31).extended(-10), january.extended(21), "ended early")
        with self.assertRaises(ValueError):
            january.extended(-31)

    def test_missed_runs_catch_up(self):
        due = due_periods(day("2024-01-31"), MONTHLY, day("2024-03-31"), day("2024-05-31"))
        starts = [period.start for period in due]
        self.assertEqual(starts, [day("2024-03-31"), day("2024-04-30"), day("2024-05-31")])

    def test_due_on_the_day_itself(self):
        anchor, start = day("2024-01-31"), day("2024-02-29")
        self.assertFalse(list(due_periods(anchor, MONTHLY, start, start - timedelta(days=1))))
        self.assertEqual(len(list(due_periods(anchor, MONTHLY, start, start))), 1)

    def test_due_from_inside_a_period(self):
        """A date inside a period means that period: none is skipped."""
        due = due_periods(day("2024-01-31"), MONTHLY, day("2024-03-15"), day("2024-03-31"))
        self.assertEqual([period.start for period in due], [day("2024-02-29"), day("2024-03-31")])

    def test_due_is_lazy(self):
        due = due_periods(day("2024-01-31"), MONTHLY, day("2024-01-31"), date.max)
        self.assertEqual(len(list(islice(due, 24))), 24)


@tagged("post_install", "-at_install")
class TestPeriodProperties(BaseCase):
    @PROPERTY
    @given(days, intervals, st.integers(-60, 60))
    def test_periods_tile_the_time_line(self, anchor, interval, n):
        before, after = nth_period(anchor, interval, n), nth_period(anchor, interval, n + 1)
        self.assertEqual(before.end, after.start)
        self.assertLess(before.start, before.end)

    @PROPERTY
    @given(days, st.integers(1, 24), st.integers(-90, 90))
    def test_month_ends_come_from_the_anchor(self, anchor, count, n):
        months = anchor.year * 12 + anchor.month - 1 + count * n
        expected = month_end(months // 12, months % 12 + 1, anchor.day)
        self.assertEqual(nth_period(anchor, Interval("month", count), n).start, expected)

    @PROPERTY
    @given(days, st.integers(-90, 90))
    def test_a_year_is_twelve_months(self, anchor, n):
        self.assertEqual(nth_period(anchor, ANNUAL, n), nth_period(anchor, Interval("month", 12), n))

    @PROPERTY
    @given(days, intervals, st.integers(-80, 80), st.data())
    def test_index_at_is_the_inverse(self, anchor, interval, n, data):
        period = nth_period(anchor, interval, n)
        inside = period.start + timedelta(days=data.draw(st.integers(0, period.days - 1)))
        for one in (period.start, inside, period.last_day):
            self.assertEqual(index_at(anchor, interval, one), n)
        self.assertEqual(index_at(anchor, interval, period.end), n + 1)

    @PROPERTY
    @given(days, billing, days)
    def test_every_day_is_in_one_period(self, anchor, interval, one):
        index = index_at(anchor, interval, one)
        self.assertIn(one, nth_period(anchor, interval, index))
        self.assertEqual(index >= 0, one >= anchor)
        self.assertEqual(period_at(anchor, interval, one), nth_period(anchor, interval, index))

    @PROPERTY
    @given(days, billing, st.lists(st.integers(0, 100), max_size=12))
    def test_due_in_one_go_or_in_many_runs(self, anchor, interval, gaps):
        """Run on any days, twice on some, each run going on where the last one ended."""
        today, next_start, runs = anchor - timedelta(days=10), anchor, []
        for gap in gaps:
            today += timedelta(days=gap)
            for period in due_periods(anchor, interval, next_start, today):
                runs.append(period)
                next_start = period.end
        self.assertEqual(runs, list(due_periods(anchor, interval, anchor, today)))
        self.assertEqual(len({period.start for period in runs}), len(runs))
        self.assertGreater(next_start, today)

    @PROPERTY
    @given(days, billing)
    def test_due_day_by_day(self, anchor, interval):
        next_start, runs = anchor, []
        for offset in range(70):
            for period in due_periods(anchor, interval, next_start, anchor + timedelta(days=offset)):
                self.assertEqual(period.start, anchor + timedelta(days=offset), "billed on its first day")
                runs.append(period)
                next_start = period.end
        self.assertEqual(runs, list(due_periods(anchor, interval, anchor, anchor + timedelta(days=69))))

    @PROPERTY
    @given(days, intervals, intervals)
    def test_trial_then_full_periods(self, start, trial, interval):
        free = first_period(start, interval, trial)
        self.assertEqual((free.start, free.end), (start, nth_period(free.end, interval, 0).start))
        self.assertEqual(last_day(start, trial), free.last_day)

    @PROPERTY
    @given(days, intervals, st.integers(0, 200), st.integers(0, 200))
    def test_pauses_add_up(self, start, interval, one, other):
        period = first_period(start, interval)
        self.assertEqual(period.extended(one).extended(other), period.extended(one + other))
        self.assertEqual(period.extended(one).days, period.days + one)
