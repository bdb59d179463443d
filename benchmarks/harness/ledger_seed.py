"""One of each thing in the ledger, made as a clinic makes it: what `ledger_data.py` copies."""

from odoo.fields import Command, Date

from .catalog import QUIET

UNITS, KINDS = 6, 8
"""Units in a package, and how many different packages there are."""
SOLD = ("kind", "price", "partner", "sale", "sale_line", "invoice", "sold", "receivable", "package", "benefit")
SOLD += ("granting", "entry", "redeemed", "redemption")
"""What :meth:`Seed.package` answers: ids of the records that one sale left, and one visit."""


class Seed:
    """A clinic with deferral, and one package of each kind, one member and one family member in it."""

    def __init__(self, env):
        self.env = env(context={**env.context, **QUIET})
        self.company = env.company
        self.company.action_clinic_propose_accounts()
        self.company.write({"clinic_activation": "confirmation", "clinic_tz": "UTC"})
        care = self.env["product.category"].create({"name": "Care"})
        values = {
            "type": "service",
            "list_price": 100.0,
            "categ_id": care.create({"name": "Spa", "parent_id": care.id}).id,
        }
        self.services = self.env["product.product"].create([{"name": name, **values} for name in ("Facial", "Massage")])
        self.kinds = [self.package(kind) for kind in range(KINDS)]
        self.membership = self.member()
        self.allowances = [self.allowance(number, service) for number, service in enumerate(self.services)]
        self.env.flush_all()

    def package_product(self, kind):
        """Six units of a service; the odd prices leave cents over."""
        benefit = {"product_id": self.services[kind % 2].id, "quantity": UNITS}
        values = {"name": f"{UNITS}-Pack {kind}", "service_tracking": "package", "list_price": 440 + 10.01 * kind}
        values.update(taxes_id=False, package_benefit_ids=[Command.create(benefit)])
        return self.env["product.template"].create(values).product_variant_id

    def patient(self, ref):
        return self.env["res.partner"].create({"name": f"Patient {ref}", "ref": ref})

    def redeem(self, partner, product):
        """One visit today, and its value in the books."""
        redemption = self.env["clinic.redemption"]._redeem(partner, product, 1, Date.today(), self.company)
        redemption.entry_ids._recognize()
        return redemption

    def package(self, kind):
        """Sell one, invoice it, redeem a unit; see ``SOLD``."""
        partner = self.patient(f"BENCH-PACKAGE-{kind}")
        line = {"product_id": self.package_product(kind).id}
        order = self.env["sale.order"].create({"partner_id": partner.id, "order_line": [Command.create(line)]})
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        package = order.order_line.clinic_package_ids
        redemption = self.redeem(partner, self.services[kind % 2])
        sold = invoice.invoice_line_ids
        records = (partner, order, order.order_line, invoice, sold, invoice.line_ids - sold, package)
        records += (package.benefit_ids, package.grant_ids, *package.grant_ids.entry_ids.sorted("id"), redemption)
        return dict(zip(SOLD, (kind, package.price_paid, *(record.id for record in records)), strict=True))

    def member(self):
        """A member with two periods of two services, a visit for each, and somebody of the family."""
        holder, child = self.patient("BENCH-MEMBER"), self.patient("BENCH-CHILD")
        tier = self.tier()
        today, product = Date.today(), tier.plan_ids.product_variant_id
        start, renewal = Date.subtract(today, months=1), Date.add(today, months=1)
        line = {"product_id": product.id, "name": product.name, "price_unit": 99.0, "is_plan": True}
        values = {**tier._terms_values(), "partner_id": holder.id, "tier_id": tier.id, "plan_id": product.id}
        values.update(state="active", start_date=start, anchor_date=start, next_renewal=renewal)
        values.update(line_ids=[Command.create(line)], member_ids=[Command.create({"partner_id": child.id})])
        values["benefit_ids"] = [Command.create(benefit) for benefit in tier.benefit_ids._copy_values()]
        values["period_ids"] = [
            Command.create({"date_start": first, "date_end": Date.subtract(after, days=1), "amount": 99.0})
            for first, after in ((start, today), (today, renewal))
        ]
        membership = self.env["clinic.membership"].create(values)
        membership.period_ids._issue_grants()
        return membership

    def tier(self):
        """Four units of each service a period, for up to four people."""
        plan = {"name": "Gold plan", "service_tracking": "membership", "list_price": 99.0, "taxes_id": False}
        benefits = [Command.create({"product_id": service.id, "quantity": 4}) for service in self.services]
        values = {"name": "Gold", "family_size": 4, "benefit_ids": benefits, "plan_ids": [Command.create(plan)]}
        return self.env["clinic.membership.tier"].create(values)

    def allowance(self, number, service):
        """The running units of a service of the member, and a visit that drew on them."""
        redemption = self.redeem(self.membership.partner_id, service)
        grant = redemption.entry_ids.grant_id
        benefit = self.membership.benefit_ids.filtered(lambda benefit: benefit.product_id == service)
        ids = {"granting": grant.id, "entry": grant.entry_ids.sorted("id")[:1].id, "redemption": redemption.id}
        return {"service": number, "benefit": benefit.id, **ids}

    def units(self, kind):
        """What each unit of a kind of package is worth, and what is left after it."""
        from odoo.addons.clinic_membership.tools import money, valuation  # there since Odoo has read its configuration

        grant = self.env["clinic.grant"].browse(self.kinds[kind]["granting"])
        cents = money.to_cents(self.kinds[kind]["price"], grant.currency_id.rounding)
        taken = [valuation.value_of_units(cents, UNITS, units) for units in range(UNITS + 1)]
        for seq, (before, after) in enumerate(zip(taken, taken[1:], strict=False), 1):
            yield {"kind": kind, "seq": seq, "value": (after - before) / 100, "rest": (cents - after) / 100}

    def tables(self):
        """The tables of the seed: {name: rows}."""
        return {
            "bench_kind": self.kinds,
            "bench_unit": [unit for kind in range(KINDS) for unit in self.units(kind)],
            "bench_allowance": self.allowances,
            "bench_service": [
                {name: row[name] for name in ("granting", "redemption")} for row in self.kinds + self.allowances
            ],
        }

    def protos(self):
        """The single records: {name: id}."""
        entry = self.env["clinic.grant.entry"].browse(self.kinds[0]["redeemed"])
        move, prepaid = entry.recognition_move_id, self.company.clinic_prepaid_account_id
        line = move.line_ids.filtered(lambda line: line.account_id == prepaid)
        records = {
            "proto_partner": self.membership.partner_id,
            "proto_membership": self.membership,
            "proto_line": self.membership.line_ids,
            "proto_member": self.membership.member_ids,
            "proto_period": self.membership.period_ids[:1],
            "proto_move": move,
            "proto_prepaid_line": line,
            "proto_income_line": move.line_ids - line,
            "income": entry.recognition_account_id,
            "breakage": self.company.clinic_breakage_account_id,
        }
        return {name: record.id for name, record in records.items()}
