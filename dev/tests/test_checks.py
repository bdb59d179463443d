"""The project's own lint rules."""

import ast

import pytest

from dev import checks

LONG = "def f():\n" + "    pass\n" * 41


def problems(text, tested=False):
    return [message for _line, message in checks.check_python(ast.parse(text), tested, may_commit=tested)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self.env.cr.commit()", "cr.commit"),
        ("self._cr.commit()", "cr.commit"),
        ("_sql_constraints = []", "_sql_constraints"),
        (LONG, "f has 42 lines"),
    ],
)
def test_found_outside_of_tests(text, message):
    assert message in problems(text)[0]


@pytest.mark.parametrize("text", ["self.skipTest('x')", "@unittest.skip('x')\ndef f(): pass", "raise SkipTest"])
def test_skips_are_found_in_tests(text):
    assert problems(text, tested=True)


@pytest.mark.parametrize("text", ["self._commit_progress(1)", "repository.commit()", "queue.skip(3)"])
def test_no_false_alarm(text):
    assert problems(text) == []


def test_a_variable_may_be_called_skip():
    assert problems("skip = queue.skip(1)\nprint(skip)", tested=True) == []


def test_tests_may_be_long_and_commit():
    assert problems(LONG + "self.env.cr.commit()", tested=True) == []


def test_length_of_files():
    assert list(checks.check_length("x\n" * 300)) == []
    assert next(iter(checks.check_length("x\n" * 301)))[0] == 301
