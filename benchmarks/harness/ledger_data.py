"""Two years of a clinic's packages and memberships, copied in bulk by SQL from what `ledger_seed.py` made.

Through the ORM a million entries would take an hour. A column that is not named in `ledger_rows.py` is that of the
row that the ORM made, so columns that the product gets later are filled as it fills them; the benchmark's check
computes a sample anew.
"""

from psycopg2.extras import execute_values

from odoo.fields import Date

from dev.console import say

from . import ledger_books, ledger_rows
from .ledger_plan import PENDING_BOOKS, PENDING_EXPIRY, PLAN
from .ledger_seed import KINDS, UNITS

COPIES = (
    *ledger_rows.SALES,
    *ledger_rows.MEMBERSHIPS,
    *ledger_books.INVOICES,
    *ledger_books.RECOGNITION,
    *ledger_rows.UNITS,
    *ledger_books.ENTRIES,
)
TABLES = dict.fromkeys(table for table, *_rest in COPIES)


class Data:
    """Copies of a seed: so many patients, twice as many packages, half as many members."""

    def __init__(self, env, seed, patients):
        self.cr = env.cr
        self.args = {**seed.protos(), "patients": patients, "today": Date.today(), "units": UNITS, "kinds": KINDS}
        self.args.update(pending_expiry=PENDING_EXPIRY, pending_books=PENDING_BOOKS)
        for table in TABLES:
            self.cr.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
            self.args[table] = self.cr.fetchone()[0]
        for name, rows in seed.tables().items():
            self.store(name, rows)

    def store(self, name, rows):
        """A temporary table of numbers; ``rows`` are dictionaries."""
        types = {int: "integer", float: "numeric"}
        columns = ", ".join(f"{column} {types[type(value)]}" for column, value in rows[0].items())
        self.cr.execute(f"CREATE TEMP TABLE {name} ({columns})")
        execute_values(self.cr._obj, f"INSERT INTO {name} VALUES %s", [tuple(row.values()) for row in rows])

    def load(self):
        """Fill the tables, and let the sequences go on behind."""
        for statement in PLAN:
            self.cr.execute(statement, self.args)
        for table, source, proto, columns in COPIES:
            self.copy(table, source, proto, dict(columns))
            say(f"{table}: {self.cr.rowcount:,}")
        for statement in ledger_rows.LINKS:
            self.cr.execute(statement, self.args)
        for table in TABLES:
            self.cr.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")

    def copy(self, table, source, proto, columns):
        """Insert a copy of the row ``proto`` for each row of ``source``, with ``columns`` of its own."""
        self.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
        names = [name for (name,) in self.cr.fetchall()]
        condition = columns.pop("where", "true")
        if unknown := columns.keys() - set(names):
            raise ValueError(f"{table} has no columns {', '.join(sorted(unknown))}")
        values = ", ".join(columns.get(name, f'(copied)."{name}"') for name in names)
        inserted = ", ".join(f'"{name}"' for name in names)
        # as one value: the columns of the source may have the same names
        copied = f"(SELECT id AS copied_id, {table} AS copied FROM {table}) original"
        self.cr.execute(
            f"INSERT INTO {table} ({inserted}) SELECT {values} FROM {source} JOIN {copied} ON copied_id = {proto}"
            f" WHERE {condition}",
            self.args,
        )
