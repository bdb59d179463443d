"""Which lots of units pay for a visit, in which order, and why.

State in, answer out: asking twice gives the same answer, and what the answer takes can be put
into a ledger in one step or in many.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date

COURTESY, ALLOWANCE, PACKAGE = "courtesy", "allowance", "package"

# why a lot does not qualify; the models say it in words
NOT_YET, EXPIRED, EMPTY, BLOCKED, CAP_REACHED = "not_yet", "expired", "empty", "blocked", "cap_reached"


@dataclass(frozen=True)
class Lot:
    """One grant, as the allocation sees it.

    ``scope``: how many kinds of service it could pay for, narrowest first (0 one service, 1 a category, ...).
    ``blocked``: a reason from outside (membership paused, suspended); it makes the lot ineligible.
    ``forbidden``: why the terms rule out this visit, on a day on which the lot is valid.
    ``cap_left``: how many units this patient may still draw from it; None is no cap.
    ``cap_group``: lots of the same group share their cap; None: the cap is this lot's own.
    """

    key: int
    kind: str
    remaining: int
    valid_from: date
    expires_on: date | None = None
    scope: int = 0
    blocked: str = ""
    forbidden: str = ""
    cap_left: int | None = None
    cap_group: Hashable = None

    def available(self) -> int:
        return self.remaining if self.cap_left is None else max(0, min(self.remaining, self.cap_left))


@dataclass(frozen=True)
class Take:
    """So many units of the lot ``key``, and how many it then has left."""

    key: int
    quantity: int
    left: int


@dataclass(frozen=True)
class Allocation:
    """The answer: what is taken, what stays unpaid, what else would have done, and what would not (key -> reason)."""

    takes: tuple[Take, ...]
    missing: int
    others: tuple[int, ...]
    refused: dict[int, str]


@dataclass(frozen=True)
class Policy:
    """The clinic's order of kinds; courtesy units are always first."""

    packages_first: bool = False

    def rank(self, kind: str) -> int:
        order = (COURTESY, PACKAGE, ALLOWANCE) if self.packages_first else (COURTESY, ALLOWANCE, PACKAGE)
        return order.index(kind)


def why_not(lot: Lot, day: date) -> str:
    """The reason why a lot cannot pay on ``day``; empty when it can."""
    if lot.blocked:
        return lot.blocked
    if day < lot.valid_from:
        return NOT_YET
    if lot.expires_on and day > lot.expires_on:
        return EXPIRED
    if lot.remaining <= 0:
        return EMPTY
    if lot.forbidden:
        return lot.forbidden
    return "" if lot.available() else CAP_REACHED


def order(lots: list[Lot], policy: Policy, preferred: tuple[int, ...] = ()) -> list[Lot]:
    """The lots in the order they pay: those staff picked, then kind, earliest expiry, narrowest scope, oldest."""
    picked = {key: position for position, key in enumerate(dict.fromkeys(preferred))}
    return sorted(
        lots,
        key=lambda lot: (
            picked.get(lot.key, len(picked)),
            policy.rank(lot.kind),
            lot.expires_on or date.max,
            lot.scope,
            lot.key,
        ),
    )


def allocate(
    lots: list[Lot], day: date, quantity: int, policy: Policy | None = None, preferred: tuple[int, ...] = ()
) -> Allocation:
    """Pay for ``quantity`` units on ``day`` out of ``lots``.

    :param preferred: keys of lots that staff wants used first; an ineligible one is refused all the same
    :raises ValueError: a negative quantity
    """
    if quantity < 0:
        raise ValueError(f"cannot pay for {quantity} units")
    refused = {lot.key: reason for lot in lots if (reason := why_not(lot, day))}
    usable = order([lot for lot in lots if lot.key not in refused], policy or Policy(), preferred)
    takes, drawn, missing = {}, {}, quantity
    for lot in usable:
        if units := min(_room(lot, drawn), missing):
            takes[lot.key] = Take(lot.key, units, lot.remaining - units)
            missing -= units
            drawn[lot.cap_group] = drawn.get(lot.cap_group, 0) + units
        elif missing:
            refused[lot.key] = CAP_REACHED
    others = tuple(lot.key for lot in usable if lot.key not in takes and lot.key not in refused)
    return Allocation(tuple(takes.values()), missing, others, refused)


def allocate_all(
    wanted: list[tuple[list[Lot], int]], day: date, policy: Policy | None = None, preferred: list[tuple[int, ...]] = ()
) -> list[Allocation]:
    """Pay for several services of one visit, each out of its own lots; what one takes the next no longer finds.

    A service that is not covered as a whole is charged, so it takes nothing from the next.

    :param wanted: (lots, quantity) of each service, in their order
    :param preferred: of each service, the keys of lots that staff wants used first
    """
    answers, drawn, grouped = [], {}, {}
    for (lots, quantity), picked in zip(wanted, preferred or [()] * len(wanted), strict=True):
        left = [_less(lot, drawn, grouped) for lot in lots] if drawn else lots
        answer = allocate(left, day, quantity, policy, picked)
        groups = {lot.key: lot.cap_group for lot in lots}
        for take in answer.takes if not answer.missing else ():
            drawn[take.key] = drawn.get(take.key, 0) + take.quantity
            grouped[groups[take.key]] = grouped.get(groups[take.key], 0) + take.quantity
        answers.append(answer)
    return answers


def _less(lot: Lot, drawn: dict, grouped: dict) -> Lot:
    """A lot after what was drawn from it, and from the cap it shares."""
    cap = lot.cap_left
    if cap is not None:
        cap = max(cap - (drawn.get(lot.key, 0) if lot.cap_group is None else grouped.get(lot.cap_group, 0)), 0)
    return replace(lot, remaining=lot.remaining - drawn.get(lot.key, 0), cap_left=cap)


def _room(lot: Lot, drawn: dict) -> int:
    """How many units the lot can still give, what its group gave before counted against a shared cap."""
    if lot.cap_left is None or lot.cap_group is None:
        return lot.available()
    return max(0, min(lot.remaining, lot.cap_left - drawn.get(lot.cap_group, 0)))


def carry_over(unused: int, percent: float, cap: int, carried: int = 0) -> int:
    """How many unused units roll over: the percentage, rounded down, within what the cap leaves.

    :param percent: from 0 to 100; more is taken as 100
    :param cap: the most that may be carried in total; 0 is no cap
    :param carried: units rolled over before that are still alive
    """
    units = min(unused, int(unused * percent / 100 + 1e-9))
    return max(0, min(units, cap - carried) if cap else units)
