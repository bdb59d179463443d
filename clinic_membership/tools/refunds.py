"""How a refund divides over what was invoiced."""

from collections.abc import Sequence
from fractions import Fraction


def portion(amount: int, parts: Sequence[int]) -> list[int]:
    """Take ``amount`` cents out of ``parts`` in proportion; what is taken adds up exactly.

    Parts may be negative (a credited line), their sum may not. No part gives more than it has, so refund after
    refund takes what is left, and the one that takes all of it takes each part exactly.

    :raises ValueError: there is less than that, or the amount is negative
    """
    total = sum(parts)
    if not 0 <= amount <= total:
        raise ValueError("amount must be between 0 and the sum of the parts")
    shares = [Fraction(amount * part, total) if total else Fraction(0) for part in parts]
    taken = [int(share) for share in shares]  # towards zero: the cents that are left go to whom most is missing
    left = amount - sum(taken)
    missing = sorted(range(len(parts)), key=lambda index: abs(shares[index] - taken[index]), reverse=True)
    step = 1 if left > 0 else -1
    for index in missing:
        if left and (shares[index] - taken[index]) * step > 0:
            taken[index] += step
            left -= step
    return taken


def within(part: int, left: int) -> int:
    """As much of ``part`` as is ``left``; both are negative of a discount, and one of another sign has nothing left."""
    return min(part, left) if part > 0 and left > 0 else max(part, left) if part < 0 and left < 0 else 0
