"""The command line: ./clinic COMMAND."""

import argparse
import importlib
import sys

from . import workspace
from .console import Failure, complain

EPILOG = "All state is in .clinic/; dev/README.md tells how it works and which variables there are."


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
    return parser


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
