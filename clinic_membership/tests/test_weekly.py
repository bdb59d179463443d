from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 10:00:00")
class TestWeekly(ClinicCommon):
    """Billed by the week, with units per month: nobody has two months' units at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.weekly = cls.monthly.copy({"name": "Gold weekly", "list_price": 29, "billing_interval": "weekly"})
        better = cls._tier("Platinum", 20, 199, rank=2)
        better.benefit_ids.quantity = 4
        cls.better = better.plan_ids.product_variant_id
        cls.membership = cls._sell(cls.weekly)

    def _renew(self, day):
        with freeze_time(day):
            return self.membership._renew()

    def _windows(self):
        grants = self.membership.grant_ids.filtered("remaining").sorted("valid_from")
        return [(grant.valid_from.isoformat(), grant.expires_on.isoformat(), grant.remaining) for grant in grants]

    def test_change_ends_the_month_of_a_week_before(self):
        self._renew("2026-04-08")
        with freeze_time("2026-04-10"):
            self._redeem()
            self.membership._change_plan(self.better)
            self.assertEqual(self._windows(), [("2026-04-10", "2026-05-09", 3)], "4 less the one that was used")

    def test_change_that_comes_with_the_renewal(self):
        self._redeem()
        self.membership._schedule_change(self.better)
        self._renew("2026-04-08")
        self.assertEqual(self._windows(), [("2026-04-08", "2026-05-07", 3)])
        self._renew("2026-05-08")
        with freeze_time("2026-05-08"):
            self.assertEqual(self._left(), 4)

    def test_change_to_another_weekly_plan(self):
        """The month keeps its end, and the one after it begins on its day."""
        better = self.better.copy({"name": "Platinum weekly", "list_price": 59, "billing_interval": "weekly"})
        self._renew("2026-04-08")
        with freeze_time("2026-04-10"):
            self._redeem()
            self.membership._change_plan(better)
            self.assertEqual(self._windows(), [("2026-04-10", "2026-04-30", 3)])
        self._renew("2026-04-22")
        with freeze_time("2026-04-23"):
            self.membership._change_plan(self.weekly)
            self.assertEqual(self._windows(), [("2026-04-23", "2026-04-30", 1)])
        self._renew("2026-05-06")
        with freeze_time("2026-05-06"):
            self._expire("2026-05-06")
            self.assertEqual(self._windows(), [("2026-05-01", "2026-05-31", 2)])

    def test_pause(self):
        """The month is longer by the pause; the next begins after it, and not with the next week."""
        with freeze_time("2026-04-03"):
            self._redeem()
            self.membership._pause(1)
        with freeze_time("2026-04-13"):
            self.membership._resume()
            self.assertEqual(self.membership.next_renewal, date(2026, 4, 18))
            self.assertEqual(self._windows(), [("2026-04-01", "2026-05-10", 1)])
        self._renew("2026-05-09")
        with freeze_time("2026-05-10"):
            self.assertEqual(self._windows(), [("2026-04-01", "2026-05-10", 1), ("2026-05-11", "2026-06-10", 2)])
        self._renew("2026-07-15")
        with freeze_time("2026-07-15"):
            self._expire("2026-07-15")
            self.assertEqual(self._windows(), [("2026-07-11", "2026-08-10", 2)])

    def test_two_other_rhythms_within_a_month(self):
        """What was used before the first change counts in the second as well."""
        annual = self.monthly.copy({"name": "Gold annual", "list_price": 990, "billing_interval": "annual"})
        self._redeem(2)
        with freeze_time("2026-04-05"):
            self.membership._change_plan(annual)
            self.assertEqual(self._windows()[0], ("2026-05-05", "2026-06-04", 2))
        with freeze_time("2026-04-09"):
            self.membership._change_plan(self.monthly)
            self.assertFalse(self._left(), "both facials of this month are used")

    def test_rolled_units_are_kept(self):
        """They were earned with the plan before, and no change takes them."""
        self.membership.write({"rollover_percent": 50, "rollover_months": 2})
        self._renew("2026-04-29")
        self._expire("2026-05-01")
        with freeze_time("2026-05-02"):
            self.membership._change_plan(self.better)
            rolled = self.membership.grant_ids.filtered("source_grant_id")
            self.assertEqual(rolled.mapped("remaining"), [1])

    def test_from_another_rhythm_to_a_weekly_one(self):
        """The month of the plan before is over; the first one of the weekly plan begins with it."""
        better = self.better.copy({"name": "Platinum weekly", "list_price": 59, "billing_interval": "weekly"})
        other = self.env["res.partner"].create({"name": "Olga"})
        membership = self._sell(self.monthly, partner=other)
        with freeze_time("2026-04-05"):
            self._redeem(partner=other)
            membership._change_plan(better)
            self.assertEqual(self._left(partner=other), 3)
        with freeze_time("2026-04-12"):
            membership._renew()
            self.assertEqual(self._left(partner=other), 3)
        with freeze_time("2026-05-05"):
            membership._renew()
            self._expire("2026-05-05")
            self.assertEqual(self._left(partner=other), 4)

    def test_units_of_a_year_count_in_the_month_of_the_change_only(self):
        other = self.env["res.partner"].create({"name": "Olga"})
        tier = self._tier("Yearly", 10, 990, billing_interval="annual")
        tier.benefit_ids.write({"quantity": 12, "per": "period"})
        membership = self._sell(tier.plan_ids.product_variant_id, partner=other)
        self._redeem(5, partner=other)
        with freeze_time("2026-04-10"):
            membership._change_plan(self.monthly)
            self.assertFalse(self._left(partner=other))
        with freeze_time("2026-05-10"):
            membership._renew()
            self.assertEqual(self._left(partner=other), 2, "nothing was used in this month")

    def test_joining_after_a_change_between_weekly_plans(self):
        """The month goes on in two weeks; who joins has it once."""
        (self.gold | self.better.membership_tier_id).write({"family_size": 2, "sharing": "individual"})
        better = self.better.copy({"name": "Platinum weekly", "list_price": 59, "billing_interval": "weekly"})
        parent, child = self.env["res.partner"].create([{"name": "Olga"}, {"name": "Oleg"}])
        membership = self._sell(self.weekly, partner=parent)
        with freeze_time("2026-04-08"):
            membership._renew()
        with freeze_time("2026-04-10"):
            membership._change_plan(better)
        with freeze_time("2026-04-12"):
            membership._family_add(child)
            self.assertEqual((self._left(partner=parent), self._left(partner=child)), (4, 4))
