from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon

WHY = "We were closed for a week"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestExtend(ClinicCommon):
    """A later last day: for whom, from when to when, who and why is kept, and nothing is made from nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_pack.write({"validity_length": 1, "validity_unit": "month"})
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
            cls._redeem()
            cls.package = cls._sell(cls.six_pack)

    def _wizard(self, record, **values):
        """The wizard as its button opens it, for a manager."""
        context = record.with_user(self.manager).action_extend()["context"]
        wizard = self.env["clinic.extend"].with_user(self.manager).with_context(**context)
        return wizard.create({"reason": WHY, **values})

    def _expire(self):
        grants = self.env["clinic.grant"].search([("partner_id", "=", self.patient.id), ("remaining", ">", 0)])
        grants._expire()

    # === a membership === #

    def test_membership(self):
        wizard = self._wizard(self.membership, until=date(2026, 3, 10))
        self.assertIn("ends on 03/10/2026 instead of 02/27/2026; nothing is charged", wizard.preview)
        self.assertIn("next renewal is on 03/11/2026 instead of 02/28/2026", wizard.preview)
        self.assertIn("1 Facial can be used until then", wizard.preview)
        wizard.action_confirm()
        self.assertEqual(self.membership.next_renewal, date(2026, 3, 11))
        self.assertEqual(self.membership.period_ids.date_end, date(2026, 3, 10))
        self.assertEqual(self.membership.grant_ids.expires_on, date(2026, 3, 10))
        with freeze_time("2026-03-10"):
            self.assertFalse(
                self.membership.filtered_domain(self.membership._today_domain(self.membership._due_domain))
            )
            self.assertEqual(self.membership.usage_summary, "1 of 2 Facial used")
            self._redeem(day=date(2026, 3, 10))
        with freeze_time("2026-04-11"):
            periods = self.membership._renew()
        self.assertEqual(periods.mapped("date_start"), [date(2026, 3, 11), date(2026, 4, 11)])
        self.assertEqual(len(self.membership.period_ids.invoice_id), 3, "nothing was charged for the extension")

    def test_kept_for_the_auditor(self):
        self._wizard(self.membership, until=date(2026, 3, 10)).action_confirm()
        self.assertRecordValues(
            self.membership.extension_ids.sorted("id"),
            [
                {
                    "grant_id": grant.id,
                    "old_date": date(2026, 2, 27),
                    "new_date": date(2026, 3, 10),
                    "date": date(2026, 2, 10),
                    "user_id": self.manager.id,
                    "reason": WHY,
                    "units_back": 0,
                }
                for grant in (self.env["clinic.grant"], self.membership.grant_ids)
            ],
        )
        log = self.membership.log_ids.filtered(lambda entry: entry.event == "extend")
        self.assertEqual((log.note, log.monthly_change), (f"02/27/2026 → 03/10/2026: {WHY}", 0))
        self.assertIn(WHY, "".join(self.membership.message_ids.mapped("body")))
        with self.assertRaisesRegex(UserError, "never changed"):
            self.membership.extension_ids.write({"reason": "Another"})
        with self.assertRaisesRegex(UserError, "never deleted"):
            self.membership.extension_ids.unlink()

    def test_trial_is_longer_and_converts_once(self):
        tier = self._tier("Try", 0, 99, trial_length=14, trial_unit="day", trial_price=0, rank=3)
        friend = self.env["res.partner"].create({"name": "Bob", "email": "bob@example.com"})
        trial = self._sell(tier.plan_ids.product_variant_id, partner=friend)
        self._wizard(trial, until=date(2026, 2, 28)).action_confirm()
        self.assertTrue(trial.in_trial)
        with freeze_time("2026-03-01"):
            self.assertEqual(trial._renew().date_start, date(2026, 3, 1))
            self._wizard(trial, until=date(2026, 4, 9)).action_confirm()
        with freeze_time("2026-04-10"):
            trial._renew()
        self.assertEqual(trial.log_ids.mapped("event").count("convert"), 1)

    def test_price_campaign_follows(self):
        campaign = self.env["clinic.price.campaign"].create(
            {
                "name": "More",
                "domain": f"[('id', '=', {self.membership.id})]",
                "date": date(2026, 3, 30),
                "template_id": False,
            }
        )
        campaign.action_load()
        campaign.action_start()
        self.assertEqual(campaign.line_ids.effective_date, date(2026, 3, 31))
        self._wizard(self.membership, until=date(2026, 3, 31)).action_confirm()
        self.assertEqual(campaign.line_ids.effective_date, date(2026, 4, 1))

    def test_membership_refusals(self):
        for until, why in (
            (date(2026, 2, 9), "02/09/2026 is in the past"),
            (date(2026, 2, 27), "lasts until 02/27/2026 already"),
            (date(9999, 12, 31), "more than 10 years away"),
        ):
            wizard = self._wizard(self.membership, until=until)
            self.assertIn(why, wizard.problem)
            with self.assertRaisesRegex(UserError, why):
                wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "Give the reason"):
            self._wizard(self.membership, until=date(2026, 3, 1), reason=" ").action_confirm()
        with self.assertRaisesRegex(UserError, "Choose the new last day"):
            self._wizard(self.membership).action_confirm()
        self._wizard(self.membership, until=date(2026, 3, 1)).action_confirm()
        with self.assertRaisesRegex(UserError, "lasts until 03/01/2026 already"):
            self._wizard(self.membership, until=date(2026, 3, 1)).action_confirm()

    def _assert_refused(self, record, why):
        with self.assertRaisesRegex(UserError, why):
            self._wizard(record, until=date(2026, 6, 1)).action_confirm()

    def test_blocked_states(self):
        membership, units = self.membership, self.membership.grant_ids
        membership._pause(1, at_renewal=True)
        self._assert_refused(membership, "forget it first")
        membership._cancel_planned_pause()
        membership._pause(1)
        self._assert_refused(membership, "resume it first")
        self._assert_refused(units, "Resume it first")
        membership._resume()
        with freeze_time("2026-02-28"):
            self._assert_refused(membership, "renew it first")
            membership._renew()
        with freeze_time("2026-03-01"):
            membership._follow_up()
        with freeze_time("2026-03-10"):
            membership._follow_up()
            self._assert_refused(membership, "collect what is overdue")
            self._assert_refused(membership.grant_ids, "Collect what is overdue")
            self._pay(membership.period_ids.invoice_id.filtered("amount_residual"))
            membership._cancel(self.reason)
            self._assert_refused(membership, "take the cancellation back first")
            membership._undo_cancel()
            membership._cancel(self.reason, immediate=True)
            self._assert_refused(membership, "has ended")
            self._assert_refused(membership.grant_ids, "has ended")

    # === units === #

    def test_package(self):
        wizard = self._wizard(self.package, until=date(2026, 4, 30))
        shown = "6 Facial: until 04/30/2026 instead of 02/27/2026.\nA courtesy: nothing is charged."
        self.assertEqual(wizard.preview, shown)
        wizard.action_confirm()
        self.assertEqual(self.package.expires_on, date(2026, 4, 30))
        with freeze_time("2026-04-30"):
            self._expire()
            self.assertEqual(self.package.units_left, 6)
        with freeze_time("2026-05-01"):
            self._expire()
            self.assertEqual((self.package.units_left, self.package.state), (0, "expired"))
        self.assertIn(f"6 Facial until 04/30/2026: {WHY}", "".join(self.package.message_ids.mapped("body")))

    def test_expired_package_is_given_back_once(self):
        redemption = self._redeem(2, preferred=self.package.grant_ids)
        value = self.package.value_left
        with freeze_time("2026-03-15"):
            self._expire()
            self.assertEqual((self.package.state, self.package.value_left), ("expired", 0))
            wizard = self._wizard(self.package, until=date(2026, 4, 30))
            self.assertIn("4 of them had expired and are given back", wizard.preview)
            wizard.action_confirm()
        grant = self.package.grant_ids
        self.assertEqual((grant.remaining, grant.used, grant.granted), (4, 2, 6))
        self.assertEqual((self.package.state, self.package.value_left), ("active", value))
        back = grant.entry_ids.filtered(lambda entry: entry.kind == "reverse")
        self.assertRecordValues(back, [{"quantity": 4, "note": WHY, "date": date(2026, 3, 15)}])
        self.assertEqual(back.reverses_id.kind, "expire")
        self.assertEqual(self.package.extension_ids.units_back, 4)
        with freeze_time("2026-03-16"):
            self._wizard(self.package, until=date(2026, 5, 31)).action_confirm()
            self.assertEqual(grant.remaining, 4, "extended again, nothing comes back twice")
            redemption._undo()
            self._redeem(6, preferred=grant)
            self.assertEqual(self.package.state, "used", "what expired came back and was used")
            self._assert_refused(self.package, "no units that could be extended")

    def test_given_back_expires_again(self):
        for expired, until in (("2026-03-15", date(2026, 4, 30)), ("2026-05-01", date(2026, 6, 30))):
            with freeze_time(expired):
                self._expire()
                self._wizard(self.package, until=until).action_confirm()
                self.assertEqual(self.package.units_left, 6)
        kinds = self.package.grant_ids.entry_ids.mapped("kind")
        self.assertEqual((kinds.count("expire"), kinds.count("reverse")), (2, 2))

    def test_single_units_of_a_membership(self):
        with freeze_time("2026-03-05"):
            self.membership._renew()
            expired = self.membership.grant_ids.filtered(lambda grant: not grant.remaining)
            self.assertEqual(expired._units_expired(), 1)
            self._wizard(expired, until=date(2026, 3, 20)).action_confirm()
            self.assertEqual(expired.remaining, 1)
            self.assertEqual(self.membership.next_renewal, date(2026, 3, 31), "the membership is not moved")
            self.assertIn("1 Facial until 03/20/2026", self.membership.log_ids[0].note)

    def test_wizard_offers_what_can_be_extended(self):
        form = Form(
            self.env["clinic.extend"]
            .with_user(self.manager)
            .with_context(**self.membership.with_user(self.manager).action_extend()["context"])
        )
        form.what = "units"
        form.until = date(2026, 3, 20)
        form.reason = WHY
        self.assertEqual(form.preview, "1 Facial: until 03/20/2026 instead of 02/27/2026.")
        form.save().action_confirm()
        self.assertEqual(self.membership.next_renewal, date(2026, 2, 28))
        self.assertEqual(self.membership.grant_ids.expires_on, date(2026, 3, 20))

    def test_units_refusals(self):
        grant = self.package.grant_ids
        with self.assertRaisesRegex(UserError, "lasts until 02/27/2026 already"):
            self._wizard(grant, until=date(2026, 2, 20)).action_confirm()
        with self.assertRaisesRegex(UserError, "in the past"):
            self._wizard(grant, until=date(2026, 2, 1)).action_confirm()
        self._redeem(6, preferred=grant)
        self._assert_refused(grant, "nothing is left")
        grant.expires_on = False
        self._assert_refused(grant, "never expire")

    def test_cancelled_package(self):
        self.package.sudo()._cancel()
        self._assert_refused(self.package.grant_ids, "package is cancelled")

    # === who may === #

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.env["clinic.extend"].with_user(self.receptionist).create(
                {"what": "membership", "membership_id": self.membership.id, "until": date(2026, 3, 10), "reason": WHY}
            )
        self._wizard(self.membership, until=date(2026, 3, 10)).action_confirm()
        self.membership.extension_ids.with_user(self.receptionist).check_access("read")
        for user in (self.receptionist, self.manager):
            for operation in ("write", "create", "unlink"):
                with self.assertRaises(AccessError):
                    self.membership.extension_ids.with_user(user).check_access(operation)

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        values = {"until": date(2026, 3, 10), "reason": WHY}
        for target in (
            {"what": "membership", "membership_id": self.membership.id},
            {"what": "units", "grant_ids": [Command.set(self.package.grant_ids.ids)]},
        ):
            with self.assertRaises(AccessError):
                self.env["clinic.extend"].with_user(user).create({**values, **target}).action_confirm()
        self.assertEqual(self.membership.next_renewal, date(2026, 2, 28))
