from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .codes_common import CodesCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestBulkOrder(CodesCommon):
    """A company buys packages for its people: a code for each."""

    def _order_in_bulk(self, quantity=10, discount=20.0):
        wizard = Form(self.env["clinic.bulk.order"].with_user(self.receptionist))
        wizard.partner_id, wizard.product_id = self.employer, self.six_pack
        wizard.quantity, wizard.discount = quantity, discount
        self.assertEqual((wizard.amount, wizard.each), (3600, 360))
        return self.env["sale.order"].browse(wizard.save().action_create()["res_id"])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employer = cls.env["res.partner"].create({"name": "Employer", "is_company": True})

    def test_codes_are_worth_something_when_paid(self):
        order = self._order_in_bulk()
        self.assertFalse(order.clinic_code_ids)
        order.action_confirm()
        codes = order.clinic_code_ids
        self.assertEqual((len(codes), set(codes.mapped("state"))), (10, {"waiting"}))
        self.assertFalse(self._try(codes[0].code)[0])
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(set(codes.mapped("state")), {"ready"})
        received = self._try(codes[0].code)[0]
        self.assertEqual((received.price_paid, received.units_left), (360, 6))
        self.assertEqual(codes[0].redeemed_by_id, self.friend)
        self.assertEqual(order.clinic_code_count, 10)

    def test_on_confirmation_by_policy(self):
        self.company.clinic_activation = "confirmation"
        order = self._order_in_bulk()
        order.action_confirm()
        self.assertTrue(self._try(order.clinic_code_ids[0].code)[0])

    def test_cancelled_order(self):
        order = self._order_in_bulk()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(set(order.clinic_code_ids.mapped("state")), {"called_back"})

    def test_cancelled_after_one_was_redeemed(self):
        self.company.clinic_activation = "confirmation"
        order = self._order_in_bulk()
        order.action_confirm()
        self._try(order.clinic_code_ids[0].code)
        with self.assertRaisesRegex(UserError, "was given to Bob Friend"):
            order._action_cancel()

    def test_the_buyer_gets_the_list(self):
        self.employer.email = "staff@employer.example.com"
        order = self._order_in_bulk()
        order.action_confirm()
        codes = order.clinic_code_ids
        codes[0]._call_back()
        codes[1].with_user(self.receptionist).action_send_list()
        mail = self.env["mail.mail"].search([("subject", "=", f"Your codes of {order.name}")])
        self.assertEqual(mail.recipient_ids, self.employer)
        for code in codes[1:]:
            self.assertIn(code.code, mail.body_html)
        self.assertNotIn(codes[0].code, mail.body_html, "called back: worth nothing")
        self.assertIn("once the order is", mail.body_html)
        self.assertIn("list of 9 codes was e-mailed to staff@employer.example.com", order.message_ids[0].body)
        for code in codes:
            self.assertNotIn(code.code, "".join(order.message_ids.mapped("body")), "nobody reads them in the chatter")

    def test_the_list_needs_an_address_and_an_order(self):
        order = self._order_in_bulk()
        order.action_confirm()
        codes = order.clinic_code_ids.with_user(self.receptionist)
        with self.assertRaisesRegex(UserError, "Employer has no e-mail address. Enter one, or print the list"):
            codes.action_send_list()
        self.employer.email = "staff@employer.example.com"
        codes.sudo()._call_back()
        with self.assertRaisesRegex(UserError, "No code of .* can still be handed out"):
            codes.action_send_list()
        codes.sudo().sale_order_id = False
        with self.assertRaisesRegex(UserError, "Choose those of one order"):
            codes.action_send_list()

    def test_list_and_form(self):
        order = self._order_in_bulk()
        order.action_confirm()
        codes = order.clinic_code_ids
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_code_list_report", codes.ids)
        for code in codes:
            self.assertIn(code.code, html[0].decode())
        rows = codes.export_data(["code", "state", "redeemed_by_id/name"])["datas"]
        self.assertEqual([row[0] for row in rows], codes.mapped("code"))

    def test_bad_input(self):
        wizard = self.env["clinic.bulk.order"].create(
            {"partner_id": self.employer.id, "product_id": self.six_pack.id, "quantity": 0}
        )
        with self.assertRaisesRegex(UserError, "at least one package"):
            wizard.action_create()
        wizard.write({"quantity": 1, "discount": 120})
        with self.assertRaisesRegex(UserError, "between 0 and 100"):
            wizard.action_create()

    def test_an_ordinary_order_has_no_codes(self):
        package = self._sell(self.six_pack, product_uom_qty=2)
        self.assertFalse(package.code_ids)
        self.assertEqual(self.env["sale.order"].new({"order_line": [Command.clear()]}).clinic_code_count, 0)
