"""Locks between several ./clinic commands, and on what outlives them.

A lock is a flock on a file: the kernel lets go of it when the last process that holds the open file ends,
however it ends. A child that gets the file handed over holds the lock for as long as it lives, so no
process number is ever trusted.
"""

import contextlib
import fcntl

from . import paths
from .console import say


class Lock:
    """One lock file under .clinic/."""

    def __init__(self, name):
        self.path = paths.HOME / f"{name}.lock"
        self.file = None

    def take(self, shared=False, wait=True):
        """Take the lock; False where another process has it and we do not wait."""
        self.file = self.file or self.path.open("a+")
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.file, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self):
        """Let go; a child that holds the same open file keeps the lock."""
        if self.file:
            self.file.close()
            self.file = None

    def held_elsewhere(self):
        """Whether some process holds it."""
        probe = Lock(self.path.stem)
        free = probe.take(wait=False)
        probe.release()
        return not free


@contextlib.contextmanager
def only_one(name, waiting_for):
    """Let one command at a time do this."""
    lock = Lock(name)
    if not lock.take(wait=False):
        say(f"waiting for {waiting_for}")
        lock.take()
    try:
        yield
    finally:
        lock.release()
