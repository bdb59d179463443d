from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestCancel(ClinicCommon):
    """Leaving costs a fee if the terms say so; an offer may keep the member."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold.cancel_fee = 40
        cls.fee = cls.env.ref("clinic_membership.product_cancellation_fee")
        cls.fee.taxes_id = [Command.set(cls.tax.ids)]
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)

    def _wizard(self, user=None, **values):
        wizard = self.env["clinic.cancel"].with_user(user or self.receptionist)
        return wizard.create({"membership_id": self.membership.id, "reason_id": self.reason.id, **values})

    def _documents(self):
        return self.membership.period_ids.adjustment_ids.sorted("id")

    # === what was planned === #

    def test_what_was_paid_for_a_start_to_come_is_told(self):
        order = self._order(self.monthly, partner=self.env["res.partner"].create({"name": "Later"}))
        order.action_confirm()
        self.membership = order.order_line.clinic_membership_ids
        self.membership.start_date = date(2026, 6, 1)
        self.assertEqual(self._wizard().preview, "The membership has not started: nothing is charged.")
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(self.membership.state, "pending")
        paid = self.membership.currency_id.format(113.85)
        self.assertIn(f"{paid} are paid: give them back with 'Refund' on {invoice.name}", self._wizard().preview)

    def test_a_planned_pause_is_forgotten(self):
        self.membership._pause(3, at_renewal=True)
        wizard = self._wizard()
        self.assertIn("The pause that is planned from 05/01/2026 does not take place.", wizard.preview)
        wizard.action_confirm()
        self.assertFalse(self.membership.pause_from or self.membership.pause_until)
        self.assertEqual(self.membership.benefits_until, date(2026, 4, 30))
        with freeze_time("2026-05-01"):
            self.assertFalse(self.membership._renew())
            self.assertEqual(self.membership.state, "cancelled")

    def test_a_pause_whose_run_is_late_ends_with_the_cancellation(self):
        """Planned from 1 May; on 5 May no run has begun it yet. The four days are given back."""
        self.membership._pause(1, at_renewal=True)
        with freeze_time("2026-05-05"):
            wizard = self._wizard()
            self.assertEqual(wizard.no_charge_from, date(2026, 5, 5))
            wizard.action_confirm()
            self.assertEqual(self.membership.benefits_until, date(2026, 5, 4))

    def test_who_leaves_at_once_is_charged_nothing_more(self):
        """Notice moves the last charge of who stays until the end; who leaves at once has no renewal."""
        self.membership.notice_days = 60
        self.assertIn("the renewal of 05/01/2026 is still charged", self._wizard().preview)
        wizard = self._wizard(when="immediate")
        self.assertNotIn("still charged", wizard.preview)
        self.assertEqual(wizard.no_charge_from, date(2026, 5, 1))
        wizard.action_confirm()
        self.assertEqual((self.membership.state, self.membership.no_charge_from), ("cancelled", date(2026, 5, 1)))

    def test_a_trial_is_used_to_its_end(self):
        """Where the terms end a membership at once, a trial is proposed to go on to its end all the same."""
        self.membership.cancel_policy = "immediate"
        self.assertEqual(self._wizard().when, "immediate")
        tier = self._tier("Tried", 0, 99, trial_length=1, trial_unit="month", cancel_policy="immediate")
        self.membership = self._sell(tier.plan_ids.product_variant_id)
        wizard = self._wizard()
        self.assertEqual((wizard.when, wizard.benefits_until), ("period_end", date(2026, 5, 15)))

    # === the fee === #

    def test_fee_is_charged_with_the_cancellation(self):
        wizard = self._wizard()
        self.assertIn(f"fee of {self.membership.currency_id.format(40)} before tax is charged now", wizard.preview)
        wizard.action_confirm()
        self.assertRecordValues(
            self._documents(), [{"move_type": "out_invoice", "state": "posted", "amount_untaxed": 40}]
        )
        self.assertEqual(self._documents().amount_total, 46)
        self.assertEqual(self.membership.fee_document_ids, self._documents())

    def test_card_pays_the_fee(self):
        self.membership.payment_token_id = self._card(self.patient)
        self._wizard(when="immediate").action_confirm()
        self.assertEqual(self.membership.state, "cancelled")
        with self._answers("done") as sent:
            self.membership.period_ids.collection_ids._collect()
        self.assertEqual((sent[0].amount, self._documents().payment_state), (46, "paid"))

    def test_undo_gives_the_fee_back(self):
        """An unpaid fee is gone; a paid one becomes credit that pays the next renewal."""
        self._wizard().action_confirm()
        self._confirm(self.membership.action_undo_cancel(), self.receptionist)
        fee, back = self._documents()
        self.assertEqual((fee.payment_state, back.amount_residual), ("reversed", 0))
        self.assertEqual(self.membership.period_ids.payment_state, "paid")
        self._wizard().action_confirm()
        self._pay(self._documents()[-1])
        self.membership._undo_cancel()
        with freeze_time("2026-05-01"):
            self.assertAlmostEqual(self.membership._renew().invoice_id.amount_residual, 113.85 - 46)

    def test_cancelled_twice_costs_one_fee(self):
        """Two wizards were open, or the member wants to leave at once after all; undone, the one fee comes back."""
        first, second = self._wizard(), self._wizard(when="immediate")
        first.action_confirm()
        self.assertEqual(self._wizard().fee, 0)
        second.action_confirm()
        self.assertEqual(self.membership.state, "cancelled")
        self.assertEqual(self._documents().mapped("amount_untaxed"), [40])
        self.assertEqual(self.membership.fee_document_ids, self._documents())

    def test_cancelled_twice_and_undone(self):
        self._wizard().action_confirm()
        self._wizard().action_confirm()
        self.membership._undo_cancel()
        self.assertEqual(self._documents().mapped("move_type"), ["out_invoice", "out_refund"])
        self.assertEqual(self._documents().mapped("amount_residual"), [0, 0])

    def test_fee_is_as_sold(self):
        self.gold.cancel_fee = 500
        self.assertEqual(self._wizard().fee, 40)
        self.assertIn(
            ("Cancellation fee", "$ 40.00"),
            [
                (heading, text[:7].replace("\N{NO-BREAK SPACE}", " "))
                for heading, text in self.membership._agreement_in_words()
            ],
        )

    def test_no_fee_in_a_trial_or_before_the_start(self):
        tier = self._tier("Trial", 0, 50, trial_length=30, cancel_fee=40)
        other = self.env["res.partner"].create({"name": "Other"})
        self.membership = self._sell(tier.plan_ids.product_variant_id, partner=other)
        self.assertEqual(self._wizard().fee, 0)
        self.membership = self._sell(self.monthly, partner=other, paid=False)
        self.assertEqual((self.membership.state, self._wizard().fee), ("pending", 0))

    def test_only_a_manager_waives_it(self):
        self._wizard(self.manager, waive_fee=True).action_confirm()
        self.assertFalse(self._documents())
        self.membership._undo_cancel()
        self._wizard(waive_fee=True).action_confirm()
        self.assertEqual(self._documents().amount_untaxed, 40)

    def test_fee_product_is_gone(self):
        self.fee.unlink()
        with self.assertRaisesRegex(UserError, "product of the cancellation fee in the settings"):
            self._wizard().action_confirm()
        self.company.clinic_fee_product_id = self.facial
        self._wizard().action_confirm()
        self.assertEqual(self._documents().invoice_line_ids.product_id, self.facial)

    def test_fee_in_the_currency_of_the_contract(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        self.assertEqual(self.gold._terms_values(euro)["cancel_fee"], 20)

    # === why === #

    def test_survey(self):
        """The reason brings its question along; an answer may be required."""
        self.reason.write({"question": "What would have made you stay?", "note_required": True})
        wizard = self._wizard()
        self.assertEqual(wizard.question, "What would have made you stay?")
        with self.assertRaisesRegex(UserError, "note the answer: What would have made you stay"):
            wizard.action_confirm()
        wizard.note = "Longer opening hours"
        wizard.action_confirm()
        self.assertEqual(self.membership.cancel_note, "Longer opening hours")

    # === to stay === #

    def test_discount_instead(self):
        """20 % off the plan for 3 renewals, as the clinic lets staff offer; add-ons keep their price."""
        self.membership._schedule_add_on(self.massage, 1)
        self._wizard(offer_percent=90, offer_periods=9).action_offer_discount()
        self.assertRecordValues(
            self.membership, [{"offer_percent": 20, "offer_periods": 3, "cancelled_on": False, "state": "active"}]
        )
        self.membership.invalidate_recordset(["log_ids"])
        self.assertIn("20 % off 3 renewals", self.membership.log_ids[0].note)
        self.assertEqual(self.membership.log_ids[0].event, "retain")
        self.assertAlmostEqual(self.membership.next_amount, (79.2 + 90) * 1.15)
        for month in (5, 6, 7):
            with freeze_time(date(2026, month, 1)):
                period = self.membership._renew()
                self.assertRecordValues(period, [{"amount": 169.2, "offer_percent": 20}])
                self.assertEqual(period.invoice_id.amount_untaxed, 169.2)
                self._pay(period.invoice_id)
        with freeze_time("2026-08-01"):
            self.assertEqual(self.membership._renew().invoice_id.amount_untaxed, 189)
        self.assertEqual(sum(self.membership.log_ids.mapped("monthly_change")), 189, "the agreed price is the value")

    def test_discount_is_on_top_and_rounded_as_invoiced(self):
        self.membership.line_ids.discount = 12.5
        self.membership._give_offer(15, 1, self.reason)
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
        self.assertEqual(period.invoice_id.invoice_line_ids.discount, 25.63)
        self.assertEqual(period.amount, period.invoice_id.amount_untaxed)

    def test_discounted_draft_that_was_deleted(self):
        self.membership._give_offer(20, 1, self.reason)
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
            period.invoice_id.button_draft()
            period.invoice_id.with_context(force_delete=True).unlink()
            period._bill()
            self.assertEqual(period.invoice_id.amount_untaxed, 79.2)

    def test_a_whole_period_free(self):
        self.membership._give_offer(100, 1, self.reason)
        self.assertEqual(self.membership.next_amount, 0)
        with freeze_time("2026-05-01"):
            period = self.membership._renew()
        self.assertFalse(period.invoice_id)
        self.assertEqual((period.payment_state, self._left()), ("free", 2))

    def test_upgrade_in_a_discounted_period(self):
        """What was paid is credited, and no more."""
        platinum = self._tier("Platinum", 20, 199, rank=2).plan_ids.product_variant_id
        self.membership._give_offer(20, 2, self.reason)
        with freeze_time("2026-05-01"):
            self._pay(self.membership._renew().invoice_id)
        with freeze_time("2026-05-17"):
            change = self.membership._change_plan(platinum)
            self.assertEqual((change.credit, change.debit), (38.32, 96.29))
            self._pay(self._documents())
        self.assertAlmostEqual(self.membership.next_amount, 199 * 0.8 * 1.15)

    def test_pause_and_plan_instead(self):
        action = self._wizard().action_offer_pause()
        form = Form(self.env[action["res_model"]].with_user(self.receptionist).with_context(**action["context"]))
        form.save().action_confirm()
        self.assertEqual(self.membership.state, "paused")
        retained = self.membership.log_ids.filtered(lambda event: event.event == "retain")
        self.assertEqual(retained.note, f"{self.reason.name}: Pause a Membership")
        self.membership._resume()
        other = self.monthly.copy({"name": "Gold light", "list_price": 49})
        action = self._wizard().action_offer_plan()
        form = Form(self.env[action["res_model"]].with_user(self.receptionist).with_context(**action["context"]))
        form.plan_id = other
        form.save().action_confirm()
        self.assertEqual(self.membership.plan_id, other)
        self.assertEqual(len(self.membership.log_ids.filtered(lambda event: event.event == "retain")), 2)

    def test_one_offer_in_12_months(self):
        self._wizard().action_offer_discount()
        with self.assertRaisesRegex(UserError, "had an offer on 04/16/2026"):
            self._wizard().action_offer_discount()
        self._wizard(self.manager, offer_percent=50, offer_periods=1).action_offer_discount()
        self.assertRecordValues(self.membership, [{"offer_percent": 50, "offer_periods": 1}])
        with self.assertRaisesRegex(UserError, "1 to 100 %"):
            self._wizard(self.manager, offer_percent=0, offer_periods=1).action_offer_discount()
        self.membership._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "Take its cancellation back"):
            self._wizard(self.manager).action_offer_discount()

    def test_who_may(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman_all_leads")
        with self.assertRaises(AccessError):
            self._wizard(seller)
        with self.assertRaises(AccessError):
            self.membership.with_user(self.receptionist).offer_percent = 100
