from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .checkout_common import CheckoutCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestCheckoutOffers(CheckoutCommon):
    """A membership or a package sold in the checkout, and the first service applied at once."""

    def test_offers(self):
        event = self._book(self.facial)
        wizard = self._checkout(event)
        words = [line.replace("\xa0", " ") for line in wizard.offer_ids.mapped("words")]
        self.assertIn("With Gold plan this visit costs $ 0.00 instead of $ 100.00; it is $ 99.00 / month.", words)
        self.assertTrue([line for line in words if "6-Pack Facials saves $ 150.00: $ 450.00 instead of" in line])

    def test_an_offer_with_a_trial(self):
        """Who can still have the trial is told of it and pays its price; who had it, the plan's."""
        self.monthly.write({"trial_length": 30, "trial_price": 10})
        event = self._book(self.facial)
        offer = self._checkout(event).offer_ids.filtered(lambda offer: offer.product_id == self.monthly)
        self.assertIn("it is $ 10.00 for 30 days, then $ 99.00 / month.", offer.words.replace("\xa0", " "))
        wizard = self._take(event, self.monthly)
        self.assertEqual(self._choices(wizard), [("Facial", "apply", 0), (self.monthly.name, "charge", 10)])
        self.assertAlmostEqual(wizard.amount_due, 11.5)
        wizard.action_confirm()
        self.assertTrue(self.patient.clinic_membership_ids.period_ids.is_trial)
        self.patient.clinic_membership_ids._cancel(self.env["clinic.cancel.reason"], immediate=True)
        again = self._checkout(self._book(self.facial)).offer_ids
        words = again.filtered(lambda offer: offer.product_id == self.monthly).words
        self.assertIn("it is $ 99.00 / month.", words.replace("\xa0", " "))

    def test_no_offer_for_who_has_it(self):
        self._sell(self.monthly)
        self.assertFalse(self._checkout(self._book(self.facial)).offer_ids)

    def test_package_sold_and_first_service_applied(self):
        event = self._book(self.facial)
        wizard = self._take(event, self.six_pack)
        self.assertEqual(self._choices(wizard), [("Facial", "apply", 0), ("6-Pack Facials", "charge", 450)])
        self.assertEqual(wizard.line_ids[0].proposal, "from the 6-Pack Facials sold here")
        wizard.action_confirm()
        self.assertEqual((event.clinic_line_ids.state, self._left()), ("applied", 5))
        self.assertAlmostEqual(self._order_of(event).amount_total or wizard.amount_due, 517.5)

    def test_package_sold_and_paid_later(self):
        event = self._book(self.facial)
        wizard = self._take(event, self.six_pack, payment="link")
        wizard.action_confirm()
        self.assertEqual(event.clinic_line_ids.state, "waiting")
        self._pay(self.patient.clinic_package_ids.sale_order_id.invoice_ids)
        self.assertEqual((event.clinic_line_ids.state, self._left()), ("applied", 5))

    def test_membership_sold_and_first_service_applied(self):
        event = self._book(self.facial, self.massage)
        wizard = self._take(event, self.monthly)
        wizard.action_confirm()
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["applied", "charged"])
        membership = self.patient.clinic_membership_ids
        self.assertEqual((membership.state, self._left()), ("active", 1))
        self.assertEqual(event.clinic_line_ids[1].sale_line_id.price_subtotal, 90, "the member price at once")

    def test_a_start_that_comes_later_pays_nothing_today(self):
        event = self._book(self.facial)
        wizard = self._take(event, self.monthly, payment="link")
        wizard.action_confirm()
        order = self.patient.clinic_membership_ids.sale_order_id
        self.patient.clinic_membership_ids.start_date = date(2026, 4, 1)
        self._pay(order.invoice_ids)
        self.assertEqual(event.clinic_line_ids.state, "open")
