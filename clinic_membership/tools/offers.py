"""What a visit would cost with a membership or a package, so that staff can say what pays off today."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """A service of today's visit that nothing covers yet: what it is, how many, and the patient's price of one."""

    key: int
    quantity: int
    price: float = 0.0


@dataclass(frozen=True)
class Pool:
    """So many units of what is sold, each good for any of these services."""

    services: frozenset[int]
    units: int


@dataclass(frozen=True)
class Offer:
    """Something that could be sold today.

    ``pools``: the units that it includes at once, those for the fewest services first; ``prices``: the price of one
    of the others with it, where it changes that.
    """

    key: int
    pools: list[Pool] = field(default_factory=list)
    prices: dict[int, float] = field(default_factory=dict)


def paid_by(services: list[Service], pools: list[Pool]) -> list[int | None]:
    """The number of the pool that pays for each of the services as a whole; None: it is charged."""
    left = [pool.units for pool in pools]
    answer = []
    for service in services:
        payers = (
            number
            for number, pool in enumerate(pools)
            if service.key in pool.services and left[number] >= service.quantity
        )
        answer.append(payer := next(payers, None))
        if payer is not None:
            left[payer] -= service.quantity
    return answer


def beyond(pools: list[Pool], had: list[Pool]) -> list[Pool]:
    """What comes beyond the units that there were: nobody draws both allowances."""
    return [
        Pool(pool.services, max(pool.units - sum(old.units for old in had if old.services & pool.services), 0))
        for pool in pools
    ]


def cost(services: list[Service], offer: Offer | None = None) -> float:
    """What today's services cost, with an offer or without."""
    if not offer:
        return sum(service.quantity * service.price for service in services)
    charged = (
        service for service, payer in zip(services, paid_by(services, offer.pools), strict=True) if payer is None
    )
    return sum(one.quantity * min(one.price, offer.prices.get(one.key, one.price)) for one in charged)


def worth_it(services: list[Service], offers: list[Offer], most: int = 3) -> list[tuple[Offer, float]]:
    """The offers that make today's visit cheaper, the best first: [(offer, what is saved on the visit)]."""
    plain = cost(services)
    saved = [(offer, plain - cost(services, offer)) for offer in offers]
    best = sorted((pair for pair in saved if pair[1] > 0), key=lambda pair: (-pair[1], pair[0].key))
    return best[:most]
