"""What a visit would cost with a membership or a package, so that staff can say what pays off today."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """A service of today's visit that nothing covers yet: what it is, how many, and the patient's price of one."""

    key: int
    quantity: int
    price: float


@dataclass(frozen=True)
class Offer:
    """Something that could be sold today.

    ``units``: how many of a service it includes at once; ``prices``: the price of one of the others with it, where
    it changes that.
    """

    key: int
    units: dict[int, int] = field(default_factory=dict)
    prices: dict[int, float] = field(default_factory=dict)


def cost(services: list[Service], offer: Offer | None = None) -> float:
    """What today's services cost, with an offer or without."""
    left, total = dict(offer.units) if offer else {}, 0.0
    for service in services:
        covered = min(left.get(service.key, 0), service.quantity)
        left[service.key] = left.get(service.key, 0) - covered
        price = min(service.price, offer.prices.get(service.key, service.price)) if offer else service.price
        total += (service.quantity - covered) * price
    return total


def worth_it(services: list[Service], offers: list[Offer], most: int = 3) -> list[tuple[Offer, float]]:
    """The offers that make today's visit cheaper, the best first: [(offer, what is saved on the visit)]."""
    plain = cost(services)
    saved = [(offer, plain - cost(services, offer)) for offer in offers]
    best = sorted((pair for pair in saved if pair[1] > 0), key=lambda pair: (-pair[1], pair[0].key))
    return best[:most]
