from datetime import date, datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .checkout_common import CheckoutCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestCheckout(CheckoutCommon):
    """One screen at the end of a visit: units, charges and sales, and the payment for them."""

    # === units === #

    def test_apply_to_the_package(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        event.action_clinic_arrive()
        wizard = self._form(event)
        with wizard.line_ids.edit(0) as line:
            self.assertEqual((line.choice, line.proposal), ("apply", "6-Pack Facials, then 5 of 6 left"))
        self.assertEqual(wizard.amount_due, 0)
        wizard.save().action_confirm()
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state, self._left()), ("done", "applied", 5))
        self.assertFalse(self._order_of(event))

    def test_charge_or_later_instead(self):
        self._sell(self.six_pack)
        event = self._book(self.facial, self.facial)
        wizard = self._form(event)
        with wizard.line_ids.edit(0) as line:
            line.choice = "charge"
        with wizard.line_ids.edit(1) as line:
            line.choice = "later"
        self.assertEqual(wizard.amount_due, 115)
        wizard.save().action_confirm()
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["charged", "open"])
        with self.assertRaisesRegex(UserError, "was paid for and stays in the history"):
            event.unlink()
        self.assertEqual(self._left(), 6)
        self.assertTrue(event.clinic_has_open)
        self._checkout(event).action_confirm()
        self.assertEqual((event.clinic_line_ids.mapped("state"), self._left()), (["charged", "applied"], 5))

    def test_staff_pick_the_units(self):
        self._sell(self.six_pack)
        other = self._sell(self._package("Second", 300, 4))
        event = self._book(self.facial)
        wizard = self._checkout(event)
        self.assertEqual(wizard.line_ids.proposal, "6-Pack Facials, then 5 of 6 left")
        wizard.line_ids.preferred_grant_id = other.grant_ids
        self.assertEqual(wizard.line_ids.proposal, "Second, then 3 of 4 left")
        wizard.action_confirm()
        self.assertEqual(event.clinic_line_ids.redemption_id.package_ids, other)

    def test_a_pick_is_of_its_own_service(self):
        """The other service is paid in the clinic's order, and the screen says so before."""
        self._sell(self.six_pack)
        other = self._sell(self._package("Second", 300, 4))
        event = self._book(self.facial, self.facial)
        wizard = self._checkout(event)
        wizard.line_ids[0].preferred_grant_id = other.grant_ids
        said = ["Second, then 3 of 4 left", "6-Pack Facials, then 5 of 6 left"]
        self.assertEqual(wizard.line_ids.mapped("proposal"), said)
        wizard.action_confirm()
        paid = [line.redemption_id.package_ids for line in event.clinic_line_ids]
        self.assertEqual(paid, [other, self.patient.clinic_package_ids - other])

    def test_only_units_that_qualify_are_picked(self):
        package = self._sell(self.six_pack)
        ended = self._sell(self._package("Ended", 300, 4))
        ended.grant_ids.write({"valid_from": date(2026, 2, 1), "expires_on": date(2026, 3, 1)})
        self.assertEqual(self._checkout(self._book(self.facial)).line_ids.grant_ids, package.grant_ids)

    def test_what_is_short_is_charged_as_a_whole(self):
        """Two facials on one line and one unit: appointment and checkout say the same, and the unit pays the next."""
        self._sell(self._package("One", 80, 1))
        event = self._book(self.facial, self.facial)
        event.clinic_line_ids[0].quantity = 2
        self.assertEqual((event.clinic_line_ids.mapped("covered"), event.clinic_price), ([0, 1], 200))
        wizard = self._checkout(event)
        self.assertEqual(wizard.line_ids.mapped("choice"), ["charge", "apply"])
        wizard.action_confirm()
        self.assertEqual((event.clinic_line_ids.mapped("state"), self._left()), (["charged", "applied"], 0))

    def test_pressed_twice(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        first, second = self._checkout(event), self._checkout(event)
        done = first.action_confirm()
        self.assertEqual(first.action_confirm(), done)
        with self.assertRaisesRegex(UserError, "settled already"):
            second.action_confirm()
        self.assertEqual(self._left(), 5)

    def test_a_walk_in_pressed_twice(self):
        wizard = self._form(partner=self.patient)
        with wizard.line_ids.new() as line:
            line.product_id = self.facial
        wizard = wizard.save()
        done = wizard.action_confirm()
        self.assertEqual(wizard.action_confirm(), done)
        self.assertEqual(len(self.env["sale.order"].search([("partner_id", "=", self.patient.id)])), 1)
        self.assertEqual(len(self.env["calendar.event"].search([("clinic_patient_id", "=", self.patient.id)])), 1)

    def test_used_meanwhile(self):
        self._sell(self._package("One", 80, 1))
        wizard = self._checkout(self._book(self.facial))
        self.assertEqual(wizard.line_ids.choice, "apply")
        self._redeem()
        with self.assertRaisesRegex(UserError, "has 0 of the 1 units"):
            wizard.action_confirm()

    # === charged === #

    def test_member_price_and_goods(self):
        cream = self.env["product.product"].create(
            {"name": "Cream", "type": "consu", "list_price": 50, "taxes_id": [Command.clear()]}
        )
        self._sell(self.monthly)
        self._redeem(units=2)
        event = self._book(self.facial)
        wizard = self._form(event)
        with wizard.line_ids.new() as line:
            line.product_id, line.quantity = cream, 2
        self.assertEqual(self._choices(wizard.save()), [("Facial", "charge", 90), ("Cream", "charge", 90)])
        self.assertAlmostEqual(wizard.amount_due, 90 * 1.15 + 90)
        wizard.save().action_confirm()
        invoice = self._order_of(event).invoice_ids
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertAlmostEqual(invoice.amount_total, 193.5)

    def test_credit_pays_first(self):
        self.env["clinic.credit"]._give("courtesy", self.patient, 40, "Sorry", self.company)
        event = self._book(self.facial)
        wizard = self._checkout(event)
        self.assertEqual((wizard.credit, wizard.amount_due), (40, 75))
        wizard.action_confirm()
        payment = self._order_of(event).invoice_ids.matched_payment_ids
        self.assertEqual(payment.amount, 75)

    def test_a_price_list_in_another_currency(self):
        """The order is in the patient's currency; what is to pay is shown in the clinic's."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        self.patient.property_product_pricelist = pricelist
        event = self._book(self.facial)
        wizard = self._checkout(event)
        self.assertEqual((wizard.line_ids.price, wizard.amount_due), (100, 115))
        wizard.action_confirm()
        order = self._order_of(event)
        self.assertEqual((order.currency_id, order.amount_total), (euro, 57.5))
        self.assertFalse(order.invoice_ids.amount_residual)

    def test_credit_is_left_alone(self):
        self.env["clinic.credit"]._give("courtesy", self.patient, 40, "Sorry", self.company)
        wizard = self._checkout(self._book(self.facial), use_credit=False)
        self.assertEqual(wizard.amount_due, 115)
        wizard.action_confirm()
        self.assertEqual(self._checkout().credit, 40)

    def test_a_card_that_is_declined(self):
        self._card(self.patient)
        event = self._book(self.facial)
        with self._answers("error"):
            action = self._checkout(event, payment="card").action_confirm()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("account.move", self._order_of(event).invoice_ids.id)
        )
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state), ("done", "charged"))

    def test_a_card_that_pays(self):
        self._card(self.patient)
        event = self._book(self.facial)
        with self._answers("done"):
            action = self._checkout(event, payment="card").action_confirm()
        self.assertIn("115.00 paid", action["params"]["message"])
        self.assertFalse(self._order_of(event).invoice_ids.amount_residual)

    # === walk-ins === #

    def test_walk_in(self):
        self._sell(self.six_pack)
        wizard = self._form(partner=self.patient)
        for product in (self.facial, self.massage):
            with wizard.line_ids.new() as line:
                line.product_id = product
        wizard.save().action_confirm()
        event = self.patient.clinic_visit_line_ids.event_id
        self.assertEqual((event.clinic_state, event.clinic_line_ids.mapped("state")), ("done", ["applied", "charged"]))
        self.assertEqual(event._clinic_day(), date(2026, 3, 2))

    def test_only_a_sale(self):
        wizard = self._checkout(line_ids=[Command.create({"product_id": self.six_pack.id})])
        action = wizard.action_confirm()
        self.assertEqual((self._left(), action["params"]["message"][-12:]), (6, "517.50 paid."))
        self.assertFalse(self.env["calendar.event"].search([("clinic_patient_id", "=", self.patient.id)]), "no visit")
        self.assertEqual(wizard.action_confirm(), action)
        self.assertEqual((self._left(), len(wizard.order_id)), (6, 1), "pressed twice, sold once")

    # === refused === #

    def test_bad_input(self):
        with self.assertRaisesRegex(UserError, "Add what is used or sold"):
            self._checkout().action_confirm()
        wizard = self._checkout(line_ids=[Command.create({"product_id": self.facial.id, "quantity": 0})])
        with self.assertRaisesRegex(UserError, "at least 1"):
            wizard.action_confirm()
        wizard = self._checkout(
            payment="card", line_ids=[Command.create({"product_id": self.facial.id, "choice": "charge"})]
        )
        with self.assertRaisesRegex(UserError, "no stored card"):
            wizard.action_confirm()

    def test_nobody_else(self):
        sales = new_test_user(self.env, "sales", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self._checkout(user=sales)
        with self.assertRaises(AccessError):
            self._book(self.facial).with_user(sales).action_clinic_checkout()

    def test_the_appointment_of_somebody_else(self):
        """What comes from elsewhere than the screen: another patient, a service of another appointment."""
        self._sell(self.six_pack)
        mine, other = self._book(self.facial), self._book(self.facial, partner=self.patient.copy())
        wizard = self._checkout(mine)
        wizard.partner_id = other.clinic_patient_id
        with self.assertRaisesRegex(UserError, "appointment is of somebody else"):
            wizard.action_confirm()
        for checkout in (self._checkout(mine), self._checkout()):
            line = {"product_id": self.facial.id, "visit_line_id": other.clinic_line_ids.id, "choice": "apply"}
            checkout.line_ids = [Command.clear(), Command.create(line)]
            with self.assertRaisesRegex(UserError, "service is of another appointment"):
                checkout.action_confirm()
        self.assertEqual(self._left(), 6)

    def test_nothing_is_half_done(self):
        """The order cannot be made: nothing was redeemed, and the visit goes on."""
        self._sell(self.six_pack)
        event = self._book(self.facial, self.massage)
        wizard = self._checkout(event)
        with patch.object(type(self.env["clinic.desk.sale"]), "_make_order", side_effect=UserError("No order")):
            with self.assertRaisesRegex(UserError, "No order"), self.env.cr.savepoint():
                wizard.action_confirm()
        self.env.invalidate_all()
        self.assertEqual((event.clinic_state, event.clinic_line_ids.mapped("state")), ("booked", ["open", "open"]))
        self.assertEqual(self._left(), 6)

    def test_the_service_of_an_appointment_stays(self):
        """Another product on its line would take units for, or mark as charged, what was not done."""
        event = self._book(self.facial)
        wizard = self._checkout(event)
        wizard.line_ids.product_id = self.massage
        with self.assertRaisesRegex(UserError, "The appointment is for Facial"):
            wizard.action_confirm()

    def test_late_checkout_is_judged_by_the_visit(self):
        self._sell(self._package("Short", 80, 2))
        self.patient.clinic_package_ids.grant_ids.expires_on = date(2026, 3, 2)
        event = self._book(self.facial, start=datetime(2026, 3, 2, 9))
        with freeze_time("2026-03-02 23:30:00"):
            self._checkout(event).action_confirm()
        self.assertEqual(event.clinic_line_ids.redemption_id.date, date(2026, 3, 2))
