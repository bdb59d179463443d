from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestSale(ClinicCommon):
    """Walk 1: a sale becomes a membership or packages."""

    def test_membership_starts_when_paid(self):
        order = self._order(self.monthly)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        self.assertEqual(membership.state, "pending")
        self.assertEqual(
            (membership.next_amount, membership.payment_scheduled), (113.85, "Waiting for the first payment")
        )
        self.assertFalse(membership.period_ids)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(membership.state, "pending")
        self._pay(invoice)
        self.assertRecordValues(
            membership,
            [
                {
                    "state": "active",
                    "start_date": date(2026, 1, 31),
                    "anchor_date": date(2026, 1, 31),
                    "next_renewal": date(2026, 2, 28),
                    "price": 99.0,
                    "next_amount": 113.85,
                    "usage_summary": "0 of 2 Facial used",
                }
            ],
        )
        self.assertRecordValues(
            membership.period_ids,
            [{"date_end": date(2026, 2, 27), "amount": 99.0, "invoice_id": invoice.id, "payment_state": "paid"}],
        )
        self.assertEqual(membership.grant_ids.expires_on, date(2026, 2, 27))

    def test_paid_twice_starts_once(self):
        membership = self._sell(self.monthly)
        membership.period_ids.invoice_id._invoice_paid_hook()
        membership._set_ready()
        self.assertEqual(len(membership.period_ids), 1)
        self.assertEqual(len(membership.grant_ids), 1)

    def test_partial_payment_does_not_start(self):
        membership = self._sell(self.monthly, paid=False)
        invoice = membership.sale_line_id.invoice_lines.move_id
        self._pay(invoice, amount=50)
        self.assertEqual(membership.state, "pending")
        self._pay(invoice)
        self.assertEqual(membership.state, "active")

    def test_starts_on_confirmation_where_the_clinic_wants_it(self):
        self.company.clinic_activation = "confirmation"
        order = self._order(self.monthly, self.six_pack)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        self.assertEqual(membership.state, "active")
        self.assertEqual(order.order_line.clinic_package_ids.state, "active")
        self.assertEqual(membership.period_ids.payment_state, "draft")
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(membership.period_ids.invoice_id, invoice)
        self.assertEqual(membership.period_ids.payment_state, "due")

    def test_future_start_waits_for_its_day(self):
        membership = self._sell(self.monthly, clinic_start_date=date(2026, 3, 15))
        self.assertEqual(membership.state, "pending")
        self.assertTrue(membership.ready)
        with freeze_time("2026-03-15"):
            membership._start_when_due()
            self.assertEqual(membership.state, "active")
            self.assertEqual(membership.next_renewal, date(2026, 4, 15))

    def test_free_first_month_of_an_annual_membership(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=1, trial_unit="month")
        order = self._order(tier.plan_ids.product_variant_id)
        self.assertEqual(order.amount_total, 0)
        self.assertIn("Trial of 1 month, then $\N{NO-BREAK SPACE}990.00 / year", order.order_line.name)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        self.assertRecordValues(
            membership,
            [
                {
                    "state": "active",
                    "in_trial": True,
                    "anchor_date": date(2026, 2, 28),
                    "next_renewal": date(2026, 2, 28),
                    "price": 990.0,
                }
            ],
        )
        self.assertEqual(membership.period_ids.payment_state, "free")

    def test_one_trial_per_patient_and_tier(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30, trial_price=10)
        plan = tier.plan_ids.product_variant_id
        first = self._order(plan)
        self.assertEqual(first.amount_untaxed, 10)
        self._sell(plan)
        self.assertEqual(self._order(plan).amount_untaxed, 990)
        other = self.env["res.partner"].create({"name": "Other"})
        self.assertEqual(self._order(plan, partner=other).amount_untaxed, 10)

    def test_second_trial_is_refused_with_the_date_of_the_first(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30)
        plan = tier.plan_ids.product_variant_id
        one, two, three = self._order(plan), self._order(plan), self._order(plan)
        one.action_confirm()
        with self.assertRaisesRegex(UserError, "had a trial of Annual from 01/31/2026"):
            two.action_confirm()
        three.action_update_prices()
        self.assertEqual(three.amount_untaxed, 990)
        three.action_confirm()
        self.assertEqual(three.order_line.clinic_membership_ids.trial_length, 0)

    def test_one_trial_whatever_became_of_it(self):
        """Waiting for its payment, or moved to another tier since: it was the trial of this tier."""
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30, trial_price=10)
        plan = tier.plan_ids.product_variant_id
        waiting = self._sell(plan, paid=False)
        self.assertEqual(self._order(plan).amount_untaxed, 990)
        self._pay(waiting.sale_line_id.invoice_lines.move_id)
        waiting._change_plan(self.monthly)
        self.assertEqual(waiting.tier_id, self.gold)
        self.assertEqual(self._order(plan).amount_untaxed, 990)

    def test_one_trial_in_one_order(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30, trial_price=10)
        order = self._order(*[tier.plan_ids.product_variant_id] * 2)
        with self.assertRaisesRegex(UserError, "had a trial of Annual"):
            order.action_confirm()

    def test_membership_quantity_is_one(self):
        with self.assertRaisesRegex(ValidationError, "its quantity is 1"):
            self._order(self.monthly, product_uom_qty=2)

    def test_three_packages_share_the_price_to_the_cent(self):
        packages = self._sell(self.six_pack, product_uom_qty=3, price_unit=100, discount=0.01)
        self.assertEqual(len(packages), 3)
        self.assertEqual(sorted(packages.mapped("price_paid")), [99.99, 99.99, 99.99])
        for package in packages:
            self.assertEqual(package.state, "active")
            self.assertAlmostEqual(package.value_left, 99.99)
            self.assertEqual(package.usage_summary, "0 of 6 used")
            self.assertEqual(package.expires_on, date(2027, 1, 30))
        self.assertEqual(len(set(packages.mapped("name"))), 3)

    def test_package_refuses_half(self):
        with self.assertRaisesRegex(ValidationError, "sold whole"):
            self._order(self.six_pack, product_uom_qty=1.5)

    def test_sections_notes_and_services_are_untouched(self):
        order = self._order(self.facial)
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Packages"}),
            Command.create({"product_id": self.six_pack.id}),
            Command.create({"display_type": "line_note", "name": "Thank you"}),
        ]
        order.action_confirm()
        self.assertEqual(order.clinic_package_count, 1)
        self.assertEqual(order.clinic_membership_count, 0)

    def test_confirming_again_sells_nothing_again(self):
        order = self._order(self.monthly, self.six_pack)
        order.action_confirm()
        order.order_line._clinic_create_holdings()
        self.assertEqual((order.clinic_membership_count, order.clinic_package_count), (1, 1))

    def test_cancelled_order_takes_back(self):
        order = self._order(self.monthly, self.six_pack)
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(order.order_line.clinic_membership_ids.state, "cancelled")
        self.assertEqual(order.order_line.clinic_package_ids.state, "cancelled")

    def test_cancelling_an_order_with_used_units_is_refused(self):
        package = self._sell(self.six_pack)
        self._redeem()
        with self.assertRaisesRegex(UserError, "has been used"):
            package.sale_order_id._action_cancel()

    def test_cancelling_a_paid_order_is_refused(self):
        """Its units would be breakage, and the money stay: they are given back by a refund first."""
        package = self._sell(self.six_pack)
        with self.assertRaisesRegex(UserError, "has units left. Give them back by Process Refund"):
            package.sale_order_id._action_cancel()
        package._refund_units("credit", "Moved away")
        package.sale_order_id._action_cancel()
        self.assertEqual(package.sale_order_id.state, "cancel")

    def test_an_invoiced_package_is_not_deleted(self):
        package = self._sell(self.six_pack, paid=False)
        self.assertEqual(package.state, "pending")
        with self.assertRaisesRegex(UserError, "part of the books and cannot be deleted"):
            package.unlink()

    def test_another_quantity_on_a_confirmed_order(self):
        """Before the invoice: two, three, one; after the payment only more."""
        order = self._order(self.six_pack, product_uom_qty=2)
        order.action_confirm()
        line = order.order_line
        line.product_uom_qty = 3
        self.assertEqual(line.clinic_package_ids.mapped("state"), ["pending"] * 3)
        line.product_uom_qty = 1
        self.assertEqual(sorted(line.clinic_package_ids.mapped("state")), ["cancelled", "cancelled", "pending"])
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        (package,) = line._clinic_packages_sold()
        self.assertEqual((package.state, package.price_paid), ("active", 450))
        with self.assertRaisesRegex(UserError, "Give it back by Process Refund"):
            line.product_uom_qty = 0
        line.product_uom_qty = 2
        self.assertEqual(sorted(line._clinic_packages_sold().mapped("state")), ["active", "pending"])

    def test_added_to_a_confirmed_order(self):
        order = self._order(self.facial)
        order.action_confirm()
        order.order_line = [Command.create({"product_id": self.six_pack.id})]
        package = order.order_line.clinic_package_ids
        self.assertEqual((package.state, package.price_paid), ("pending", 450))
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(package.state, "active")

    def test_terms_as_sold_stay(self):
        membership = self._sell(self.monthly)
        package = self._sell(self.six_pack)
        self.gold.write({"notice_days": 30, "discount": 50})
        self.gold.benefit_ids.quantity = 9
        self.monthly.list_price = 500
        self.six_pack.package_benefit_ids.quantity = 1
        self.assertEqual(membership.notice_days, 0)
        self.assertEqual(membership.benefit_ids.quantity, 2)
        self.assertEqual(membership.price, 99)
        self.assertEqual(membership.pricelist_id.item_ids.percent_price, 10)
        self.assertEqual(package.services, "6 × Facial")

    def test_tier_form_creates_its_prices(self):
        with Form(self.env["clinic.membership.tier"].with_user(self.manager)) as form:
            form.name = "Platinum"
            form.discount = 20
            with form.benefit_ids.new() as benefit:
                benefit.product_id = self.facial
                benefit.quantity = 2
            with form.plan_ids.new() as plan:
                plan.name = "Platinum monthly"
                plan.list_price = 199
        tier = form.record
        self.assertEqual(tier.plan_ids.service_tracking, "membership")
        self.assertEqual(tier.plan_ids.type, "service")
        self.assertEqual(tier.plan_ids.billing_interval, "monthly")
        self.assertEqual(tier.pricelist_id.item_ids.percent_price, 20)
        self.assertEqual(tier.price_summary, "$\N{NO-BREAK SPACE}199.00 / month")

    def test_package_savings(self):
        template = self.six_pack.product_tmpl_id
        self.assertEqual((template.package_value, template.package_savings), (600, 150))
        self.assertEqual(template.package_savings_percent, 0.25)

    def test_bad_templates_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "choose the tier"):
            self.env["product.template"].create({"name": "No tier", "service_tracking": "membership"})
        with self.assertRaisesRegex(ValidationError, "what the package contains"):
            self.env["product.template"].create({"name": "Empty", "service_tracking": "package"})
        with self.assertRaisesRegex(ValidationError, "itself a membership or a package"):
            self._package("Nested", 1, 1, product=self.six_pack)
