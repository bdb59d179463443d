from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestTrial(ClinicCommon):
    """A trial becomes a membership by itself, or ends, by the policy of the clinic."""

    def _trial(self, length=1, unit="month"):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=length, trial_unit=unit)
        return self._sell(tier.plan_ids.product_variant_id)

    def test_trial_converts_by_itself(self):
        membership = self._trial()
        self.assertEqual(membership.next_amount, 1138.5)
        with freeze_time("2026-02-28"):
            period = membership._renew()
            self.assertEqual((period.amount, period.date_end), (990, date(2027, 2, 27)))
            self.assertFalse(membership.in_trial)

    def test_units_of_a_trial_end_with_it(self):
        membership = self._trial(45, "day")
        spans = membership.grant_ids.sorted("valid_from").mapped(lambda grant: (grant.valid_from, grant.expires_on))
        self.assertEqual(spans, [(date(2026, 1, 31), date(2026, 2, 27)), (date(2026, 2, 28), date(2026, 3, 16))])
        with freeze_time("2026-03-17"):
            membership._renew()
            self.assertEqual(len(membership.grant_ids), 14)

    def test_a_trial_includes_what_its_plan_says(self):
        """One facial in the trial month, the tier's two from the first full month on; copied with the sale."""
        tier = self._tier("Tried", 0, 99, trial_length=1, trial_unit="month")
        tier.benefit_ids.quantity = 2
        plan = tier.plan_ids
        plan.trial_benefit_ids = [Command.create({"product_id": self.facial.id, "quantity": 1})]
        membership = self._sell(plan.product_variant_id)
        plan.trial_benefit_ids.quantity = 5
        self.assertEqual(self._left(), 1)
        self.assertIn("In the trial", dict(membership._agreement_in_words()))
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(self._left(), 2)
            self.assertEqual(membership.period_ids.sorted("date_start").grant_ids.mapped("granted"), [1, 2])

    def test_trial_without_a_card_is_cancelled_where_the_clinic_wants_it(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._trial()
        with freeze_time("2026-02-28"):
            self.assertFalse(membership._renew())
            self.assertEqual(membership.state, "cancelled")
            self.assertEqual(self._left(), 0)

    def test_trial_without_a_card_is_paused_until_there_is_one(self):
        self.company.clinic_trial_end = "pause"
        membership = self._trial()
        with freeze_time("2026-02-28"):
            self.assertFalse(membership._renew())
            self.assertEqual((membership.state, membership.pause_until), ("paused", date(2026, 3, 28)))
        with freeze_time("2026-03-28"):
            membership.payment_token_id = self._card(self.patient)
            membership._resume_when_due()
            self.assertEqual(membership._renew().amount, 990)

    def test_a_card_of_any_payer_is_a_way_to_pay(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._trial()
        mother = self.env["res.partner"].create({"name": "Mother"})
        payers = [
            Command.create({"partner_id": self.patient.id}),
            Command.create({"partner_id": mother.id, "payment_token_id": self._card(mother).id}),
        ]
        membership.write({"billing_split": "equal", "payer_ids": payers})
        with freeze_time("2026-02-28"):
            self.assertEqual(membership._renew().amount, 990)

    def test_a_free_first_year_needs_no_card(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._trial()
        membership.free_periods = 1
        with freeze_time("2026-02-28"):
            self.assertEqual(membership._renew().amount, 0)
            self.assertEqual(membership.state, "active")

    def test_a_pause_for_want_of_a_card_is_none_of_the_member_s(self):
        self.company.write({"clinic_trial_end": "pause", "clinic_pauses_per_year": 1})
        membership = self._trial()
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(membership.state, "paused")
        with freeze_time("2026-03-28"):
            membership.payment_token_id = self._card(self.patient)
            membership._resume_when_due()
            membership._renew()
            membership._pause(1)
            self.assertEqual(membership.state, "paused")

    def test_the_policy_of_the_sale_holds(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._trial()
        self.company.clinic_trial_end = "invoice"
        with freeze_time("2026-02-28"):
            self.assertFalse(membership._renew())

    def test_trial_with_a_card_goes_on_whatever_the_policy(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._trial()
        membership.payment_token_id = self._card(self.patient)
        with freeze_time("2026-02-28"):
            self.assertEqual(membership._renew().amount, 990)
