from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .import_common import ImportCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-02-14 10:00:00")
class TestImportChange(ImportCommon):
    """A member who came along changes plan before the first renewal: what was paid elsewhere counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platinum = cls._tier("Platinum", 20, 199, rank=2)
        cls.platinum.benefit_ids.quantity = 4
        cls.better = cls.platinum.plan_ids.product_variant_id

    def _lines(self, membership):
        return membership.period_ids.adjustment_ids.invoice_line_ids.mapped("price_subtotal")

    def _run(self, day):
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_renew").method_direct_trigger()
        self.env.invalidate_all()

    def test_upgrade_credits_what_was_paid(self):
        """From 31 January to 27 February are 28 days, 14 are left: half of 79 back, half of 199 to pay."""
        membership = self._imported()
        period = membership.period_ids
        self.assertEqual((period.amount, period.payment_state, period.intervals), (79, "paid", 1))
        membership._change_plan(self.better)
        self.assertEqual(self._lines(membership), [-39.5, 99.5])
        self.assertEqual((period.amount, period.payment_state), (199, "due"))
        self._pay(period.adjustment_ids)
        self.assertEqual(period.payment_state, "paid")
        self.assertFalse(period.invoice_id)
        self._run("2026-02-14")
        self.assertEqual(membership.invoice_count, 1, "the opening period is not billed")
        self._run("2026-02-28")
        self.assertEqual(membership.period_ids[0].invoice_id.amount_untaxed, 199)
        self.assertEqual(membership.invoice_count, 2)

    def test_unpaid_gives_no_credit(self):
        membership = self._imported(paid="no")
        self.assertRecordValues(membership.period_ids, [{"amount": 0, "payment_state": "free"}])
        membership._change_plan(self.better)
        self.assertEqual(self._lines(membership), [99.5])

    def test_empty_is_paid(self):
        self.assertEqual(self._imported(paid=False).period_ids.payment_state, "paid")

    def test_free_member(self):
        membership = self._imported(price=0, free=True)
        self.assertEqual(membership.period_ids.payment_state, "free")
        membership._change_plan(self.better)
        self.assertEqual(self._lines(membership), [99.5])

    def test_downgrade_credits_what_was_paid(self):
        membership = self._imported(plan="Platinum plan", price=199)
        membership._change_plan(self.monthly)
        refund = membership.period_ids.adjustment_ids
        self.assertEqual((refund.move_type, refund.amount_untaxed), ("out_refund", 50))

    def test_paid_several_periods_ahead(self):
        """31 January to 29 April: 75 of 89 days are left of three times 79, and cost three times 199."""
        membership = self._imported(start_date="2026-01-31", next_renewal="2026-04-30")
        period = membership.period_ids
        self.assertEqual((period.amount, period.intervals), (237, 3))
        membership._change_plan(self.better)
        self.assertEqual(self._lines(membership), [-199.72, 503.09])
        self.assertEqual((period.amount, membership.next_renewal), (597, date(2026, 4, 30)))
        self._pay(period.adjustment_ids)
        with freeze_time("2026-02-15"):
            membership._change_plan(self.monthly)
        self.assertEqual(period.amount, 297)

    def test_another_frequency_starts_anew(self):
        membership = self._imported(start_date="2026-01-31", next_renewal="2026-04-30")
        annual = self.better.copy({"name": "Platinum annual", "list_price": 1990, "billing_interval": "annual"})
        membership._change_plan(annual)
        self.assertEqual(self._lines(membership), [-199.72, 1990])
        self.assertEqual(membership.next_renewal, date(2027, 2, 14))
        self.assertEqual(membership.period_ids.mapped("intervals"), [1, 3])
        self._run("2026-02-14")
        self.assertEqual(membership.invoice_count, 1)

    def test_another_frequency_on_the_first_day(self):
        membership = self._imported(start_date="2026-02-14", next_renewal="2026-05-14")
        annual = self.better.copy({"name": "Platinum annual", "list_price": 1990, "billing_interval": "annual"})
        membership._change_plan(annual)
        self.assertEqual(self._lines(membership), [-237, 1990])
        self.assertRecordValues(
            membership.period_ids, [{"amount": 1990, "intervals": 1, "date_end": date(2027, 2, 13)}]
        )

    def test_units_used_in_the_old_system_count(self):
        """One of two was used there, one of two here: the four of the new tier are two."""
        membership = self._imported(remaining_units="Facial: 1")
        self._redeem()
        membership._change_plan(self.better)
        self.assertEqual(self._left(), 2)
        self._pay(membership.period_ids.adjustment_ids)
        membership._change_plan(self.monthly)
        self.assertEqual(self._left(), 0, "and they stay used in the next change")

    def test_nothing_left_in_the_old_system(self):
        membership = self._imported(remaining_units="")
        membership._change_plan(self.better)
        self.assertEqual(self._left(), 2)

    def test_units_of_a_category(self):
        category = self.env["product.category"].create({"name": "Skin"})
        self.facial.categ_id = category
        for tier in (self.gold, self.platinum):
            tier.benefit_ids.write({"product_id": False, "categ_id": category.id})
        membership = self._imported(remaining_units="Skin: 0")
        membership._change_plan(self.better)
        self.assertEqual(self._left(), 2)

    def test_used_in_a_month_that_is_over(self):
        tier = self._tier("Year", 0, 990, billing_interval="annual")
        better = self._tier("Year plus", 0, 1990, billing_interval="annual", rank=5)
        better.benefit_ids.quantity = 4
        membership = self._imported(
            plan="Year plan", start_date="2025-05-15", next_renewal="2026-05-15", remaining_units="", price=990
        )
        self.assertEqual(membership.tier_id, tier)
        with freeze_time("2026-02-20"):
            membership._change_plan(better.plan_ids.product_variant_id)
            usable = membership.grant_ids._usable_on(date(2026, 2, 20))
            self.assertEqual(sum(usable.mapped("remaining")), 4, "the month of what was used ended on the 14th")

    def test_cancelled_and_taken_back_is_not_billed(self):
        membership = self._imported(status="cancelled")
        membership._undo_cancel()
        self._run("2026-02-14")
        self.assertFalse(membership.invoice_count)

    def test_benefits_of_the_contract_are_matched_in_their_order(self):
        self.gold.benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 3})]
        membership = self._imported(remaining_units="Massage: 2; Facial: 0")
        used = {before["product"]: before["units"] for before in membership.period_ids.used_before}
        self.assertEqual(used, {self.facial.id: 2, self.massage.id: 1})
