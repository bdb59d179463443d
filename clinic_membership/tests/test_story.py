from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from ..models import clinic_membership_story as told
from .common import ClinicCommon

NBSP = "\N{NO-BREAK SPACE}"


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestStory(ClinicCommon):
    """The history of a membership reads like a story, newest first."""

    def _stories(self, membership):
        return [story.replace(NBSP, " ") for story in self._events(membership).mapped("story")]

    def _events(self, membership):
        """As the database sorts them, read by who sees them."""
        self.env.invalidate_all()
        return membership.with_user(self.receptionist).log_ids

    def test_a_life(self):
        platinum = self._tier("Platinum", 20, 199, rank=2).plan_ids.product_variant_id
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-10"):
            membership._schedule_change(platinum)
            membership._forget_scheduled_change()
            membership.with_user(self.receptionist).sudo()._change_plan(platinum)
            self._pay(membership.period_ids.adjustment_ids)
            membership._pause(1)
        with freeze_time("2026-02-20"):
            membership._resume()
            membership._extend(date(2026, 3, 20), "Closed for a week")
            membership._cancel(self.reason)
            membership._undo_cancel()
            membership._cancel(self.reason, immediate=True)
        self.assertEqual(
            self._stories(membership),
            [
                "Cancelled, benefits are over: Other",
                "Cancellation taken back, renews on 21 March 2026",
                "Asked to cancel, benefits until 20 March 2026: Other",
                "Extended: 03/09/2026 → 03/20/2026: Closed for a week",
                "Goes on after the pause, renews on 10 March 2026",
                "Paused until 10 March 2026",
                "Upgraded from Gold to Platinum: $ 199.00 a month",
                "Scheduled change taken back",
                "Change to Platinum plan scheduled for 28 February 2026",
                "Started Gold: $ 99.00 a month",
            ],
        )
        upgrade = membership.log_ids.filtered(lambda event: event.event == "upgrade")
        self.assertEqual(
            (upgrade.change_in_words, upgrade.told_by), (f"+${NBSP}100.00", f"by {self.receptionist.name}")
        )
        self.assertEqual((upgrade.icon, upgrade.tone), ("fa-arrow-up", "success"))
        self.assertEqual(membership.log_ids[0].change_in_words, f"−${NBSP}199.00")
        self.assertEqual(membership.log_ids[1].change_in_words, "")

    def test_trial_and_conversion(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30)
        membership = self._sell(tier.plan_ids.product_variant_id)
        with freeze_time("2026-03-02"):
            membership._renew()
        self.assertEqual(
            self._stories(membership),
            [
                "Trial became the full Annual membership: $ 82.50 a month",
                "Trial of Annual started, until 1 March 2026",
            ],
        )

    def test_upgrade_in_a_trial_has_no_price_yet(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30)
        platinum = self._tier("Platinum", 20, 199, rank=20).plan_ids.product_variant_id
        membership = self._sell(tier.plan_ids.product_variant_id)
        membership._change_plan(platinum)
        self.assertEqual(self._stories(membership)[0], "Upgraded from Annual to Platinum")

    def test_another_frequency(self):
        yearly = self.monthly.copy({"name": "Gold annual", "list_price": 990, "billing_interval": "annual"})
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-10"):
            membership._change_plan(yearly)
        self.assertEqual(self._stories(membership)[0], "Changed to Gold annual: $ 82.50 a month")

    def test_declined_is_not_late(self):
        membership = self._sell(self.monthly)
        membership.payment_token_id = self._card(self.patient)
        with freeze_time("2026-02-28"), self._answers("error"):
            membership._renew().collection_ids._collect()
        self.assertEqual(self._stories(membership)[0], "Card declined; past due: Declined")
        other = self._sell(self.monthly, partner=self.env["res.partner"].create({"name": "Bob"}))
        with freeze_time("2026-02-28"):
            other._renew()
        with freeze_time("2026-03-02"):
            other._follow_up()
        self.assertEqual(self._stories(other)[0], "Not paid in time; past due")
        with freeze_time("2026-03-12"):
            other._follow_up()
            self._pay(other.period_ids.invoice_id.filtered("amount_residual"))
        self.assertEqual(
            self._stories(other)[:2], ["Paid up, active again", "Suspended: not paid within the grace days"]
        )

    def test_who_did_it(self):
        membership = self._sell(self.monthly)
        self.assertEqual(membership.with_user(self.env.ref("base.user_root")).log_ids.told_by, "by itself")
        membership.with_context(default_user_id=self.manager.id)._log("price", "79 → 89")
        price = self._events(membership)[0]
        self.assertEqual((price.user_id, price.story), (self.env.user, "Price changed: 79 → 89"))

    def test_of_before_there_were_days(self):
        """Without the word that a sentence needs the event's label says it."""
        membership = self._sell(self.monthly)
        event = membership._log("pause")
        self.assertEqual((event.day, event.story), (False, "Paused"))

    def test_a_part_of_it(self):
        """The tier before an event is known, whichever events are read."""
        platinum = self._tier("Platinum", 20, 199, rank=2).plan_ids.product_variant_id
        membership = self._sell(self.monthly)
        membership._change_plan(platinum)
        self.assertTrue(self._events(membership)[0].story.startswith("Upgraded from Gold to Platinum"))

    def test_every_event_has_a_look(self):
        events = {event for event, _label in self.env["clinic.membership.log"]._fields["event"].selection}
        self.assertEqual(events - set(told.LOOKS), set())
        self.assertEqual(events - set(told.STORIES), {"price", "extend"}, "their label and note say it")
