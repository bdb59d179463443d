"""The command `benchmarks/charging`: N card payments into the books, by Odoo one by one and by us in chunks."""

import argparse
from pathlib import Path

from dev.console import say

from . import report
from .checks import ask, check_counts
from .names import AMOUNT, CHARGED
from .place import HOME, Place
from .processes import run_alone, run_together

TOTAL = """
    SELECT coalesce(sum(payment.amount), 0), count(*) - count(DISTINCT move.name)
      FROM account_payment payment JOIN account_move move ON move.id = payment.move_id AND move.state = 'posted'
      JOIN res_partner partner ON partner.id = payment.partner_id
     WHERE partner.ref LIKE 'BENCH%'
"""


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/charging", description=__doc__)
    numbers = lambda text: [int(n) for n in text.split(",")]  # noqa: E731
    parser.add_argument("--sizes", type=numbers, default=[200, 1000], help="how many transactions, e.g. 200,1000")
    parser.add_argument("--chunks", type=numbers, default=[50], help="how many of them together, e.g. 1,10,50")
    parser.add_argument("--profile", metavar="FILE", help="write cProfile's figures of the last run")
    parser.add_argument("--output", type=Path, default=HOME / "charging.json", help="file for the figures")
    return parser.parse_args(arguments)


def run_case(place, loaded, contender, count, chunk, profile):
    """One run in a fresh clone."""
    database = place.case(loaded, "run")
    task = {"action": "book", "contender": contender, "database": database.name, "config": str(place.config)}
    figures = run_together([{**task, "count": count, "chunk": chunk, "profile": profile}])[0]
    total, twice = ask(database, TOTAL)
    wrong = check_counts(database, CHARGED, count)
    if twice or abs(float(total) - AMOUNT * count) > 0.001:
        wrong.append(f"total {total:.2f}, {twice} numbers used twice")
    return {**figures, "count": count, "chunk": chunk, "contender": contender, "wrong": wrong}


def measure(place, options):
    """All cases, size by size, Odoo first."""
    for count in options.sizes:
        loaded = place.case(place.prepared(("clinic_membership",)), f"charging_{count}")
        run_alone({"action": "load_book", "count": count, "database": loaded.name, "config": str(place.config)})
        for contender, chunk in [("core", 1), *(("ours", chunk) for chunk in options.chunks)]:
            say(f"{contender}: {count} payments, {chunk} at a time")
            yield run_case(place, loaded, contender, count, chunk, options.profile)
        loaded.drop()


COLUMNS = {
    "contender": lambda r: r["contender"],
    "N": lambda r: f"{r['count']:,}",
    "together": lambda r: str(r["chunk"]),
    "queries each": lambda r: f"{r['queries'] / r['count']:.1f}",
    "CPU ms each": lambda r: f"{r['cpu'] * 1000 / r['count']:.1f}",
    "wall s": lambda r: f"{r['wall']:.1f}",
    "peak MiB": lambda r: f"{r['peak_mib']:.0f}",
    "checks": lambda r: "; ".join(r["wrong"]) or "ok",
}


def main(template, prefix, options):
    """Run, print the table, write the figures; 1 where a result was wrong."""
    results = list(measure(Place(template, prefix), options))
    print(report.lay_out([COLUMNS, *([show(r) for show in COLUMNS.values()] for r in results)]))
    core = {r["count"]: r["cpu"] for r in results if r["contender"] == "core"}
    for result in results:
        if result["contender"] == "ours":
            times = core[result["count"]] / result["cpu"]
            print("- core : ours at {count:,}, {chunk} together = {times:.2f}".format(**result, times=times))
    report.save(options.output, results)
    return 1 if any(result["wrong"] for result in results) else 0
