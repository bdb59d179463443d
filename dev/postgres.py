"""PostgreSQL servers that are there already: the one of PGHOST/PGPORT, or one on a local socket that lets us in."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from . import paths
from .console import Failure, say
from .system import fingerprint

SOCKETS = ("/var/run/postgresql", "/tmp")
OLDEST = 130000
VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
ABOUT_US = """
    SELECT rolcreatedb OR rolsuper, rolname, current_setting('server_version_num')::int
      FROM pg_roles WHERE rolname = current_user
"""


class Unusable(Exception):
    """A server that can't serve us, and why."""


@dataclass
class Server:
    """A PostgreSQL server: the variables that reach it, and what to put before database names."""

    environment: dict
    version: int
    prefix: str = "clinic"
    programs: Path | None = None

    def use(self):
        """Make it the server of this process and of every program it starts."""
        os.environ.update(self.environment)
        if self.programs:
            os.environ["PATH"] = f"{self.programs}:{os.environ['PATH']}"
        return self


def examine(environment):
    """(role, version) of the server that these variables reach; Unusable where Odoo can't work with it."""
    parameters = {key.removeprefix("PG").lower(): value for key, value in environment.items()}
    try:
        connection = psycopg2.connect(dbname="postgres", connect_timeout=5, **parameters)
    except psycopg2.Error as error:
        raise Unusable(str(error).strip().splitlines()[0]) from error
    with connection, connection.cursor() as cursor:
        cursor.execute(ABOUT_US)
        may_create, role, version = cursor.fetchone()
    connection.close()
    if role == "postgres":
        raise Unusable("Odoo refuses to run as the database role 'postgres'; make another one with CREATEDB")
    if not may_create:
        raise Unusable(f"the role {role} may not create databases (ALTER ROLE {role} CREATEDB)")
    if version < OLDEST:
        raise Unusable(f"PostgreSQL {version // 10000} is too old; Odoo 19 needs {OLDEST // 10000}")
    return role, version


def shared_server(environment):
    """A server that is not ours alone: its databases carry a mark of this checkout."""
    role, version = examine(environment)
    prefix = f"clinic_{fingerprint(paths.HOME)[:6]}"
    return Server({**environment, "PGUSER": role}, version, prefix)


def given():
    """The server that PGHOST or PGPORT names."""
    if not (os.environ.get("PGHOST") or os.environ.get("PGPORT")):
        return None
    asked = {key: os.environ[key] for key in VARIABLES if os.environ.get(key)}
    shown = " ".join(f"{key}={asked[key]}" for key in ("PGHOST", "PGPORT") if key in asked)
    try:
        server = shared_server(asked)
    except Unusable as why:
        raise Failure(f"PostgreSQL at {shown} can't be used: {why}\n       Unset them to use an own server") from why
    say(f"PostgreSQL {server.version // 10000} at {shown}")
    return server


def local():
    """A server on one of the usual sockets."""
    if os.environ.get("CLINIC_EMBEDDED_POSTGRES"):
        return None
    for socket in SOCKETS:
        try:
            server = shared_server({"PGHOST": socket})
        except Unusable:
            continue
        say(f"PostgreSQL {server.version // 10000} on {socket}")
        return server
    return None
