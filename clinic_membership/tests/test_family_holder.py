from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31")
class TestFamilyHolder(ClinicCommon):
    """A dependent becomes a holder: of a membership of their own, or of the plan."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.family_tier = cls._tier("Family", 10, 199, family_size=4)
            cls.plan = cls.family_tier.plan_ids.product_variant_id
            cls.bea, cls.cid = cls.env["res.partner"].create([{"name": "Bea"}, {"name": "Cid"}])
            cls.membership = cls._sell(cls.plan)
            cls.member = cls.membership._family_add(cls.bea, "child")

    def _sell_own(self, **values):
        """The sell wizard as the button on the person opens it."""
        action = self.member.with_user(self.receptionist).action_own_membership()
        wizard = self.env["clinic.sell"].with_user(self.receptionist).with_context(**action["context"])
        with Form(wizard) as form:
            form.product_id = self.monthly
            for name, value in values.items():
                setattr(form, name, value)
            self.assertIn("Stays under", form.preview)
        form.record.action_sell()
        return self.bea.clinic_membership_ids

    def _make_holder(self, user=None, **values):
        context = self.member.with_user(user or self.receptionist).action_make_holder()["context"]
        wizard = self.env["clinic.make.holder"].with_user(user or self.receptionist).with_context(**context)
        with Form(wizard) as form:
            for name, value in values.items():
                setattr(form, name, value)
        return form.record

    # === a membership of their own === #

    def test_own_membership_from_today(self):
        own = self._sell_own()
        self.assertEqual((own.state, own.previous_id), ("active", self.membership))
        self.assertEqual(self.member.date_to, date(2026, 1, 31), "joined today: the plan has this day")
        self.assertEqual(set(own.log_ids.mapped("event")), {"new", "family"})
        self.assertIn(own.name, self.membership.log_ids[0].note)

    def test_own_membership_from_a_later_day(self):
        own = self._sell_own(start_date=date(2026, 2, 10))
        self.assertFalse(self.member.date_to)
        with freeze_time("2026-02-09"):
            self._redeem(partner=self.bea)
            self.assertEqual(self.membership.usage_summary, "1 of 2 Facial used")
        with freeze_time("2026-02-10"):
            own._activate()
            self.assertEqual(self.member.date_to, date(2026, 2, 9))
            self._redeem(2, partner=self.bea)
            self.assertEqual(own.usage_summary, "2 of 2 Facial used")
            with self.assertRaisesRegex(UserError, "has 0 of the 1"):
                self._redeem(partner=self.bea)
            self.assertEqual(self.env["clinic.membership"]._live_for(self.bea, self.company)[self.bea], own)
        with freeze_time("2026-03-10"):
            own._renew()
            self.assertEqual(own.period_ids.sorted("date_start")[-1].invoice_id.partner_id, self.bea)

    def test_own_units_end_with_the_start(self):
        self.family_tier.sharing = "individual"
        plan = self._sell(self.plan, partner=self.cid)
        self.member = plan._family_add(self.bea)
        with freeze_time("2026-02-05"):
            self._sell_own()
            self.assertEqual(self.member.date_to, date(2026, 2, 4))
            grant = plan.grant_ids.filtered(lambda g: g.partner_id == self.bea)
            self.assertRecordValues(grant, [{"granted": 2, "remaining": 0}])

    def test_a_cancelled_sale_changes_nothing(self):
        own = self._sell_own(start_date=date(2026, 2, 10))
        own.sale_order_id._action_cancel()
        with freeze_time("2026-02-10"):
            own._activate()
        self.assertEqual(own.state, "cancelled")
        self.assertRecordValues(self.member, [{"date_to": False, "units_ended": False}])

    def test_the_order_must_be_of_who_leaves(self):
        order = self._order(self.monthly, partner=self.cid)
        order.order_line.clinic_leaves_member_id = self.member
        with self.assertRaisesRegex(UserError, "is for Cid, but it ends the place of Bea"):
            order.action_confirm()

    # === the plan itself === #

    def test_make_holder_of_a_pool(self):
        self._redeem(partner=self.bea)
        with freeze_time("2026-02-10"):
            wizard = self._make_holder()
            self.assertIn("Bea holds the plan from today", wizard.preview)
            wizard.action_confirm()
            membership = self.membership
            self.assertEqual((membership.partner_id, membership.payer_id), (self.bea, self.bea))
            self.assertEqual(membership._people_on(date(2026, 2, 10)), self.bea | self.patient)
            mirrored = membership.member_ids.filtered(lambda m: m.partner_id == self.patient)
            self.assertEqual((mirrored.relation, mirrored.date_from), ("parent", date(2026, 2, 10)))
            self._redeem(partner=self.patient)
            self.assertEqual(membership.usage_summary, "2 of 2 Facial used")
            for person in (self.bea, self.patient):
                self.assertEqual(self._order(self.massage, partner=person).order_line.price_subtotal, 90)
            self.assertEqual(membership.log_ids[0].note, "Ann Patient → Bea")
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(membership.period_ids.sorted("date_start")[-1].invoice_id.partner_id, self.bea)
            self._redeem(partner=self.bea)
            self._redeem(partner=self.patient)

    def test_an_undo_gives_units_back_to_the_pool(self):
        redemption = self._redeem(2)
        self._make_holder(old_holder="leaves").action_confirm()
        redemption._undo()
        self.assertEqual(self._left(self.bea), 2)
        self.assertEqual(self._left(self.patient), 0)

    def test_the_old_holder_leaves(self):
        self._make_holder(old_holder="leaves").action_confirm()
        self.assertEqual(self.membership._people_on(date(2026, 1, 31)), self.bea)
        with self.assertRaisesRegex(UserError, "has 0 of the 1"):
            self._redeem()
        self.assertEqual(self._order(self.massage).order_line.price_subtotal, 100)
        self.membership._family_add(self.patient)  # and may come back

    def test_make_holder_of_allotments(self):
        self.family_tier.sharing = "individual"
        dan = self.env["res.partner"].create({"name": "Dan"})
        membership = self._sell(self.plan, partner=self.cid)
        self.member = membership._family_add(dan)
        self._redeem(partner=dan)
        with freeze_time("2026-02-10"):
            self._make_holder().action_confirm()
            self.assertEqual((self._left(self.cid), self._left(dan)), (2, 1))
            self.member = membership.member_ids.filtered(lambda m: m.partner_id == self.cid)
        self._expire("2026-02-11")
        with freeze_time("2026-02-11"):
            self.assertEqual((self._left(self.cid), self._left(dan)), (2, 1), "both are still covered")
            self._make_holder(old_holder="leaves").action_confirm()
            self.assertEqual(membership.partner_id, self.cid)
            own = membership.grant_ids.filtered(lambda g: g.partner_id == dan)
            self.assertRecordValues(own, [{"used": 1, "remaining": 0}])

    def test_who_paid_goes_on_paying(self):
        aunt = self.env["res.partner"].create({"name": "Aunt"})
        self.membership.payer_id = aunt
        self.membership.payment_token_id = self._card(aunt)
        wizard = self._make_holder()
        self.assertEqual(wizard.payer_id, aunt)
        self.assertIn("is still charged", wizard.preview)
        wizard.action_confirm()
        self.assertEqual(self.membership.payment_token_id.partner_id, aunt)

    def test_the_card_of_the_old_holder_is_taken_off(self):
        self.membership.payment_token_id = self._card(self.patient)
        wizard = self._make_holder()
        self.assertIn("is taken off", wizard.preview)
        wizard.action_confirm()
        self.assertFalse(self.membership.payment_token_id)

    def test_the_old_holder_may_go_on_paying(self):
        self.membership.payment_token_id = self._card(self.patient)
        self._make_holder(payer_id=self.patient).action_confirm()
        self.assertEqual(self.membership.payment_token_id.partner_id, self.patient)

    def test_a_trial_stays_with_who_had_it(self):
        tier = self._tier("Try", 5, 50, family_size=2, trial_length=30, trial_unit="day")
        product = tier.plan_ids.product_variant_id
        membership = self._sell(product, partner=self.cid)
        self.member = membership._family_add(self.bea)
        self._make_holder(old_holder="leaves").action_confirm()
        self.assertFalse(self._order(product, partner=self.cid).order_line.clinic_trial)
        self.assertTrue(self._order(product, partner=self.bea).order_line.clinic_trial)

    def test_who_cannot_become_holder(self):
        with freeze_time("2026-02-02"):
            self.membership._family_remove(self.member, day=date(2026, 2, 3))
        with freeze_time("2026-02-05"), self.assertRaisesRegex(UserError, "not under this plan today"):
            self.membership._make_holder(self.member, self.bea)
        self.membership._cancel(self.reason, immediate=True)
        with self.assertRaisesRegex(UserError, "not running"):
            self.membership._make_holder(self.member, self.bea)
