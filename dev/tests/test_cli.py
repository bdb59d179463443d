"""Reading the command line."""

import sys

import pytest

from dev import cli, screenshots, testing
from dev.addons import Addon
from dev.console import Failure


def parse(*words):
    return cli.build_parser().parse_args(cli.split_test_arguments(list(words)))


def test_pytest_gets_what_is_not_ours():
    options = parse("test", "-k", "renewal", "--keep", "-x")
    assert options.keep
    assert [word for word in options.arguments if word != "--"] == ["-k", "renewal", "-x"]


def test_test_alone():
    options = parse("test")
    assert not options.keep
    assert options.arguments == []


def test_steps_keep_their_order():
    options = parse("look", "/odoo", "--click", "a", "--wait", "b", "--click", "c")
    assert options.steps == [("click", "a"), ("wait", "b"), ("click", "c")]


@pytest.mark.parametrize("words", [["fly"], ["run", "--fast"], ["lint", "--fix=1"]])
def test_unknown_words_are_refused(words):
    with pytest.raises(SystemExit):
        parse(*words)


def test_sizes():
    assert screenshots.parse_size("800x600") == (800, 600)
    with pytest.raises(Failure, match="WIDTHxHEIGHT"):
        screenshots.parse_size("wide")


def test_the_list_of_pictures_can_be_read():
    names = [picture["name"] for picture in screenshots.read_list()]
    assert len(names) == len(set(names))


class TestSelection:
    """Without a path among its arguments, pytest gets every addon's tests; all of them in two parts."""

    @pytest.fixture
    def found(self, tmp_path, monkeypatch):
        monkeypatch.setattr(testing.paths, "ROOT", tmp_path)
        monkeypatch.setattr(testing.paths, "DEV", tmp_path / "dev")
        monkeypatch.setattr(testing.os, "cpu_count", lambda: 2)
        addon, ours = tmp_path / "some_addon/tests", tmp_path / "dev/tests"
        for file in (addon / "test_a.py", addon / "test_b.py", addon / "common.py", ours / "test_c.py"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("#" * 100)
        return [Addon(tmp_path / "some_addon", {})]

    def test_a_selection(self, found):
        assert testing.choose(["-k", "renewal"], found, False) == [["some_addon", "dev/tests"]]

    def test_one_test(self, found):
        assert testing.choose(["dev/tests/test_c.py::test_sizes"], found, False) == [[]]

    def test_everything(self, found, monkeypatch):
        parts = testing.choose([], found, False)
        assert parts == [["some_addon/tests/test_a.py"], ["some_addon/tests/test_b.py", "dev/tests/test_c.py"]]
        assert testing.choose([], found, True) == [["some_addon", "dev/tests"]]
        monkeypatch.setattr(testing.os, "cpu_count", lambda: 1)
        assert testing.choose([], found, False) == [["some_addon", "dev/tests"]]


def test_parts_run_side_by_side(capfd):
    """What each prints is shown, and the worst exit code counts."""
    program = "print('part {0}', flush=True); raise SystemExit({0})"
    commands = [[sys.executable, "-c", program.format(code)] for code in (0, 3)]
    assert testing.side_by_side(commands, {}) == 3
    assert testing.side_by_side(commands[::-1], {}) == 3
    assert testing.side_by_side(commands[:1], {}) == 0
    assert capfd.readouterr().out.count("part 3") == 2
