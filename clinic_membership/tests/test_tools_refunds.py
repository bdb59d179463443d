from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.refunds import portion, within
from .tools_common import PROPERTY

PARTS = st.lists(st.integers(-10_000, 20_000), min_size=1, max_size=6).filter(lambda parts: sum(parts) >= 0)


@tagged("post_install", "-at_install")
class TestRefunds(BaseCase):
    """Refund after refund, to the cent."""

    def test_in_proportion(self):
        self.assertEqual(portion(5000, [9900, 1485]), [4348, 652])
        self.assertEqual(portion(1, [9900, 1485]), [1, 0])
        self.assertEqual(portion(11385, [9900, 1485]), [9900, 1485])
        self.assertEqual(portion(0, [9900, 1485]), [0, 0])

    def test_a_credited_line_is_taken_back_in_proportion(self):
        self.assertEqual(portion(5000, [-5000, 15000]), [-2500, 7500])

    def test_within(self):
        for part, left, answer in (
            (10, 7, 7),
            (7, 10, 7),
            (-10, -7, -7),
            (-7, -10, -7),
            (5, -5, 0),
            (-5, 5, 0),
            (5, 0, 0),
        ):
            with self.subTest(part=part, left=left):
                self.assertEqual(within(part, left), answer)

    def test_refusals(self):
        for amount, parts in ((101, [100]), (-1, [100]), (1, [])):
            with self.subTest(amount=amount), self.assertRaises(ValueError):
                portion(amount, parts)

    @PROPERTY
    @given(PARTS, st.lists(st.integers(0, 30_000), max_size=6))
    def test_the_last_takes_the_rest(self, parts, amounts):
        """However it is divided: each refund adds up, nothing is taken twice, and all of it is each part."""
        left = list(parts)
        for amount in amounts:
            amount = min(amount, sum(left))
            taken = portion(amount, left)
            self.assertEqual(sum(taken), amount)
            for part, what in zip(left, taken, strict=True):
                self.assertTrue(0 <= what <= part or part <= what <= 0)
            left = [part - what for part, what in zip(left, taken, strict=True)]
        self.assertEqual(portion(sum(left), left), left)
