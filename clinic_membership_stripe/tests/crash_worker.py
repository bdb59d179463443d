"""Processes that sell, charge cards, or refund them, and are killed, for crash_common.py.

    python crash_worker.py CONFIG DATABASE STRIPE

Loads the registry once. For each line of JSON on its input it forks one process a worker, waits for them, and
answers with a line of JSON:

    # the first dies at its 12th point
    {"model": "clinic.collection", "ids": [7, 8], "kills": [12, null], "every_query": false, "steps": true}
    {..., "hosts": ["127.0.0.1", "localhost"]}   # each connects to PostgreSQL by another name of its host
    [{"died": "after requests.api.request", "process": 4711}, {"points": 40, "process": 4712}]

A worker runs the scheduled action itself, or presses the button, and dies by SIGKILL: nothing is caught, closed, or
rolled back by us.
"""

import contextlib
import json
import os
import signal
import sys
from unittest.mock import patch

import odoo
from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry

STRIPE = "odoo.addons.payment_stripe.models.payment_provider.PaymentProvider._build_request_url"
# the scheduled actions, and the domain of what is to be done
ACTIONS = {
    "clinic.collection": ("_cron_collect", "_due_domain"),
    "clinic.refund": ("_cron_proceed", "_under_way_domain"),
}
# the dialogs, and their button
BUTTONS = {"clinic.sell": "action_sell", "clinic.package.roll": "action_sell", "clinic.checkout": "action_confirm"}
# what is a point: before and after these
METHODS = {
    "clinic.sell": ("_make_order", "_confirmed", "_take_payment"),
    "clinic.refund": ("try_lock_for_update", "_proceed", "_answered"),
    "clinic.collection": ("try_lock_for_update", "_new_attempt", "_after_charge"),
    "payment.transaction": ("lock_for_update", "_charge_with_token", "_clinic_look_up", "_process", "_post_process"),
}


class Points:
    """Counts what a worker does, and kills it at its time."""

    def __init__(self, kill_at, pipe):
        self.kill_at, self.pipe, self.count = kill_at, pipe, 0

    def passed(self, name):
        self.count += 1
        if self.count == self.kill_at:
            self.tell({"died": name})
            os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, report):
        os.write(self.pipe, json.dumps(report).encode())

    def around(self, owner, name, after=True):
        """Make points of the beginning and the end of a function."""
        origin, label = getattr(owner, name), f"{getattr(owner, '_name', owner.__name__)}.{name}"

        def wrapped(*args, **kwargs):
            self.passed(f"before {label}")
            result = origin(*args, **kwargs)
            if after:
                self.passed(f"after {label}")
            return result

        return patch.object(owner, name, wrapped)


def patches(registry, points, every_query, steps):
    """All that makes points: what others can see of the work, its steps, every query."""
    from odoo.addons.payment.models import payment_provider

    yield points.around(odoo.sql_db.Cursor, "commit")
    yield points.around(payment_provider.requests, "request")
    for model, names in METHODS.items() if steps else ():
        for name in names:
            yield points.around(registry[model], name)
    if every_query:
        yield points.around(odoo.sql_db.Cursor, "execute", after=False)


def perform(env, order):
    """One run of the scheduled action; or the button of each dialog."""
    model = order["model"]
    if model in BUTTONS:
        for dialog in env[model].browse(order["ids"]):
            getattr(dialog, BUTTONS[model])()
        return
    action, domain = ACTIONS[model]
    with only(env.registry[model], domain, order["ids"]):
        getattr(env[model], action)()


def only(model, domain, ids):
    """Keep the scheduled action away from what others have left in the test database."""
    origin = getattr(model, domain)

    def mine(records, company, today):
        return fields.Domain("id", "in", ids) & fields.Domain(origin(records, company, today))

    return patch.object(model, domain, mine)


def connect(registry, host):
    """Connections of this process's own, under its own name; by this name of the database's host, where given."""
    if host is not None:
        odoo.tools.config["db_host"] = host
    odoo.sql_db._Pool = odoo.sql_db._Pool_readonly = None
    registry._db = odoo.sql_db.db_connect(registry.db_name)


def work(registry, points, order, host):
    """In a transaction of its own, as Odoo's workers do it."""
    connect(registry, host)
    with contextlib.ExitStack() as stack:
        for each in patches(registry, points, order["every_query"], order["steps"]):
            stack.enter_context(each)
        with registry.cursor() as cr:
            perform(api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"}), order)
    points.tell({"points": points.count})


def fork(registry, order, kill_at, host):
    """Start a worker: (its process, where its report comes from)."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    status = 1
    try:
        work(registry, Points(kill_at, writer), order, host)
        status = 0
    finally:
        os._exit(status)


def report(process, reader):
    """Wait for a worker; what it said, or how it ended where it said nothing."""
    _process, status = os.waitpid(process, 0)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    return {**(json.loads(said) if said else {"failed": status}), "process": process}


def here(registry, order):
    """A worker that nothing disturbs, in this process: what Odoo caches is there for those that are forked later.

    That halves the time of a test. What a test commits for the next worker must be in no cache of Odoo's.
    """
    reader, writer = os.pipe()
    try:
        work(registry, Points(None, writer), order, None)
    finally:
        odoo.sql_db.close_all()
        os.close(writer)
    with os.fdopen(reader) as pipe:
        return {**json.loads(pipe.read()), "process": os.getpid()}


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(config, database, url):
    odoo.tools.config.parse_config(["-c", config, "-d", database, "--no-http", "--log-level=critical"])
    odoo.tools.config["db_app_name"] = "odoo-{pid}"  # how crash_common.py finds our connections
    registry = Registry(database)
    odoo.sql_db.close_all()
    say("ready")
    with patch(STRIPE, lambda _provider, endpoint, **_kwargs: url + endpoint):
        for line in sys.stdin:
            order = json.loads(line)
            kills = order["kills"]
            if kills == [None]:
                say(json.dumps([here(registry, order)]))
                continue
            hosts = order.get("hosts") or [None] * len(kills)
            workers = [fork(registry, order, *way) for way in zip(kills, hosts, strict=True)]
            say(json.dumps([report(*worker) for worker in workers]))


if __name__ == "__main__":
    main(*sys.argv[1:])
