from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.money import spread
from ..tools.promotions import Discount, discount_weights, merged, pool
from .tools_common import PROPERTY

prices = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)


@st.composite
def orders(draw):
    """The prices of an order, and discounts on it that leave every price at 0 or above."""
    costs = draw(prices)
    left, discounts = [Fraction(cost) for cost in costs], []
    for _number in range(draw(st.integers(0, 3))):
        lines = draw(st.sets(st.integers(0, len(costs) - 1), min_size=1))
        most = sum(left[index] for index in lines)
        cents = draw(st.integers(0, int(most)))
        discounts.append(Discount(cents, frozenset(lines)))
        left = [rest - rest * cents / most if most and index in lines else rest for index, rest in enumerate(left)]
    return costs, discounts


@tagged("post_install", "-at_install")
class TestPromotions(BaseCase):
    def test_weights(self):
        every, first, second = frozenset({0, 1}), frozenset({0}), frozenset({1})
        for what, costs, discounts, weights in (
            ("10 % off the order", [45000, 10000], [Discount(5500, every)], [[45000, 10000]]),
            ("off one line", [45000, 10000], [Discount(4500, first)], [[45000, 0]]),
            (
                "one after another",
                [45000, 10000],
                [Discount(4500, first), Discount(5, every)],
                [[45000, 0], [40500, 10000]],
            ),
            ("more than there is", [100, 200], [Discount(500, first), Discount(5, every)], [[100, 0], [0, 200]]),
            ("on what is free: all bear it", [0, 200], [Discount(5, first)], [[0, 200]]),
            ("on what another took", [100, 200], [Discount(100, first), Discount(9, first)], [[100, 0], [0, 200]]),
            ("nothing has a price", [0, 0], [Discount(5, second)], [[0, 0]]),
            ("no discount", [5], [], []),
        ):
            with self.subTest(what):
                self.assertEqual(discount_weights(costs, discounts), weights)

    def test_merged(self):
        self.assertEqual(merged([{1, 2}, {3, 4}, {2, 3}, {5}]), [{1, 2, 3, 4}, {5}])
        self.assertEqual(merged([]), [])

    def test_pool(self):
        self.assertEqual(pool([1, 0, 0], [{0, 1}], [600, 300, 100]), [Fraction(2, 3), Fraction(1, 3), 0])
        self.assertEqual(
            pool([1, 0], [{0, 1}], [0, 0]), [Fraction(1, 2), Fraction(1, 2)], "worth nothing: each the same"
        )
        self.assertEqual(pool([0, 5], [], [1, 1]), [0, 5])


@tagged("post_install", "-at_install")
class TestPromotionsProperties(BaseCase):
    @PROPERTY
    @given(orders())
    def test_every_cent_is_borne_and_no_line_falls_below_zero(self, order):
        costs, discounts = order
        paid = list(costs)
        for discount, weights in zip(discounts, discount_weights(costs, discounts), strict=True):
            if any(weights):
                shares = spread(-discount.cents, weights)
                self.assertEqual(sum(shares), -discount.cents)
                paid = [cents + share for cents, share in zip(paid, shares, strict=True)]
        self.assertEqual(sum(paid), sum(costs) - sum(discount.cents for discount in discounts))
        self.assertGreaterEqual(min(paid), -len(discounts), "but for the cents of rounding")

    @PROPERTY
    @given(orders())
    def test_only_who_is_concerned_bears(self, order):
        costs, discounts = order
        for discount, weights in zip(discounts, discount_weights(costs, discounts), strict=True):
            bearing = {index for index, weight in enumerate(weights) if weight}
            if discount.cents:
                self.assertTrue(bearing <= discount.lines)
            self.assertGreaterEqual(min(weights), 0)

    @PROPERTY
    @given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**4)), min_size=2, max_size=6), st.data())
    def test_a_pool_keeps_the_sum(self, lines, data):
        weights, values = (list(column) for column in zip(*lines, strict=True))
        pools = data.draw(st.lists(st.sets(st.integers(0, len(lines) - 1), min_size=1), max_size=3))
        shared = pool(weights, pools, values)
        self.assertEqual(sum(shared), sum(weights))
        for members in merged(pools):
            for one in members:
                for other in members:
                    self.assertEqual(shared[one] * values[other], shared[other] * values[one])

    @PROPERTY
    @given(st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=6))
    def test_merged_pools_share_nothing(self, pools):
        result = merged(pools)
        self.assertEqual(sum(len(members) for members in result), len(set().union(*pools)))
