from datetime import date

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-01 10:00:00")
class TestPackageRemind(ClinicCommon):
    """Patients hear of units that end soon: 30, 14 and 3 days before, each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = cls._sell(cls.six_pack)

    def _run(self, day):
        with freeze_time(day):
            packages = self.package.filtered_domain(self.package._today_domain(self.package._remind_domain))
            packages._remind()
            return len(packages)

    def test_on_each_of_the_days_once(self):
        self.assertEqual(self.package.expires_on, date(2026, 12, 31))
        days = ["2026-11-30", "2026-12-01", "2026-12-02", "2026-12-17", "2026-12-18", "2026-12-28", "2026-12-31"]
        self.assertEqual([self._run(day) for day in days], [0, 1, 0, 1, 0, 1, 0])
        mails = self.env["mail.mail"].search([("model", "=", "clinic.package"), ("res_id", "=", self.package.id)])
        self.assertEqual(len(mails), 3)
        self.assertEqual(mails.recipient_ids, self.patient)
        self.assertIn("until", mails[0].subject)

    def test_after_missed_runs_only_the_last(self):
        self.assertEqual([self._run(day) for day in ("2026-12-20", "2026-12-21", "2026-12-29")], [1, 0, 1])

    def test_a_later_last_day_has_its_own(self):
        self._run("2026-12-01")
        with freeze_time("2026-12-02"):
            self.package.grant_ids.with_user(self.manager).sudo()._extend(date(2027, 1, 20), "Was ill")
            self.assertEqual(self.package.expires_on, date(2027, 1, 20))
        self.assertEqual([self._run(day) for day in ("2026-12-10", "2026-12-21")], [0, 1])

    def test_nothing_to_say(self):
        self.patient.email = False
        self.assertEqual(self._run("2026-12-01"), 0)
        self.patient.email = "ann@example.com"
        self.company.clinic_tell_members = False
        self.assertEqual(self._run("2026-12-01"), 0)
        self.company.write({"clinic_tell_members": True, "clinic_package_reminder_days": ""})
        self.assertEqual(self._run("2026-12-01"), 0)
        self.company.clinic_package_reminder_days = "30"
        self._redeem(6)
        self.assertEqual(self._run("2026-12-01"), 0)

    def _reminder(self):
        """The text of the reminder."""
        with freeze_time("2026-12-01"):
            self.package._remind()
        mails = self.env["mail.mail"].search([("model", "=", "clinic.package"), ("res_id", "=", self.package.id)])
        return mails[0].body_html.replace("\xa0", " ")

    def test_units_that_are_given_away_are_not_reminded_of(self):
        """Four are in a code for somebody else: two are left to use; with all six there is nothing to say."""
        self.six_pack.product_tmpl_id.transferable = True
        self.package.transferable = True
        self.package._give("transfer", {self.package.grant_ids: 4}, recipient_email="bob@example.com")
        self.assertEqual(self.package.units_free, 2)
        self.package._give("transfer", {self.package.grant_ids: 2}, recipient_email="bob@example.com")
        mails = [("model", "=", "clinic.package"), ("res_id", "=", self.package.id)]
        before = self.env["mail.mail"].search_count(mails)
        self.assertEqual(self._run("2026-12-01"), 1)
        self.assertEqual(self.env["mail.mail"].search_count(mails), before)

    def test_offers_more_time_and_a_membership(self):
        self.env.ref("clinic_membership.product_package_extension").taxes_id = self.tax
        self.package.extension_fee = 20
        self._redeem()
        text = self._reminder()
        self.assertIn("We can extend it for $ 23.00.", text)
        self.assertIn("$ 402.50 of what is left then counts towards it.", text)

    def test_offers_what_the_clinic_offers(self):
        self.assertIn("We can extend it free of charge.", self._reminder())
        self.company.clinic_offer_extension = False
        self._redeem(5)
        text = self._reminder()
        self.assertNotIn("We can extend it", text)
        self.assertNotIn("start a membership", text, "the used units come to what was paid")
        self.assertNotIn("answer this e-mail", text)

    def test_no_membership_to_offer(self):
        self.assertTrue(self.package.roll_offer)
        self.company.clinic_offer_roll = False
        self.assertFalse(self.package.roll_offer)
        self.company.clinic_offer_roll = True
        self.env["product.product"].search([("service_tracking", "=", "membership")]).sale_ok = False
        self.env.invalidate_all()
        self.assertFalse(self.package.roll_offer)

    def test_days_must_be_readable(self):
        for wrong in ("30; 14", "soon", "0"):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, "whole numbers"):
                self.company.clinic_package_reminder_days = wrong
