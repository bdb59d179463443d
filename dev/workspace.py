"""Everything a command needs before it can work: Odoo, Python packages, PostgreSQL."""

import contextlib
import os
from dataclasses import dataclass

from . import odoo_source, paths, python_env
from .locks import only_one

SETUP = ("setup", "another ./clinic command to finish its set-up")


@dataclass(frozen=True)
class Workspace:
    """Odoo and the PostgreSQL server."""

    odoo: odoo_source.Odoo
    server: object

    def database(self, name):
        """One of our databases."""
        from .databases import Database

        return Database(f"{self.server.prefix}_{name}")


def enter():
    """Make the Python environment and go on inside it; from here psycopg2 and websocket can be imported."""
    paths.prepare_home()
    with only_one(*SETUP):
        python_env.make_odoo(odoo_source.find())
    python_env.go_inside()
    os.environ["PATH"] = f"{paths.VENV / 'bin'}:{os.environ['PATH']}"


@contextlib.contextmanager
def opened():
    """The workspace with PostgreSQL running, while no other command changes it."""
    from . import postgres, postgres_embedded

    with only_one(*SETUP):
        server = postgres.given() or postgres.local() or postgres_embedded.start()
        yield Workspace(odoo_source.find(), server.use())
