from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError
from psycopg2.errors import RestrictViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import uninstall_hook
from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestRedeem(ClinicCommon):
    """Walk 3: a visit becomes a redemption. Walk 4: an unused unit ends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
            cls.package = cls._sell(cls.six_pack, price_unit=100, discount=0)
        cls.late = cls.env["res.partner"].create({"name": "Late"})

    def test_allowance_before_package(self):
        redemption = self._redeem(3)
        self.assertEqual(self.membership.usage_summary, "2 of 2 Facial used")
        self.assertEqual(self.package.usage_summary, "1 of 6 used")
        self.assertEqual(redemption.membership_ids, self.membership)
        self.assertEqual(redemption.package_ids, self.package)
        self.assertIn(f"2 from Facial ({self.membership.display_name})", redemption.explanation)

    def test_package_first_by_policy(self):
        self.company.clinic_packages_first = True
        self.assertEqual(self._redeem().package_ids, self.package)

    def test_staff_picks(self):
        redemption = self._redeem(preferred=self.package.grant_ids)
        self.assertEqual(redemption.package_ids, self.package)
        self.assertIn("Could also be used: Facial (MEM", redemption.explanation)

    def test_value_leaves_to_the_cent(self):
        values = [self._redeem(preferred=self.package.grant_ids).entry_ids.value for _unit in range(6)]
        self.assertAlmostEqual(sum(values), -100)
        self.assertEqual(self.package.value_left, 0)
        self.assertEqual(self.package.state, "used")
        self.assertLessEqual(max(values) - min(values), 0.011)

    def test_undo_returns_units_and_value(self):
        redemption = self._redeem(3)
        redemption.with_user(self.receptionist).action_undo()
        self.assertEqual(redemption.state, "undone")
        self.assertEqual(self._left(), 8)
        self.assertEqual(self.package.value_left, 100)
        with self.assertRaisesRegex(UserError, "undone already"):
            redemption.action_undo()

    def test_undone_after_the_end_gives_no_units(self):
        redemption = self._redeem()
        self.membership._cancel(self.env.ref("clinic_membership.cancel_reason_other"), immediate=True)
        redemption._undo()
        with self.assertRaisesRegex(UserError, "cancelled"):
            self._redeem(7)

    def test_not_enough_says_why(self):
        self.membership.state = "suspended"
        with self.assertRaises(UserError) as caught:
            self._redeem(7)
        message = str(caught.exception)
        self.assertIn("Ann Patient has 6 of the 7 units of Facial", message)
        self.assertIn("suspended until its renewal is paid", message)
        self.assertIn("charge the service at the member price", message)
        self.assertEqual(self._left(), 8, "nothing was taken")

    def test_zero_and_less_are_refused(self):
        for units in (0, -1):
            with self.assertRaisesRegex(UserError, "at least one"):
                self._redeem(units)

    def test_judged_by_the_date_of_the_visit(self):
        with self.assertRaisesRegex(UserError, "can be used from 01/31/2026"):
            self._redeem(day=date(2026, 1, 30))
        last = self.package.expires_on
        self._redeem(day=last, preferred=self.package.grant_ids)
        terms = r"expired on 01/30/2027 \(sold as valid for 12 months from the purchase\)"
        with self.assertRaisesRegex(UserError, terms):
            self._redeem(day=date(2027, 1, 31))

    def test_typed_in_after_the_membership_ended(self):
        """The state on the day of the visit counts, not that of today."""
        with freeze_time("2026-02-01"):
            membership = self._sell(self.monthly, partner=self.late)
        with freeze_time("2026-02-10"):
            membership._cancel(self.reason, immediate=True)
        with freeze_time("2026-02-12"):
            self.assertEqual(self._redeem(1, partner=self.late, day=date(2026, 2, 9)).date, date(2026, 2, 9))
            self._redeem(1, partner=self.late, day=date(2026, 2, 10))
            self.assertEqual(self._left(partner=self.late), 0)
            with self.assertRaisesRegex(UserError, "has ended|cancelled"):
                self._redeem(1, partner=self.late, day=date(2026, 2, 11))

    def test_typed_in_in_a_pause(self):
        with freeze_time("2026-02-01"):
            membership = self._sell(self.monthly, partner=self.late)
        with freeze_time("2026-02-10"):
            membership._pause(1)
        with freeze_time("2026-02-20"):
            self._redeem(1, partner=self.late, day=date(2026, 2, 9))
            with self.assertRaisesRegex(UserError, "is paused"):
                self._redeem(1, partner=self.late, day=date(2026, 2, 11))
            membership._resume()
        with freeze_time("2026-02-25"), self.assertRaisesRegex(UserError, "is paused"):
            self._redeem(1, partner=self.late, day=date(2026, 2, 15))

    def test_typed_in_after_somebody_left_the_family(self):
        self.gold.family_size = 3
        with freeze_time("2026-02-01"):
            membership = self._sell(self.monthly, partner=self.late)
            child = self.env["res.partner"].create({"name": "Child"})
            member = membership._family_add(child)
        with freeze_time("2026-02-10"):
            membership._family_remove(member)
        with freeze_time("2026-02-12"):
            self._redeem(1, partner=child, day=date(2026, 2, 9))
            with self.assertRaisesRegex(UserError, "has 0 of the 1"):
                self._redeem(1, partner=child, day=date(2026, 2, 11))

    def test_typed_in_after_the_units_ended(self):
        """A visit of the last day, noted the morning after: its units come back for it, the rest ends again."""
        last = self.package.expires_on
        self._expire(last + timedelta(days=3))
        self.assertEqual((self.package.state, self.package.units_left), ("expired", 0))
        with freeze_time(f"{last + timedelta(days=4)} 09:00:00"):
            with self.assertRaisesRegex(UserError, "(?s)0 of the 1 units.*expired on 01/30/2027"):
                self._redeem(day=last + timedelta(days=1))
            redemption = self._redeem(day=last)
            self.assertEqual((redemption.package_ids, redemption.date), (self.package, last))
            self.assertEqual((self.package.units_used, self.package.units_left, self.package.state), (1, 0, "expired"))
            kinds = self.package.grant_ids.entry_ids.sorted("id").mapped(lambda e: (e.kind, e.quantity))
            self.assertEqual(kinds, [("grant", 6), ("expire", -6), ("reverse", 6), ("redeem", -1), ("expire", -5)])
            redemption._undo()
            self.assertEqual(self.package.units_left, 1)

    def test_other_services_do_not_qualify(self):
        with self.assertRaisesRegex(UserError, "0 of the 1 units of Massage"):
            self._redeem(product=self.massage)

    def test_any_of_a_category(self):
        categ = self.env["product.category"].create({"name": "Treatments"})
        self.massage.categ_id = self.env["product.category"].create({"name": "Body", "parent_id": categ.id})
        self.gold.benefit_ids = [Command.create({"categ_id": categ.id, "quantity": 1})]
        other = self.env["res.partner"].create({"name": "Other"})
        self._sell(self.monthly, partner=other)
        self.assertTrue(self._redeem(partner=other, product=self.massage))

    def test_family_draws_on_the_pool(self):
        child = self.env["res.partner"].create({"name": "Child"})
        self.membership.family_size = 2
        self.membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31)})]
        self._redeem(partner=child)
        self.assertEqual(self.membership.usage_summary, "1 of 2 Facial used")
        with self.assertRaisesRegex(UserError, "has 1 of the 2"):
            self._redeem(2, partner=child)
        self.membership.member_ids.date_to = date(2026, 1, 31)
        with freeze_time("2026-02-01"), self.assertRaisesRegex(UserError, "has 0 of the 1"):
            self._redeem(partner=child)

    def test_personal_limit_of_a_family_member(self):
        self.gold.write({"family_size": 2})
        self.gold.benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 3})]
        child, holder = self.env["res.partner"].create([{"name": "Child"}, {"name": "Holder"}])
        membership = self._sell(self.monthly, partner=holder)
        membership.member_ids = [
            Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31), "personal_cap": 2})
        ]
        self._redeem(partner=child)
        with self.assertRaisesRegex(UserError, "has 1 of the 2 units of Massage"):
            self._redeem(2, partner=child, product=self.massage)
        self._redeem(partner=child, product=self.massage)._undo()
        self._redeem(partner=child, product=self.massage)
        with self.assertRaisesRegex(UserError, "personal limit"):
            self._redeem(partner=child)
        self._redeem(2, partner=holder, product=self.massage)
        with freeze_time("2026-02-28"):
            membership._renew()
            self._redeem(2, partner=child)

    def test_who_leaves_the_plan_keeps_no_units(self):
        self.gold.write({"sharing": "individual", "family_size": 2})
        child, holder = self.env["res.partner"].create([{"name": "Child"}, {"name": "Holder"}])
        membership = self._sell(self.monthly, partner=holder)
        membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31)})]
        with freeze_time("2026-02-28"):
            membership._renew()
            self._redeem(partner=child)
            membership.member_ids.date_to = date(2026, 2, 28)
        with freeze_time("2026-03-01"), self.assertRaisesRegex(UserError, "no longer in the family plan"):
            self._redeem(partner=child)

    def test_individual_allotments(self):
        self.gold.write({"sharing": "individual", "family_size": 2})
        child, holder = self.env["res.partner"].create([{"name": "Child"}, {"name": "Holder"}])
        membership = self._sell(self.monthly, partner=holder)
        membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31)})]
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual((self._left(child), self._left(holder)), (2, 2))

    # === order lines === #

    def test_order_line_becomes_free(self):
        order = self._order(self.facial, product_uom_qty=3)
        self.assertTrue(order.order_line.clinic_can_redeem)
        order.order_line._clinic_pay_with_units(2, date(2026, 1, 31))
        paid, rest = order.order_line.sorted("price_unit")
        self.assertRecordValues(
            paid | rest, [{"product_uom_qty": 2, "price_subtotal": 0}, {"product_uom_qty": 1, "price_subtotal": 90}]
        )
        self.assertFalse(paid.clinic_can_redeem)
        order.action_update_prices()
        self.assertEqual(paid.price_unit, 0, "new prices leave it alone")
        paid.action_clinic_undo_redeem()
        self.assertEqual(paid.price_subtotal, 180)
        self.assertEqual(self._left(), 8)

    def test_a_line_is_paid_once(self):
        line = self._order(self.facial).order_line
        redemption = self._redeem(source=line)
        self.assertEqual(self._redeem(source=line), redemption)
        self.assertEqual(self._left(), 7)
        with self.assertRaisesRegex(UserError, "paid with units already"):
            line._clinic_pay_with_units(1, date(2026, 1, 31))
        redemption._undo()
        self.assertNotEqual(self._redeem(source=line), redemption)

    def test_cancelled_order_returns_units(self):
        order = self._order(self.facial)
        order.order_line._clinic_pay_with_units(1, date(2026, 1, 31))
        order._action_cancel()
        self.assertEqual(self._left(), 8)

    def test_line_paid_with_units_is_not_deleted(self):
        line = self._order(self.facial).order_line
        line._clinic_pay_with_units(1, date(2026, 1, 31))
        with self.assertRaisesRegex(UserError, "Undo the redemption first"):
            line.unlink()

    def test_wizard_shows_and_does(self):
        wizard = (
            self.env["clinic.redeem"]
            .with_user(self.receptionist)
            .create({"partner_id": self.patient.id, "product_id": self.facial.id, "quantity": 3})
        )
        self.assertIn(self.facial, wizard.available_product_ids)
        self.assertEqual(wizard.line_ids.mapped("quantity"), [2, 1])
        wizard.preferred_grant_id = self.package.grant_ids
        self.assertEqual(wizard.line_ids.mapped("quantity"), [3, 0])
        redemption = self.env["clinic.redemption"].browse(wizard.action_redeem()["res_id"])
        self.assertEqual(redemption.package_ids, self.package)
        self.assertEqual(redemption.user_id, self.receptionist)

    # === the end of units, and the ledger === #

    def test_units_end_the_day_after_their_last_day(self):
        grants = self.package.grant_ids
        with freeze_time(self.package.expires_on):
            self.assertFalse(grants.filtered_domain(grants._today_domain(grants._expired_domain)))
            grants._expire()
            self.assertEqual(self.package.state, "active")
        with freeze_time("2027-01-31"):
            self.assertEqual(grants.search(grants._today_domain(grants._expired_domain)) & grants, grants)
            grants._expire()
            grants._expire()
        self.assertEqual(self.package.state, "expired")
        self.assertEqual(self.package.value_left, 0)
        self.assertEqual(grants.entry_ids.mapped("kind").count("expire"), 1)

    def test_ledger_is_append_only(self):
        entry = self.package.grant_ids.entry_ids
        with self.assertRaisesRegex(UserError, "never changed"):
            entry.quantity = 9
        with self.assertRaisesRegex(UserError, "never deleted"):
            entry.unlink()
        for query in ("UPDATE clinic_grant_entry SET quantity = 9", "DELETE FROM clinic_grant_entry"):
            with mute_logger("odoo.sql_db"), self.assertRaises(RestrictViolation), self.cr.savepoint():
                self.env.cr.execute(query)

    def test_uninstalling_takes_the_guard_away(self):
        uninstall_hook(self.env)
        self.env.cr.execute("SELECT 1 FROM pg_proc WHERE proname = 'clinic_grant_entry_append_only'")
        self.assertFalse(self.env.cr.fetchall())
        self.env.cr.execute("DELETE FROM clinic_grant_entry WHERE id = %s", [self.package.grant_ids.entry_ids.id])

    def test_database_refuses_overdraft_and_double_reversal(self):
        grant = self.package.grant_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["clinic.grant.entry"].create(grant._prepare_entry("redeem", -7, 0, date(2026, 1, 31)))
            self.env.flush_all()
        entry = self._redeem(preferred=grant).entry_ids
        entry._reverse(date(2026, 1, 31))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            entry._reverse(date(2026, 1, 31))
