from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31")
class TestFamily(ClinicCommon):
    """Four people for 199: who joins, who leaves, and what happens to their units."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.family_tier = cls._tier("Family", 10, 199, family_size=4)
            cls.plan = cls.family_tier.plan_ids.product_variant_id
            cls.people = cls.env["res.partner"].create([{"name": name} for name in ("Bea", "Cid", "Dan", "Eve")])
            cls.bea, cls.cid, cls.dan, cls.eve = cls.people
            cls.membership = cls._sell(cls.plan)

    @classmethod
    def _individual(cls, **values):
        cls.family_tier.write({"sharing": "individual", **values})
        return cls._sell(cls.plan, partner=cls.env["res.partner"].create({"name": "Fay"}))

    def _own(self, membership, person):
        return membership.grant_ids.filtered(lambda grant: grant.partner_id == person)

    # === four people for 199 === #

    def test_four_share_a_pool_at_the_member_price(self):
        self.family_tier.benefit_ids.quantity = 4
        membership = self._sell(self.plan, partner=self.eve)
        for person in self.people - self.eve:
            membership._family_add(person, "child")
        self.assertEqual((membership.price, membership.family_count), (199, 4))
        for person in self.people:
            self._redeem(partner=person)
            order = self._order(self.massage, partner=person)
            self.assertEqual(order.order_line.price_subtotal, 90)
        self.assertEqual(membership.usage_summary, "4 of 4 Facial used")
        with self.assertRaisesRegex(UserError, "used up|has 0 of the 1"):
            self._redeem(partner=self.bea)
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(membership.period_ids.sorted("date_start")[-1].invoice_id.amount_untaxed, 199)
            self._redeem(partner=self.cid)

    def test_a_fifth_is_refused(self):
        for person in self.people[:3]:
            self.membership._family_add(person)
        with self.assertRaisesRegex(UserError, r"covers 4 people.*\(Bea, Cid, Dan\)"):
            self.membership._family_add(self.eve)
        self.membership._family_remove(self.membership.member_ids[0])
        with freeze_time("2026-02-01"):
            self.membership._family_add(self.eve)
            self.assertEqual(
                self.membership._people_on(date(2026, 2, 1)), self.patient | self.cid | self.dan | self.eve
            )

    def test_who_will_join_has_a_place(self):
        for person in self.people[:3]:
            self.membership._family_add(person, day=date(2026, 3, 1))
        with self.assertRaisesRegex(UserError, "all places are taken"):
            self.membership._family_add(self.eve)

    def test_who_cannot_join(self):
        add = self.membership._family_add
        with self.assertRaisesRegex(UserError, "holds this plan"):
            add(self.patient)
        add(self.bea)
        with self.assertRaisesRegex(UserError, "in this plan already"):
            add(self.bea)
        with self.assertRaisesRegex(UserError, "today or later"):
            add(self.cid, day=date(2026, 1, 30))
        with self.assertRaisesRegex(UserError, "covers one person"):
            self._sell(self.monthly, partner=self.eve)._family_add(self.cid)
        self.membership._pause(1)
        with self.assertRaisesRegex(UserError, "is paused"):
            add(self.cid)
        self.membership._resume()
        self.membership._cancel(self.reason, immediate=True)
        with self.assertRaisesRegex(UserError, "has ended"):
            add(self.cid)

    def test_people_named_before_the_start(self):
        self.family_tier.sharing = "individual"
        membership = self._sell(self.plan, partner=self.eve, paid=False)
        membership._family_add(self.bea)
        self.assertFalse(membership.grant_ids)
        self._pay(membership.sale_line_id.invoice_lines.move_id)
        self.assertEqual(self._own(membership, self.bea).mapped("granted"), [2])

    def test_personal_limit(self):
        member = self.membership._family_add(self.bea, cap=1)
        self._redeem(partner=self.bea)
        with self.assertRaisesRegex(UserError, "personal limit"):
            self._redeem(partner=self.bea)
        member.with_user(self.receptionist).personal_cap = 2
        self._redeem(partner=self.bea)

    # === individual allotments === #

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

    def test_leaving_refuses(self):
        member = self.membership._family_add(self.bea)
        other = self._sell(self.plan, partner=self.eve)
        with self.assertRaisesRegex(UserError, "not in this plan"):
            other._family_remove(member)
        with self.assertRaisesRegex(UserError, "today or later"):
            self.membership._family_remove(member, day=date(2026, 1, 30))
        self.membership._family_remove(member)
        with self.assertRaisesRegex(UserError, "already"):
            self.membership._family_remove(member)

    # === usage === #

    def test_usage_of_a_pool(self):
        self.membership._family_add(self.bea, cap=1)
        self._redeem(partner=self.bea)
        self.assertEqual(
            self.membership._family_usage(),
            [
                {"person": self.patient, "service": "Facial", "used": 0, "of": 2, "cap": 0},
                {"person": self.bea, "service": "Facial", "used": 1, "of": 2, "cap": 1},
            ],
        )
        self.assertEqual(self.membership.member_ids.usage, "1 Facial")
        self.assertFalse(self.membership.holder_usage)
        self.env["clinic.redemption"].search([("partner_id", "=", self.bea.id)])._undo()
        self.assertEqual([row["used"] for row in self.membership._family_usage()], [0, 0])

    def test_usage_of_allotments(self):
        membership = self._individual()
        membership._family_add(self.bea)
        self._redeem(partner=self.bea)
        self.assertEqual(membership.member_ids.usage, "1 of 2 Facial")
        self.assertEqual(membership.holder_usage, "0 of 2 Facial")
        self.assertEqual(membership._family_usage(date(2026, 5, 1)), [])

    # === two at once, and other companies === #

    def test_the_count_is_stored_on_the_plan(self):
        """Two people added at once collide on it, see ``test_concurrency``."""
        self.assertEqual(self.membership.family_count, 1)
        member = self.membership._family_add(self.bea)
        self.assertEqual(self.membership.family_count, 2)
        self.membership._family_remove(member)
        self.assertEqual(self.membership.family_count, 1)

    # === who may === #

    def test_receptionist_adds_and_removes(self):
        membership = self.membership.with_user(self.receptionist)
        context = membership.action_family_add()["context"]
        with Form(self.env["clinic.family.add"].with_user(self.receptionist).with_context(**context)) as form:
            form.partner_id = self.bea
            form.relation = "child"
            self.assertIn("Shares the units", form.preview)
        form.record.action_confirm()
        member = membership.member_ids
        self.assertRecordValues(member, [{"relation": "child", "date_from": date(2026, 1, 31)}])
        member.action_remove()
        self.assertEqual(member.date_to, date(2026, 1, 31))
        self.assertEqual(membership.log_ids.mapped("event").count("family"), 2)

    def test_the_wizard_says_why_not(self):
        wizard = self.env["clinic.family.add"].with_user(self.receptionist)
        form = Form(wizard.with_context(default_membership_id=self.membership.id))
        form.partner_id = self.patient
        self.assertIn("holds this plan", form.problem)
        self.assertFalse(form.preview)

    def test_nobody_goes_around_the_buttons(self):
        member = self.membership._family_add(self.bea)
        for user in (self.receptionist, self.manager):
            with self.assertRaisesRegex(AccessError, "use 'Add a Person'"):
                member.with_user(user).date_to = date(2026, 1, 31)
            with self.assertRaises(AccessError):
                member.with_user(user).create({"membership_id": self.membership.id, "partner_id": self.cid.id})
            with self.assertRaises(AccessError):
                member.with_user(user).unlink()

    def test_a_sales_user_looks_on(self):
        member = self.membership._family_add(self.bea)
        sales = new_test_user(self.env, "family_sales", "sales_team.group_sale_salesman")
        self.assertEqual(member.with_user(sales).relation, "other")
        for action in ("action_remove", "action_make_holder", "action_own_membership"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(member.with_user(sales), action)()
        for model in ("clinic.family.add", "clinic.make.holder"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(sales).create({"membership_id": self.membership.id})
