"""Databases: the template, clones of it, and what each was last installed from.

What a database was installed from is kept as the database's comment, so that it lives and dies with it.
"""

import contextlib
import json
import os
import shutil
from functools import cached_property

import psycopg2
from psycopg2 import sql

from . import paths


def query(statement, *values):
    """Run a statement on the server; the rows it answers with."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


class Database:
    """One database with its filestore."""

    def __init__(self, name):
        self.name = name

    @cached_property
    def filestore(self):
        return paths.DATA / "filestore" / self.name

    def exists(self):
        return bool(query("SELECT 1 FROM pg_database WHERE datname = %s", self.name))

    def drop(self):
        """Drop it whoever is connected."""
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
        shutil.rmtree(self.filestore, ignore_errors=True)

    def clone_of(self, source):
        """Become a copy of another database; Odoo never rewrites a stored file, so those are linked."""
        self.drop()
        if source.filestore.exists():
            shutil.copytree(source.filestore, self.filestore, copy_function=link)
        self._do("CREATE DATABASE {} TEMPLATE {}", self.name, source.name)

    def rename(self, name):
        """Take another name, which must be free; the filestore first, so that a name is never without files."""
        target = Database(name)
        shutil.rmtree(target.filestore, ignore_errors=True)
        if self.filestore.exists():
            self.filestore.rename(target.filestore)
        self._do("ALTER DATABASE {} RENAME TO {}", self.name, name)
        return target

    def note(self):
        """The addon keys it was last installed from."""
        rows = query("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", self.name)
        try:
            return json.loads(rows[0][0])
        except (IndexError, TypeError, ValueError):
            return {}

    def set_note(self, keys):
        """Keep the addon keys; an empty note makes the next command update."""
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        query(statement.format(sql.Identifier(self.name), sql.Literal(json.dumps(keys))))

    def _do(self, statement, *names):
        query(sql.SQL(statement).format(*map(sql.Identifier, names)))


def link(source, target):
    """Hard-link, or copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def named_like(prefix):
    """The databases whose names begin so."""
    rows = query("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", prefix)
    return [Database(name) for (name,) in rows]
