from datetime import date

from freezegun import freeze_time

from odoo.tests import Form, tagged

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

    def test_a_unit_is_offered_once(self):
        """One treatment of a category, two of them today: the offer does not promise both."""
        category = self.env["product.category"].create({"name": "Treatments"})
        (self.facial | self.massage).categ_id = category
        self.gold.benefit_ids.write({"product_id": False, "categ_id": category.id, "quantity": 1})
        offers = self._checkout(self._book(self.facial, self.massage)).offer_ids
        words = offers.filtered(lambda offer: offer.product_id == self.monthly).words
        self.assertIn("this visit costs $ 90.00 instead of $ 200.00", words.replace("\xa0", " "))

    def test_a_package_at_the_patients_price(self):
        """A member pays less for it, and saves more."""
        self._sell(self.monthly)
        offer = self._checkout(self._book(self.massage, self.facial, self.facial, self.facial)).offer_ids
        self.assertEqual(offer.product_id, self.six_pack)
        self.assertIn("saves $ 195.00: $ 405.00 instead of $ 600.00", offer.words.replace("\xa0", " "))

    def test_a_package_that_saves_nothing_by_itself(self):
        pack = self._package("Facial to Go", 120, 1)
        offers = self._checkout(self._book(self.facial)).offer_ids.filtered(lambda offer: offer.product_id == pack)
        words = "With Facial to Go at $ 120.00 today's visit costs $ 0.00."
        self.assertEqual(offers.words.replace("\xa0", " "), words)

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

    def _only_gold(self):
        (self.env["clinic.membership.tier"].search([]) - self.gold).active = False

    def test_an_upgrade(self):
        """The patient hears what a higher plan would make of today, and the checkout goes on with it."""
        self._only_gold()
        platinum = self._tier("Platinum", 20, 199, rank=2)
        membership = self._sell(self.monthly)
        wizard = self._checkout(self._book(self.massage))
        words = (
            "With Platinum instead of Gold this visit costs $ 80.00 instead of $ 90.00. The change is $ 100.00 today, "
        )
        self.assertEqual(wizard.upgrade_words.replace("\xa0", " "), f"{words}then $ 199.00 / month.")
        action = wizard.action_upgrade()
        with Form(self.env[action["res_model"]].with_user(self.receptionist).with_context(**action["context"])) as form:
            self.assertEqual((form.membership_id, form.plan_id.membership_tier_id), (membership, platinum))
        again = form.record.action_confirm()
        self.assertEqual((again["res_model"], again["res_id"]), ("clinic.checkout", wizard.id))
        self.assertEqual((membership.tier_id, wizard.line_ids.price), (platinum, 80))
        self.assertFalse(wizard.upgrade_words)
        wizard.action_confirm()
        self.assertEqual(wizard.visit_id.clinic_line_ids.state, "charged")

    def test_units_of_an_upgrade(self):
        """Those that the new plan brings beyond the old one's pay today's visit."""
        self._only_gold()
        platinum = self._tier("Platinum", 10, 199, rank=2)
        platinum.benefit_ids.quantity = 3
        membership = self._sell(self.monthly)
        self._redeem(2)
        wizard = self._checkout(self._book(self.facial, self.facial))
        self.assertIn("this visit costs $ 90.00 instead of $ 180.00", wizard.upgrade_words.replace("\xa0", " "))
        membership._change_plan(platinum.plan_ids.product_variant_id)
        wizard._go_on()
        self.assertEqual(sorted(wizard.line_ids.mapped("choice")), ["apply", "charge"])
        self.assertEqual(sum(wizard.line_ids.mapped("price")), 90)

    def test_no_upgrade(self):
        """To nothing lower or smaller, not in a pause or after a cancellation, nor for who pays nothing today."""
        self._only_gold()
        silver = self._tier("Silver", 50, 49, rank=0)
        self._tier("Annual", 50, 990, rank=2, billing_interval="annual")
        membership = self._sell(self.monthly)
        self.assertFalse(self._checkout(self._book(self.massage)).upgrade_words)
        silver.rank = 3
        self.assertTrue(self._checkout(self._book(self.massage)).upgrade_words)
        self.assertFalse(self._checkout(self._book(self.facial)).upgrade_words, "his allowance pays")
        membership.family_size = 2
        self.assertFalse(self._checkout(self._book(self.massage)).upgrade_words)
        membership.family_size = 1
        membership._cancel(self.reason)
        self.assertFalse(self._checkout(self._book(self.massage)).upgrade_words)

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

    def test_package_sold_and_paid_on_a_later_day(self):
        """Its units begin with the payment, and pay for the visit of two days before on that day."""
        event = self._book(self.facial)
        wizard = self._take(event, self.six_pack, payment="link")
        wizard.action_confirm()
        with freeze_time("2026-03-04 10:00:00"):
            self._pay(self.patient.clinic_package_ids.sale_order_id.invoice_ids)
        redemption = event.clinic_line_ids.redemption_id
        self.assertEqual((event.clinic_line_ids.state, redemption.date, self._left()), ("applied", date(2026, 3, 4), 5))

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
        self.assertIn("still to be paid for", event.message_ids[0].body)
