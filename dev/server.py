"""The demo clinic's Odoo server: start, find, stop."""

import csv
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

from . import clock, odoo_process, paths, postgres_embedded, system
from .console import Failure, say
from .locks import Lock

STATE = paths.HOME / "server.json"
LOG = paths.LOGS / "server.log"
running_lock = Lock("server")
"""Held by the server process for as long as it lives."""


def is_running():
    """Whether our server process lives."""
    return running_lock.held_elsewhere()


def address():
    """Where the running server answers."""
    return f"http://127.0.0.1:{json.loads(STATE.read_text())['port']}"


def need():
    """The address of the running server, or a failure."""
    if not is_running():
        raise Failure("the demo clinic is not running: start it with ./clinic run -d")
    return address()


def choose_port():
    """CLINIC_HTTP_PORT, or the first free port from 8069 on."""
    given = os.environ.get("CLINIC_HTTP_PORT")
    if given and system.port_busy(int(given)):
        raise Failure(f"port {given} is in use: set CLINIC_HTTP_PORT to another one")
    return int(given) if given else system.free_port(8069)


def start(database):
    """Start the server and wait until it answers; the process."""
    port = choose_port()
    running_lock.take()
    handed = [lock.file.fileno() for lock in (running_lock, postgres_embedded.in_use) if lock.file]
    words = ["-d", database.name, "--db-filter", f"^{database.name}$", "--http-port", str(port)]
    with LOG.open("w") as log:
        process = subprocess.Popen(
            odoo_process.command(*words),
            cwd=paths.HOME,
            env=clock.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=handed,
            start_new_session=True,
        )
    running_lock.release()
    STATE.write_text(json.dumps({"pid": process.pid, "port": port, "database": database.name}))
    try:
        wait_for_answer(process)
    except BaseException:
        stop()
        raise
    return process


def wait_for_answer(process, seconds=180):
    """Wait until the log-in page is served."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address()}/web/login", timeout=60) as page:
                page.read()
            return
        except urllib.error.HTTPError as error:
            raise Failure(f"the server answers {error.code}; the end of {LOG}:\n{tail()}") from error
        except OSError:
            time.sleep(0.2)
    raise Failure(f"the server did not come up; the end of {LOG}:\n{tail()}")


def tail():
    """The end of the server's log."""
    return LOG.read_text(errors="replace")[-2500:]


def stop(seconds=20):
    """Stop the server where it runs; True where it did."""
    if not is_running():
        return False
    pid = json.loads(STATE.read_text())["pid"]
    for sent in (signal.SIGTERM, signal.SIGKILL):
        os.kill(pid, sent)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not is_running():
                return True
            time.sleep(0.1)
    raise Failure(f"the server, process {pid}, does not end")


def stay(process):
    """Wait in the foreground until Ctrl-C, a SIGTERM, or ./clinic stop."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        process.wait()
    except KeyboardInterrupt:
        say("stopping")
        stop()
        return
    if process.returncode > 0:
        raise Failure(f"the server ended with {process.returncode}; the end of {LOG}:\n{tail()}")


def users():
    """The demo users: (login, password, who)."""
    with (paths.DEV / "users.csv").open() as file:
        return list(csv.DictReader(file))


def announce():
    """Tell where the clinic is and who may log in."""
    say(f"the demo clinic is at {address()}")
    for user in users():
        print(f"      {user['login']:<12} password {user['password']:<12} {user['who']}")
    moved = clock.describe()
    if moved:
        print(f"      its clock: {moved}")
    print(f"      log: {LOG}", flush=True)
