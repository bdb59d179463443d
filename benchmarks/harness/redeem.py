"""The command `benchmarks/redeem`: redemptions a second, from one process and from many, with nothing overdrawn."""

import argparse
from pathlib import Path

from dev.console import say

from . import report
from .checks import ask
from .place import HOME, Place
from .processes import run_alone, run_together

PATIENTS = "(SELECT id FROM res_partner WHERE ref LIKE 'BENCH%')"
LEDGER = f"""
    SELECT count(*) FILTER (WHERE remaining < 0), coalesce(sum(remaining), 0), coalesce(sum(ledger.units), 0),
           count(*) FILTER (WHERE remaining != ledger.units),
           (SELECT count(*) FROM clinic_redemption WHERE partner_id IN {PATIENTS})
      FROM clinic_grant
      JOIN (SELECT grant_id, sum(quantity) AS units FROM clinic_grant_entry GROUP BY grant_id) ledger
        ON ledger.grant_id = clinic_grant.id
     WHERE partner_id IN {PATIENTS}
"""


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/redeem", description=__doc__)
    parser.add_argument("--processes", type=int, default=8, help="against one")
    parser.add_argument("--visits", type=int, default=2000, help="redemptions over many grants, all processes together")
    parser.add_argument("--grants", type=int, default=1000, help="how many grants they are spread over")
    parser.add_argument("--hot-units", type=int, default=40, help="units of the one grant that all draw on until empty")
    parser.add_argument("--profile", metavar="FILE", help="write cProfile's figures of the last case's first process")
    parser.add_argument("--output", type=Path, default=HOME / "redeem.json", help="file for the figures")
    return parser.parse_args(arguments)


def cases(options):
    """(name, grants, units in each, visits in all or None: until the units are used up)."""
    yield "spread", options.grants, options.visits, options.visits
    yield "one grant", 1, options.hot_units, None


def check(database, issued, done):
    """What is wrong with the ledger after a run."""
    negative, remaining, ledger, different, redemptions = ask(database, LEDGER)
    wrong = {
        f"{negative} grants overdrawn": negative,
        f"{different} grants differ from their entries": different,
        f"{redemptions} redemptions recorded, {done} answered": redemptions != done,
        f"{remaining} units left, {issued - done} expected": remaining != issued - done or ledger != remaining,
    }
    return [text for text, is_wrong in wrong.items() if is_wrong]


def run_case(place, loaded, processes, issued, visits, profile):
    """One run in a fresh clone."""
    database = place.case(loaded, "run")
    share = 10**6 if visits is None else visits // processes
    task = {
        "action": "redeem",
        "database": database.name,
        "config": str(place.config),
        "visits": share,
        "profile": profile,
    }
    figures = run_together([{**task, "part": part} for part in range(processes)])
    sums = {name: sum(f[name] for f in figures) for name in ("done", "refused", "tries", "gave_up", "cpu", "queries")}
    wall = max(f["wall"] for f in figures)
    unhindered = max(f["wall"] - f["queued"] for f in figures)
    wrong = check(database, issued, sums["done"])
    if visits is None and sums["done"] != issued:
        wrong.append(f"{sums['done']} of {issued} units redeemed")
    rates = {"rate": sums["done"] / wall, "unhindered_rate": sums["done"] / unhindered}
    return {"processes": processes, **sums, "wall": wall, **rates, "wrong": wrong}


def measure(place, options):
    """All cases, one process first."""
    for name, grants, units, visits in cases(options):
        loaded = place.case(place.prepared(("clinic_membership",)), "redeem")
        task = {"action": "load_redeem", "grants": grants, "units": units, "database": loaded.name}
        run_alone({**task, "config": str(place.config)})
        for processes in (1, options.processes):
            say(f"{name}: {processes} process{'es' if processes > 1 else ''}")
            yield {"case": name, **run_case(place, loaded, processes, grants * units, visits, options.profile)}
        loaded.drop()


COLUMNS = {
    "case": lambda r: r["case"],
    "processes": lambda r: str(r["processes"]),
    "redeemed": lambda r: str(r["done"]),
    "a second": lambda r: f"{r['rate']:.1f}",
    "less queueing": lambda r: f"{r['unhindered_rate']:.1f}",
    "CPU ms each": lambda r: f"{r['cpu'] * 1000 / r['done']:.1f}",
    "queries each": lambda r: f"{r['queries'] / r['done']:.1f}",
    "tries each": lambda r: f"{r['tries'] / (r['done'] + r['refused'] + r['gave_up']):.2f}",
    "gave up": lambda r: str(r["gave_up"]),
    "refused": lambda r: str(r["refused"]),
    "checks": lambda r: "; ".join(r["wrong"]) or "ok",
}


def main(template, prefix, options):
    """Run, print the table, write the figures; 1 where a result was wrong."""
    results = list(measure(Place(template, prefix), options))
    print(report.lay_out([COLUMNS, *([show(r) for show in COLUMNS.values()] for r in results)]))
    for one, many in zip(results[::2], results[1::2], strict=True):
        times = [many[name] / one[name] for name in ("unhindered_rate", "rate")]
        print("- {case}: {processes} processes : 1 =".format(**many), end=" ")
        print("{:.2f} less queueing for a core, {:.2f} by wall time".format(*times))
    report.save(options.output, results)
    return 1 if any(result["wrong"] for result in results) else 0
