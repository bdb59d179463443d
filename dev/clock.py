"""The demo clinic's clock: how far it is ahead, kept in .clinic/clock.json, and what makes Odoo see it."""

import calendar
import datetime
import json
import os
import re

from . import paths
from .console import Failure

STATE = paths.HOME / "clock.json"
RELATIVE = re.compile(r"\+(\d+)\s*(hour|day|week|month|year)s?")
HOW = "a clock is moved by +1month, +35days, +2weeks, +1year, +3hours or to a date such as 2027-01-15"


def now():
    """The real time."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)


def offset():
    """How many seconds the clinic is ahead."""
    return json.loads(STATE.read_text())["offset"] if STATE.exists() else 0


def clinic_now():
    """The clinic's time."""
    return now() + datetime.timedelta(seconds=offset())


def set_to(moment):
    """Let the clinic's clock show this now."""
    STATE.write_text(json.dumps({"offset": int((moment - now()).total_seconds())}))


def forget():
    """Let the clinic have the real time again."""
    STATE.unlink(missing_ok=True)


def add_months(moment, months):
    """So many calendar months later; the last day where the month has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def later(moment, number, unit):
    """So many units after a moment."""
    if unit in ("month", "year"):
        return add_months(moment, number * (12 if unit == "year" else 1))
    return moment + datetime.timedelta(**{f"{unit}s": number})


def target(words, moment):
    """The moment that the command line names; relative ones count from the clinic's present time."""
    relative = RELATIVE.fullmatch(words)
    try:
        if relative:
            return later(moment, int(relative[1]), relative[2])
        given = datetime.datetime.fromisoformat(words)
        return given if len(words) > 10 else datetime.datetime.combine(given.date(), moment.time())
    except (ValueError, OverflowError) as error:
        raise Failure(f"{words!r}: {HOW}") from error


def describe():
    """The clinic's time in words; nothing where it is the real one."""
    if not offset():
        return ""
    return f"{clinic_now():%Y-%m-%d %H:%M} UTC, {offset() / 86400:+.1f} days (./clinic clock reset)"


def environment():
    """The variables of a program that is to live in the clinic's time."""
    if not offset():
        return dict(os.environ)
    from .faketime import library

    faked = {
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{offset():+d}",
        # waiting and measuring stay real
        "DONT_FAKE_MONOTONIC": "1",
        # file times too: Python would else compile every module anew
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": str(paths.DEV / "clock_site"),
    }
    return {**os.environ, **faked}
