"""One Odoo process that does one piece of a benchmark: `python -m benchmarks.harness.worker TASK` (JSON).

It loads Odoo, says `ready`, waits for a line on its input, works, and prints its figures as JSON.
"""

import json
import sys
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from . import charges, ledger_runs, redemptions, tills
from .catalog import find_partners, find_product
from .contenders import CONTENDERS, Bare
from .meter import Meter
from .profiling import profiled


@contextmanager
def environment(database):
    """Odoo's environment as a scheduled action has it: the superuser, one cursor."""
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def tell(value):
    """One line to the process that started us."""
    print("@" + json.dumps(value), flush=True)


def wait_for_start():
    """All processes of a case begin together."""
    tell("ready")
    sys.stdin.readline()


def warm_up(env):
    """Make and post one plain invoice, and undo it: nobody pays for the first use of Odoo's code."""
    bare = Bare()
    moves = env["account.move"].create([bare.invoice(find_partners(env)[:1], find_product(env))])
    moves.action_post()
    env.cr.rollback()
    env.invalidate_all()


def load(env, task):
    """Fill the database with N due memberships, contracts, subscriptions or partners."""
    CONTENDERS[task["contender"]].load(env, task["count"])
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("ANALYZE")
    return {}


def renew(env, task):
    """The measured run."""
    warm_up(env)
    wait_for_start()
    with profiled(task.get("profile"), task["count"]), Meter(env.cr) as meter:
        CONTENDERS[task["contender"]].renew(env, task.get("part", 0), task.get("parts", 1))
    return meter.figures()


ACTIONS = {
    "load": load,
    "renew": renew,
    "load_redeem": redemptions.load,
    "redeem": redemptions.redeem,
    "load_book": charges.load,
    "book": charges.book,
    "load_ledger": ledger_runs.load,
    "check_ledger": ledger_runs.verify,
    "balances": ledger_runs.balances,
    "work": ledger_runs.work,
    "reports": ledger_runs.reports,
    "load_till": tills.load,
    "sync": tills.sync,
}


def main():
    task = json.loads(sys.argv[1])
    # two transactions that meet are part of the game, and Odoo would log each as an error
    logging = ["--log-level=warn", "--log-handler=odoo.sql_db:CRITICAL"]
    config.parse_config(["-c", task["config"], "-d", task["database"], *logging])
    with environment(task["database"]) as env:
        tell(ACTIONS[task["action"]](env, task))


if __name__ == "__main__":
    main()
