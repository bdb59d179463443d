"""Odoo's configuration file and its runs."""

import itertools
import os
import re
import subprocess
import time

from . import paths
from .console import Failure, indent, say

CONFIG = paths.HOME / "odoo.conf"
DEFAULTS = {
    "http_interface": "127.0.0.1",
    "workers": "0",
    "max_cron_threads": "1",
    "list_db": "False",
}
CONNECTION = {"db_host": "PGHOST", "db_port": "PGPORT", "db_user": "PGUSER", "db_password": "PGPASSWORD"}
LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")
BAD = re.compile(r"^\S+ \S+ \d+ (ERROR|CRITICAL) ")


def write_config(workspace):
    """Write .clinic/odoo.conf, readable by us alone."""
    folders = [paths.ROOT, *workspace.odoo.addon_folders()]
    options = {"addons_path": ",".join(map(str, folders)), "data_dir": paths.DATA, **DEFAULTS}
    options.update({option: os.environ[name] for option, name in CONNECTION.items() if os.environ.get(name)})
    part = CONFIG.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text("[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items()))
    part.rename(CONFIG)


def command(*words):
    """The command line of Odoo with our configuration; `words` may begin with subcommands."""
    first = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    return [str(paths.VENV / "bin/python"), "-m", "odoo", *first, "-c", str(CONFIG), *words[len(first) :]]


class Progress:
    """Reads Odoo's log as it is written: shows how far the modules are, collects errors."""

    def __init__(self):
        self.shown = time.monotonic()
        self.errors = []

    def read(self, line):
        """Take in one line."""
        module = LOADING.search(line)
        if module and time.monotonic() - self.shown > 5:
            self.shown = time.monotonic()
            say(f"  module {module[2]} of {module[3]}: {module[1]}")
        if BAD.match(line):
            self.errors.append(line.rstrip())


def run(log, *words, environment=None):
    """Run Odoo to its end; an error in its log is a failure."""
    progress = Progress()
    file = paths.LOGS / log
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with (
        file.open("w") as copy,
        subprocess.Popen(
            command(*words, "--stop-after-init", "--no-http"), cwd=paths.HOME, env=environment, **options
        ) as process,
    ):
        for line in process.stdout:
            copy.write(line)
            progress.read(line)
    if process.returncode or progress.errors:
        last = progress.errors[-5:] or file.read_text().splitlines()[-15:]
        raise Failure(f"Odoo failed (exit {process.returncode}); its log is {file}" + indent(last))


def install(database, addons, log, environment=None):
    """Install addons with demo data, or update those that are installed already."""
    names = ",".join(addon if isinstance(addon, str) else addon.name for addon in addons)
    run(log, "-d", database.name, "-i", names, "-u", names, "--with-demo", environment=environment)
