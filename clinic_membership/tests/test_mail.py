from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestMail(ClinicCommon):
    """Members are told what happens to their membership."""

    def _mails(self, membership):
        mails = self.env["mail.mail"].search([("model", "=", "clinic.membership"), ("res_id", "=", membership.id)])
        return mails.sorted("id")

    def test_a_member_is_told(self):
        platinum = self._tier("Platinum", 20, 199, rank=2)
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-10"):
            membership._change_plan(platinum.plan_ids.product_variant_id)
            membership._pause(1)
        with freeze_time("2026-02-20"):
            membership._resume()
            membership._cancel(self.reason)
        mails = self._mails(membership)
        self.assertEqual(
            mails.mapped("subject"),
            [
                "Welcome to Gold",
                "Your membership is now Platinum",
                "Your Platinum membership is paused",
                "Your Platinum membership goes on",
                "Your Platinum membership is cancelled",
            ],
        )
        self.assertEqual(mails.recipient_ids, self.patient)
        self.assertIn("renews on 02/28/2026 at", mails[0].body_html)
        self.assertIn("from 02/10/2026 and goes on by itself on 03/10/2026", mails[2].body_html)
        self.assertIn("use your benefits until 03/09/2026", mails[4].body_html)

    def test_what_is_planned_and_taken_back_is_told(self):
        platinum = self._tier("Platinum", 20, 199, rank=2)
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-10"):
            membership._schedule_change(platinum.plan_ids.product_variant_id)
            membership._forget_scheduled_change()
            membership._pause(1, at_renewal=True)
            membership._cancel_planned_pause()
            membership._cancel(self.reason)
            membership._undo_cancel()
        mails = self._mails(membership)[1:]
        self.assertEqual(
            mails.mapped("subject"),
            [
                "Your Gold membership will change",
                "Your Gold membership stays as it is",
                "Your Gold membership will be paused",
                "Your Gold membership stays as it is",
                "Your Gold membership is cancelled",
                "Your Gold membership goes on",
            ],
        )
        money = membership.currency_id.format(228.85)
        self.assertIn("Nothing is charged before 02/28/2026; then it is", mails[0].body_html)
        self.assertIn("Platinum plan", mails[0].body_html)
        self.assertIn(money.replace("\N{NO-BREAK SPACE}", ""), mails[0].body_html.replace("\N{NO-BREAK SPACE}", ""))
        self.assertIn("from 02/28/2026 and goes on by itself on 03/28/2026", mails[2].body_html)
        self.assertEqual(
            membership.log_ids.sorted("id").mapped("event")[1:],
            ["schedule", "unschedule", "pause_planned", "pause_forgotten", "cancel", "undo_cancel"],
        )

    def test_whose_membership_ends_at_once_is_told_once(self):
        membership = self._sell(self.monthly)
        membership._cancel(self.reason, immediate=True)
        self.assertEqual(self._mails(membership)[-1].subject, "Your Gold membership has ended")
        later = self._sell(self.monthly)
        later._cancel(self.reason)
        with freeze_time("2026-02-28"):
            later._renew()
        self.assertEqual(later.state, "cancelled")
        self.assertEqual(self._mails(later).mapped("subject")[-1], "Your Gold membership is cancelled")

    def test_who_is_invoiced_is_told(self):
        """A child's membership is the mother's to pay, and hers to know about."""
        mother = self.env["res.partner"].create({"name": "Eve", "email": "eve@example.com"})
        membership = self._sell(self.monthly)
        membership.payer_id = mother
        with freeze_time("2026-02-10"):
            membership._pause(1)
        self.assertEqual(self._mails(membership)[-1].recipient_ids, mother)

    def test_a_clinic_may_be_silent(self):
        self.company.clinic_tell_members = False
        self.assertFalse(self._mails(self._sell(self.monthly)))

    def test_nobody_to_write_to(self):
        other = self.env["res.partner"].create({"name": "No address"})
        self.assertFalse(self._mails(self._sell(self.monthly, partner=other)))

    def test_deleted_template(self):
        self.env.ref("clinic_membership.mail_template_welcome").unlink()
        self.assertFalse(self._mails(self._sell(self.monthly)))

    def test_renewals_are_silent(self):
        """The invoice speaks for itself."""
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertEqual(len(self._mails(membership)), 1)
