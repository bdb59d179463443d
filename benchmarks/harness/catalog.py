"""What all contenders bill, and to whom. Runs inside an Odoo process."""

from odoo.fields import Command

PRICE, TAX = 99.0, 15.0
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


def make_product(env):
    """The product that all bill, with its tax."""
    tax = env["account.tax"].create({"name": "Benchmark 15%", "amount": TAX, "type_tax_use": "sale"})
    income = env["account.account"].search([("account_type", "=", "income")], limit=1)
    values = {"name": "Gold membership", "type": "service", "list_price": PRICE, "taxes_id": [Command.set(tax.ids)]}
    # subscription_oca looks for the income account on the product and nowhere else
    values.update(property_account_income_id=income.id, company_id=env.company.id)
    return env["product.product"].create(values)


def make_partners(env, count):
    """One partner for each invoice."""
    names = [{"name": f"Member {n}", "ref": f"BENCH{n:06}"} for n in range(count)]
    return env["res.partner"].with_context(**QUIET).create(names)


def find_partners(env):
    """The partners made for the benchmark, in a fixed order."""
    return env["res.partner"].search([("ref", "=like", "BENCH%")], order="ref")


def find_product(env):
    """The product made for the benchmark."""
    return env["product.product"].search([("name", "=", "Gold membership")], order="id desc", limit=1)


def make_service(env):
    """What the units of a grant are for."""
    return env["product.product"].create({"name": "Facial", "type": "service", "list_price": 100.0})
