"""What must be true of a database after a run: nothing lost, nothing twice, the right money."""

import contextlib

import psycopg2

INVOICES = """
    SELECT count(*), count(DISTINCT move.partner_id), count(DISTINCT move.name), coalesce(sum(move.amount_total), 0),
           count(DISTINCT move.sequence_prefix), max(move.sequence_number) - min(move.sequence_number) + 1
      FROM account_move move JOIN res_partner partner ON partner.id = move.partner_id
     WHERE move.state = 'posted' AND move.move_type = 'out_invoice' AND partner.ref LIKE 'BENCH%'
"""
LEFT_OVER = """
    SELECT count(*) FROM account_move move JOIN res_partner partner ON partner.id = move.partner_id
     WHERE move.state != 'posted' AND partner.ref LIKE 'BENCH%'
"""


def ask(database, statement):
    """The first row of the answer."""
    with contextlib.closing(psycopg2.connect(dbname=database.name)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def check_invoices(database, count, amount):
    """(total of the posted invoices, what is wrong with them)."""
    posted, partners, names, total, prefixes, numbers = ask(database, INVOICES)
    left = ask(database, LEFT_OVER)[0]
    wrong = {
        f"{posted} invoices posted": posted != count,
        f"{partners} partners billed": partners != count,
        f"{count - names} numbers used twice": names != posted,
        f"total {total:.2f}": abs(float(total) - amount * count) > 0.001,
        f"{prefixes} number sequences": prefixes != 1,
        f"{(numbers or 0) - names} holes in the numbers": numbers != names,
        f"{left} invoices left as drafts": left,
    }
    return float(total), [text for text, is_wrong in wrong.items() if is_wrong]


def check_counts(database, counted, count):
    """Other things that must be there: {what: (statement, times the count)}."""
    found = {what: (ask(database, statement)[0], factor) for what, (statement, factor) in counted.items()}
    return [f"{n} {what} instead of {factor * count}" for what, (n, factor) in found.items() if n != factor * count]
