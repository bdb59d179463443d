"""Running other programs."""

import subprocess

from . import paths
from .console import Failure, indent


def command_line(command):
    """The command as a short text for messages."""
    return " ".join(str(word) for word in command)[:200]


def run(command, log=None, **options):
    """Run to the end; a failure shows the end of what the program printed. Returns what it printed."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options
    )
    if log:
        (paths.LOGS / log).write_text(done.stdout)
    if done.returncode:
        where = f" (all of it: {paths.LOGS / log})" if log else ""
        raise Failure(
            f"{command_line(command)}\n  ended with {done.returncode}; the end of what it printed{where}:"
            + indent(done.stdout.splitlines()[-25:])
        )
    return done.stdout


def answer(command, **options):
    """What the program prints, or None where it fails or is not there."""
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, errors="replace", **options
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def succeeds(command, **options):
    """Whether the program ends well."""
    return answer(command, **options) is not None
