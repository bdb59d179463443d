from datetime import date

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestAddOn(ClinicCommon):
    """Recurring services that join, change in number and leave: prorated to the day, like a change of plan."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.massage.list_price = 80
        platinum = cls._tier("Platinum", 20, 199, rank=2)
        cls.better = platinum.plan_ids.product_variant_id
        cls.annual = cls.better.copy({"name": "Platinum annual", "list_price": 1990, "billing_interval": "annual"})
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)
        cls.period = cls.membership.period_ids

    def _wizard(self, product=None, units=1, **values):
        wizard = self.env["clinic.add.on"].with_user(self.receptionist)
        return wizard.create(
            {"membership_id": self.membership.id, "product_id": (product or self.massage).id, "units": units, **values}
        )

    def _documents(self):
        return self.membership.period_ids.adjustment_ids.sorted("id")

    def _add_on(self):
        return self.membership.line_ids.filtered(lambda line: not line.is_plan)

    def test_joins_in_the_middle(self):
        """Half of the month is left: half of the member price is charged, the units of the month are there."""
        form = Form(
            self.env["clinic.add.on"]
            .with_user(self.receptionist)
            .with_context(default_membership_id=self.membership.id)
        )
        form.product_id = self.massage
        self.assertIn(f"Massage, 04/16/2026 – 04/30/2026: {self._money(36)}", form.preview)
        self.assertEqual(form.due, 36)
        form.save().action_confirm()
        self.assertRecordValues(
            self._documents(), [{"move_type": "out_invoice", "state": "posted", "amount_untaxed": 36}]
        )
        self.assertEqual(self._left(product=self.massage), 1)
        self.assertRecordValues(self.membership, [{"price": 171, "monthly_value": 171, "next_amount": 171 * 1.15}])
        self.assertEqual(self.period.amount, 171)
        log = self.membership.log_ids[0]
        self.assertEqual((log.event, log.monthly_change, log.note), ("add_on", 72, "Massage: 0 → 1"))
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
            self.assertEqual(period.invoice_id.invoice_line_ids.mapped("price_subtotal"), [99, 72])
            self.assertEqual(period.amount, 171)
            self.assertEqual(self._left(product=self.massage), 1)

    def _money(self, amount):
        return self.membership.currency_id.format(amount)

    def test_leaves_in_the_middle(self):
        """What is not used is credited; units end; the agreed price is what counts."""
        with freeze_time("2026-04-10"):
            self.membership._change_add_on(self.massage, 1)
        self._pay(self._documents())
        self.massage.list_price = 500
        wizard = self._wizard(units=0)
        self.assertEqual(wizard.due, -36)
        self.assertIn("taken away", wizard.preview)
        wizard.action_confirm()
        refund = self._documents()[-1]
        self.assertRecordValues(refund, [{"move_type": "out_refund", "amount_untaxed": 36, "state": "posted"}])
        self.assertFalse(self._add_on())
        self.assertEqual(self._left(product=self.massage), 0)
        self.assertEqual((self.membership.price, self.period.amount), (99, 99))
        self.assertEqual(self._left(), 2, "the plan's units are untouched")
        self.assertEqual(sum(self.membership.log_ids.mapped("monthly_change")), 99)

    def test_nobody_draws_it_twice_in_a_month(self):
        """Joined, used, left and joined again: what was used in the month counts."""
        self.membership._change_add_on(self.massage, 2)
        self._pay(self._documents())
        self._redeem(product=self.massage)
        self.membership._change_add_on(self.massage, 0)
        self.membership._change_add_on(self.massage, 2)
        self.assertEqual(self._left(product=self.massage), 1)

    def test_another_number(self):
        self.membership._change_add_on(self.massage, 1)
        self._pay(self._documents())
        self._redeem(product=self.massage)
        wizard = self._wizard(units=3)
        self.assertEqual((wizard.current, wizard.due), (1, 72))
        wizard.action_confirm()
        self.assertEqual(self._documents()[-1].invoice_line_ids.mapped("price_subtotal"), [-36, 108])
        self.assertEqual(self._left(product=self.massage), 2)

    def test_unpaid_gives_no_credit(self):
        self.membership._change_add_on(self.massage, 1)
        wizard = self._wizard(units=0)
        self.assertEqual(wizard.due, 0)
        self.assertIn("What is not paid of this period yet gives no credit", wizard.preview)

    def test_a_fee_gives_no_units(self):
        self._wizard(gives_units=False).action_confirm()
        self.assertEqual(self._left(product=self.massage), 0)
        self.assertEqual(self.membership.price, 171)

    def test_with_the_next_renewal(self):
        wizard = self._wizard(when="renewal")
        self.assertIn("Nothing is charged before", wizard.preview)
        wizard.action_confirm()
        self.assertFalse(self._documents())
        self.assertEqual((self.membership.price, self._left(product=self.massage)), (99, 0))
        self.assertAlmostEqual(self.membership.next_amount, 171 * 1.15)
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 171)
            self.assertEqual(self._left(product=self.massage), 1)
            self._wizard(units=0, when="renewal").action_confirm()
            self.assertAlmostEqual(self.membership.next_amount, 99 * 1.15)
            self.assertEqual(self._left(product=self.massage), 1)
        with freeze_time("2026-06-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 99)
            self.assertFalse(self._add_on())

    def test_taken_back(self):
        self.membership._schedule_add_on(self.massage, 1)
        self._add_on().with_user(self.receptionist).action_forget_add_on()
        self.assertFalse(self._add_on())
        self.membership._change_add_on(self.massage, 1)
        self.membership._schedule_add_on(self.massage, 0)
        self._add_on().with_user(self.receptionist).action_forget_add_on()
        with self.assertRaisesRegex(UserError, "no scheduled change"):
            self._add_on().action_forget_add_on()
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().amount, 171)

    def test_stays_when_the_plan_changes(self):
        self.membership._change_add_on(self.massage, 1)
        self._pay(self._documents())
        self._redeem(product=self.massage)
        change = self.membership._change_plan(self.better)
        self.assertEqual((change.credit, change.debit), (49.5, 99.5), "the add-on is not touched")
        self.assertEqual((self.membership.price, self.period.amount), (199 + 72, 199 + 72))
        self.assertEqual((self._left(), self._left(product=self.massage)), (2, 0))

    def test_another_interval_bills_it_anew(self):
        """An annual member has it each month of the year; the rest of the old month is credited."""
        self.membership._change_add_on(self.massage, 1)
        self._pay(self._documents())
        change = self.membership._change_plan(self.annual)
        self.assertEqual((change.credit, change.debit), (49.5 + 36, 1990 + 12 * 72))
        new = self.membership.current_period_id
        self.assertEqual((new.amount, self.membership.price), (1990 + 864, 1990 + 864))
        self.assertEqual(sum(new.grant_ids.filtered(lambda g: g.product_id == self.massage).mapped("granted")), 12)
        self.assertAlmostEqual(self.membership.next_amount, (1990 + 864) * 1.15)

    def test_another_interval_at_the_renewal(self):
        self.membership._change_add_on(self.massage, 1)
        self._pay(self._documents())
        self.membership._schedule_change(self.annual)
        self.assertAlmostEqual(self.membership.next_amount, (1990 + 864) * 1.15)
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 1990 + 864)

    def test_in_a_trial_it_begins_with_the_full_period(self):
        tier = self._tier("Trial", 0, 50, trial_length=30)
        other = self.env["res.partner"].create({"name": "Other"})
        self.membership = self._sell(tier.plan_ids.product_variant_id, partner=other)
        self.assertIn("Nothing is charged before", self._wizard().preview)
        self._wizard().action_confirm()
        self.assertFalse(self._documents())
        self.assertEqual(self._left(other, self.massage), 0)
        with freeze_time("2026-05-16"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 130)
            self.assertEqual(self._left(other, self.massage), 1)

    def test_pause_does_not_count(self):
        """Days of a pause were not paid for: 15 of 30 served days are left, whatever the calendar says."""
        self.membership._pause(1)
        with freeze_time("2026-05-16"):
            self.membership._resume()
            change = self.membership._change_add_on(self.massage, 1)
            self.assertEqual((change.due, self.period.date_end), (36, date(2026, 5, 30)))

    def test_refusals(self):
        for product, units, why in (
            (self.six_pack, 1, "sold on its own"),
            (self.massage, -1, "cannot be negative"),
            (self.massage, 0, "has 0 of Massage already"),
        ):
            wizard = self._wizard(product, units)
            self.assertIn(why, wizard.preview)
            with self.assertRaisesRegex(UserError, why):
                wizard.action_confirm()
        wizard = self._wizard()
        with freeze_time("2026-04-17"), self.assertRaisesRegex(UserError, "of another day"):
            wizard.action_confirm()
        self.membership._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "Only an active membership"):
            wizard.action_confirm()

    def test_one_of_a_service(self):
        """Two people add the same service at once: the database has it once."""
        self.membership._schedule_add_on(self.massage, 1)
        line = self._add_on()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.membership._new_add_on(self.massage, 72, True)
            self.env.flush_all()
        line._forget_scheduled()
        self.membership._schedule_add_on(self.massage, 2)
        self.assertEqual(self._add_on().next_units, 2, "what was taken away may come again")

    def test_who_may(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman_all_leads")
        with self.assertRaises(AccessError):
            self.env["clinic.add.on"].with_user(seller).create(
                {"membership_id": self.membership.id, "product_id": self.massage.id}
            )
        self.membership._schedule_add_on(self.massage, 1)
        with self.assertRaises(AccessError):
            self._add_on().with_user(seller).action_forget_add_on()
