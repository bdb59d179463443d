from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .family_common import FamilyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31")
class TestFamilyUnits(FamilyCommon):
    """Individual allotments: what somebody has who joins, leaves, and joins again."""

    @freeze_time("2026-02-10")
    def test_joining_in_the_middle(self):
        with freeze_time("2026-01-31"):
            membership = self._individual()
        membership._family_add(self.bea)
        own = self._own(membership, self.bea)
        self.assertRecordValues(
            own, [{"valid_from": date(2026, 2, 10), "expires_on": date(2026, 2, 27), "remaining": 2}]
        )
        self._redeem(2, partner=self.bea)
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(self._left(self.bea), 2)

    def test_joining_an_annual_plan(self):
        """Every month that is still to come, the running one included."""
        self.family_tier.sharing = "individual"
        self.family_tier.plan_ids.billing_interval = "annual"
        membership = self._sell(self.plan, partner=self.eve)
        with freeze_time("2026-06-15"):
            membership._family_add(self.bea)
            own = self._own(membership, self.bea).sorted("valid_from")
            self.assertEqual(len(own), 8)
            self.assertEqual(own[0].valid_from, date(2026, 6, 15))
            self.assertEqual(own[-1].expires_on, date(2027, 1, 30))

    def test_joining_on_a_later_day(self):
        membership = self._individual()
        membership._family_add(self.bea, day=date(2026, 2, 20))
        membership._family_add(self.cid, day=date(2026, 3, 10))
        self.assertEqual(self._own(membership, self.bea).valid_from, date(2026, 2, 20))
        self.assertFalse(self._own(membership, self.cid))
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(self._own(membership, self.cid).valid_from, date(2026, 3, 10))

    def test_joining_a_weekly_plan(self):
        """The month's units were issued with a week that is over."""
        self.family_tier.sharing = "individual"
        self.family_tier.plan_ids.billing_interval = "weekly"
        membership = self._sell(self.plan, partner=self.eve)
        with freeze_time("2026-02-18"):
            membership._renew()
            membership._family_add(self.bea)
            own = self._own(membership, self.bea)
            self.assertRecordValues(own, [{"valid_from": date(2026, 2, 18), "expires_on": date(2026, 2, 27)}])

    def test_joining_after_a_pause_or_an_extension(self):
        paused, extended = self._individual(), self._individual()
        with freeze_time("2026-02-05"):
            paused._pause(1)
            extended._extend(date(2026, 3, 9), "Closed for works")
            extended._family_add(self.cid)
        with freeze_time("2026-03-06"):
            paused._resume_when_due()
            paused._family_add(self.bea)
        for membership, person, first in ((paused, self.bea, date(2026, 3, 6)), (extended, self.cid, date(2026, 2, 5))):
            last = membership.next_renewal - timedelta(days=1)
            self.assertRecordValues(
                self._own(membership, person), [{"valid_from": first, "expires_on": last, "granted": 2}]
            )

    def test_an_add_on_is_the_holders(self):
        """Two massages for the price of two, and not two for each person; who joins later has none of them."""
        membership = self._individual()
        fay = membership.partner_id
        membership._family_add(self.bea)
        membership._change_add_on(self.massage, 2)
        membership._family_add(self.cid)
        self.assertEqual([self._left(person, self.massage) for person in (fay, self.bea, self.cid)], [2, 0, 0])
        self.assertEqual([self._left(person) for person in (fay, self.bea, self.cid)], [2, 2, 2])
        with freeze_time("2026-02-28"):
            membership._renew()
            self._expire("2026-02-28")
            self.assertEqual([self._left(person, self.massage) for person in (fay, self.bea)], [2, 0])

    def test_leaving_ends_what_is_left(self):
        membership = self._individual(rollover_percent=100)
        member = membership._family_add(self.bea)
        self._redeem(partner=self.bea)
        self.assertIn("1 units left end then", membership._family_remove(member))
        own = self._own(membership, self.bea)
        with freeze_time("2026-02-01"):
            member._units_end()
            self.assertRecordValues(own, [{"granted": 2, "used": 1, "remaining": 0}])
            self.assertEqual(own.entry_ids.sorted("id").mapped("kind"), ["grant", "redeem", "expire"])
            with self.assertRaisesRegex(UserError, "has 0 of the 1"):
                self._redeem(partner=self.bea)
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(self._own(membership, self.bea), own)

    def test_the_scheduled_action_ends_them(self):
        membership = self._individual(rollover_percent=100)
        member = membership._family_add(self.bea)
        membership._family_remove(member, day=date(2026, 2, 5))
        self._expire("2026-02-05")
        self.assertEqual(self._left(self.bea), 2)
        self._expire("2026-02-06")
        self.assertEqual(self._left(self.bea), 0)
        self.assertTrue(member.units_ended)

    def test_units_of_who_left_do_not_roll_over(self):
        membership = self._individual(rollover_percent=100)
        membership._family_remove(membership._family_add(self.bea), day=date(2026, 2, 5))
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertFalse(self._own(membership, self.bea).filtered("remaining"))

    def test_leaving_and_joining_again_gives_no_window_twice(self):
        membership = self._individual()
        member = membership._family_add(self.bea)
        self._redeem(partner=self.bea)
        membership._family_remove(member)
        with freeze_time("2026-02-10"):
            member._units_end()
            membership._family_add(self.bea)
            self.assertEqual(self._left(self.bea), 1)
            self.assertEqual(sum(self._own(membership, self.bea).mapped("granted")), 2)
            self._redeem(partner=self.bea)
            membership._family_remove(membership.member_ids.filtered(lambda m: not m.date_to))
        with freeze_time("2026-02-20"):
            membership._family_add(self.bea)
            self.assertEqual(self._left(self.bea), 0)
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(self._left(self.bea), 2)

    def test_taking_a_leaving_back(self):
        membership = self._individual()
        member = membership._family_add(self.bea, "child")
        membership._family_remove(member)
        self.assertEqual(membership._family_add(self.bea, "partner"), member)
        self.assertRecordValues(member, [{"date_to": False, "relation": "partner"}])
        self.assertEqual(self._left(self.bea), 2)

    def test_who_leaves_before_the_first_day_was_never_there(self):
        membership = self._individual()
        member = membership._family_add(self.bea, day=date(2026, 2, 20))
        membership._family_remove(member)
        self.assertFalse(member.exists())
        self.assertEqual(sum(self._own(membership, self.bea).mapped("remaining")), 0)
        membership._family_add(self.bea)
        self.assertEqual(self._left(self.bea), 2)

    def test_a_change_of_plan_counts_who_joined_late(self):
        membership = self._individual()
        large = self._tier("Large", 20, 299, family_size=5, sharing="individual", rank=5)
        large.benefit_ids.quantity = 3
        with freeze_time("2026-02-10"):
            membership._family_add(self.bea)
            left = membership._family_add(self.cid)
            self._redeem(partner=self.bea)
            self._redeem(partner=self.cid)
            membership._family_remove(left)
        with freeze_time("2026-02-11"):
            left._units_end()
            membership._change_plan(large.plan_ids.product_variant_id)
            self.assertEqual((self._left(self.bea), self._left(self.cid)), (2, 0))
            membership._family_add(self.cid)  # of the new plan, less what was used
            self.assertEqual(self._left(self.cid), 2)
