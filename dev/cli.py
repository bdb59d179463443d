"""The command line: ./clinic COMMAND."""

import argparse
import importlib
import sys

from . import workspace
from .console import Failure, complain

EPILOG = "All state is in .clinic/; dev/README.md tells how it works and which variables there are."
STEPS = {
    "click": "click an element (a CSS selector, or text=Words); steps are taken in their order",
    "wait": "wait for an element",
    "type": "TARGET=TEXT: replace what a field holds",
    "press": "press a key: Enter, Escape, Tab, ArrowDown",
    "eval": "evaluate JavaScript and print its value",
    "goto": "open another page",
    "sleep": "wait some seconds",
}


def build_parser():
    """All commands; `inside` marks those that need Odoo's Python environment."""
    parser = argparse.ArgumentParser(prog="./clinic", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, target, text, inside=True):
        """One command; target is "module.function"."""
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(target=target, inside=inside)
        return command

    run = add("run", "commands.run", "start the demo clinic on http://127.0.0.1:8069")
    run.add_argument("-d", "--detach", action="store_true", help="start it in the background")
    add("stop", "commands.stop", "stop the demo clinic and the embedded PostgreSQL")
    reset = add("reset", "commands.reset", "drop the demo database; the next run makes a new one")
    reset.add_argument("--all", action="store_true", help="remove everything that was made, .clinic/ itself too")
    add("update", "commands.update", "update all addons in the demo database (-u)")
    shell = add("shell", "commands.shell", "Odoo's shell on the demo database")
    shell.add_argument("arguments", nargs=argparse.REMAINDER, help="more arguments for `odoo shell`")
    test = add("test", "testing.test", "run all tests, or those that the pytest arguments select")
    test.add_argument("--keep", action="store_true", help="keep the test database and use it again next time")
    test.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments for pytest")
    move = add("clock", "clock_command.move", "move the demo clinic's clock and run its scheduled actions")
    move.add_argument("to", nargs="+", help="+1month, +35days, a date such as 2027-01-15, reset, or show")
    lint = add("lint", "lint.lint", "run all linters, or those named: ruff, pylint, oca, prettier, own", inside=False)
    lint.add_argument("--fix", action="store_true", help="let the formatters write")
    lint.add_argument("tools", nargs="*", help="only these")
    lock = add("lock", "lock_files.lock", "write the lock files of the Python packages", inside=False)
    lock.add_argument("--upgrade", action="store_true", help="take newer versions where there are")
    add("pot", "translations.pot", "write the addons' translation templates")
    add_pictures(add)
    return parser


class Step(argparse.Action):
    """Keeps options such as --click and --wait in the order in which they were given."""

    def __call__(self, parser, namespace, value, option_string=None):
        steps = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*steps, (option_string.lstrip("-"), value)])


def add_pictures(add):
    """The commands that take pictures."""
    look = add("look", "screenshots.look", "take a picture of one page of the running demo clinic")
    look.add_argument("url", help="a path such as /odoo/action-sale.action_orders, or an address")
    look.add_argument("--login", default="admin", help="demo user (admin); '' for a visitor")
    look.add_argument("--size", default="1400x900", help="the window (1400x900)")
    look.add_argument("--out", help="the PNG file (.clinic/look.png)")
    look.add_argument("--full", action="store_true", help="as high as the page's contents")
    look.add_argument("--text", nargs="?", const="body", metavar="SELECTOR", help="print the page's text, too")
    for name, text in STEPS.items():
        look.add_argument(f"--{name}", action=Step, dest="steps", metavar="X", help=f"step: {text}")
    pictures = add("screenshots", "screenshots.screenshots", "take the pictures of dev/screenshots.toml")
    pictures.add_argument("names", nargs="*", help="only these")


def split_test_arguments(words):
    """`./clinic test` takes its own options first, and whatever is not its own goes to pytest."""
    if words[:1] != ["test"] or {"-h", "--help"} & set(words[1:2]):
        return words
    own = [word for word in words[1:] if word == "--keep"]
    others = [word for word in words[1:] if word != "--keep"]
    return ["test", *own, "--", *others] if others else ["test", *own]


def main(words):
    """Run one command; returns the exit code."""
    options = build_parser().parse_args(split_test_arguments(words))
    try:
        if options.inside:
            workspace.enter()
        module, function = options.target.split(".")
        return getattr(importlib.import_module(f"dev.{module}"), function)(options) or 0
    except Failure as failure:
        complain(failure)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where this one was", file=sys.stderr)
        return 130
