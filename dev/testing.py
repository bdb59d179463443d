"""./clinic test: a fresh clone of the template with our addons, and pytest over it.

All tests together are run by several processes, each on a copy of its own, file by file: a test and PostgreSQL wait
for each other half of the time.
"""

import atexit
import os
import shutil
import subprocess

from . import addons, odoo_process, paths, system, template, workspace
from .console import say
from .databases import named_like

KEPT = "test_kept"
PROCESSES = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")


def test(options):
    """Run the tests; returns pytest's exit code."""
    # Odoo skips browser tests where it finds no browser
    chromium = system.find_chromium()
    found = addons.need()
    with workspace.opened() as space:
        odoo_process.write_config(space)
        database = prepare(space, found, options.keep)
    say("pytest")
    words = command(database, [word for word in options.arguments if word != "--"], found, options.keep)
    return subprocess.run(words, cwd=paths.ROOT, env=environment(chromium)).returncode


def prepare(space, found, keep):
    """The test database with our addons installed."""
    drop_left_over(space)
    database = space.database(KEPT if keep else f"test_{os.getpid()}")
    template.bring_up_to_date(space, found, database, "test.log")
    if not keep:
        atexit.register(database.drop)
    return database


def drop_left_over(space):
    """Drop the test databases of commands that were killed."""
    for database in named_like(space.database("test_").name):
        process = database.name.rpartition("_")[2].partition("-")[0]
        if process.isdigit() and not alive(int(process)):
            database.drop()


def alive(process):
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def selects(word):
    """Whether a pytest argument names tests: a file, a folder, or file::test."""
    return not word.startswith("-") and (paths.ROOT / word.partition("::")[0]).exists()


def command(database, arguments, found, keep=False):
    """pytest's command line; without a path among the arguments all tests are meant."""
    python = str(paths.VENV / "bin/python")
    odoo = [f"--odoo-config={odoo_process.CONFIG}", f"--odoo-database={database.name}", "--odoo-http"]
    everything = [addon.name for addon in found] + ["dev/tests"]
    chosen = [] if any(map(selects, arguments)) else everything
    # each process copies the database with PostgreSQL's createdb
    several = PROCESSES if chosen and not keep and shutil.which("createdb") else ()
    return [python, "-m", "pytest", *odoo, *several, "-ra", "--durations=15", *arguments, *chosen]


def environment(chromium):
    """The variables for pytest; no skip passes for green."""
    ours = {"CLINIC_NO_SKIP": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(paths.HOME / "hypothesis")}
    path = f"{os.path.dirname(chromium)}:{os.environ['PATH']}"
    return {**os.environ, **ours, "PATH": path}
