"""The machine: root, system packages, ports, disk, fingerprints."""

import hashlib
import os
import shutil
import socket

from . import shell
from .console import Failure, say
from .locks import only_one


def is_root():
    """Whether we run as root."""
    return os.geteuid() == 0


def root_prefix():
    """What to put before a command that needs root: nothing, sudo, or None where neither will do."""
    if is_root():
        return []
    if shutil.which("sudo") and shell.succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def apt_install(*packages, what_for):
    """Install Debian or Ubuntu packages, or say which command the user has to run."""
    prefix = root_prefix()
    by_hand = "sudo apt-get install -y " + " ".join(packages)
    if prefix is None or not shutil.which("apt-get"):
        raise Failure(f"{what_for} is missing on this machine. Install it, for example:\n       {by_hand}")
    say(f"apt-get install {' '.join(packages)} ({what_for})")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    # apt waits for its lock on what is installed, not for the one on its lists
    with only_one("apt", "another ./clinic command to install packages"):
        shell.run([*apt, "update"], log="apt-update.log")
        shell.run([*apt, "install", "--no-install-recommends", *packages], log="apt-install.log")


def need_program(names, package, what_for):
    """The path of the first of these programs; installed where none is there."""
    for _attempt in range(2):
        found = next(filter(None, map(shutil.which, names)), None)
        if found:
            return found
        apt_install(package, what_for=what_for)
    raise Failure(f"{package} was installed, but none of {', '.join(names)} is in PATH")


def find_chromium():
    """The browser for the tests and screenshots."""
    given = os.environ.get("CHROME_BIN")
    names = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
    return need_program([given, *names] if given else names, "chromium", "Chromium")


def check_disk(folder, gigabytes=1.5):
    """Stop early rather than in the middle of unpacking."""
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise Failure(f"only {free:.1f} GB free at {folder}; {gigabytes} GB are needed")


def port_busy(port):
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(first):
    """The first free port from this one on."""
    for port in range(first, first + 200):
        if not port_busy(port):
            return port
    raise Failure(f"no free port from {first} to {first + 199}")


def fingerprint(*parts):
    """A hash over texts, bytes and anything that has a text form."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()
