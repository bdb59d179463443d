"""./clinic test: a fresh clone of the template with our addons, and pytest over it.

All tests together are run in two parts side by side, each on a database of its own: a test and PostgreSQL wait for
each other half of the time. A part is a stretch of the files in their order, so what a test finds committed by
others is what it finds in one run over all, or less.
"""

import atexit
import contextlib
import itertools
import os
import subprocess
import tempfile

from . import addons, odoo_process, paths, system, template, workspace
from .console import say
from .databases import named_like

KEPT = "test_kept"
FIRST_PART = 0.6
"""Of all files by size: those that come later drive browsers and kill workers, which takes longer."""


def test(options):
    """Run the tests; returns pytest's exit code, the worst of several."""
    # Odoo skips browser tests where it finds no browser
    chromium = system.find_chromium()
    found = addons.need()
    arguments = [word for word in options.arguments if word != "--"]
    parts = choose(arguments, found, options.keep)
    with workspace.opened() as space:
        odoo_process.write_config(space)
        databases = prepare(space, found, options.keep, len(parts))
    say("pytest" if len(parts) == 1 else f"pytest, in {len(parts)} parts at the same time")
    commands = [command(*one, arguments) for one in zip(databases, parts, strict=True)]
    return side_by_side(commands, {"cwd": paths.ROOT, "env": environment(chromium)})


def prepare(space, found, keep, count=1):
    """The test databases with our addons installed: the further ones are copies of the first."""
    drop_left_over(space)
    first = space.database(KEPT if keep else f"test_{os.getpid()}")
    template.bring_up_to_date(space, found, first, "test.log")
    databases = [first, *(space.database(f"test_{number}_{os.getpid()}") for number in range(2, count + 1))]
    for copy in databases[1:]:
        copy.clone_of(first)
    for database in databases if not keep else ():
        atexit.register(database.drop)
    return databases


def choose(arguments, found, keep):
    """The files and folders for each run of pytest; nothing where the arguments name them."""
    if any(map(selects, arguments)):
        return [[]]
    if arguments or keep or (os.cpu_count() or 1) < 2:
        return [[addon.name for addon in found] + ["dev/tests"]]
    folders = [paths.ROOT / addon.name / "tests" for addon in found] + [paths.DEV / "tests"]
    return split([file for folder in folders for file in sorted(folder.glob("test_*.py"))])


def split(files):
    """Two stretches of the files, in their order."""
    ends = list(itertools.accumulate(file.stat().st_size for file in files))
    place = sum(end <= ends[-1] * FIRST_PART for end in ends)
    return [[str(file.relative_to(paths.ROOT)) for file in part] for part in (files[:place], files[place:])]


def side_by_side(commands, options):
    """Run them at the same time, and show what each printed, one after the other; the worst exit code."""
    first, *others = commands
    with contextlib.ExitStack() as stack:
        started = []
        for other in others:
            output = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(other, stdout=output, stderr=subprocess.STDOUT, **options)
            stack.callback(process.kill)
            started.append((process, output))
        codes = [subprocess.run(first, **options).returncode]
        for process, output in started:
            codes.append(process.wait())
            output.seek(0)
            print(output.read().decode(errors="replace"), end="", flush=True)
    return max(codes, key=abs)


def drop_left_over(space):
    """Drop the test databases of commands that were killed."""
    for database in named_like(space.database("test_").name):
        process = database.name.rpartition("_")[2]
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


def command(database, files, arguments):
    """pytest's command line."""
    python = str(paths.VENV / "bin/python")
    odoo = [f"--odoo-config={odoo_process.CONFIG}", f"--odoo-database={database.name}", "--odoo-http"]
    return [python, "-m", "pytest", *odoo, "-ra", "--durations=15", *arguments, *files]


def environment(chromium):
    """The variables for pytest; no skip passes for green."""
    ours = {"CLINIC_NO_SKIP": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(paths.HOME / "hypothesis")}
    path = f"{os.path.dirname(chromium)}:{os.environ['PATH']}"
    return {**os.environ, **ours, "PATH": path}
