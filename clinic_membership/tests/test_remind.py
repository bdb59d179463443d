from datetime import date

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestRemind(ClinicCommon):
    """Members are reminded before they are charged, once for each renewal."""

    def _remind(self, day):
        """The scheduled action on a day.

        :return: the subjects of the e-mails that it wrote
        """
        before = self.env["mail.mail"].search([])
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_remind").method_direct_trigger()
        self.env.invalidate_all()
        self.mails = self.env["mail.mail"].search([]) - before
        return self.mails.sorted("id").mapped("subject")

    def _body(self):
        return " ".join(self.mails.body_html.split())

    def _trial(self, **values):
        return self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30, **values).plan_ids

    def test_two_weeks_before_and_once(self):
        membership = self._sell(self.monthly)
        self.assertEqual(membership.next_renewal, date(2026, 2, 28))
        self.assertFalse(self._remind("2026-02-13"))
        self.assertEqual(self._remind("2026-02-14"), ["Your Gold membership renews soon"])
        self.assertEqual(self.mails.recipient_ids, self.patient)
        self.assertIn("renews on <strong>02/28/2026</strong> at <strong>$ 113.85</strong>", self._body())
        self.assertIn("We send you the invoice on that day, with a link", self._body())
        self.assertEqual(membership.reminded_for, date(2026, 2, 28))
        for day in ("2026-02-14", "2026-02-15", "2026-02-27"):
            self.assertFalse(self._remind(day))
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertFalse(self._remind("2026-03-16"))
        self.assertEqual(len(self._remind("2026-03-17")), 1, "the renewal of 31 March is another one")

    def test_late_run_reminds_until_the_day_before(self):
        self._sell(self.monthly)
        self.assertEqual(len(self._remind("2026-02-27")), 1)

    def test_not_on_the_day_itself(self):
        self._sell(self.monthly)
        self.assertFalse(self._remind("2026-02-28"), "the invoice speaks for itself")

    def test_card(self):
        membership = self._sell(self.monthly)
        membership.payment_token_id = self._card(self.patient)
        self._remind("2026-02-14")
        self.assertIn(f"We charge your card {membership.payment_token_id.display_name} on that day", self._body())

    def test_trial_converts(self):
        self._sell(self._trial().product_variant_id)
        self.assertEqual(self._remind("2026-02-16"), ["Your Annual trial ends soon"])
        self.assertIn("ends on 03/01/2026. On <strong>03/02/2026</strong> it becomes the full membership", self._body())
        self.assertIn("at <strong>$ 1,138.50</strong>", self._body())
        self.assertIn("cancel before 03/02/2026: answer this e-mail", self._body())

    def test_trial_without_a_card_goes_the_clinics_way(self):
        self.company.clinic_trial_end = "pause"
        self._sell(self._trial().product_variant_id)
        self._remind("2026-02-16")
        self.assertIn("Without one your membership is paused on that day", self._body())

    def test_trial_that_ends_without_a_card(self):
        self.company.clinic_trial_end = "cancel"
        membership = self._sell(self._trial().product_variant_id)
        self.assertEqual(self._remind("2026-02-16"), ["Your Annual membership ends soon"])
        self.assertIn("give us a card before that day", self._body())
        membership.payment_token_id = self._card(self.patient)
        membership.reminded_for = False
        self.assertEqual(self._remind("2026-02-16"), ["Your Annual trial ends soon"])

    def test_trial_is_cancelled_without_notice(self):
        """As the e-mail says, and the agreement: nothing is charged, whatever the notice period."""
        membership = self._sell(self._trial(notice_days=30).product_variant_id)
        with freeze_time("2026-02-28"):
            membership._cancel(self.reason)
        self.assertEqual(membership.no_charge_from, date(2026, 3, 2))
        with freeze_time("2026-03-02"):
            membership._renew()
        self.assertEqual(membership.state, "cancelled")

    def test_does_not_renew_to_its_end(self):
        tier = self._tier("Once", 0, 99, auto_renew=False)
        membership = self._sell(tier.plan_ids.product_variant_id)
        self.assertEqual((membership.next_amount, membership.will_renew), (0, False))
        self.assertEqual(self._remind("2026-02-14"), ["Your Once membership ends soon"])
        self.assertIn("ends on <strong>02/27/2026</strong>. Nothing more is charged", self._body())
        self.assertIn("To go on, just answer", self._body())
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertEqual(membership.state, "ended")
        self.assertEqual(len(membership.period_ids), 1)
        self.assertFalse(membership.grant_ids.filtered("remaining"))
        mine = [("model", "=", "clinic.membership"), ("res_id", "=", membership.id)]
        self.assertEqual(
            self.env["mail.mail"].search(mine).sorted("id").mapped("subject"),
            ["Welcome to Once", "Your Once membership ends soon", "Your Once membership has ended"],
        )
        self.assertFalse(self._remind("2026-03-14"))

    def test_trial_of_one_that_does_not_renew_still_converts(self):
        self._sell(self._trial(auto_renew=False).product_variant_id)
        self.assertEqual(self._remind("2026-02-16"), ["Your Annual trial ends soon"])

    def _weekly(self, **values):
        return self._tier("Weekly", 0, 25, billing_interval="weekly", **values).plan_ids.product_variant_id

    def test_weekly_trial_ends(self):
        """Its renewals would be a weekly e-mail; the end of its trial comes once."""
        membership = self._sell(self._weekly(trial_length=30))
        self.assertFalse(self._remind("2026-02-15"))
        self.assertEqual(self._remind("2026-02-16"), ["Your Weekly trial ends soon"])
        self.assertFalse(self._remind("2026-02-17"))
        with freeze_time("2026-03-02"):
            membership._renew()
        for day in ("2026-03-03", "2026-03-08"):
            self.assertFalse(self._remind(day), "it renews from week to week")

    def test_weekly_trial_shorter_than_the_reminder(self):
        self._sell(self._weekly(trial_length=7))
        self.assertFalse(self._remind("2026-01-31"), "the welcome says it")
        self.assertEqual(self._remind("2026-02-01"), ["Your Weekly trial ends soon"])
        self.assertFalse(self._remind("2026-02-02"))

    def test_weekly_ends(self):
        membership = self._sell(self._weekly(auto_renew=False))
        self.assertEqual(membership.next_renewal, date(2026, 2, 7))
        self.assertEqual(self._remind("2026-02-01"), ["Your Weekly membership ends soon"])
        self.assertFalse(self._remind("2026-02-05"))

    def test_weekly_cancelled(self):
        """Who cancelled knows."""
        membership = self._sell(self._weekly(auto_renew=False))
        membership._cancel(self.reason)
        self.assertFalse(self._remind("2026-02-01"))

    def test_who_is_not_reminded(self):
        weekly = self._tier("Weekly", 0, 25, billing_interval="weekly").plan_ids.product_variant_id
        bob = self.env["res.partner"].create({"name": "Bob", "email": "bob@example.com"})
        cy, di = self.env["res.partner"].create([{"name": "Cy", "email": "cy@example.com"}, {"name": "Di"}])
        self._sell(weekly)
        self._sell(self.monthly, partner=bob)._cancel(self.reason)
        self._sell(self.monthly, partner=cy)._pause(1, at_renewal=True)
        silent = self._sell(self.monthly, partner=di)
        for day in ("2026-02-02", "2026-02-20"):
            self.assertFalse(self._remind(day))
        di.email = "di@example.com"
        self._remind("2026-02-21")
        self.assertEqual((self.mails.recipient_ids, silent.reminded_for), (di, date(2026, 2, 28)))

    def test_not_on_the_first_day(self):
        """A reminder of 45 days would otherwise come with the welcome."""
        self.company.clinic_reminder_days = 45
        self._sell(self.monthly)
        self.assertFalse(self._remind("2026-01-31"))
        self.assertEqual(len(self._remind("2026-02-01")), 1)

    def test_a_pause_moves_it(self):
        membership = self._sell(self.monthly)
        self.assertEqual(len(self._remind("2026-02-14")), 1)
        with freeze_time("2026-02-16"):
            membership._pause(1)
        self.assertFalse(self._remind("2026-02-20"))
        with freeze_time("2026-03-16"):
            membership._resume()
        self.assertEqual(membership.next_renewal, date(2026, 3, 28))
        self.assertEqual(len(self._remind("2026-03-16")), 1)
        self.assertEqual(membership.reminded_for, date(2026, 3, 28))
        self.assertFalse(self._remind("2026-03-17"))

    def test_an_extension_moves_it_by_days(self):
        membership = self._sell(self.monthly)
        self._remind("2026-02-14")
        with freeze_time("2026-02-15"):
            membership._extend(date(2026, 3, 4), "Closed for a week")
        self.assertFalse(self._remind("2026-02-18"))
        self.assertEqual(len(self._remind("2026-02-19")), 1)
        self.assertIn("03/05/2026", self._body())

    def test_cancelled_and_taken_back(self):
        membership = self._sell(self.monthly)
        self._remind("2026-02-14")
        with freeze_time("2026-02-15"):
            membership._cancel(self.reason)
            membership._undo_cancel()
        self.assertFalse(self._remind("2026-02-16"), "it is the same renewal")

    def test_days_are_the_clinics(self):
        self._sell(self.monthly)
        self.company.clinic_reminder_days = 3
        self.assertFalse(self._remind("2026-02-24"))
        self.assertEqual(len(self._remind("2026-02-25")), 1)

    def test_a_clinic_may_be_silent(self):
        self._sell(self.monthly)
        self.company.clinic_reminder_days = 0
        self.assertFalse(self._remind("2026-02-20"))
        self.company.write({"clinic_reminder_days": 14, "clinic_tell_members": False})
        self.assertFalse(self._remind("2026-02-20"))

    def test_payer_is_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("clinic_membership.mail_template_reminder")
        template.with_context(lang="fr_FR").subject = "Bientôt: {{ object.tier_id.name }}"
        parent = self.env["res.partner"].create({"name": "Eve", "email": "eve@example.com", "lang": "fr_FR"})
        self._sell(self.monthly).payer_id = parent
        self.assertEqual(self._remind("2026-02-14"), ["Bientôt: Gold"])
        self.assertEqual(self.mails.recipient_ids, parent)
        self.assertIn("28/02/2026", self._body())

    def test_each_company_has_its_days(self):
        membership = self._sell(self.monthly)
        other = self.env["res.company"].create({"name": "Second clinic", "clinic_reminder_days": 5, "clinic_tz": "UTC"})
        tier = self.env["clinic.membership.tier"].with_company(other).create({"name": "Theirs"})
        plan = self.monthly.copy({"company_id": other.id, "taxes_id": [], "membership_tier_id": tier.id})
        theirs = self._like(membership, self.patient, company_id=other.id, tier_id=tier.id, plan_id=plan.id)
        self._remind("2026-02-14")
        self.assertEqual((membership.reminded_for, theirs.reminded_for), (date(2026, 2, 28), False))
        self._remind("2026-02-22")
        self.assertFalse(theirs.reminded_for)
        self._remind("2026-02-23")
        self.assertEqual(theirs.reminded_for, date(2026, 2, 28))

    def _like(self, membership, partners, **values):
        """More memberships that renew on the day of this one."""
        same = {
            "tier_id": membership.tier_id.id,
            "plan_id": membership.plan_id.id,
            "state": "active",
            "anchor_date": membership.anchor_date,
            "next_renewal": membership.next_renewal,
        }
        return membership.create([{**same, "partner_id": partner.id, **values} for partner in partners])

    def test_many_cost_little_each(self):
        people = self.env["res.partner"].create(
            [{"name": f"P{number}", "email": f"p{number}@example.com"} for number in range(60)]
        )
        due = self._like(self._sell(self.monthly), people)
        self.env.flush_all()
        self.env.invalidate_all()
        with freeze_time("2026-02-14"):
            before = self.env.cr.sql_log_count
            due._remind()
            self.env.flush_all()
        self.assertEqual(self.env["mail.mail"].search_count([("recipient_ids", "in", people.ids)]), 60)
        self.assertLess(self.env.cr.sql_log_count - before, 60 * 4)

    @mute_logger("odoo.sql_db")
    def test_days_are_not_negative(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.company.clinic_reminder_days = -1
            self.env.flush_all()
