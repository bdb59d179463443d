"""From a bare checkout to a running benchmark: the same Odoo, packages and server as ./clinic uses."""

import importlib
import os
import sys

from dev import odoo_source, paths, python_env, workspace
from dev.console import Failure, complain
from dev.locks import only_one


def go_inside():
    """Go on as the same command in Odoo's Python environment, made where it is not there."""
    paths.prepare_home()
    with only_one(*workspace.SETUP):
        python_env.make_odoo(odoo_source.find())
    python = str(paths.VENV / "bin/python")
    if sys.prefix != str(paths.VENV):
        # the first makes every import compile anew, the other makes other packages shadow the locked ones
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
            os.environ.pop(name, None)
        os.execv(python, [python, *sys.argv])


def start(command):
    """Run a command of this package; returns the exit code."""
    try:
        if not {"-h", "--help"} & set(sys.argv):
            go_inside()
        return run(command)
    except Failure as failure:
        complain(failure)
        return 1


def run(command):
    """Hand over to the command's module, with the template database at hand."""
    from dev import addons, template

    module = importlib.import_module(f"benchmarks.harness.{command}")
    options = module.parse(sys.argv[1:])
    with workspace.opened() as space:
        from dev import odoo_process

        odoo_process.write_config(space)
        source = template.ensure(space, addons.need())
        prefix = space.database("bench_").name
    return module.main(source, prefix, options)
