"""The command `benchmarks/till`: tills on one shared family pool, and what the bridge adds to a plain order."""

import argparse
from pathlib import Path

from dev.console import say

from . import report
from .checks import ask
from .place import HOME, Place
from .processes import run_alone, run_together

OURS = ("clinic_membership", "clinic_membership_pos")
LIMIT = 1.25  # of the CPU time and of the SQL statements of a plain order
TILL_LINES = """
    pos_order_line line JOIN pos_order orders ON orders.id = line.order_id
                        JOIN res_partner partner ON partner.id = orders.partner_id AND partner.ref LIKE 'BENCH%'
"""
ORDERS = (
    f"SELECT count(*), count(*) FILTER (WHERE orders.state = 'paid'), count(DISTINCT orders.uuid) FROM {TILL_LINES}"
)
GRANTS = "clinic_grant grants JOIN res_partner partner ON partner.id = grants.partner_id AND partner.ref LIKE 'BENCH%'"
UNITS = f"""
    SELECT (SELECT coalesce(sum(quantity), 0) FROM clinic_redemption WHERE state = 'done' AND pos_line_id IS NOT NULL),
           (SELECT count(*) FROM (SELECT 1 FROM clinic_redemption WHERE state = 'done' AND pos_line_id IS NOT NULL
                                   GROUP BY pos_line_id HAVING count(*) > 1) twice),
           (SELECT coalesce(sum(quantity), 0) FROM clinic_till_review WHERE kind = 'overdraft' AND state = 'open'),
           (SELECT coalesce(sum(grants.remaining), 0) FROM {GRANTS}),
           (SELECT coalesce(sum(entry.quantity), 0)
              FROM clinic_grant_entry entry WHERE entry.grant_id IN (SELECT grants.id FROM {GRANTS})),
           (SELECT count(*) FROM {GRANTS} WHERE grants.remaining < 0),
           (SELECT count(*) FROM {TILL_LINES} WHERE line.clinic_redeem
               AND NOT EXISTS (SELECT 1 FROM clinic_redemption r WHERE r.pos_line_id = line.id AND r.state = 'done')
               AND NOT EXISTS (SELECT 1 FROM clinic_till_review v WHERE v.pos_line_id = line.id))
"""


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/till", description=__doc__)
    parser.add_argument("--tills", type=int, default=20, help="on one family pool, a process each")
    parser.add_argument("--orders", type=int, default=10, help="of each till, one unit each")
    parser.add_argument("--units", type=int, default=150, help="in the pool")
    parser.add_argument("--plain", type=int, default=200, help="orders of the comparison with Odoo alone")
    parser.add_argument("--repeat", type=int, default=3, help="runs of the comparison; the quickest counts")
    parser.add_argument("--profile", metavar="FILE", help="write cProfile's figures of the last case's first process")
    parser.add_argument("--output", type=Path, default=HOME / "till.json", help="file for the figures")
    return parser.parse_args(arguments)


def check_orders(database, expected):
    """Whether each order is there, once."""
    found, paid, different = ask(database, ORDERS)
    complete = found == paid == different == expected
    return [] if complete else [f"{found} orders, {paid} paid, {different} different; {expected} expected"]


def check_units(database, wanted, issued):
    """Whether each unit was taken once, and what was not there is flagged."""
    taken, twice, flagged, left, ledger, overdrawn, unexplained = ask(database, UNITS)
    wrong = {
        f"{taken} units taken, {min(wanted, issued)} expected": taken != min(wanted, issued),
        f"{twice} lines redeemed twice": twice,
        f"{flagged} units flagged, {max(wanted - issued, 0)} expected": flagged != max(wanted - issued, 0),
        f"{left} units left, {ledger} in the ledger": left != ledger or left != issued - taken,
        f"{overdrawn} grants overdrawn": overdrawn,
        f"{unexplained} lines neither redeemed nor flagged": unexplained,
    }
    return [text for text, is_wrong in wrong.items() if is_wrong]


def run_case(place, source, case):
    """One run in a fresh clone, all tills beginning together."""
    database = place.case(source, "till")
    task = {"database": database.name, "config": str(place.config), "action": "sync", **case}
    run_alone({**task, "action": "load_till"})
    figures = run_together([{**task, "part": part} for part in range(case["tills"])])
    names = ("orders", "sent", "tries", "gave_up", "cpu", "queries")
    sums = {name: sum(figure[name] for figure in figures) for name in names}
    wrong = check_orders(database, sums["orders"])
    if case["redeems"]:
        wrong += check_units(database, sums["orders"], case["units"])
    database.drop()
    return {**case, **sums, "wall": max(figure["wall"] for figure in figures), "wrong": wrong}


def cases(place, options):
    """(name, database, what the tills do)."""
    ours = place.prepared(OURS)
    one = {"tills": 1, "orders": options.plain, "units": 0, "redeems": False, "lost": 0}
    for _time in range(options.repeat):
        yield "plain, Odoo alone", place.template, one
        yield "plain, with ours", ours, one
        yield "a unit each", ours, {**one, "units": options.plain, "redeems": True}
    pool = {"tills": options.tills, "orders": options.orders, "units": options.units, "redeems": True, "lost": 0.25}
    yield "one family pool", ours, {**pool, "profile": options.profile}


def measure(place, options):
    """The quickest run of each case, and everything that was wrong in any."""
    results = {}
    for name, source, case in cases(place, options):
        say(name)
        result = {"case": name, **run_case(place, source, case)}
        best = results.setdefault(name, result)
        wrong = best["wrong"] + (result["wrong"] if result is not best else [])
        results[name] = {**min(best, result, key=lambda run: run["cpu"]), "wrong": wrong}
    return list(results.values())


COLUMNS = {
    "case": lambda r: r["case"],
    "tills": lambda r: str(r["tills"]),
    "orders": lambda r: str(r["orders"]),
    "sent": lambda r: str(r["sent"]),
    "CPU ms each": lambda r: f"{r['cpu'] * 1000 / r['sent']:.1f}",
    "queries each": lambda r: f"{r['queries'] / r['sent']:.1f}",
    "tries each": lambda r: f"{r['tries'] / r['sent']:.2f}",
    "gave up": lambda r: str(r["gave_up"]),
    "wall s": lambda r: f"{r['wall']:.1f}",
    "checks": lambda r: "; ".join(r["wrong"]) or "ok",
}


def main(template, prefix, options):
    """Run, print the table, write the figures; 1 where a result was wrong or too dear."""
    results = measure(Place(template, prefix), options)
    print(report.lay_out([COLUMNS, *([show(r) for show in COLUMNS.values()] for r in results)]))
    alone, ours = results[:2]
    times = {what: ours[what] / alone[what] for what in ("cpu", "queries")}
    print(f"- a plain order, with ours : Odoo alone = {times['cpu']:.2f} CPU, {times['queries']:.2f} SQL statements")
    report.save(options.output, results)
    too_dear = max(times.values()) >= LIMIT
    return 1 if too_dear or any(result["wrong"] for result in results) else 0
