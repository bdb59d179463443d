"""What a change in the middle of a period costs, to the day.

``f = days(d, end) / days(start, end)``. The credit is what was paid x f, the debit the new price
x f, each rounded once in the currency.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .money import exact, to_amount, to_cents
from .periods import Period


@dataclass(frozen=True)
class Change:
    """Both sides of a change of plan, as positive amounts of the currency."""

    fraction: Fraction
    credit: float
    debit: float

    @property
    def due(self) -> float:
        """What the member owes; negative when the clinic does."""
        return float(exact(self.debit) - exact(self.credit))


def fraction_left(period: Period, day: date, idle: int = 0) -> Fraction:
    """The share of the period from ``day`` on, between 0 and 1.

    :param idle: days of the period on which it was paused; they lie before ``day`` and were not paid for
    """
    served = period.days - idle
    left = (period.end - day).days
    return Fraction(min(max(left, 0), served), served) if served > 0 else Fraction(0)


def prorate(amount, fraction: Fraction, rounding) -> float:
    """``amount x fraction``, rounded once to a whole number of ``rounding`` steps, halves away from zero."""
    return to_amount(to_cents(exact(amount) * fraction, rounding), rounding)


def change_plan(paid, new_price, period: Period, day: date, rounding, idle: int = 0) -> Change:
    """Credit and debit for moving to ``new_price`` on ``day`` of a period that ``paid`` was paid for."""
    fraction = fraction_left(period, day, idle)
    return Change(fraction, prorate(paid, fraction, rounding), prorate(new_price, fraction, rounding))
