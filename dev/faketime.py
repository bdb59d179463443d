"""libfaketime, which moves the clock of a single program: found, or fetched from the machine's own distribution."""

import shutil
from pathlib import Path

from . import apt, paths
from .console import Failure, say

PACKAGE = "libfaketime"
# the build for programs with threads
FILE = "usr/lib/*/faketime/libfaketimeMT.so.1"
HOW = "install it (Debian, Ubuntu: sudo apt-get install libfaketime)"


def installed(root):
    """The library under a root folder, or None."""
    return next(Path(root).glob(FILE), None)


def library():
    """The library's file."""
    return installed("/") or installed(paths.HOME / "faketime") or fetch()


def fetch():
    """Unpack the distribution's package, without root; another release's would want another libc."""
    if not apt.available():
        raise Failure(f"moving the clock needs {PACKAGE}, and this machine has no apt to get it with: {HOW}")
    say(f"fetching {PACKAGE}")
    private = apt.PrivateApt("faketime")
    try:
        private.update()
        (deb,) = private.download(PACKAGE)
    except Failure as failure:
        raise Failure(f"{PACKAGE} could not be fetched: {failure}\n       Otherwise {HOW}") from failure
    part = paths.HOME / "faketime.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    apt.unpack(deb, part)
    part.rename(paths.HOME / "faketime")
    private.close()
    return installed(paths.HOME / "faketime")
