"""The virtual environments, filled from lock files with hashes.

uv does it in seconds; where uv itself can't be had, pip does the same from the same lock file.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import paths, shell, system
from .console import Failure, say
from .locks import only_one

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
UV = paths.HOME / "uv"
# Python packages that need a library of the system: module -> Debian package
SYSTEM_LIBRARIES = {"cairocffi": "libcairo2"}
# imported once after an installation, so that a broken one is told at once and not by Odoo later
IMPORTED = ("babel", "gevent", "lxml.html.clean", "PIL.Image", "psycopg2", "reportlab.graphics.renderPM")
IMPORTED += ("sass", "werkzeug", "websocket", "pytest_odoo", "hypothesis")


def lock_file(name):
    """dev/requirements.txt, or dev/requirements-NAME.txt."""
    return paths.DEV / f"requirements{'-' + name if name else ''}.txt"


def environment():
    """The variables for uv and pip."""
    kept = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    if CERTIFICATES.exists():
        kept["UV_SYSTEM_CERTS"] = "1"
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def complete(venv, key):
    """Whether this environment was filled from this very lock file."""
    stamp = venv / "complete"
    return stamp.exists() and stamp.read_text() == key


def find_uv():
    """uv at the locked version in an environment of its own, or None."""
    if os.environ.get("CLINIC_NO_UV"):
        return None
    lock = lock_file("uv")
    key = system.fingerprint(lock.read_bytes(), sys.version)
    with only_one("uv", "another ./clinic command to install uv"):
        return UV / "bin/uv" if complete(UV, key) or make_uv(lock, key) else None


def make_uv(lock, key):
    """Whether uv could be installed."""
    shutil.rmtree(UV, ignore_errors=True)
    shell.run([sys.executable, "-m", "venv", UV], log="uv.log")
    if not shell.succeeds([UV / "bin/pip", "install", "-q", "--require-hashes", "-r", lock], env=environment()):
        say("  uv could not be installed; pip does it, more slowly")
        return False
    (UV / "complete").write_text(key)
    return True


def install(venv, lock, *options):
    """Install what a lock file names into an environment."""
    uv = find_uv()
    pip = [uv, "pip", "install", "-p", venv / "bin/python"] if uv else [venv / "bin/python", "-m", "pip", "install"]
    command = [*pip, "-q", *options, "--no-deps", "--require-hashes", "-r", lock]
    shell.run(command, log=f"install-{venv.name}.log", env=environment())


def make(venv, name, *parts, finish=lambda: None):
    """An environment with the packages of a lock file; `finish` runs before it counts as complete."""
    lock = lock_file(name)
    key = system.fingerprint(lock.read_bytes(), sys.version, *parts)
    if complete(venv, key):
        return
    say(f"Python {platform.python_version()} packages of {lock.name}")
    shutil.rmtree(venv, ignore_errors=True)
    uv = find_uv()
    maker = [uv, "venv", "-q", "-p", sys.executable] if uv else [sys.executable, "-m", "venv"]
    shell.run([*maker, venv], log=f"venv-{venv.name}.log")
    install(venv, lock)
    finish()
    (venv / "complete").write_text(key)


def make_odoo(odoo):
    """The environment that Odoo runs in; Odoo itself comes into it through a .pth file."""

    def finish():
        site = next((paths.VENV / "lib").glob("python3*")) / "site-packages"
        (site / "odoo_path.pth").write_text(f"{odoo.path}\n")
        check_imports()

    make(paths.VENV, "", odoo.path, finish=finish)


def check_imports():
    """Import the packages that could fail for want of a library of the system."""
    for module, package in SYSTEM_LIBRARIES.items():
        if wanted(module) and not imports(module):
            system.apt_install(package, what_for=f"a library of the Python package {module}")
    for module in IMPORTED:
        if not imports(module):
            raise Failure(f"the Python package {module} does not import:\n{import_error(module)}")


def python(code):
    """Run a line in Odoo's environment."""
    return subprocess.run([paths.VENV / "bin/python", "-c", code], capture_output=True, text=True, cwd="/")


def wanted(module):
    """Whether the lock file installs this package on this Python."""
    return python(f"from importlib.util import find_spec; find_spec({module!r}).name").returncode == 0


def imports(module):
    """Whether it imports."""
    return python(f"import {module}").returncode == 0


def import_error(module):
    """The last lines of what Python says."""
    return "\n".join(python(f"import {module}").stderr.splitlines()[-5:])


def go_inside():
    """Go on as the same command inside Odoo's environment, where psycopg2 and websocket are."""
    if Path(sys.prefix) != paths.VENV:
        inside = str(paths.VENV / "bin/python")
        os.execv(inside, [inside, str(paths.DEV), *sys.argv[1:]])
