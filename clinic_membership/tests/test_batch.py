from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon

# what two invoices of different customers never share
IDENTITY = {"id", "sequence_number", "payment_reference", "access_token", "move_id", "move_name"}
PARTNER = {"partner_id", "commercial_partner_id", "partner_shipping_id", "invoice_partner_display_name"}
ORDER = {"create_date", "write_date", "quick_edit_total_amount", "made_sequence_gap"}


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestBatch(ClinicCommon):
    """Invoices created together are, field by field, those that Odoo creates one by one."""

    def _values(self, partner, **values):
        lines = [
            {
                "product_id": self.monthly.id,
                "name": f"Gold for {partner.name}",
                "quantity": 1.0,
                "price_unit": 99.99,
                "discount": 7.5,
                "tax_ids": [Command.set(self.tax.ids)],
                "product_uom_id": self.monthly.uom_id.id,
            },
            {
                "product_id": self.massage.id,
                "name": "Add-on",
                "quantity": 3.0,
                "price_unit": 33.33,
                "discount": 0.0,
                "tax_ids": [Command.set(self.tax.ids)],
                "product_uom_id": self.massage.uom_id.id,
            },
        ]
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "fiscal_position_id": False,
            "invoice_date": "2026-02-28",
            "invoice_line_ids": [Command.create(line) for line in lines],
            **values,
        }

    def _comparable(self, record):
        skip = IDENTITY | PARTNER | ORDER
        if record._name == "account.move" or record.display_type == "payment_term":
            skip = skip | {"name"}  # it has the number of the invoice
        names = [n for n, f in record._fields.items() if f.store and f.type != "one2many" and n not in skip]
        return {name: record[name] for name in names}

    def _assert_same(self, partners, **values):
        vals_list = [self._values(partner, **values) for partner in partners]
        together = self.env["account.move"]._clinic_create_invoices(vals_list)
        alone = self.env["account.move"].concat(
            *[self.env["account.move"].create(self._values(partner, **values)) for partner in partners]
        )
        self.assertEqual(together.partner_id, partners)
        (together + alone)._post(soft=False)
        for one, other, partner in zip(together, alone, partners, strict=True):
            self.assertEqual((one.partner_id, other.partner_id), (partner, partner))
            self.assertEqual(self._comparable(one), self._comparable(other))
            self.assertEqual(len(one.line_ids), len(other.line_ids))
            for line, twin in zip(one.line_ids.sorted("id"), other.line_ids.sorted("id"), strict=True):
                self.assertEqual(self._comparable(line), self._comparable(twin))
                self.assertEqual((line.partner_id, twin.partner_id), (partner, partner))
        return together

    def _partners(self, count=3, **values):
        return self.env["res.partner"].create([{"name": f"Patient {n}", **values} for n in range(count)])

    def test_plain(self):
        invoices = self._assert_same(self._partners())
        self.assertEqual(len(set(invoices.mapped("name"))), 3)
        self.assertIn("Gold for Patient 2", invoices[2].invoice_line_ids.mapped("name"))

    def test_tax_included_and_grouped(self):
        taxes = self.env["account.tax"].create(
            [
                {"name": "Included", "amount": 5, "price_include_override": "tax_included"},
                {"name": "Fixed", "amount": 1.5, "amount_type": "fixed", "include_base_amount": True},
            ]
        )
        self.tax |= taxes
        self._assert_same(self._partners())

    def test_payment_terms_and_receivable_accounts_are_kinds(self):
        plain, later = self._partners(2), self._partners(2)
        later.property_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        later[0].property_account_receivable_id = self.env["account.account"].create(
            {"name": "Members", "code": "MEMBERS", "account_type": "asset_receivable", "reconcile": True}
        )
        invoices = self._assert_same(plain[0] | later | plain[1])
        self.assertEqual(
            [len(invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")) for invoice in invoices],
            [1, 2, 2, 1],
        )

    def test_foreign_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "EUR")])
        currency.active = True
        currency.rate_ids = [Command.clear(), Command.create({"name": "2026-01-01", "rate": 0.7})]
        self._assert_same(self._partners(), currency_id=currency.id)

    def test_fiscal_position(self):
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self._assert_same(self._partners(), fiscal_position_id=position.id)

    def test_nothing_to_create(self):
        self.assertFalse(self.env["account.move"]._clinic_create_invoices([]))
