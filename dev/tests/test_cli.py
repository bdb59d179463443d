"""Reading the command line."""

from types import SimpleNamespace

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
    """Without a path among its arguments, pytest gets every addon's tests, and several processes for them."""

    @staticmethod
    def words_for(tmp_path, *arguments, **options):
        from dev.databases import Database

        found = [Addon(tmp_path / "some_addon", {})]
        words = testing.command(Database("x"), list(arguments), found, **options)
        return [word for word in words[words.index("--odoo-http") + 1 :] if word not in arguments]

    @pytest.fixture(autouse=True)
    def programs(self, monkeypatch):
        monkeypatch.setattr(testing.shutil, "which", "/usr/bin/{}".format)

    def test_everything(self, tmp_path):
        words = self.words_for(tmp_path, "-k", "renewal")
        assert words == [*testing.PROCESSES, "-ra", "--durations=15", "some_addon", "dev/tests"]

    def test_one_test(self, tmp_path):
        assert self.words_for(tmp_path, "dev/tests/test_cli.py::test_sizes") == ["-ra", "--durations=15"]

    def test_one_process(self, tmp_path, monkeypatch):
        """A kept database is used itself, and without createdb there are no copies."""
        one = ["-ra", "--durations=15", "some_addon", "dev/tests"]
        assert self.words_for(tmp_path, keep=True) == one
        monkeypatch.setattr(testing.shutil, "which", lambda _name: None)
        assert self.words_for(tmp_path) == one


def test_copies_of_killed_runs_are_dropped(monkeypatch):
    """A copy is named after the run's database."""
    dropped = []
    names = ("clinic_test_7", "clinic_test_7-gw1", "clinic_test_8-gw0", "clinic_test_kept")
    left = [SimpleNamespace(name=name, drop=lambda name=name: dropped.append(name)) for name in names]
    monkeypatch.setattr(testing, "named_like", lambda _prefix: left)
    monkeypatch.setattr(testing, "alive", lambda process: process == 8)
    testing.drop_left_over(SimpleNamespace(database=lambda name: SimpleNamespace(name=f"clinic_{name}")))
    assert dropped == ["clinic_test_7", "clinic_test_7-gw1"]


def test_pictures_that_begin_alike(tmp_path):
    """Steps that several pictures share are named once, and may come after others."""
    file = tmp_path / "list.toml"
    file.write_text(
        'steps.first = [{ wait = "a" }]\n'
        'steps.second = [{ after = "first" }, { click = "b" }]\n'
        '[[picture]]\nname = "one"\nafter = "second"\nsteps = [{ sleep = 1 }]\n'
        '[[picture]]\nname = "two"\n'
    )
    one, two = screenshots.read_list(file)
    assert one["steps"] == [("wait", "a"), ("click", "b"), ("sleep", 1)]
    assert two["steps"] == []
