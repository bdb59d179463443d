"""Who renews: how each contender is loaded, run and counted. Runs inside an Odoo process.

Everybody bills the same: one invoice a partner, one line, the same product, 15 % tax.
"""

from odoo.fields import Command, Date

from .catalog import PRICE, QUIET, find_partners, find_product, make_partners, make_product
from .ours import Ours, OursInvoiced

CHUNK = 100


class Bare:
    """The floor: a loop that creates and posts plain invoices, a hundred at a time."""

    context = {"mail_create_nolog": True, "mail_create_nosubscribe": True}

    def load(self, env, count):
        make_product(env)
        make_partners(env, count)

    def renew(self, env, part=0, parts=1):
        product = find_product(env)
        partners = find_partners(env)
        moves = env["account.move"].with_context(**self.context)
        for start in range(part * CHUNK, len(partners), parts * CHUNK):
            chunk = partners[start : start + CHUNK]
            moves.create([self.invoice(partner, product) for partner in chunk]).action_post()
            env.cr.commit()

    def invoice(self, partner, product):
        line = {"product_id": product.id, "quantity": 1, "price_unit": PRICE}
        values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": Date.today()}
        return {**values, "invoice_line_ids": [Command.create(line)]}


class BareTracked(Bare):
    """The same loop without the two context keys that spare the invoices' creation messages."""

    context = {}


class Contract:
    """OCA contract: its scheduled action makes drafts; they are posted in one batch, its quickest way."""

    def load(self, env, count):
        product, today = make_product(env), Date.today()
        line = {"product_id": product.id, "name": product.name, "quantity": 1, "price_unit": PRICE}
        line.update(uom_id=product.uom_id.id, recurring_rule_type="monthly", recurring_interval=1)
        line.update(date_start=today, recurring_next_date=today)
        env["contract.contract"].with_context(**QUIET).create(
            [self.contract(partner, line) for partner in make_partners(env, count)]
        )

    def contract(self, partner, line):
        return {"name": partner.name, "partner_id": partner.id, "contract_line_ids": [Command.create(line)]}

    def renew(self, env, part=0, parts=1):
        env["contract.contract"].cron_recurring_create_invoice()
        moves = env["account.move"]
        moves.search([("state", "=", "draft"), ("partner_id", "in", find_partners(env).ids)]).action_post()
        env.cr.commit()


class SubscriptionOca:
    """OCA subscription_oca in its mode `invoice`: its scheduled action posts one by one. Sending is switched off."""

    def load(self, env, count):
        product = make_product(env)
        template = env["sale.subscription.template"].create({"name": "Monthly", "invoicing_mode": "invoice"})
        pricelist = env["product.pricelist"].create({"name": "Benchmark"})
        line = {"product_id": product.id, "price_unit": PRICE, "tax_ids": [Command.set(product.taxes_id.ids)]}
        values = {"template_id": template.id, "pricelist_id": pricelist.id}
        values["sale_subscription_line_ids"] = [Command.create(line)]
        subscriptions = env["sale.subscription"].with_context(**QUIET)
        subscriptions = subscriptions.create([{**values, "partner_id": p.id} for p in make_partners(env, count)])
        subscriptions.action_start_subscription()

    def renew(self, env, part=0, parts=1):
        env.registry["account.move.send"]._generate_and_send_invoices = lambda *args, **kwargs: {}
        env["sale.subscription"].cron_subscription_management()
        env.cr.commit()


CONTENDERS = {
    "ours": Ours(),
    "ours_invoiced": OursInvoiced(),
    "contract": Contract(),
    "subscription_oca": SubscriptionOca(),
    "bare": Bare(),
    "bare_tracked": BareTracked(),
}
