"""What the user sees: progress lines, and failures that say how to help themselves."""

import os
import sys
import time

# kept over the change into the virtual environment, so that the seconds shown go on
STARTED = float(os.environ.setdefault("CLINIC_STARTED", str(time.time())))


class Failure(Exception):
    """Something is missing or failed; the message says what and how to get it."""


def say(message):
    """Print one line of progress with the seconds since the command began."""
    mark = "\033[1m==\033[0m" if sys.stdout.isatty() else "=="
    print(f"{mark} [{time.time() - STARTED:5.0f}s] {message}", flush=True)


def complain(message):
    """Print an error."""
    print(f"\nerror: {message}", file=sys.stderr, flush=True)


def indent(lines):
    """The lines as one block, set in under an error message."""
    return "".join(f"\n  {line}" for line in lines)
