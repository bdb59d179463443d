from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.http_routing.tests.common import MockRequest

from .common import ClinicCommon

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestQuotation(ClinicCommon):
    """Memberships and packages go through Odoo's own ways of selling."""

    def test_quotation_template(self):
        template = self.env["sale.order.template"].create(
            {
                "name": "Welcome",
                "sale_order_template_line_ids": [
                    Command.create({"display_type": "line_section", "name": "Membership"}),
                    Command.create({"product_id": self.monthly.id}),
                    Command.create({"product_id": self.six_pack.id, "product_uom_qty": 2}),
                ],
            }
        )
        order = self.env["sale.order"].create({"partner_id": self.patient.id})
        order.sale_order_template_id = template
        order._onchange_sale_order_template_id()
        self.assertEqual(order.amount_untaxed, 99 + 2 * 405, "a member price from the first order")
        order.action_confirm()
        self.assertEqual((order.clinic_membership_count, order.clinic_package_count), (1, 2))

    def test_product_catalogue(self):
        order = self.env["sale.order"].create({"partner_id": self.patient.id})
        with MockRequest(self.env):
            order._update_order_line_info(self.six_pack.id, 3)
            order._update_order_line_info(self.monthly.id, 1)
            with self.assertRaisesRegex(ValidationError, "its quantity is 1"):
                order._update_order_line_info(self.monthly.id, 2)
        self.assertEqual(order.order_line.filtered(lambda line: line.product_id == self.six_pack).product_uom_qty, 3)

    def test_discount_is_net_in_the_units(self):
        package = self._sell(self.six_pack, discount=20)
        self.assertEqual(package.price_paid, 360)
        self.assertEqual(package.grant_ids.value_left, 360)

    def test_taxes_are_not_part_of_the_price_paid(self):
        self.tax.price_include_override = "tax_included"
        package = self._sell(self.six_pack, price_unit=115)
        self.assertEqual(package.price_paid, 100)

    def test_foreign_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "EUR")])
        currency.active = True
        currency.rate_ids = [Command.clear(), Command.create({"name": "2026-01-01", "rate": 0.5})]
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": currency.id})
        self.patient.specific_property_product_pricelist = pricelist
        membership = self._sell(self.monthly)
        self.assertEqual((membership.currency_id, membership.price), (currency, 49.5))
        with freeze_time("2026-02-28"):
            invoice = membership._renew().invoice_id
            self.assertEqual((invoice.currency_id, invoice.amount_untaxed), (currency, 49.5))

    def test_paying_an_order_with_a_membership_stores_the_card(self):
        provider = self.env["payment.provider"]
        self.assertTrue(provider._is_tokenization_required(sale_order_id=self._order(self.monthly).id))
        self.assertFalse(provider._is_tokenization_required(sale_order_id=self._order(self.six_pack).id))
        self.assertFalse(provider._is_tokenization_required())

    def test_card_that_paid_the_order_renews_it(self):
        order = self._order(self.monthly)
        card = self._card(self.patient)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": card.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.patient.id,
                "reference": order.name,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        transaction._set_done()
        transaction._post_process()
        membership = order.order_line.clinic_membership_ids
        self.assertEqual(membership.state, "active")
        self.assertEqual(membership.payment_token_id, card)


@tagged("post_install", "-at_install")
class TestPortalQuotation(ClinicCommon, HttpCase):
    """The patient reads and signs the quotation in the portal."""

    def test_sign_in_the_portal(self):
        self.company.portal_confirmation_sign = True
        order = self._order(self.monthly, self.six_pack)
        order.require_payment = False
        page = self.url_open(order.get_portal_url())
        self.assertEqual(page.status_code, 200)
        self.assertIn("Gold plan", page.text)
        self.assertIn("6-Pack Facials", page.text)
        answer = self.url_open(
            f"/my/orders/{order.id}/accept",
            json={
                "params": {
                    "access_token": order.access_token,
                    "name": self.patient.name,
                    "signature": PIXEL,
                }
            },
        )
        self.assertTrue(answer.json()["result"].get("force_refresh"), answer.text)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.clinic_membership_ids.state, "pending")
        self.assertEqual(order.order_line.clinic_package_ids.state, "pending")
