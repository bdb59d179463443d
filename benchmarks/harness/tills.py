"""Tills that send orders: the Odoo side of `benchmarks/till`."""

import random
import uuid

from psycopg2 import errors

from odoo.fields import Command, Datetime
from odoo.service.model import retrying

from .catalog import find_partners, make_partners, make_service
from .meter import Meter
from .profiling import profiled

TILL = "Benchmark till "


def load(env, task):
    """Tills with open sessions, a service, and patients; where there are units, one family that shares them."""
    env = as_cashier(env)
    service = make_service(env)
    service.available_in_pos = True
    people = make_partners(env, task["tills"])
    for number in range(task["tills"]):
        open_till(env, number)
    if task["units"]:
        share(env, people, service, task["units"])
    env.cr.commit()


def as_cashier(env):
    """Tills are opened by people, never by the superuser."""
    return env(user=env.ref("base.user_admin").id)


def open_till(env, number):
    """A till of its own, with cash."""
    journal = env["account.journal"].create({"name": f"Cash {number}", "type": "cash", "code": f"B{number:03}"})
    cash = env["pos.payment.method"].create({"name": f"Cash {number}", "journal_id": journal.id})
    till = env["pos.config"].create(
        {"name": f"{TILL}{number:03}", "payment_method_ids": [Command.set(cash.ids)], "company_id": env.company.id}
    )
    till.open_ui()
    till.current_session_id.set_opening_control(0, None)


def share(env, people, service, units):
    """A membership of the first one, whose units all of them use."""
    plan = {"name": "Family plan", "service_tracking": "membership", "list_price": 99}
    tier = env["clinic.membership.tier"].create(
        {
            "name": "Family",
            "family_size": len(people),
            "benefit_ids": [Command.create({"product_id": service.id, "quantity": units})],
            "plan_ids": [Command.create(plan)],
        }
    )
    terms = tier.plan_ids.product_variant_id._clinic_membership_values(env.company.currency_id, 99)
    members = [Command.create({"partner_id": person.id}) for person in people[1:]]
    who = {"partner_id": people[0].id, "payer_id": people[0].id, "company_id": env.company.id, "member_ids": members}
    env["clinic.membership"].sudo().create({**terms, **who})._set_ready()


class Till:
    """Sends one paid order after the other; one that the server gave up on, or whose answer is lost, is sent again."""

    def __init__(self, env, part, redeems):
        self.env, self.redeems = env, redeems
        self.dice = random.Random(part)
        self.patient = find_partners(env)[part]
        till = env["pos.config"].search([("name", "=", f"{TILL}{part:03}")])
        self.session, self.cash = till.current_session_id, till.payment_method_ids
        self.service = env["product.product"].search([("name", "=", "Facial")], order="id desc", limit=1)
        self.counts = dict.fromkeys(("orders", "sent", "tries", "gave_up"), 0)

    def order(self):
        """An order as a browser sends it: one service, paid with cash or with a unit."""
        price = 0.0 if self.redeems else 100.0
        line = {
            "uuid": str(uuid.uuid4()),
            "product_id": self.service.id,
            "full_product_name": self.service.name,
            "qty": 1,
            "price_unit": price,
            "price_subtotal": price,
            "price_subtotal_incl": price,
            "tax_ids": [Command.clear()],
            **({"clinic_redeem": True} if self.redeems else {}),
        }
        now = Datetime.to_string(Datetime.now())
        payment = {"amount": price, "name": now, "payment_method_id": self.cash.id}
        return {
            "uuid": str(uuid.uuid4()),
            "access_token": str(uuid.uuid4()),
            "state": "paid",
            "amount_paid": price,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": price,
            "date_order": now,
            "fiscal_position_id": False,
            "pricelist_id": False,
            "last_order_preparation_change": "{}",
            "lines": [Command.create(line)],
            "partner_id": self.patient.id,
            "session_id": self.session.id,
            "payment_ids": [Command.create(payment)] if price else [],
            "user_id": self.env.uid,
            "to_invoice": False,
        }

    def sync(self, order):
        """What the browser asks the server."""
        self.counts["tries"] += 1
        self.env["pos.order"].sync_from_ui([dict(order)])

    def send(self, order):
        """Until the server has it."""
        self.counts["sent"] += 1
        while True:
            try:
                retrying(lambda: self.sync(order), self.env)
                break
            except errors.SerializationFailure:
                self.env.cr.rollback()  # Odoo gives up after five tries; the browser keeps the order
                self.counts["gave_up"] += 1
        self.env.cr.commit()
        self.env.invalidate_all()

    def work(self, count, lost):
        """Pay so many orders; the answer to some of them is lost."""
        for _order in range(count):
            order = self.order()
            self.send(order)
            if self.dice.random() < lost:
                self.send(order)
            self.counts["orders"] += 1


def sync(env, task):
    """The measured run."""
    from .worker import wait_for_start

    env = as_cashier(env)
    till = Till(env, task["part"], task["redeems"])
    till.sync(till.order())  # undone: nobody pays for the first use of Odoo's code
    env.cr.rollback()
    env.invalidate_all()
    till.counts["tries"] = 0
    wait_for_start()
    with profiled(task["part"] == 0 and task.get("profile"), task["orders"]), Meter(env.cr) as meter:
        till.work(task["orders"], task["lost"])
    return {**meter.figures(), **till.counts}
