"""Where the benchmarks run: Odoo's configuration, the peers' addons, prepared databases."""

import atexit
import shutil
import sys

from dev import databases, odoo_process, paths, python_env, shell, system
from dev.console import say

LOCK = paths.ROOT / "benchmarks" / "peers.txt"
HOME = paths.HOME / "benchmarks"
PEERS = HOME / "peers"


def install_peers():
    """The other subscription addons, at the locked versions, beside our own things."""
    key = system.fingerprint(LOCK.read_bytes())
    stamp = PEERS / "complete"
    if stamp.exists() and stamp.read_text() == key:
        return
    say(f"the addons of {LOCK.name}")
    shutil.rmtree(PEERS, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", PEERS, "--no-deps", "--require-hashes", "-r", LOCK]
    uv = python_env.find_uv()
    if uv:
        pip[:4] = [uv, "pip", "install", "-p", sys.executable]
    shell.run(pip, env=python_env.environment())
    stamp.write_text(key)


def write_config():
    """The configuration that ./clinic writes, with the peers' addons beside ours."""
    HOME.mkdir(parents=True, exist_ok=True)
    lines = odoo_process.CONFIG.read_text().splitlines()
    peers = PEERS / "odoo/addons"
    config = HOME / "odoo.conf"
    config.touch(mode=0o600)
    config.write_text("".join(f"{x},{peers}\n" if x.startswith("addons_path") else f"{x}\n" for x in lines))
    return config


class Place:
    """Prepared databases, one for each set of modules; cases run in clones."""

    def __init__(self, template, prefix):
        install_peers()
        self.template = template
        self.prefix = prefix
        self.config = write_config()
        atexit.register(self.clean)

    def clean(self):
        """Leave only what is quick to reuse: the databases with modules, not those with data."""
        for database in databases.named_like(self.prefix + "case_"):
            database.drop()

    def prepared(self, modules):
        """A database with these modules installed; kept, and made anew when a source has changed."""
        if not modules:
            return self.template
        key = system.fingerprint(self.template.name, *map(self.fingerprint, modules))
        database = databases.Database(self.prefix + "with_" + "_".join(modules))
        if not database.exists() or database.note() != {"key": key}:
            say(f"database {database.name}: installing {', '.join(modules)}")
            self.install(database, modules, key)
        return database

    def install(self, database, modules, key):
        """Clone the template and install."""
        database.clone_of(self.template)
        command = [sys.executable, "-m", "odoo", "-c", self.config, "-d", database.name, "-i", ",".join(modules)]
        shell.run([*command, "--stop-after-init", "--no-http", "--log-level=warn"], cwd=paths.ROOT)
        database.set_note({"key": key})

    @staticmethod
    def fingerprint(module):
        """Changes with a module's sources."""
        folder = next(p for p in (paths.ROOT / module, PEERS / "odoo/addons" / module) if p.is_dir())
        files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return system.fingerprint(*(part for p in files for part in (p.relative_to(folder), p.read_bytes())))

    def case(self, source, name):
        """A fresh clone."""
        database = databases.Database(f"{self.prefix}case_{name}")
        database.clone_of(source)
        return database
