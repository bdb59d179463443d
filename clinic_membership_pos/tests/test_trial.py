from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestTrial(TillCommon):
    """A plan's trial is sold at the till as at the desk: one for each patient and tier."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier = cls._tier("Annual", 0, 990, billing_interval="annual", trial_length=1, trial_unit="month")
        cls.plan = cls.tier.plan_ids.product_variant_id
        cls.plan.available_in_pos = True

    def _trial(self, price=0.0, **values):
        return self._line(self.plan, price_unit=price, clinic_trial=True, **values)

    def _known(self, partner=None):
        return (partner or self.patient).with_user(self.cashier).clinic_till_refresh(self.till.id)[0]["clinic_till"]

    def test_free_trial(self):
        order = self._ring_up(self._trial())
        membership = order.lines.clinic_membership_ids
        self.assertEqual((membership.state, membership.in_trial, membership.price), ("active", True, 990))
        self.assertEqual((str(membership.anchor_date), str(membership.next_renewal)), ("2026-02-28", "2026-02-28"))
        period = membership.period_ids
        self.assertEqual((period.is_trial, period.amount, period.payment_state), (True, 0, "free"))
        self.assertEqual((order.state, order.account_move.id), ("paid", False), "a free trial has no invoice")
        self.assertEqual(membership.log_ids.mapped("event"), ["trial"])
        self.assertReviews(order)

    def test_reduced_trial(self):
        self.plan.trial_price = 10
        order = self._ring_up(self._trial(10, discount=50))
        membership = order.lines.clinic_membership_ids
        self.assertEqual((membership.price, order.amount_total), (990, 5.75), "the discount was on the trial")
        self.assertRecordValues(
            membership.period_ids,
            [{"is_trial": True, "amount": 5, "payment_state": "paid", "invoice_id": order.account_move.id}],
        )

    def test_converts_by_the_policy_for_no_card(self):
        membership = self._ring_up(self._trial()).lines.clinic_membership_ids
        self.assertFalse(membership.payment_token_id)
        with freeze_time("2026-02-28 10:00:00"):
            membership._renew()
        full = membership.period_ids.filtered(lambda period: not period.is_trial)
        self.assertEqual((full.amount, full.payment_state, str(full.date_end)), (990, "due", "2027-02-27"))

    def test_what_follows_costs_what_the_price_list_says(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Friends",
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 10})],
            }
        )
        order = self._ring_up(self._trial(), pricelist_id=pricelist.id)
        self.assertEqual(order.lines.clinic_membership_ids.price, 891)

    def test_one_for_each_patient(self):
        """A till without a connection did not know: it is paid, not given, and a manager is told what to do."""
        self._ring_up(self._trial())
        again = self._ring_up(self._trial())
        self.assertEqual((again.state, len(again.lines.clinic_membership_ids)), ("paid", 0))
        self.assertReviews(again, "sale")
        reason = again.lines.clinic_review_ids.reason
        self.assertRegex(reason, "Ann Patient had a trial of Annual from 01/31/2026.*sell the membership at its full")

    def test_two_on_one_ticket(self):
        order = self._ring_up(self._trial(), self._trial())
        self.assertEqual(len(order.lines.clinic_membership_ids), 1)
        self.assertReviews(order, "sale")

    def test_of_somebody_else_then(self):
        """It was rung up for the wrong patient: the manager names the right one."""
        self._ring_up(self._trial())
        review = self._ring_up(self._trial()).lines.clinic_review_ids.with_user(self.manager)
        review.partner_id = friend = self.env["res.partner"].create({"name": "Friend"})
        review.action_try_again()
        membership = review.sudo().pos_line_id.clinic_membership_ids
        self.assertEqual((review.state, membership.partner_id, membership.in_trial), ("settled", friend, True))

    def test_sent_again(self):
        data = self._data(self._trial(), partner=self.patient)
        for _time in range(3):
            order = self._sync(data)
        self.assertEqual(len(order.lines.clinic_membership_ids), 1)
        self.assertReviews(order)

    def test_at_its_full_price(self):
        """Who pays the full price has bought the membership, not the trial."""
        membership = self._ring_up(self._line(self.plan)).lines.clinic_membership_ids
        self.assertEqual((membership.in_trial, membership.period_ids.amount), (False, 990))
        self.assertEqual(str(membership.next_renewal), "2027-01-31")

    def test_no_trial_any_more(self):
        data = self._data(self._trial(), partner=self.patient)
        self.plan.trial_length = 0
        order = self._sync(data)
        self.assertReviews(order, "sale")
        self.assertIn("Annual plan is sold without a trial", order.lines.clinic_review_ids.reason)

    def test_check(self):
        asked = [{"uuid": "1", "product_id": self.plan.id, "qty": 1, "clinic_redeem": False, "clinic_trial": True}]
        check = self.env["pos.order"].with_user(self.cashier).clinic_check
        self.assertFalse(check(self.till.id, self.patient.id, asked)["problems"])
        self._ring_up(self._trial())
        problem = check(self.till.id, self.patient.id, asked)["problems"][0]["problem"]
        self.assertRegex(problem, "had a trial of Annual from 01/31/2026.*at its full price now")
        self.assertFalse(check(self.till.id, self.patient.id, [{**asked[0], "clinic_trial": False}])["problems"])

    def test_what_a_till_knows(self):
        self.assertFalse(self._known())
        self._order(self.plan).action_confirm()
        self.assertEqual(self._known()["trials"], [self.tier.id], "at the desk, and before it is paid, too")
        loaded = self.plan.product_tmpl_id.with_user(self.cashier)._load_pos_data_read(
            self.plan.product_tmpl_id, self.till
        )[0]
        self.assertEqual(
            loaded["clinic_till_trial"],
            {"tier": self.tier.id, "length": 1, "unit": "month", "price": 0, "per": "year"},
        )
        self.assertFalse(self.monthly.product_tmpl_id.clinic_till_trial)
