from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .family_common import FamilyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31")
class TestFamily(FamilyCommon):
    """Four people for 199: who joins, who leaves, who used what, and who may change it."""

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

    def test_a_plan_that_is_too_small_is_refused(self):
        """Those who join later count, those who are gone by then do not."""
        self.membership._family_add(self.bea, day=date(2026, 3, 1))
        words = r"covers 1 people.*has 2: .*Bea"
        with self.assertRaisesRegex(UserError, words):
            self.membership._schedule_change(self.monthly)
        with self.assertRaisesRegex(UserError, words):
            self.membership._change_plan(self.monthly)
        wizard = self.env["clinic.change.plan"].create(
            {"membership_id": self.membership.id, "plan_id": self.monthly.id}
        )
        self.assertRegex(wizard.preview, words)
        self.membership._family_remove(self.membership.member_ids)
        self.membership._schedule_change(self.monthly)
        with self.assertRaisesRegex(UserError, "Take the scheduled change back first"):
            self.membership._family_add(self.bea)
        with freeze_time("2026-02-28"):
            self.membership._renew()
            self.assertEqual((self.membership.tier_id, self.membership.state), (self.gold, "active"))

    def test_what_others_used_of_a_pool_counts_in_a_pool(self):
        """3 of the pool used by the two of them: a plan with as many for all has them less."""
        self.family_tier.benefit_ids.quantity = 4
        membership = self._sell(self.plan, partner=self.eve)
        membership._family_add(self.cid)
        self._redeem(2, partner=self.cid)
        self._redeem(1, partner=self.eve)
        larger = self._tier("Large Family", 10, 299, rank=5, family_size=6, sharing="individual")
        larger.benefit_ids.quantity = 4
        membership._change_plan(larger.plan_ids.product_variant_id)
        self.assertEqual((self._left(partner=self.cid), self._left(partner=self.eve)), (2, 3), "each less their own")
        self._pay(membership.period_ids._due_invoices())
        pool = self._tier("Pool", 10, 399, rank=6, family_size=6)
        pool.benefit_ids.quantity = 10
        membership._change_plan(pool.plan_ids.product_variant_id)
        self.assertEqual(self._left(partner=self.eve), 7, "10 less the 3 that both used")

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
        self._confirm(member.action_remove(), self.receptionist)
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
        for model in ("clinic.family.add", "clinic.make.holder", "clinic.family.remove"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(sales).create({"membership_id": self.membership.id})
