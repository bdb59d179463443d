from odoo.fields import Command, Date
from odoo.tests import tagged

from .common import ClinicCommon

UNLIKE = {
    "id",
    "name",
    "create_date",
    "write_date",
    "access_token",
    "sequence_number",
    "payment_reference",
    "move_name",
}
UNLIKE |= {"move_id", "ref"}


@tagged("post_install", "-at_install")
class TestBatch(ClinicCommon):
    """Invoices that take over each other's journal items are those that Odoo would have made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create([{"name": f"Member {n}"} for n in range(5)])
        cls.moves = cls.env["account.move"].with_context(mail_create_nolog=True, mail_create_nosubscribe=True)

    def make_tax(self, name, amount, **values):
        return self.env["account.tax"].create({"name": name, "amount": amount, **values})

    def term(self, *parts, **values):
        lines = [
            Command.create({"value": "percent", "value_amount": percent, "nb_days": days}) for percent, days in parts
        ]
        return self.env["account.payment.term"].create({"name": "Test terms", "line_ids": lines, **values})

    def line(self, name, price, taxes, quantity=1, discount=0):
        values = {"product_id": self.facial.id, "product_uom_id": self.facial.uom_id.id, "name": name}
        values.update(price_unit=price, quantity=quantity, discount=discount, tax_ids=[Command.set(taxes.ids)])
        return values

    def invoice(self, partner, lines, currency=None, position=None):
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "company_id": self.company.id,
            "currency_id": (currency or self.company.currency_id).id,
            "fiscal_position_id": position.id if position else False,
            "invoice_date": Date.today(),
            "invoice_line_ids": [Command.create(line) for line in lines],
        }

    def values(self, record):
        """Everything stored, but for what two invoices never share."""
        fields = [
            (name, field)
            for name, field in record._fields.items()
            if field.store and field.type != "one2many" and name not in UNLIKE
        ]
        return {name: record[name] for name, _field in fields}

    def assert_same(self, plain, alike):
        self.env.flush_all()
        self.env.invalidate_all()
        for one, other in zip(plain, alike, strict=True):
            self.assertEqual(self.values(one), self.values(other))
            items = [
                [self.values(item) for item in move.line_ids.sorted(lambda i: (i.display_type, i.sequence, i.id))]
                for move in (one, other)
            ]
            self.assertEqual(*items)

    def check(self, lines, *args):
        """Draft and posted, in the order asked for, with numbers that follow each other."""
        make = [self.invoice(partner, lines(partner), *args) for partner in self.people]
        again = [self.invoice(partner, lines(partner), *args) for partner in self.people]
        plain, alike = self.moves.create(make), self.moves._clinic_create_invoices(again)
        self.assertEqual(alike.partner_id.ids, self.people.ids)
        self.assert_same(plain, alike)
        plain._post(soft=False)
        alike._clinic_post()
        self.assert_same(plain, alike)
        first = plain[-1].sequence_number + 1
        self.assertEqual(alike.mapped("sequence_number"), list(range(first, first + 5)))
        return alike

    def test_one_line(self):
        alike = self.check(lambda partner: [self.line(f"Gold\n{partner.name}", 99, self.tax)])
        self.assertEqual(alike.invoice_line_ids.mapped("name"), [f"Gold\nMember {n}" for n in range(5)])

    def test_lines_and_taxes(self):
        """Several lines with taxes of every kind, discounts and quantities."""
        included = self.make_tax("Included", 7, price_include_override="tax_included")
        fixed = self.make_tax("Fixed", 1.5, amount_type="fixed")
        parts = self.make_tax("Part", 5, include_base_amount=True) | self.make_tax("Part 2", 3)
        group = self.make_tax("Group", 0, amount_type="group", children_tax_ids=[Command.set(parts.ids)])
        self.check(
            lambda partner: [
                self.line(partner.name, 99.99, self.tax | fixed),
                self.line("Add-on", 33.33, included, quantity=3, discount=12.5),
                self.line("Other", 10, group),
                self.line("Free", 0, self.tax),
                self.line("Tax-free", 5, self.env["account.tax"]),
            ]
        )

    def test_payment_terms(self):
        """Instalments and early payment discount."""
        self.people.property_payment_term_id = self.term((30, 0), (70, 30))
        self.check(lambda partner: [self.line("Gold", 99.99, self.tax)])
        early = {"early_discount": True, "discount_percentage": 2, "early_pay_discount_computation": "mixed"}
        self.people.property_payment_term_id = self.term((100, 30), **early)
        self.check(lambda partner: [self.line("Gold", 99.99, self.tax)])

    def test_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        currency.active = True
        rate = {"name": Date.today(), "currency_id": currency.id, "rate": 0.9, "company_id": self.company.id}
        self.env["res.currency.rate"].create(rate)
        self.check(lambda partner: [self.line("Gold", 99, self.tax)], currency)

    def test_people_differ(self):
        """Other terms, another receivable account, another price: not alike, and right."""
        self.people[1].property_payment_term_id = self.term((50, 10), (50, 20))
        account = self.people[2].property_account_receivable_id
        self.people[2].property_account_receivable_id = account.copy({"code": "129999"})
        self.check(lambda partner: [self.line("Gold", 50 if partner == self.people[3] else 99, self.tax)])

    def test_analytic_models(self):
        """Where analytic distribution may go by the customer, every invoice is made by Odoo."""
        plan = self.env["account.analytic.plan"].create({"name": "Plan"})
        account = self.env["account.analytic.account"].create({"name": "Account", "plan_id": plan.id})
        model = {"partner_id": self.people[1].id, "analytic_distribution": {account.id: 100}}
        self.env["account.analytic.distribution.model"].create(model)
        alike = self.check(lambda partner: [self.line("Gold", 99, self.tax)])
        self.assertEqual(alike[1].invoice_line_ids.analytic_distribution, {str(account.id): 100})
        self.assertFalse(alike[2].invoice_line_ids.analytic_distribution)

    def test_fiscal_position(self):
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self.check(lambda partner: [self.line("Gold", 99, self.tax)], None, position)

    def test_nothing_to_create(self):
        self.assertFalse(self.moves._clinic_create_invoices([]))
