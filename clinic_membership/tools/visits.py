"""When a package may be used: dates that are excluded, and the days that must lie between two visits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Blackout:
    """From one day to another, both included; yearly: the same days each year, over New Year too."""

    start: date
    end: date
    yearly: bool = False

    def covers(self, day: date) -> bool:
        if not self.yearly:
            return self.start <= day <= self.end
        if (self.end - self.start).days >= 365:
            return True
        first, last, this = ((d.month, d.day) for d in (self.start, self.end, day))
        return first <= this <= last if first <= last else this >= first or this <= last


def is_closed(blackouts: Iterable[tuple[str, str, bool]], day: date) -> bool:
    """Whether one of these covers a day: each from one day to another, as text, and whether it is yearly."""
    return any(Blackout(date.fromisoformat(a), date.fromisoformat(b), yearly).covers(day) for a, b, yearly in blackouts)


def too_near(visits: Iterable[date], day: date, minimum: int) -> date | None:
    """The visit that is nearest to ``day`` among those on other days that are less than ``minimum`` days away.

    Visits before and after count alike: a visit may be entered late.
    """
    near = [visit for visit in visits if 0 < abs((visit - day).days) < minimum]
    return min(near, key=lambda visit: (abs((visit - day).days), visit), default=None)


def next_day(visits: Iterable[date], day: date, minimum: int) -> date:
    """The first day from ``day`` on that is far enough from every visit, or the day of one."""
    visits = list(visits)
    while too_near(visits, day, minimum):
        day += timedelta(days=1)
    return day
