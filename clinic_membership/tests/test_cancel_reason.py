from ast import literal_eval

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestCancelReason(ClinicCommon):
    """Why members leave: the question to ask, and what they answered."""

    def _listed(self, user):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_cancellation_action")
        return self.env["clinic.membership"].with_user(user).search(literal_eval(action["domain"]))

    def test_question_of_a_reason(self):
        with Form(
            self.env["clinic.cancel.reason"].with_user(self.manager), "clinic_membership.clinic_cancel_reason_view_list"
        ) as form:
            form.name = "Found another clinic"
            form.question = "What do they offer that we do not?"
            form.note_required = True
        self.assertRecordValues(
            form.record, [{"question": "What do they offer that we do not?", "note_required": True, "active": True}]
        )
        with self.assertRaises(AccessError):
            form.record.with_user(self.receptionist).question = "Why?"

    def test_question_is_translated(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.reason.with_context(lang="fr_FR").question = "Pourquoi ?"
        self.assertEqual(self.reason.with_context(lang="en_US").question, "What is the reason?")

    def test_reasons_that_come_along_ask(self):
        reasons = self.env["clinic.cancel.reason"].search([]) - self.env.ref("clinic_membership.cancel_reason_payment")
        self.assertTrue(all(reasons.mapped("question")))

    def test_who_is_listed(self):
        people = self.env["res.partner"].create([{"name": name} for name in ("Ben", "Cy", "Di", "Eve")])
        ann = self._sell(self.monthly)
        gone, stays, never, undone = [
            self._sell(self.monthly, partner=person, paid=person.name != "Di") for person in people
        ]
        ann.sudo()._cancel(self.reason, "Too far to drive")
        gone._cancel(self.reason, immediate=True)
        never._cancel(self.reason)
        undone._cancel(self.reason)
        undone._undo_cancel()
        listed = self._listed(self.receptionist)
        self.assertEqual(listed & (ann | gone | stays | never | undone), ann | gone)
        self.assertEqual(ann.cancel_note, "Too far to drive")

    def test_trial_that_ended_without_a_card_is_listed(self):
        self.company.clinic_trial_end = "cancel"
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30)
        membership = self._sell(tier.plan_ids.product_variant_id)
        with freeze_time("2026-03-02"):
            membership._renew()
        self.assertEqual(membership.state, "cancelled")
        self.assertIn(membership, self._listed(self.receptionist))

    def test_by_reason_tier_and_month(self):
        self._sell(self.monthly)._cancel(self.reason)
        groups = self._listed(self.manager)._read_group(
            [("partner_id", "=", self.patient.id)],
            ["cancel_reason_id", "tier_id", "cancelled_on:month"],
            ["__count", "monthly_value:sum"],
        )
        self.assertEqual(
            [(group[0], group[1], group[3], group[4]) for group in groups], [(self.reason, self.gold, 1, 99)]
        )
