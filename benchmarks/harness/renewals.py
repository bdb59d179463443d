"""The command `benchmarks/renewals`: N renewals by us, by other subscription addons, and by a bare loop."""

import argparse
import statistics
from pathlib import Path

from dev.console import say

from . import report
from .checks import check_counts, check_invoices
from .names import AMOUNT, COUNTED, DEFAULT, MODULES, SHARE_WORK
from .place import HOME, Place
from .processes import run_alone, run_together


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/renewals", description=__doc__)
    numbers, names = (lambda text: [int(n) for n in text.split(",")]), (lambda text: text.split(","))
    parser.add_argument("--sizes", type=numbers, default=[500, 2000], help="how many renewals, e.g. 500,2000")
    parser.add_argument("--only", type=names, default=DEFAULT, help=f"among {','.join(MODULES)}")
    parser.add_argument("--workers", type=int, default=1, help="processes over the same renewals at once")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each case; the median counts")
    parser.add_argument("--profile", metavar="FILE", help="write cProfile's figures of the last run (one worker)")
    parser.add_argument("--output", type=Path, default=HOME / "renewals.json", help="file for the figures")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(MODULES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    return options


def load(place, contender, count):
    """A database with N due renewals."""
    database = place.case(place.prepared(MODULES[contender]), f"{contender}_{count}")
    task = {"action": "load", "contender": contender, "count": count}
    run_alone({**task, "database": database.name, "config": str(place.config)})
    return database


def run_case(place, loaded, contender, count, workers, profile=None):
    """One run in a fresh clone: figures of all its processes, summed where they add up."""
    database = place.case(loaded, "run")
    task = {"action": "renew", "contender": contender, "database": database.name, "config": str(place.config)}
    task.update(count=count, parts=workers, profile=profile)
    figures = run_together([{**task, "part": part} for part in range(workers)])
    total, wrong = check_invoices(database, count, AMOUNT)
    wrong += check_counts(database, COUNTED.get(contender, {}), count)
    return {
        "queries": sum(f["queries"] for f in figures) / count,
        "cpu": sum(f["cpu"] for f in figures) / count,
        "wall": max(f["wall"] for f in figures),
        "unhindered": max(f["wall"] - f["queued"] for f in figures),
        "peak_mib": max(f["peak_mib"] for f in figures),
        "total": total,
        "wrong": wrong,
    }


def median(runs):
    """The run with the median CPU time, and everything that was wrong in any run."""
    middle = statistics.median_low(run["cpu"] for run in runs)
    chosen = next(run for run in runs if run["cpu"] == middle)
    return {**chosen, "wrong": sorted({text for run in runs for text in run["wrong"]})}


def measure(place, options):
    """All cases, size by size."""
    for count in options.sizes:
        for contender in options.only:
            loaded = load(place, contender, count)
            workers = [1, options.workers] if options.workers > 1 and contender in SHARE_WORK else [1]
            for number in workers:
                say(f"{contender}: {count} renewals, {number} process{'es' if number > 1 else ''}")
                runs = [
                    run_case(place, loaded, contender, count, number, options.profile) for _ in range(options.repeat)
                ]
                yield {"contender": contender, "count": count, "workers": number, **median(runs)}
            loaded.drop()


def main(template, prefix, options):
    """Run, print the table, write the figures; 1 where a result was wrong."""
    results = list(measure(Place(template, prefix), options))
    print(report.table(results))
    print(report.ratios(results))
    report.save(options.output, results)
    return 1 if any(result["wrong"] for result in results) else 0
