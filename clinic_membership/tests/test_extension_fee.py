from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon

WHY = "Was abroad"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestExtensionFee(ClinicCommon):
    """More time for the fee as sold, invoiced once; a manager may charge less, or nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_pack.write({"package_extension_fee": 20, "validity_length": 1, "validity_unit": "month"})
        cls.fee_product = cls.env.ref("clinic_membership.product_package_extension")
        cls.fee_product.taxes_id = [Command.set(cls.tax.ids)]
        with freeze_time("2026-01-31"):
            cls.package = cls._sell(cls.six_pack)

    def _wizard(self, record=None, **values):
        context = (record or self.package).with_user(self.manager).action_extend()["context"]
        form = Form(self.env["clinic.extend"].with_user(self.manager).with_context(**context))
        for name, value in {"until": date(2026, 4, 30), "reason": WHY, **values}.items():
            form[name] = value
        return form.save()

    def test_for_the_fee_as_sold(self):
        self.six_pack.package_extension_fee = 50
        wizard = self._wizard()
        self.assertEqual(wizard.fee, 20)
        self.assertIn(
            "An invoice of $ 23.00, tax included, is made for Ann Patient.", wizard.preview.replace("\xa0", " ")
        )
        action = wizard.action_confirm()
        invoice = self.package.extension_ids.invoice_id
        self.assertRecordValues(
            invoice,
            [
                {
                    "state": "posted",
                    "partner_id": self.patient.id,
                    "amount_untaxed": 20,
                    "amount_total": 23,
                    "payment_state": "not_paid",
                    "invoice_date_due": date(2026, 2, 10),
                    "invoice_origin": self.package.name,
                }
            ],
        )
        self.assertEqual(invoice.invoice_line_ids.product_id, self.fee_product)
        self.assertIn("until 04/30/2026", invoice.invoice_line_ids.name)
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", invoice.id))
        self.assertEqual(self.package.expires_on, date(2026, 4, 30))
        self.assertEqual(self.package.extension_ids.user_id, self.manager)
        self.assertIn(invoice.name, "".join(self.package.message_ids.mapped("body")))

    def test_a_courtesy_is_free(self):
        wizard = self._wizard(fee=0)
        self.assertIn("A courtesy: nothing is charged.", wizard.preview)
        self.assertEqual(wizard.action_confirm()["type"], "ir.actions.act_window_close")
        self.assertEqual(len(self.package.extension_ids), 1)
        self.assertFalse(self.package.extension_ids.invoice_id)

    def test_another_fee(self):
        self._wizard(fee=10).action_confirm()
        self.assertEqual(self.package.extension_ids.invoice_id.amount_untaxed, 10)

    def test_said_twice_is_billed_once(self):
        wizard = self._wizard()
        wizard.action_confirm()
        wizard.action_confirm()
        self.assertEqual(len(self.package.extension_ids), 1)
        with self.assertRaisesRegex(UserError, "lasts until 04/30/2026 already"):
            self._wizard().action_confirm()
        fees = self.env["account.move.line"].search([("product_id", "=", self.fee_product.id)])
        self.assertEqual(len(fees), 1)

    def test_one_invoice_for_all_services(self):
        self.six_pack.product_tmpl_id.package_benefit_ids = [
            Command.create({"product_id": self.massage.id, "quantity": 2})
        ]
        self.package = self._sell(self.six_pack)
        self._wizard().action_confirm()
        self.assertEqual(len(self.package.extension_ids), 2)
        self.assertEqual(len(self.package.extension_ids.invoice_id), 1)

    def test_single_units_of_a_package_cost_the_same(self):
        self._wizard(self.package.grant_ids).action_confirm()
        self.assertEqual(self.package.extension_ids.invoice_id.amount_untaxed, 20)

    def test_memberships_cost_nothing(self):
        membership = self._sell(self.monthly)
        wizard = self._wizard(membership, what="membership")
        self.assertFalse(wizard.charged_package_id)
        wizard.action_confirm()
        self.assertFalse(membership.extension_ids.invoice_id)

    def test_credit_pays_the_fee(self):
        self.env["clinic.credit"]._give("courtesy", self.patient, 10, "Waited long", self.company)
        self._wizard().action_confirm()
        self.assertEqual(self.package.extension_ids.invoice_id.amount_residual, 13)
        self.env["clinic.credit"]._give("courtesy", self.patient, 40, "Waited long", self.company)
        again = self._wizard(until=date(2026, 5, 30))
        self.assertEqual(again.action_confirm()["type"], "ir.actions.act_window_close", "nothing is left to collect")

    def test_a_minor_does_not_pay(self):
        parent = self.env["res.partner"].create({"name": "Parent"})
        self.patient.write({"clinic_birthdate": date(2015, 1, 1), "parent_id": parent.id})
        self._wizard().action_confirm()
        self.assertEqual(self.package.extension_ids.invoice_id.partner_id, parent)
        self.patient.parent_id = False
        self.assertIn("no adult pays", self._wizard(until=date(2026, 6, 1)).problem)

    def test_refusals_leave_nothing(self):
        self.assertIn("cannot be negative", self._wizard(fee=-5).problem)
        with self.assertRaisesRegex(UserError, "cannot be negative"):
            self._wizard(fee=-5).action_confirm()
        wizard = self._wizard()
        wizard.reason = " "
        with self.assertRaisesRegex(UserError, "Give the reason"):
            wizard.action_confirm()
        self.assertFalse(self.package.extension_ids)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.six_pack.package_extension_fee = -1
            self.env.flush_all()

    def test_product_is_gone(self):
        self.fee_product.unlink()
        self.assertIn("Choose the product of the extension fee", self._wizard().problem)
        self.company.clinic_extension_product_id = self.facial
        self._wizard().action_confirm()
        self.assertEqual(self.package.extension_ids.invoice_id.invoice_line_ids.product_id, self.facial)

    def test_managers_only(self):
        values = {"what": "units", "package_id": self.package.id, "until": date(2026, 4, 30), "reason": WHY}
        with self.assertRaises(AccessError):
            self.env["clinic.extend"].with_user(self.receptionist).create(values)

    def test_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids = [
            Command.clear(),
            Command.create({"name": "2026-01-01", "rate": 0.5, "company_id": self.company.id}),
        ]
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order = self._order(self.six_pack)
        order.pricelist_id = pricelist
        order.action_update_prices()
        order.action_confirm()
        self.assertEqual(order.order_line.clinic_package_ids.extension_fee, 10)
