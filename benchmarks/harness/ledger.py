"""The command `benchmarks/ledger`: a clinic's ledger of a million entries: balances, scheduled actions, reports."""

import argparse
import statistics
from pathlib import Path

from dev.console import say

from . import report
from .place import HOME, Place
from .processes import run_alone, run_together

MOST_QUERIES, MOST_SECONDS, REPORT_SECONDS, LEAST_UNITS = 5, 0.010, 5, 2000
"""What is promised: of a patient's balances, of a report, of the scheduled actions by CPU second."""
REPORT = ("tie-out", "tie-out by patient")
"""The reports that the promise is about."""


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/ledger", description=__doc__)
    numbers = lambda text: [int(n) for n in text.split(",")]  # noqa: E731
    parser.add_argument("--patients", type=int, default=50000, help="4 grants and 20 entries each")
    parser.add_argument("--asked", type=int, default=200, help="how many patients of each sort are asked for")
    parser.add_argument("--sizes", type=numbers, default=[2000, 8000, 16000], help="how much is due, e.g. 500,2000")
    parser.add_argument("--times", type=int, default=5, help="how often each report is opened")
    parser.add_argument("--profile", metavar="FILE", help="write cProfile's figures of the last run")
    parser.add_argument("--output", type=Path, default=HOME / "ledger.json", help="file for the figures")
    return parser.parse_args(arguments)


class Ledger:
    """The data in a database of its own, and the tasks on it."""

    def __init__(self, place, options):
        self.options = options
        database = place.case(place.prepared(("clinic_membership",)), "ledger")
        self.task = {"database": database.name, "config": str(place.config)}

    def load(self):
        """Fill the database; what is wrong with the data."""
        say(f"the data of {self.options.patients:,} patients, in bulk by SQL")
        run_alone({**self.task, "action": "load_ledger", "patients": self.options.patients})
        return self.check()

    def check(self):
        """A sample computed anew, the books against the units; what is wrong."""
        say("a sample is computed anew")
        return run_alone({**self.task, "action": "check_ledger"})

    def measure(self, action, **values):
        """The figures of a task in a fresh process."""
        return run_together([{**self.task, "action": action, "profile": self.options.profile, **values}])[0]

    def runs(self):
        """Both scheduled actions, each at growing sizes; what one leaves due is the next one's."""
        for run in ("recognize", "expire"):
            for count in self.options.sizes:
                say(f"{run}: {count:,} due")
                yield {"run": run, **self.measure("work", run=run, count=count)}


def middle(answers, name):
    """The median of a figure."""
    return statistics.median(answer[name] for answer in answers)


def check_balances(balances):
    """Promises about a patient's balances that were not kept."""
    for sort, answers in balances.items():
        if (most := max(answer["queries"] for answer in answers)) > MOST_QUERIES:
            yield f"{sort}: {most} queries"
        if (wall := middle(answers, "unhindered")) > MOST_SECONDS:
            yield f"{sort}: {wall * 1000:.1f} ms"


def check_runs(runs):
    """The same of the scheduled actions; linear: what is done in a CPU second is the same at all sizes."""
    for run in runs:
        if run["left"] or not run["count"]:
            yield f"{run['run']}: {run['left']} left of {run['count']}"
        if run["units"] / run["cpu"] < LEAST_UNITS:
            yield f"{run['run']} {run['count']:,}: {run['units'] / run['cpu']:,.0f} units a CPU second"


def check_reports(reports):
    """The same of the reports."""
    for name in REPORT:
        if any(answer["answer"] for answer in reports[name]):
            yield f"{name}: the difference is not 0"
        if (wall := middle(reports[name], "unhindered")) > REPORT_SECONDS:
            yield f"{name}: {wall:.1f} s"


def unhindered(groups):
    """Add the wall time less the time spent waiting for a core."""
    for answers in groups.values():
        for answer in answers:
            answer["unhindered"] = max(answer["wall"] - answer["queued"], 0)
    return groups


BALANCES = ("patients", "asked", "grants", "queries at most", "CPU ms", "ms", "less queueing", "at most")
RUNS = ("scheduled action", "due", "units", "queries each", "CPU ms each", "each CPU s", "units a CPU s", "wall s")
REPORTS = ("screen", "queries", "CPU s", "s", "less queueing")


def balance_row(sort, answers):
    """One sort of patients: the median, and the slowest."""
    grants = [answer["grants"] for answer in answers]
    times = [f"{middle(answers, name) * 1000:.1f}" for name in ("cpu", "wall", "unhindered")]
    slowest = max(answer["unhindered"] for answer in answers) * 1000
    most = max(answer["queries"] for answer in answers)
    return (sort, str(len(answers)), f"{min(grants)}-{max(grants)}", str(most), *times, f"{slowest:.1f}")


def run_row(run):
    """One run of a scheduled action."""
    count, cpu = run["count"], run["cpu"]
    rates = (f"{run['queries'] / count:.2f}", f"{cpu * 1000 / count:.2f}", f"{count / cpu:,.0f}")
    return (run["run"], f"{count:,}", f"{run['units']:,}", *rates, f"{run['units'] / cpu:,.0f}", f"{run['wall']:.1f}")


def report_row(name, answers):
    """One report, the median."""
    times = [f"{middle(answers, figure):.2f}" for figure in ("cpu", "wall", "unhindered")]
    return (name, str(answers[-1]["queries"]), *times)


def main(template, prefix, options):
    """Load, run, print the tables, write the figures; 1 where the data or a result was wrong or a promise broken."""
    ledger = Ledger(Place(template, prefix), options)
    wrong = ledger.load()
    balances = unhindered(ledger.measure("balances", count=options.asked))
    reports = unhindered(ledger.measure("reports", count=options.times))
    runs = list(ledger.runs())
    print(report.lay_out([BALANCES, *(balance_row(*group) for group in balances.items())]), end="\n\n")
    print(report.lay_out([RUNS, *map(run_row, runs)]), end="\n\n")
    print(report.lay_out([REPORTS, *(report_row(*group) for group in reports.items())]), end="\n\n")
    wrong += [*check_balances(balances), *check_runs(runs), *check_reports(reports), *ledger.check()]
    print("\n".join(f"- {text}" for text in wrong) or "- checks: ok")
    report.save(options.output, {"balances": balances, "runs": runs, "reports": reports, "wrong": wrong})
    return 1 if wrong else 0
