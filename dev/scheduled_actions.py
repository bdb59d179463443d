"""Runs inside `odoo shell`: all scheduled actions of some addons, once each."""

import time


def of_addons(env, names):
    """The active scheduled actions that these addons define, by priority and then by their external id."""
    data = env["ir.model.data"].search([("model", "=", "ir.cron"), ("module", "in", names)])
    ids = {line.res_id: line.complete_name for line in data}
    crons = env["ir.cron"].search([("id", "in", list(ids))])
    return crons.sorted(lambda cron: (cron.priority, ids[cron.id]))


def run_all(env, names):
    """Run each as its button does; a failing one does not keep the others from running."""
    failed = False
    for cron in of_addons(env, names):
        began = time.monotonic()
        answer = cron.method_direct_trigger()
        env.cr.commit()
        failed |= answer is not True
        print(f"      {'ok' if answer is True else 'FAILED'}  {cron.cron_name} ({time.monotonic() - began:.1f} s)")
        if answer is not True:
            print(answer["params"]["data"]["message"])
    if failed:
        raise SystemExit(1)
