from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon

BEFORE = date(2026, 4, 10)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-20 10:00:00")
class TestLateChange(ClinicCommon):
    """A visit of a day before a change of plan that is typed in after it; the change was on the 16th of April."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platinum = cls._tier("Platinum", 20, 199, rank=2)
        cls.platinum.benefit_ids.quantity = 4
        cls.better = cls.platinum.plan_ids.product_variant_id
        cls.friend = cls.env["res.partner"].create({"name": "Cara Friend"})

    def _member(self, plan, day="2026-04-01"):
        with freeze_time(f"{day} 10:00:00"):
            return self._sell(plan)

    def _change(self, membership, plan, day="2026-04-16"):
        with freeze_time(f"{day} 10:00:00"):
            membership._change_plan(plan)

    def _of(self, membership, day):
        """Units left of what came on a day."""
        return sum(membership.grant_ids.filtered(lambda grant: grant._given_on() == day).mapped("remaining"))

    def test_old_units_pay_and_the_new_ones_become_less(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self.assertEqual(self._left(), 4)
        redemption = self._redeem(day=BEFORE)
        self.assertEqual(redemption.entry_ids.grant_id.valid_from, date(2026, 4, 1))
        self.assertEqual(self._left(), 3, "4 of the new plan less the one that was used")
        self._redeem(day=BEFORE)
        self.assertEqual(self._left(), 2)
        with self.assertRaisesRegex(UserError, "used up"):
            self._redeem(day=BEFORE)
        self._redeem(2)
        self.assertEqual(self._left(), 0)

    def test_undone_it_is_there_again(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        redemption = self._redeem(2, day=BEFORE)
        redemption._undo()
        self.assertEqual(self._left(), 4)
        self._redeem(4)
        self.assertEqual(self._left(), 0)

    def test_undone_and_typed_in_again(self):
        """The unit that came back was taken off the new plan already; only the other one still is."""
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self._redeem(day=BEFORE)._undo()
        self.assertEqual(self._left(), 4)
        self._redeem(2, day=BEFORE)
        self.assertEqual(self._left(), 2, "4 of the new plan less the two that were used")

    def test_a_visit_before_the_change_is_undone_after_it(self):
        membership = self._member(self.monthly)
        with freeze_time("2026-04-02"):
            redemption = self._redeem()
        self._change(membership, self.better)
        redemption._undo()
        self._redeem(2, day=BEFORE)
        self.assertEqual(self._left(), 2)

    def test_what_the_new_plan_gave_was_drawn(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self._redeem(3)
        self._redeem(day=BEFORE)
        with self.assertRaisesRegex(UserError, "used up"):
            self._redeem(day=BEFORE)
        self.assertEqual(sum(membership.grant_ids.mapped("used")), 4, "never more than the larger plan has")

    def test_smaller_plan(self):
        """Two of four were used, so the smaller plan gave nothing; the other two of that day are there."""
        membership = self._member(self.better)
        with freeze_time("2026-04-02"):
            self._redeem(2)
        self._change(membership, self.monthly)
        self.assertEqual(self._left(), 0)
        self._redeem(2, day=BEFORE)
        self.assertEqual(self._left(), 0)
        with self.assertRaises(UserError):
            self._redeem(day=BEFORE)

    def test_several_changes(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better, "2026-04-12")
        self._change(membership, self.monthly, "2026-04-16")
        self._redeem(day=BEFORE)
        self.assertEqual(self._left(), 1, "2 less the one of the first plan")
        self._redeem(day=date(2026, 4, 13))
        self.assertEqual(self._left(), 0)
        self._redeem(2, day=date(2026, 4, 14))
        with self.assertRaises(UserError):
            self._redeem(day=date(2026, 4, 14))
        self.assertEqual(sum(membership.grant_ids.mapped("used")), 4)

    def test_on_the_day_of_the_change_the_new_plan_pays(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        redemption = self._redeem(4, day=date(2026, 4, 16))
        self.assertEqual(redemption.entry_ids.grant_id.valid_from, date(2026, 4, 16))
        with self.assertRaises(UserError):
            self._redeem(day=date(2026, 4, 16))

    def test_a_plan_of_another_interval(self):
        annual = self.better.copy({"name": "Platinum annual", "list_price": 1990, "billing_interval": "annual"})
        membership = self._member(self.monthly)
        self._change(membership, annual)
        self._redeem(day=BEFORE)
        self.assertEqual(self._of(membership, date(2026, 4, 16)), 3)
        months = membership.grant_ids.filtered(lambda grant: grant._given_on() != date(2026, 4, 1))
        self.assertEqual(len(months.filtered(lambda grant: grant.remaining == 4)), len(months) - 1)

    def test_of_a_category(self):
        (self.facial | self.massage).categ_id = self.env["product.category"].create({"name": "Treatments"})
        self.platinum.benefit_ids = [
            Command.clear(),
            Command.create({"categ_id": self.facial.categ_id.id, "quantity": 3}),
        ]
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self._redeem(day=BEFORE)
        self.assertEqual(self._left(product=self.massage), 2)

    def test_two_lots_of_the_old_plan_take_of_the_new_one_together(self):
        self.facial.categ_id = self.env["product.category"].create({"name": "Treatments"})
        self.gold.benefit_ids = [Command.create({"categ_id": self.facial.categ_id.id, "quantity": 2})]
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self._redeem(3)
        with self.assertRaisesRegex(UserError, "1 of the 2 units"):
            self._redeem(2, day=BEFORE)
        self._redeem(day=BEFORE)
        self.assertEqual(sum(membership.grant_ids.mapped("used")), 4)

    def test_after_the_new_units_have_expired(self):
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        self._expire("2026-05-02")
        with freeze_time("2026-05-02 10:00:00"):
            self._redeem(2, day=BEFORE)
            self._redeem(2, day=date(2026, 4, 18))
            with self.assertRaises(UserError):
                self._redeem(day=date(2026, 4, 18))
        self.assertEqual(sum(membership.grant_ids.mapped("remaining")), 0)

    def test_individual_allotments(self):
        (self.gold | self.platinum).write({"family_size": 2, "sharing": "individual"})
        membership = self._member(self.monthly)
        with freeze_time("2026-04-02"):
            membership._family_add(self.friend)
        self._change(membership, self.better)
        self._redeem(day=BEFORE, partner=self.friend)
        self.assertEqual((self._left(partner=self.friend), self._left()), (3, 4))

    def test_another_service_than_the_new_plan_has(self):
        """What the old plan had of it pays, and the new plan keeps its own."""
        self.gold.benefit_ids.product_id = self.massage
        membership = self._member(self.monthly)
        self._change(membership, self.better)
        with self.assertRaises(UserError):
            self._redeem(day=BEFORE)
        self._redeem(day=BEFORE, product=self.massage)
        self.assertEqual(self._left(), 4)


@tagged("post_install", "-at_install")
@freeze_time("2026-05-05 10:00:00")
class TestLateRollover(ClinicCommon):
    """A visit of April that is typed in after April's units were carried into May."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold.write({"rollover_percent": 100, "rollover_cap": 4})
        cls.gold.benefit_ids.quantity = 3
        with freeze_time("2026-04-01 10:00:00"):
            cls.membership = cls._sell(cls.monthly)
        with freeze_time("2026-05-01 10:00:00"):
            cls._pay(cls.membership._renew().invoice_id)

    def setUp(self):
        super().setUp()
        self._expire("2026-05-01")
        self.carried = self.membership.grant_ids.filtered("source_grant_id")

    def test_it_is_carried_no_more(self):
        self.assertEqual((self.carried.remaining, self._left()), (3, 6))
        redemption = self._redeem(2, day=BEFORE)
        self.assertEqual(redemption.entry_ids.grant_id, self.carried.source_grant_id)
        self.assertEqual((self.carried.remaining, self.carried.source_grant_id.remaining), (1, 0))
        self.assertEqual(self._left(), 4)
        self._redeem(day=BEFORE)
        self.assertEqual((self.carried.remaining, self._left()), (0, 3))
        with self.assertRaises(UserError):
            self._redeem(day=BEFORE)

    def test_what_was_used_of_it_stays_used(self):
        self._redeem(2, preferred=self.carried)
        self.assertEqual(self.carried.remaining, 1)
        self._redeem(day=BEFORE)
        with self.assertRaises(UserError):
            self._redeem(day=BEFORE)
        self.assertEqual(sum(self.membership.grant_ids.mapped("used")), 3)

    def test_expired_ones_first(self):
        """Half is carried: the half that expired pays, and what was carried stays."""
        other = self.env["res.partner"].create({"name": "Olga"})
        self.gold.rollover_percent = 50
        with freeze_time("2026-04-01 10:00:00"):
            membership = self._sell(self.monthly, partner=other)
        with freeze_time("2026-05-01 10:00:00"):
            self._pay(membership._renew().invoice_id)
        self._expire("2026-05-01")
        carried = membership.grant_ids.filtered("source_grant_id")
        self.assertEqual(carried.remaining, 1)
        self._redeem(2, day=BEFORE, partner=other)
        self.assertEqual(carried.remaining, 1)
        self._redeem(day=BEFORE, partner=other)
        self.assertEqual(carried.remaining, 0)

    def test_undone(self):
        redemption = self._redeem(2, day=BEFORE)
        redemption._undo()
        self._expire("2026-05-06")
        self.assertEqual(self._left(), 6, "carried over again")

    def test_undone_carried_again_and_typed_in_again(self):
        """What was carried is two lots then."""
        self._redeem(2, day=BEFORE)._undo()
        self._expire("2026-05-06")
        self._redeem(3, day=BEFORE)
        self.assertEqual(self._left(), 3, "those of May")
        with self.assertRaises(UserError):
            self._redeem(day=BEFORE)
