from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.offers import Offer, Pool, Service, beyond, cost, paid_by, worth_it
from .tools_common import PROPERTY

SERVICES = st.lists(st.builds(Service, st.integers(1, 4), st.integers(0, 3), st.floats(0, 500)), max_size=5)
POOLS = st.lists(st.builds(Pool, st.frozensets(st.integers(1, 4)), st.integers(0, 3)), max_size=4)
OFFERS = st.lists(
    st.builds(
        Offer,
        st.integers(1, 50),
        POOLS,
        st.dictionaries(st.integers(1, 4), st.floats(0, 500), max_size=4),
    ),
    max_size=6,
)


@tagged("post_install", "-at_install")
class TestOffers(BaseCase):
    """What a visit would cost with something that could be sold today."""

    def test_discount(self):
        gold = Offer(1, prices={7: 60.0})
        self.assertEqual(cost([Service(7, 1, 100.0)]), 100)
        self.assertEqual(cost([Service(7, 1, 100.0)], gold), 60)

    def test_units_pay_first_and_are_shared(self):
        pack = Offer(1, [Pool(frozenset([7]), 2)], prices={7: 90.0})
        self.assertEqual(cost([Service(7, 1, 100.0), Service(7, 1, 100.0), Service(7, 2, 100.0)], pack), 180)

    def test_a_unit_of_a_category_pays_once(self):
        """One treatment a month is one, whichever of today's treatments it pays for."""
        gold = Offer(1, [Pool(frozenset([7, 8]), 1)])
        self.assertEqual(cost([Service(7, 1, 100.0), Service(8, 1, 120.0)], gold), 120)

    def test_a_service_is_paid_as_a_whole(self):
        """As in the checkout: two massages on a line are not half paid by the one unit there is."""
        pack = Offer(1, [Pool(frozenset([7]), 1)])
        self.assertEqual(cost([Service(7, 2, 100.0), Service(7, 1, 100.0)], pack), 200)

    def test_the_best_first(self):
        offers = [
            Offer(1, prices={7: 90.0}),
            Offer(2, [Pool(frozenset([7]), 1)]),
            Offer(3, [Pool(frozenset([8]), 1)]),
            Offer(4, prices={7: 120.0}),
        ]
        found = worth_it([Service(7, 1, 100.0)], offers)
        self.assertEqual([(offer.key, saved) for offer, saved in found], [(2, 100), (1, 10)])

    def test_an_upgrade_brings_the_difference(self):
        any_treatment, facials, massages = frozenset([7, 8]), frozenset([7]), frozenset([8])
        self.assertEqual(beyond([Pool(any_treatment, 2)], [Pool(any_treatment, 1)]), [Pool(any_treatment, 1)])
        self.assertEqual(beyond([Pool(any_treatment, 2)], [Pool(facials, 3)]), [Pool(any_treatment, 0)])
        self.assertEqual(beyond([Pool(massages, 2)], [Pool(facials, 3)]), [Pool(massages, 2)])

    @PROPERTY
    @given(SERVICES, POOLS)
    def test_no_pool_pays_for_more_than_it_has(self, services, pools):
        payers = paid_by(services, pools)
        self.assertEqual(len(payers), len(services))
        for number, pool in enumerate(pools):
            paid = [service for service, payer in zip(services, payers, strict=True) if payer == number]
            self.assertLessEqual(sum(service.quantity for service in paid), pool.units)
            self.assertLessEqual({service.key for service in paid}, pool.services)

    @PROPERTY
    @given(SERVICES, OFFERS, st.integers(0, 4))
    def test_always_cheaper_and_never_negative(self, services, offers, most):
        plain = cost(services)
        found = worth_it(services, offers, most)
        self.assertLessEqual(len(found), most)
        for offer, saved in found:
            self.assertGreater(saved, 0)
            self.assertLessEqual(saved, plain)
            self.assertAlmostEqual(cost(services, offer), plain - saved)
        savings = [saved for _offer, saved in found]
        self.assertEqual(savings, sorted(savings, reverse=True))
