from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.offers import Offer, Service, cost, worth_it
from .tools_common import PROPERTY

SERVICES = st.lists(st.builds(Service, st.integers(1, 4), st.integers(0, 3), st.floats(0, 500)), max_size=5)
OFFERS = st.lists(
    st.builds(
        Offer,
        st.integers(1, 50),
        st.dictionaries(st.integers(1, 4), st.integers(0, 3), max_size=4),
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
        pack = Offer(1, units={7: 2}, prices={7: 90.0})
        self.assertEqual(cost([Service(7, 1, 100.0), Service(7, 3, 100.0)], pack), 180)

    def test_the_best_first(self):
        offers = [
            Offer(1, prices={7: 90.0}),
            Offer(2, units={7: 1}),
            Offer(3, units={8: 1}),
            Offer(4, prices={7: 120.0}),
        ]
        found = worth_it([Service(7, 1, 100.0)], offers)
        self.assertEqual([(offer.key, saved) for offer, saved in found], [(2, 100), (1, 10)])

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
