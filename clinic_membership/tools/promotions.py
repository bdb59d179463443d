"""Who bears a promotion: discounts of an order spread over what was sold, and a price shared with what came free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Discount:
    """So many cents off the lines (by index) that a promotion concerns."""

    cents: int
    lines: frozenset[int]


def discount_weights(prices: Sequence[int], discounts: Iterable[Discount]) -> list[list[Fraction]]:
    """For each discount: in which proportion the lines bear it, one weight a line.

    A discount is borne in proportion to what the discounts before it have left of each price, so that no line falls
    below 0 while the others still cost something. One that concerns nothing with a price is borne by all lines.
    """
    left, result = [Fraction(max(price, 0)) for price in prices], []
    for discount in discounts:
        concerned = discount.lines if any(left[index] for index in discount.lines) else range(len(left))
        weights = [rest if index in concerned else Fraction(0) for index, rest in enumerate(left)]
        total = sum(weights)
        result.append(weights)
        if total:
            share = min(Fraction(discount.cents) / total, Fraction(1))
            left = [rest - weight * share for rest, weight in zip(left, weights, strict=True)]
    return result


def pool(weights: Sequence[Fraction], pools: Iterable[set[int]], values: Sequence) -> list[Fraction]:
    """Share what lines bear with the lines that came free with them, in proportion to stand-alone ``values``.

    :param pools: indexes of lines that share one price; those that overlap are one
    """
    result = list(weights)
    for members in merged(pools):
        together, worth = sum(result[index] for index in members), sum(values[index] for index in members)
        for index in members:
            part = Fraction(values[index]) / worth if worth else Fraction(1, len(members))
            result[index] = together * part
    return result


def merged(pools: Iterable[set[int]]) -> list[set[int]]:
    """The pools, those with a line in common as one."""
    result: list[set[int]] = []
    for members in pools:
        touched = [other for other in result if other & members]
        result = [other for other in result if other not in touched] + [members.union(*touched)]
    return result
