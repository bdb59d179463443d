"""Many receptionists redeem at once: the Odoo side of `benchmarks/redeem`."""

import functools
import random

from psycopg2 import errors

from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.service.model import retrying

from .catalog import find_partners, make_partners, make_service
from .meter import Meter
from .profiling import profiled


def load(env, task):
    """Patients with one grant each."""
    service = make_service(env)
    values = {"kind": "courtesy", "product_id": service.id, "unit_value": 100.0, "valid_from": Date.today()}
    values.update(company_id=env.company.id, currency_id=env.company.currency_id.id, quantity=task["units"])
    grants = [{**values, "partner_id": partner.id} for partner in make_partners(env, task["grants"])]
    env["clinic.grant"]._issue(grants, kind="grant")


class Receptionist:
    """Redeems one unit after the other, each in a transaction that is retried as Odoo retries a request."""

    def __init__(self, env, seed):
        self.env = env
        self.dice = random.Random(seed)
        self.partners = find_partners(env)
        self.service = env["product.product"].search([("name", "=", "Facial")], order="id desc", limit=1)
        self.counts = dict.fromkeys(("done", "refused", "tries", "gave_up"), 0)

    def visit(self):
        """One visit of a random patient; False where the units are used up."""
        partner = self.dice.choice(self.partners)
        try:
            retrying(functools.partial(self.redeem, partner), self.env)
        except UserError:
            self.env.cr.rollback()
            self.counts["refused"] += 1
            return False
        except errors.SerializationFailure:
            # Odoo gives up after five tries; the person at the desk would press the button again
            self.env.cr.rollback()
            self.counts["gave_up"] += 1
            return True
        self.env.cr.commit()
        self.env.invalidate_all()
        self.counts["done"] += 1
        return True

    def redeem(self, partner):
        """What the Redeem button does."""
        self.counts["tries"] += 1
        self.env["clinic.redemption"]._redeem(partner, self.service, 1, Date.today(), self.env.company)
        self.env.flush_all()


def redeem(env, task):
    """The measured run: a number of visits, or until the units are used up."""
    from .worker import wait_for_start

    desk = Receptionist(env, task["part"])
    desk.redeem(desk.partners[0])  # undone: nobody pays for the first use of Odoo's code
    env.cr.rollback()
    env.invalidate_all()
    desk.counts["tries"] = 0
    wait_for_start()
    with profiled(task["part"] == 0 and task["profile"], task["visits"]), Meter(env.cr) as meter:
        for _visit in range(task["visits"]):
            if not desk.visit():
                break
    return {**meter.figures(), **desk.counts}
