from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.codes import ALPHABET, new_code, normalize, same, selector
from .tools_common import PROPERTY

CODES = st.builds(new_code)


@tagged("post_install", "-at_install")
class TestCodes(BaseCase):
    """Codes are random, easy to read out, and compared whole."""

    def test_shape(self):
        code = new_code()
        self.assertEqual([len(group) for group in code.split("-")], [5] * 4)
        self.assertLessEqual(set(code), {*ALPHABET, "-"})

    def test_75_bits_beyond_the_selector(self):
        secret = len(normalize(new_code())) - len(selector(new_code()))
        self.assertGreaterEqual(len(ALPHABET) ** secret, 2**75)

    def test_no_two_are_the_same(self):
        self.assertEqual(len({new_code() for _time in range(5000)}), 5000)

    @PROPERTY
    @given(CODES, st.sampled_from([str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\n"]))
    def test_as_people_type_it(self, code, typed):
        self.assertTrue(same(typed(code), code))
        self.assertEqual(selector(typed(code)), code[:5])

    def test_misread_letters(self):
        self.assertTrue(same("O1l0I-00000-00000-00000", "01101-00000-00000-00000"))

    @PROPERTY
    @given(CODES, st.integers(0, 19), st.sampled_from(ALPHABET))
    def test_one_letter_off(self, code, place, letter):
        plain = normalize(code)
        changed = plain[:place] + letter + plain[place + 1 :]
        self.assertEqual(same(changed, code), letter == plain[place])

    @PROPERTY
    @given(st.text(max_size=30), CODES)
    def test_anything_may_be_typed(self, text, code):
        self.assertFalse(same(text, code))
        self.assertFalse(same(None, code))
