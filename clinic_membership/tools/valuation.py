"""The value of prepaid units: what each carries, what is left, what is refunded. All in cents."""

from dataclasses import dataclass

from .money import exact, spread, whole


@dataclass(frozen=True)
class Content:
    """One line of a package: so many units of something, each worth ``unit_value`` on its own."""

    quantity: int
    unit_value: float


@dataclass(frozen=True)
class Chosen:
    """Of one lot: the units that are left, and how many of them are given back."""

    left: int
    units: int
    unit_value: float


def spread_price(price: int, contents: list[Content]) -> list[int]:
    """The cents of ``price`` that each line of the package carries, by stand-alone value."""
    weights = [content.quantity * content.unit_value for content in contents]
    return spread(price, weights if any(weights) else [content.quantity for content in contents])


def value_of_units(value_left: int, units_left: int, units: int) -> int:
    """The cents that the next ``units`` of a lot take with them.

    Each unit takes its share of what is left, rounded (halves up): the last one takes the rest. So n units
    taken at once or one after another take the same, and what is left stays near its share of the price.

    :raises ValueError: more units than are left
    """
    if not 0 <= units <= units_left:
        raise ValueError(f"{units} units of {units_left}")
    taken = 0
    for left in range(units_left, units_left - units, -1):
        taken += (2 * (value_left - taken) + left) // (2 * left)
    return taken


def refund_by_list(paid: int, refunded: int, used_at_list: int) -> int:
    """What is still owed when used units are charged at their stand-alone price; earlier refunds are part of it."""
    return max(0, paid - refunded - used_at_list)


def refund_by_average(paid: int, refunded: int, value_left: int) -> int:
    """What is owed when every unit is worth the same share of the price."""
    return max(0, min(value_left, paid - refunded))


def refund_of_chosen(rest: int, lots: list[Chosen]) -> int:
    """Of what is given back for all units that are left, the part for those chosen: by stand-alone value.

    Rounded once, halves up; who chooses all of them, now or after earlier refunds, takes exactly the rest.
    """
    values = [exact(lot.unit_value) for lot in lots]
    if not any(value * lot.left for value, lot in zip(values, lots, strict=True)):
        values = [1] * len(lots)  # worth nothing on their own: each the same
    left = sum(value * lot.left for value, lot in zip(values, lots, strict=True))
    chosen = sum(value * lot.units for value, lot in zip(values, lots, strict=True))
    return whole(rest * chosen / left) if left else 0
