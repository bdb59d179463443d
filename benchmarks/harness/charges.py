"""Charged cards whose payments are not in the books: the Odoo side of `benchmarks/charging`."""

from odoo.fields import Domain

from .catalog import find_partners
from .meter import Meter
from .ours import Ours
from .profiling import profiled


def load(env, task):
    """N renewed memberships with an invoice and an answer of the card's provider each: paid."""
    Ours().load(env, task["count"])
    open_journal(env, find_partners(env).payment_token_ids.provider_id)
    env["clinic.membership"]._cron_renew()
    for collection in find_collections(env):
        collection._new_attempt()._set_done()
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("ANALYZE")
    return {}


def open_journal(env, provider):
    """Where the provider's payments go."""
    journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1)
    values = {"name": "Benchmark", "code": "benchmark", "payment_type": "inbound"}
    method = env["account.payment.method"].create(values)
    line = {"name": "Card", "payment_method_id": method.id, "journal_id": journal.id}
    provider.state = "test"
    env["account.payment.method.line"].search([("payment_provider_id", "=", provider.id)]).unlink()
    env["account.payment.method.line"].create({**line, "payment_provider_id": provider.id})


def find_collections(env):
    """What waits."""
    mine = Domain("payer_id", "in", find_partners(env).ids) & Domain("state", "=", "due")
    return env["clinic.collection"].search(mine, order="id")


def by_odoo(env, _chunk):
    """Odoo's own scheduled action: one after the other, each committed."""
    env["payment.transaction"]._cron_post_process()


def by_us(env, chunk):
    """As our scheduled action goes on after the answers, a chunk at a time; the collections are closed, too."""
    collections = find_collections(env)
    for start in range(0, len(collections), chunk):
        collections[start : start + chunk]._book_durably()


CONTENDERS = {"core": by_odoo, "ours": by_us}


def book(env, task):
    """The measured run."""
    from .worker import wait_for_start

    # undone: nobody pays for the first use of Odoo's code
    find_collections(env)[:2]._book()
    find_collections(env)[:1].invoice_id.transaction_ids._post_process()
    env.flush_all()
    env.cr.rollback()
    env.invalidate_all()
    wait_for_start()
    with profiled(task.get("profile"), task["count"]), Meter(env.cr) as meter:
        CONTENDERS[task["contender"]](env, task["chunk"])
    return meter.figures()
