"""Find Odoo 19, or fetch it.

In this order: ODOO_DIR, what was fetched before, an importable odoo 19.0, Debian's package (odoo_debian.py),
a git clone (odoo_git.py).
"""

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from . import odoo_debian, odoo_git, paths, shell
from .console import Failure, say
from .system import check_disk

SERIES = (19, 0)
FETCHED = paths.ODOO / "fetched.json"
HOW_ELSE = "set ODOO_DIR to a folder with Odoo 19.0's sources (a git clone of branch 19.0, or an unpacked package)"


@dataclass(frozen=True)
class Odoo:
    """Where Odoo is (the folder that holds the package odoo/) and which one it is."""

    path: Path
    version: str

    def addon_folders(self):
        """The addons that Odoo does not find by itself: in a git clone most lie beside the package."""
        beside = self.path / "addons"
        return [beside] if beside.is_dir() else []


def series(path):
    """(19, 0) for a folder that holds Odoo 19.0, None for one that holds no Odoo."""
    release = Path(path) / "odoo" / "release.py"
    if not release.is_file():
        return None
    match = re.search(r"^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)", release.read_text(), re.MULTILINE)
    return match and (int(match[1]), int(match[2]))


def label(path):
    """What tells one state of the sources from another."""
    head = shell.answer(["git", "-C", path, "rev-parse", "HEAD"]) if (path / ".git").exists() else None
    return (head or str((path / "odoo/release.py").stat().st_mtime)).strip()


def given():
    """The Odoo that ODOO_DIR names."""
    folder = os.environ.get("ODOO_DIR")
    if not folder:
        return None
    for path in (Path(folder), Path(folder) / "usr/lib/python3/dist-packages"):
        found = series(path)
        if found == SERIES:
            return Odoo(path.resolve(), label(path))
        if found:
            raise Failure(f"ODOO_DIR={folder} is Odoo {found[0]}.{found[1]}; the addons here need 19.0")
    raise Failure(f"ODOO_DIR={folder} holds no Odoo: there is no odoo/release.py in it")


def fetched():
    """The Odoo that an earlier run fetched."""
    if not FETCHED.exists():
        return None
    state = json.loads(FETCHED.read_text())
    return Odoo(paths.ODOO / state["path"], state["version"])


def importable():
    """An Odoo 19.0 that is installed on this machine."""
    show = "import odoo.release as release; print(release.__file__)"
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        file = shell.answer([python, "-c", show], cwd="/")
        path = Path(file.strip()).parent.parent if file else None
        if path and series(path) == SERIES:
            say(f"Odoo 19.0 found at {path}")
            return Odoo(path, label(path))
    return None


def fetch():
    """Debian's package where it can be had and no clone is asked for; complete or not there at all."""
    check_disk(paths.HOME)
    part = paths.HOME / "odoo.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        how = odoo_git if odoo_git.asked_for() or not odoo_debian.possible() else odoo_debian
        path, version = how.fetch(part)
    except Failure as failure:
        raise Failure(f"Odoo 19 could not be fetched: {failure}\n       Otherwise {HOW_ELSE}") from failure
    if series(part / path) != SERIES:
        raise Failure(f"what was fetched is not Odoo 19.0 but {series(part / path)}: {HOW_ELSE}")
    (part / FETCHED.name).write_text(json.dumps({"path": path, "version": version}))
    shutil.rmtree(paths.ODOO, ignore_errors=True)
    part.rename(paths.ODOO)
    return fetched()


def find():
    """The Odoo to use."""
    return given() or fetched() or importable() or fetch()
