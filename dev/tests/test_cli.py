"""Reading the command line."""

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
    """Without a path among its arguments, pytest gets every addon's tests."""

    @staticmethod
    def paths_for(tmp_path, *arguments):
        from dev.databases import Database

        found = [Addon(tmp_path / "some_addon", {})]
        words = testing.command(Database("x"), list(arguments), found)
        return [word for word in words[words.index("--durations=15") + 1 :] if word not in arguments]

    def test_everything(self, tmp_path):
        assert self.paths_for(tmp_path, "-k", "renewal") == ["some_addon", "dev/tests"]

    def test_one_test(self, tmp_path):
        assert self.paths_for(tmp_path, "dev/tests/test_cli.py::test_sizes") == []
