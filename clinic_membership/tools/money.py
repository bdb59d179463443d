"""Whole cents: amounts as integers of the currency's smallest step.

Sums that must add up exactly are computed on integers; floats exist only at the edges.
"""

from collections.abc import Sequence
from fractions import Fraction


def exact(number) -> Fraction:
    """The number itself; of a float the 15 digits it holds, so that 3 x 0.145 is 0.435 and rounds as in Odoo."""
    return Fraction(f"{number:.15g}" if isinstance(number, float) else number)


def whole(steps: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    nearest = int(abs(steps) + Fraction(1, 2))
    return nearest if steps >= 0 else -nearest


def to_cents(amount, rounding) -> int:
    """The amount as a whole number of ``rounding`` steps (0.01 for most currencies), halves away from zero."""
    return whole(exact(amount) / exact(rounding))


def to_amount(cents: int, rounding) -> float:
    """The amount that a whole number of ``rounding`` steps stands for."""
    return float(cents * exact(rounding))


def spread(total: int, weights: Sequence) -> list[int]:
    """Split ``total`` cents in proportion to ``weights``; the parts add up exactly.

    Every part is rounded towards zero, and the cents that are left go, one each, to the last parts
    that have a weight. Without any weight the parts are equal.

    :raises ValueError: nothing to split over, or a negative weight
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be given and must not be negative")
    shares = [exact(weight) for weight in weights]
    if not any(shares):
        shares = [Fraction(1)] * len(shares)
    sign, total, divisor = (-1 if total < 0 else 1), abs(total), sum(shares)
    parts = [int(total * share / divisor) for share in shares]
    left = total - sum(parts)
    for index in reversed([i for i, share in enumerate(shares) if share]):
        if not left:
            break
        parts[index] += 1
        left -= 1
    return [sign * part for part in parts]
