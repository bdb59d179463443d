"""Billing periods: the n-th period from an anchor, trials, validity, pauses.

A period is half open, ``[start, end)``: ``end`` is the first day of the next one. Every start is
computed from the anchor, never from the start before, so that a month end is not lost:
31 Jan -> 28 Feb -> 31 Mar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

UNITS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}


@dataclass(frozen=True)
class Interval:
    """A length on the calendar: ``count`` days, weeks, months or years."""

    unit: str
    count: int

    def __post_init__(self):
        if self.unit not in UNITS or not isinstance(self.count, int) or self.count < 1:
            raise ValueError(f"not an interval: {self.count} {self.unit}")

    def after(self, day: date, times: int = 1) -> date:
        """The day ``times`` intervals after ``day``.

        :raises ValueError: there is no such day (the calendar has the years 1 to 9999)
        """
        try:
            return day + relativedelta(**{UNITS[self.unit]: self.count * times})
        except (OverflowError, ValueError) as error:
            raise ValueError(f"outside the calendar: {day} and {times} x {self.count} {self.unit}") from error

    def monthly_rate(self) -> float:
        """How many of these intervals there are in an average month."""
        months = {"day": 12 / 365.25, "week": 12 * 7 / 365.25, "month": 1, "year": 12}
        return 1 / (months[self.unit] * self.count)


BILLING = {
    "weekly": Interval("week", 1),
    "monthly": Interval("month", 1),
    "quarterly": Interval("month", 3),
    "annual": Interval("year", 1),
}


@dataclass(frozen=True)
class Period:
    """The days from ``start`` up to, but not including, ``end``."""

    start: date
    end: date

    def __post_init__(self):
        if self.end <= self.start:
            raise ValueError(f"a period must end after it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def extended(self, days: int) -> "Period":
        """The same period with its end moved by ``days`` (a pause)."""
        return Period(self.start, self.end + timedelta(days=days))


def nth_period(anchor: date, interval: Interval, n: int) -> Period:
    """The n-th period (from 0) after the anchor."""
    return Period(interval.after(anchor, n), interval.after(anchor, n + 1))


def index_at(anchor: date, interval: Interval, day: date) -> int:
    """The number of the period that holds ``day``; negative for days before the anchor.

    :raises ValueError: that period begins or ends outside the calendar
    """
    guess = int((day - anchor).days / (30.436875 / interval.monthly_rate()))
    while interval.after(anchor, guess) > day:
        guess -= 1
    while interval.after(anchor, guess + 1) <= day:
        guess += 1
    return guess


def period_at(anchor: date, interval: Interval, day: date) -> Period:
    """The period that holds ``day``."""
    return nth_period(anchor, interval, index_at(anchor, interval, day))


def due_periods(anchor: date, interval: Interval, next_start: date, today: date) -> Iterator[Period]:
    """Every period that has started by ``today``, from the one that starts on (or holds) ``next_start``."""
    n = index_at(anchor, interval, next_start)
    while (period := nth_period(anchor, interval, n)).start <= today:
        yield period
        n += 1


MONTH = Interval("month", 1)


def starting_within(anchor: date, interval: Interval, period: Period) -> Iterator[Period]:
    """The periods of another rhythm that start within ``period``, counted from ``anchor``.

    A quarter has three monthly ones; of four weeks, one has a month and the others none.
    """
    n = index_at(anchor, interval, period.start - timedelta(days=1)) + 1
    while (span := nth_period(anchor, interval, n)).start < period.end:
        yield span
        n += 1


def first_period(start: date, interval: Interval, trial: Interval | None = None) -> Period:
    """The period a contract begins with: its trial if it has one, else its first full period."""
    length = trial or interval
    return Period(start, length.after(start))


def last_day(start: date, length: Interval | None) -> date | None:
    """The last day of use of something valid for ``length`` from ``start``; None is for ever."""
    return length and length.after(start) - timedelta(days=1)
