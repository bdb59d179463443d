"""Where a run spends its CPU time and its queries: `benchmarks/renewals --profile FILE`."""

import collections
import contextlib
import cProfile
import pstats
import re

VALUES = re.compile(r"'[^']*'|\b\d[\d.]*\b")
LISTS = re.compile(r"\(\?(?:, ?\?)*")


def shape(statement):
    """The statement without its values, so that alike ones count as one."""
    return LISTS.sub("(?", VALUES.sub("?", " ".join(statement.split())))[:300]


@contextlib.contextmanager
def counting(statements):
    """Collect the beginnings of the statements of every cursor; what to call alike is decided later."""
    from odoo import sql_db

    execute = sql_db.Cursor.execute

    def counted(cursor, query, params=None, log_exceptions=True):
        execute(cursor, query, params, log_exceptions)
        statements.append((cursor._obj.query or b"")[:3000])

    sql_db.Cursor.execute = counted
    try:
        yield
    finally:
        sql_db.Cursor.execute = execute


@contextlib.contextmanager
def profiled(file, count):
    """cProfile's figures into FILE (for pstats or snakeviz), a summary and the statements into FILE.txt."""
    if not file:
        yield
        return
    statements, profile = [], cProfile.Profile()
    with counting(statements), profile:
        yield
    profile.dump_stats(file)
    with open(f"{file}.txt", "w") as text:
        shapes = collections.Counter(shape(statement.decode(errors="replace")) for statement in statements)
        for statement, number in shapes.most_common():
            text.write(f"{number / count:8.3f} each, {number:6}  {statement}\n")
        stats = pstats.Stats(profile, stream=text)
        stats.sort_stats("cumulative").print_stats(150)
        stats.sort_stats("tottime").print_stats(60)
