from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestChange(ClinicCommon):
    """Another plan: prorated to the day, on one document, without drawing two allowances."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platinum = cls._tier("Platinum", 20, 199, rank=2)
        cls.platinum.benefit_ids.quantity = 4
        cls.better = cls.platinum.plan_ids.product_variant_id
        cls.annual = cls.better.copy({"name": "Platinum annual", "list_price": 1990, "billing_interval": "annual"})
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)

    def _wizard(self, plan, **values):
        wizard = self.env["clinic.change.plan"].with_user(self.receptionist)
        return wizard.create({"membership_id": self.membership.id, "plan_id": plan.id, **values})

    def _documents(self):
        return self.membership.period_ids.adjustment_ids

    def test_upgrade_in_the_middle(self):
        """On the 16th of 30 days half is left: 49.50 back, 99.50 to pay."""
        wizard = self._wizard(self.better)
        self.assertEqual((wizard.when, wizard.due), ("now", 50.0))
        self.assertIn("Next renewal on 05/01/2026 at $\N{NO-BREAK SPACE}199.00", wizard.preview)
        wizard.action_confirm()
        document = self._documents()
        self.assertRecordValues(
            document, [{"move_type": "out_invoice", "state": "posted", "amount_untaxed": 50, "amount_total": 57.5}]
        )
        self.assertEqual(document.invoice_line_ids.mapped("price_subtotal"), [-49.5, 99.5])
        self.assertEqual(document.invoice_line_ids.mapped("product_id"), self.monthly | self.better)
        self.assertRecordValues(
            self.membership,
            [
                {
                    "tier_id": self.platinum.id,
                    "price": 199,
                    "next_renewal": date(2026, 5, 1),
                    "anchor_date": date(2026, 4, 1),
                    "pricelist_id": self.platinum.pricelist_id.id,
                }
            ],
        )
        self.assertEqual(self.membership.log_ids[0].event, "upgrade")
        self.assertEqual(self.membership.log_ids[0].monthly_change, 100)
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 199)

    def test_units_of_the_new_tier_less_what_was_used(self):
        self._redeem(2)
        self.membership._change_plan(self.better)
        self.assertEqual(self._left(), 2, "4 of the new tier less 2 used")
        with self.assertRaisesRegex(UserError, "has 2 of the 3"):
            self._redeem(3)
        kinds = self.membership.grant_ids.entry_ids.mapped("kind")
        self.assertNotIn("expire", kinds)

    def test_units_never_below_zero(self):
        self.platinum.benefit_ids.quantity = 1
        self._redeem(2)
        self.membership._change_plan(self.better)
        self.assertEqual(self._left(), 0)

    def test_unused_units_of_the_old_tier_are_gone(self):
        self.membership._change_plan(self.better)
        self.assertEqual(self._left(), 4)
        old = self.membership.grant_ids.filtered(lambda grant: grant.valid_from == date(2026, 4, 1))
        self.assertEqual(old.entry_ids.sorted("id").mapped("kind"), ["grant", "change"])

    def test_undone_visit_of_the_old_tier_gives_nothing_twice(self):
        redemption = self._redeem()
        self.membership._change_plan(self.better)
        self.assertEqual(self._left(), 3)
        redemption._undo()
        self.assertEqual(self._left(), 4)

    def test_downgrade_leaves_credit_that_pays_the_renewal(self):
        self.membership._change_plan(self.better)
        self._pay(self._documents())
        lower = self._wizard(self.monthly)
        self.assertEqual(lower.due, -50)
        self.assertIn("stays as credit", lower.preview)
        lower.action_confirm()
        refund = self._documents().filtered(lambda move: move.move_type == "out_refund")
        self.assertRecordValues(refund, [{"state": "posted", "amount_untaxed": 50, "amount_total": 57.5}])
        self.assertEqual(refund.invoice_line_ids.mapped("price_subtotal"), [99.5, -49.5])
        with freeze_time("2026-05-01"):
            invoice = self.membership._renew().invoice_id
        self.assertAlmostEqual(invoice.amount_residual, 113.85 - 57.5)

    def test_several_changes_start_from_the_last_state(self):
        self.membership._change_plan(self.better)
        self._pay(self._documents())
        with freeze_time("2026-04-22"):
            change = self.membership._change_plan(self.monthly)
            self.assertEqual((change.credit, change.debit), (59.7, 29.7), "9 of 30 days are left")
        with freeze_time("2026-04-25"):
            change = self.membership._change_plan(self.better)
            self.assertEqual((change.credit, change.debit), (19.8, 39.8))

    def test_unpaid_period_gives_no_credit(self):
        self.membership._change_plan(self.better)
        self.assertEqual(self.membership.current_period_id.payment_state, "due")
        wizard = self._wizard(self.monthly)
        self.assertIn("What is not paid of this period yet gives no credit", wizard.preview)

    def test_another_interval_starts_anew(self):
        wizard = self._wizard(self.annual)
        self.assertEqual(wizard.due, 1990 - 49.5)
        wizard.action_confirm()
        self.assertRecordValues(
            self.membership,
            [{"anchor_date": date(2026, 4, 16), "next_renewal": date(2027, 4, 16), "billing_interval": "annual"}],
        )
        old, new = self.membership.period_ids.sorted("date_start")
        self.assertEqual((old.date_end, new.date_start), (date(2026, 4, 15), date(2026, 4, 16)))
        self.assertEqual(new.invoice_id, self._documents())
        self.assertEqual(len(new.grant_ids), 12)

    def test_another_interval_on_the_first_day(self):
        with freeze_time("2026-04-01"):
            self.membership._change_plan(self.annual)
            self.assertEqual(len(self.membership.period_ids), 1)
            self.assertEqual(self.membership.next_renewal, date(2027, 4, 1))
            self.assertEqual(self._documents().amount_untaxed, 1990 - 99)

    def test_in_a_trial_no_money_moves(self):
        tier = self._tier("Trial", 0, 50, trial_length=30)
        other = self.env["res.partner"].create({"name": "Other"})
        membership = self._sell(tier.plan_ids.product_variant_id, partner=other)
        membership._change_plan(self.better)
        self.assertFalse(membership.period_ids.adjustment_ids)
        self.assertTrue(membership.in_trial)
        with freeze_time("2026-05-16"):
            self.assertEqual(membership._renew().invoice_id.amount_untaxed, 199)

    def test_the_card_pays_the_difference(self):
        self.membership.payment_token_id = self._card(self.patient)
        self.membership._change_plan(self.better)
        period = self.membership.period_ids
        self.assertEqual(period.charge_on, date(2026, 4, 16))
        with self._answers("done") as sent:
            period.collection_ids._collect()
        self.assertEqual(sent[0].amount, 57.5)
        self.assertEqual((period.payment_state, period.charge_on), ("paid", False))

    def test_at_the_next_renewal(self):
        self.company.clinic_downgrade = "renewal"  # too late for this member, whose terms are those of the sale
        self.membership._change_plan(self.better)
        self.assertEqual(self._wizard(self.monthly).when, "now")
        self.membership.downgrade = "renewal"
        self._pay(self._documents())
        wizard = self._wizard(self.monthly)
        self.assertEqual(wizard.when, "renewal")
        self.assertIn("Gold, $\N{NO-BREAK SPACE}99.00 / month from 05/01/2026", wizard.preview)
        wizard.action_confirm()
        self.assertEqual(self.membership.tier_id, self.platinum)
        self.assertEqual(self.membership.next_amount, 113.85)
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
            self.assertEqual((period.amount, self.membership.tier_id), (99, self.gold))
            self.assertEqual(period.grant_ids.granted, 2)
            self.assertFalse(self.membership.next_plan_id)

    def test_the_price_is_agreed_when_the_change_is_scheduled(self):
        """A new price on the product concerns who joins or changes after it."""
        wizard = self._wizard(self.better, when="renewal")
        self.assertIn("Platinum, $\N{NO-BREAK SPACE}199.00 / month from 05/01/2026", wizard.preview)
        wizard.action_confirm()
        self.better.list_price = 249
        self.assertEqual((self.membership.next_price, self.membership.next_amount), (199, 228.85))
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 199)
        self.assertEqual(self.membership.next_price, 0)

    def test_nothing_is_scheduled_for_a_renewal_that_does_not_come(self):
        self.membership.auto_renew = False
        with self.assertRaisesRegex(UserError, "does not renew"):
            self._wizard(self.better, when="renewal").action_confirm()
        with self.assertRaisesRegex(UserError, "does not renew"):
            self.membership._schedule_add_on(self.massage, 1)
        with self.assertRaisesRegex(UserError, "does not renew"):
            self.membership._pause(1, at_renewal=True)
        self.assertIn("does not renew", self._wizard(self.better, when="renewal").preview)

    def test_a_used_up_allowance_counts_after_a_pause(self):
        """2 of 2 used, a pause over the end of the period: the better plan's 4 are less by these 2."""
        self._redeem(2)
        self.membership._pause(1)
        with freeze_time("2026-05-16"):
            self.membership._resume()
            self.assertEqual(self.membership.period_ids.date_end, date(2026, 5, 30))
            self.membership._change_plan(self.better)
            self.assertEqual(self._left(), 2)

    def test_an_undone_visit_can_be_repeated_after_a_pause(self):
        redemption = self._redeem(2)
        self.membership._pause(1)
        with freeze_time("2026-05-16"):
            self.membership._resume()
            redemption._undo()
            self.membership.grant_ids._expire()
            self.assertEqual(self._redeem(1).quantity, 1)

    def test_what_is_owed_gives_no_credit(self):
        """99 are paid, the 50 of today's upgrade are not: back to Gold, only what was paid comes back."""
        self.membership._change_plan(self.better)
        document = self._documents()
        self.assertEqual((document.amount_untaxed, document.payment_state), (50, "not_paid"))
        change = self.membership._plan_change(self.monthly)
        self.assertEqual((change.credit, change.debit), (49.5, 49.5))
        self._pay(document, 28.75)
        change = self.membership._plan_change(self.monthly)
        self.assertEqual((change.credit, change.debit), (74.5, 49.5))
        self._pay(document)
        self.assertEqual(self.membership._plan_change(self.monthly).credit, 99.5)

    def test_what_is_owed_counts_as_it_was_billed_before_a_pause(self):
        """50 of 99.50 are open for the half that the upgrade billed: as of the whole period 100, paused days or not."""
        self.membership._change_plan(self.better)
        period = self.membership.period_ids
        line = self.membership._plan_line()
        self.assertEqual(period._paid_for(line), 99)
        period.write({"paused_days": 10, "date_end": date(2026, 5, 10)})
        self.assertEqual(period._paid_for(line), 99)

    def test_half_a_payment_gives_half_the_credit(self):
        with freeze_time("2026-04-16"):
            membership = self._sell(self.monthly, partner=self.env["res.partner"].create({"name": "Half"}))
        with freeze_time("2026-05-16"):
            period = membership._renew()
            self._pay(period.invoice_id, period.invoice_id.amount_total / 2)
            change = membership._plan_change(self.better)
            self.assertEqual((change.credit, change.debit), (49.5, 199))

    def test_another_interval_at_the_next_renewal(self):
        self._wizard(self.annual, when="renewal").action_confirm()
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
        self.assertEqual((period.amount, period.date_end), (1990, date(2027, 4, 30)))

    def test_scheduled_change_is_taken_back(self):
        self._wizard(self.better, when="renewal").action_confirm()
        self.membership.with_user(self.receptionist).action_forget_change()
        with freeze_time("2026-05-01"):
            self.assertEqual(self.membership._renew().amount, 99)
        with self.assertRaisesRegex(UserError, "no scheduled change"):
            self.membership.action_forget_change()

    def test_family_must_fit(self):
        self.platinum.family_size = 2
        self.membership._change_plan(self.better)
        child = self.env["res.partner"].create({"name": "Child"})
        self.membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 4, 16)})]
        self._pay(self._documents())
        with self.assertRaisesRegex(UserError, "covers 1 people"):
            self.membership._change_plan(self.monthly)

    def test_refusals(self):
        with self.assertRaisesRegex(UserError, "has this plan already"):
            self.membership._change_plan(self.monthly)
        with self.assertRaisesRegex(UserError, "not a membership of this clinic"):
            self.membership._change_plan(self.six_pack)
        wizard = self._wizard(self.better)
        with freeze_time("2026-04-17"), self.assertRaisesRegex(UserError, "of another day"):
            wizard.action_confirm()
        with freeze_time("2026-05-02"), self.assertRaisesRegex(UserError, "due for renewal"):
            self.membership.invalidate_recordset()
            self.membership._change_plan(self.better)
        self.membership._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "Only an active membership"):
            self.membership._change_plan(self.better)

    def test_tax_included_prices_prorate_as_they_are_priced(self):
        self.tax.price_include_override = "tax_included"
        other = self.env["res.partner"].create({"name": "Other"})
        with freeze_time("2026-04-01"):
            membership = self._sell(self.monthly, partner=other)
        self.assertEqual(membership.period_ids.amount, 99)
        membership._change_plan(self.better)
        self.assertEqual(membership.period_ids.adjustment_ids.amount_total, 50)
