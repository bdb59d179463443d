"""clinic.membership: one plan line and one benefit of two units each, a stored card, due today."""

from odoo.fields import Command, Date

from .catalog import PRICE, QUIET, make_partners, make_product, make_service


class Ours:
    """Our scheduled action. It posts, grants, applies credit and arranges the payment; charging is another action."""

    cards = True

    def load(self, env, count):
        env["clinic.membership"]._cron_renew()  # who is due in the demo clinic is not among those that are counted
        product, service = make_product(env), make_service(env)
        tier = env["clinic.membership.tier"].create({"name": "Gold"})
        plan = {"service_tracking": "membership", "membership_tier_id": tier.id, "billing_interval": "monthly"}
        product.product_tmpl_id.write({**plan, "invoice_policy": "order"})
        anchor = Date.subtract(Date.today(), years=1)
        values = {
            "tier_id": tier.id,
            "plan_id": product.id,
            "state": "active",
            "start_date": anchor,
            "anchor_date": anchor,
            "next_renewal": Date.add(anchor, years=1),
            "user_id": env.ref("base.user_admin").id,
            "benefit_ids": [Command.create({"product_id": service.id, "quantity": 2})],
            "line_ids": [Command.create(self.line(product))],
        }
        partners = make_partners(env, count)
        cards = self.make_cards(env, partners) if self.cards else {}
        env["clinic.membership"].with_context(**QUIET).create(
            [{**values, "partner_id": p.id, "payment_token_id": cards.get(p)} for p in partners]
        )

    @staticmethod
    def line(product):
        return {"product_id": product.id, "name": product.name, "price_unit": PRICE, "is_plan": True}

    @staticmethod
    def make_cards(env, partners):
        """A stored card for each partner; nothing is ever charged to it here."""
        providers = env["payment.provider"].with_context(active_test=False)
        provider = providers.search([("code", "in", ("demo", "none"))], order="code", limit=1)
        card = {"provider_id": provider.id, "payment_method_id": provider.payment_method_ids[:1].id}
        card["provider_ref"] = "benchmark"
        tokens = env["payment.token"].create([{**card, "partner_id": partner.id} for partner in partners])
        return {token.partner_id: token.id for token in tokens}

    def renew(self, env, part=0, parts=1):
        env["clinic.membership"]._cron_renew()
        env.cr.commit()


class OursInvoiced(Ours):
    """Members without a card: the invoice is queued for sending, and staff gets an activity."""

    cards = False
