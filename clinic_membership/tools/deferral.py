"""Straight-line recognition: what is earned of an amount by a day, and on which days it is posted."""

from calendar import monthrange
from datetime import date, timedelta

from .money import exact, to_amount, to_cents

# the billing intervals whose price is earned day by day
DEFERRED = ("quarterly", "annual")


def earned(amount, first: date, last: date, day: date, rounding, idle: int = 0):
    """What of ``amount`` is earned by the end of ``day``, rounded once.

    :param first: the first day of service
    :param last: the last one
    :param idle: days between them on which nothing was served; they lie before ``day``
    """
    days = (last - first).days + 1 - idle
    served = min(max((day - first).days + 1 - idle, 0), max(days, 0))
    if day >= last or days <= 0:
        return amount
    return to_amount(to_cents(exact(amount) * served / days, rounding), rounding)


def month_end(day: date) -> date:
    """The last day of the month of ``day``."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_month_end(day: date) -> date:
    """The last day of the month after that of ``day``."""
    return month_end(month_end(day) + timedelta(days=1))
