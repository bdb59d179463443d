from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestPause(ClinicCommon):
    """No charge while paused; what was paid for is kept, to the day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
            cls.package = cls._sell(cls.six_pack)
            cls._redeem()

    def _wizard(self, **values):
        wizard = self.env["clinic.pause"].with_user(self.receptionist)
        return wizard.create({"membership_id": self.membership.id, **values})

    def _run_day(self):
        """What the scheduled actions do to this membership today."""
        for make, work in (("_pause_end_domain", "_resume_when_due"), ("_due_domain", "_renew")):
            for _again in range(3):
                domain = self.membership._today_domain(getattr(self.membership, make))
                getattr(self.membership.filtered_domain(domain), work)()

    def test_from_today_and_by_itself(self):
        wizard = self._wizard(months=2)
        self.assertIn("Paused from 02/10/2026; resumes on 04/10/2026", wizard.preview)
        self.assertIn("the next renewal is on 04/28/2026", wizard.preview)
        wizard.action_confirm()
        self.assertEqual(self.membership.state, "paused")
        with freeze_time("2026-03-05"):
            self._run_day()
            grants = self.env["clinic.grant"]
            mine = self.membership.grant_ids
            self.assertFalse(
                mine.filtered_domain(mine._today_domain(grants._expired_domain)), "frozen units do not expire"
            )
            self.assertEqual(len(self.membership.period_ids), 1, "nothing is charged")
        with freeze_time("2026-04-12"):
            self._run_day()
            self.assertEqual(self.membership.state, "active")
            self.assertEqual(self.membership.next_renewal, date(2026, 4, 28), "as shown before confirming")
            self.assertEqual(self.membership.period_ids.date_end, date(2026, 4, 27))
            self.assertEqual(self.membership.grant_ids.expires_on, date(2026, 4, 27))
            self._redeem()
        with freeze_time("2026-04-28"):
            self._run_day()
            self.assertEqual(len(self.membership.period_ids), 2)

    def test_early_resume_moves_by_the_days_really_paused(self):
        self._wizard(months=6).action_confirm()
        with freeze_time("2026-02-20"):
            self._confirm(self.membership.action_resume(), self.receptionist)
        self.assertEqual(self.membership.next_renewal, date(2026, 3, 10))
        self.assertEqual(self.membership.grant_ids.expires_on, date(2026, 3, 9))

    def test_resumed_the_same_day_changes_nothing(self):
        self._wizard().action_confirm()
        self.membership._resume()
        self.assertRecordValues(
            self.membership,
            [
                {
                    "state": "active",
                    "next_renewal": date(2026, 2, 28),
                    "anchor_date": date(2026, 1, 31),
                    "pause_from": False,
                }
            ],
        )

    def test_from_the_next_renewal(self):
        self._wizard(start="renewal", months=1).action_confirm()
        self.assertEqual((self.membership.state, self.membership.pause_from), ("active", date(2026, 2, 28)))
        self._redeem()
        with freeze_time("2026-02-28"):
            self._run_day()
            self.assertEqual(self.membership.state, "paused")
            self.assertEqual(len(self.membership.period_ids), 1)
        with freeze_time("2026-03-28"):
            self._run_day()
            self.assertEqual(self.membership.state, "active")
            self.assertEqual(max(self.membership.period_ids.mapped("date_start")), date(2026, 3, 28))

    def test_planned_pause_after_missed_runs(self):
        """What lay before the pause is billed although the action comes late."""
        self.membership._pause(2, at_renewal=True)
        self.membership.sudo().write({"pause_from": date(2026, 3, 31), "pause_until": date(2026, 5, 31)})
        with freeze_time("2026-04-10"):
            self._run_day()
        starts = sorted(self.membership.period_ids.mapped("date_start"))
        self.assertEqual(starts, [date(2026, 1, 31), date(2026, 2, 28)])
        self.assertEqual(self.membership.state, "paused")

    def _suspended_with_a_pause_from_the_last_of_march(self):
        """The renewal of 28 February was not paid; two months from 31 March were planned."""
        with freeze_time("2026-02-28"):
            invoice = self.membership._renew().invoice_id
            self.membership._pause(2, at_renewal=True)
        with freeze_time("2026-03-01"):
            self.membership._follow_up()
        with freeze_time("2026-03-09"):
            self.membership._follow_up()
            self.assertEqual(self.membership.state, "suspended")
        return invoice

    def test_planned_pause_that_an_unpaid_time_has_overtaken(self):
        """It is over when the member pays: no days are given for it, as nothing was charged on them anyway."""
        invoice = self._suspended_with_a_pause_from_the_last_of_march()
        with freeze_time("2026-07-10"):
            self._pay(invoice)
            self._run_day()
            self.assertEqual((self.membership.state, self.membership.pause_from), ("active", False))
            self.assertEqual(self.membership.next_renewal, date(2026, 7, 31))

    def test_planned_pause_in_which_the_debt_is_paid(self):
        """What is left of it is kept."""
        invoice = self._suspended_with_a_pause_from_the_last_of_march()
        with freeze_time("2026-05-10"):
            self._pay(invoice)
            self._run_day()
            self.assertEqual(self.membership.state, "paused")
        with freeze_time("2026-05-31"):
            self._run_day()
            self.assertEqual((self.membership.state, self.membership.next_renewal), ("active", date(2026, 6, 30)))
            self.assertEqual(max(self.membership.period_ids.mapped("date_start")), date(2026, 5, 31))

    def test_planned_pause_can_be_forgotten(self):
        self._wizard(start="renewal").action_confirm()
        self.membership.with_user(self.receptionist).action_cancel_pause()
        self.assertFalse(self.membership.pause_from)
        with self.assertRaisesRegex(UserError, "no planned pause"):
            self.membership.action_cancel_pause()

    def test_paused_members_use_their_packages_only(self):
        self._wizard().action_confirm()
        redemption = self._redeem()
        self.assertEqual(redemption.package_ids, self.package)
        with self.assertRaisesRegex(UserError, "the membership is paused"):
            self._redeem(6)
        self.assertNotEqual(self.patient.property_product_pricelist, self.gold.pricelist_id)

    def test_retries_stop_and_the_debt_stays(self):
        self.membership.payment_token_id = self._card(self.patient)
        with freeze_time("2026-02-28"):
            period = self.membership._renew()
            with self._answers("error"):
                period.collection_ids._collect()
            self.assertTrue(period.charge_on)
            self._wizard().action_confirm()
            self.assertFalse(period.charge_on)
            self.assertEqual(period.payment_state, "due")
        with freeze_time("2026-03-28"):
            self.membership._resume()
            self.assertEqual((self.membership.state, period.charge_on), ("past_due", date(2026, 3, 28)))

    def test_refusals(self):
        with self.assertRaisesRegex(UserError, "lasts 1 to 6 months"):
            self._wizard(months=7).action_confirm()
        with self.assertRaisesRegex(UserError, "lasts 1 to 6 months"):
            self._wizard(months=0).action_confirm()
        self.company.clinic_pauses_per_year = 0  # of those who join from now on
        self.membership.pauses_per_year = 1
        self._wizard().action_confirm()
        with self.assertRaisesRegex(UserError, "not paused yet"):
            self._wizard().action_confirm()
        self.membership._resume()
        with self.assertRaisesRegex(UserError, "paused 1 times in the last 12 months"):
            self._wizard().action_confirm()
        with self.assertRaisesRegex(UserError, "is not paused"):
            self.membership._resume()
        self.membership._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "take the cancellation back first"):
            self._wizard().action_confirm()

    def test_cancelled_while_paused(self):
        self._wizard(months=3).action_confirm()
        with freeze_time("2026-02-20"):
            wizard = self.env["clinic.cancel"].create(
                {"membership_id": self.membership.id, "reason_id": self.reason.id}
            )
            self.assertEqual(wizard.benefits_until, date(2026, 3, 9))
            wizard.action_confirm()
        self.assertEqual((self.membership.state, self.membership.benefits_until), ("active", date(2026, 3, 9)))

    def test_a_pause_does_not_renew_what_would_end(self):
        self.membership.sudo().auto_renew = False
        self._wizard().action_confirm()
        with freeze_time("2026-03-10"):
            self._run_day()
        with freeze_time("2026-04-30"):
            self._run_day()
        self.assertEqual((self.membership.state, len(self.membership.period_ids)), ("ended", 1))


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestLog(ClinicCommon):
    """The changes of a contract's events add up to its monthly value at any date."""

    def _story(self, membership):
        return membership.log_ids.sorted("id").mapped(lambda log: (log.event, log.monthly_change))

    def _assert_adds_up(self, membership):
        self.assertAlmostEqual(sum(membership.log_ids.mapped("monthly_change")), membership._monthly_now())

    def test_a_life(self):
        membership = self._sell(self.monthly)
        self._assert_adds_up(membership)
        with freeze_time("2026-02-10"):
            membership._pause(1)
            self._assert_adds_up(membership)
        with freeze_time("2026-02-20"):
            membership._resume()
            membership._cancel(self.reason)
            membership._undo_cancel()
            self._assert_adds_up(membership)
            membership._cancel(self.reason, immediate=True)
            self._assert_adds_up(membership)
        self.assertEqual(
            self._story(membership),
            [
                ("new", 99.0),
                ("pause", -99.0),
                ("resume", 99.0),
                ("cancel", 0.0),
                ("undo_cancel", 0.0),
                ("cancelled", -99.0),
            ],
        )

    def test_trial_counts_from_its_conversion(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=1, trial_unit="month")
        membership = self._sell(tier.plan_ids.product_variant_id)
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertEqual(self._story(membership), [("trial", 0.0), ("convert", 82.5)])

    def test_suspended_counts_nothing(self):
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-28"):
            invoice = membership._renew().invoice_id
        with freeze_time("2026-03-01"):
            membership._follow_up()
        with freeze_time("2026-03-09"):
            membership._follow_up()
            self._assert_adds_up(membership)
            self._pay(invoice)
            self._assert_adds_up(membership)
        self.assertEqual(
            self._story(membership), [("new", 99.0), ("past_due", 0.0), ("suspend", -99.0), ("paid", 99.0)]
        )

    def test_history_is_kept(self):
        with self.assertRaisesRegex(UserError, "never deleted"):
            self._sell(self.monthly).log_ids.unlink()
