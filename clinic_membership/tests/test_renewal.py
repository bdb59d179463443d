from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestRenewal(ClinicCommon):
    """Walk 2: a due membership becomes a period, an invoice and new units."""

    def _due(self, memberships, day):
        """The memberships that the scheduled action would renew on a day."""
        model = self.env["clinic.membership"]
        with freeze_time(day):
            domain = model._today_domain(model._due_domain)
            return memberships.filtered_domain(domain)

    def test_month_ends_come_from_the_anchor(self):
        membership = self._sell(self.monthly)
        for day in ("2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"):
            self.assertEqual(membership.next_renewal, fields.Date.to_date(day))
            self.assertFalse(self._due(membership, fields.Date.subtract(membership.next_renewal, days=1)))
            with freeze_time(day):
                self.assertEqual(self._due(membership, day), membership)
                membership._renew()
                self.assertFalse(self._due(membership, day))
        spans = membership.period_ids.sorted("date_start").mapped(lambda period: period._span())
        for earlier, later in zip(spans, spans[1:], strict=False):
            self.assertEqual(earlier.end, later.start)

    @freeze_time("2026-02-28")
    def test_one_native_invoice_a_period(self):
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
        period = membership._renew()
        invoice = period.invoice_id
        self.assertRecordValues(
            invoice,
            [
                {
                    "state": "posted",
                    "amount_total": 113.85,
                    "partner_id": self.patient.id,
                    "invoice_origin": membership.name,
                    "invoice_date_due": date(2026, 2, 28),
                }
            ],
        )
        self.assertEqual(invoice.invoice_line_ids.name, "Gold plan\n02/28/2026 – 03/30/2026")
        self.assertEqual(period.payment_state, "due")
        self.assertTrue(invoice.sending_data, "without a card the invoice is sent")
        self.assertTrue(membership.activity_ids)
        self.assertEqual(period.grant_ids.remaining, 2)

    def test_twice_is_once(self):
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-28"):
            membership._renew()
            with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
                membership.next_renewal = date(2026, 2, 28)
                membership._renew()
        self.assertEqual(len(membership.period_ids), 2)

    @freeze_time("2026-05-02")
    def test_missed_runs_catch_up_each_with_its_dates(self):
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
        periods = membership._renew()
        self.assertEqual(
            periods.mapped(lambda p: (p.date_start, p.date_end)),
            [
                (date(2026, 2, 28), date(2026, 3, 30)),
                (date(2026, 3, 31), date(2026, 4, 29)),
                (date(2026, 4, 30), date(2026, 5, 30)),
            ],
        )
        self.assertEqual(len(periods.invoice_id), 3)
        self.assertEqual(membership.next_renewal, date(2026, 5, 31))

    @freeze_time("2026-05-02")
    def test_missed_runs_bill_one(self):
        self.company.clinic_missed_periods = "one"
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
        self.assertEqual(membership._renew().date_start, date(2026, 4, 30))
        self.assertEqual(membership.next_renewal, date(2026, 5, 31))

    @freeze_time("2026-05-02")
    def test_missed_runs_are_forgiven(self):
        """The running period is free, with its units; the next one is charged."""
        self.company.clinic_missed_periods = "forgive"
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
        period = membership._renew()
        self.assertEqual((period.date_start, period.amount, period.payment_state), (date(2026, 4, 30), 0, "free"))
        self.assertEqual(self._left(), 2)
        with freeze_time("2026-05-31"):
            self.assertEqual(membership._renew().amount, 99)

    @freeze_time("2026-05-02")
    def test_a_run_on_the_day_has_missed_nothing(self):
        self.company.clinic_missed_periods = "forgive"
        with freeze_time("2026-04-02"):
            membership = self._sell(self.monthly)
        self.assertEqual(membership._renew().amount, 99)

    @freeze_time("2026-05-02")
    def test_bill_one_after_a_cancellation_in_the_missed_time(self):
        self.company.clinic_missed_periods = "one"
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
        with freeze_time("2026-02-10"):
            membership._cancel(self.reason)
            membership.no_charge_from = date(2026, 3, 31)
        self.assertFalse(membership._renew())
        self.assertEqual(membership.next_renewal, date(2026, 3, 31))
        membership._renew()
        self.assertEqual(membership.state, "cancelled")

    def test_an_annual_member_has_each_month_its_units(self):
        self.gold.plan_ids.billing_interval = "annual"
        membership = self._sell(self.monthly)
        months = membership.grant_ids.sorted("valid_from")
        self.assertEqual(months.mapped("granted"), [2] * 12)
        self.assertEqual(months[1].valid_from, date(2026, 2, 28))
        self.assertEqual(months[1].expires_on, date(2026, 3, 30))
        self.assertEqual(membership.usage_summary, "0 of 2 Facial used")
        with self.assertRaises(UserError) as caught:
            self._redeem(3)
        self.assertIn("has 2 of the 3", str(caught.exception))
        self.assertEqual(str(caught.exception).count("can be used from"), 1, "only the next month is mentioned")
        with freeze_time("2026-02-28"):
            membership.grant_ids._expire()
            membership.invalidate_recordset()
            self.assertEqual(membership.usage_summary, "0 of 2 Facial used")
        with freeze_time("2027-01-31"):
            membership._renew()
            self.assertEqual(len(membership.grant_ids), 24)
            self.assertEqual(months[-1].expires_on, date(2027, 1, 30))

    def test_units_of_the_billing_period(self):
        self.gold.plan_ids.billing_interval = "quarterly"
        self.gold.benefit_ids.per = "period"
        membership = self._sell(self.monthly)
        self.assertEqual(membership.grant_ids.expires_on, date(2026, 4, 29))

    def test_weekly_billing_gives_monthly_units_once_a_month(self):
        self.gold.plan_ids.billing_interval = "weekly"
        membership = self._sell(self.monthly)
        for day in ("2026-02-07", "2026-02-14", "2026-02-21", "2026-02-28"):
            with freeze_time(day):
                membership._renew()
        self.assertEqual(membership.grant_ids.mapped("valid_from"), [date(2026, 1, 31), date(2026, 2, 28)])

    def test_without_auto_renew_it_ends(self):
        self.gold.auto_renew = False
        membership = self._sell(self.monthly)
        self.assertEqual(membership.next_amount, 0)
        with freeze_time("2026-02-28"):
            self.assertFalse(membership._renew())
            self.assertEqual(membership.state, "ended")
            self.assertEqual(self._left(), 0)

    def test_unused_units_expire_with_the_period(self):
        membership = self._sell(self.monthly)
        first = membership.grant_ids
        with freeze_time("2026-02-28"):
            membership._renew()
            self.assertEqual(first.remaining, 0)
            self.assertEqual(first.entry_ids.sorted("id").mapped("kind"), ["grant", "expire"])
            self.assertEqual(self._left(), 2)

    def test_rollover(self):
        self.gold.write({"rollover_percent": 50, "rollover_cap": 1, "rollover_months": 3})
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-28"):
            membership._renew()
            carried = membership.grant_ids.filtered("source_grant_id")
            self.assertRecordValues(
                carried,
                [
                    {
                        "remaining": 1,
                        "valid_from": date(2026, 2, 28),
                        "expires_on": date(2026, 5, 27),
                        "kind": "allowance",
                    }
                ],
            )
            self.assertEqual(self._left(), 3)
        with freeze_time("2026-03-31"):
            membership._renew()
            self.assertEqual(len(membership.grant_ids.filtered("source_grant_id")), 1, "the cap holds")
            self.assertEqual(self._left(), 3)

    def test_credit_is_applied_before_anything_is_charged(self):
        membership = self._sell(self.monthly)
        self._credit(40)
        self._credit(100)
        with freeze_time("2026-02-28"):
            period = membership._renew()
        self.assertEqual(period.payment_state, "paid")
        self.assertFalse(period.charge_on)

    def test_partial_credit_leaves_the_rest_to_the_card(self):
        membership = self._sell(self.monthly)
        membership.payment_token_id = self._card(self.patient)
        self._credit(40)
        with freeze_time("2026-02-28"):
            period = membership._renew()
        self.assertAlmostEqual(period.invoice_id.amount_residual, 73.85)
        self.assertEqual(period.charge_on, date(2026, 2, 28))

    def _credit(self, amount):
        payment = self.env["account.payment"].create(
            {"amount": amount, "partner_id": self.patient.id, "journal_id": self.journal.id, "payment_type": "inbound"}
        )
        payment.action_post()

    def test_credit_of_another_patient_stays(self):
        membership = self._sell(self.monthly)
        other = self.env["res.partner"].create({"name": "Other"})
        self.env["account.payment"].create(
            {"amount": 500, "partner_id": other.id, "journal_id": self.journal.id, "payment_type": "inbound"}
        ).action_post()
        with freeze_time("2026-02-28"):
            self.assertEqual(membership._renew().payment_state, "due")

    def test_deleted_draft_invoice_is_billed_again(self):
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-28"):
            period = membership._renew()
            invoice = period.invoice_id
            invoice.button_draft()
            invoice.posted_before = False
            invoice.with_context(force_delete=True).unlink()
            self.assertEqual(period.payment_state, "draft")
            unbilled = period.filtered_domain(period._today_domain(period._unbilled_domain))
            self.assertEqual(unbilled, period)
            unbilled._bill()
            self.assertEqual(period.payment_state, "due")

    def test_one_bad_member_stops_nobody(self):
        partners = self.env["res.partner"].create([{"name": f"Patient {n}"} for n in range(5)])
        memberships = self.env["clinic.membership"].concat(
            *[self._sell(self.monthly, partner=partner) for partner in partners]
        )
        bad = memberships[2]
        bad.line_ids.product_id = self._no_account_product()
        with freeze_time("2026-02-28"), mute_logger("odoo.addons.clinic_membership.models.clinic_job"):
            memberships._work_safely("_renew")
            self.assertEqual(len((memberships - bad).period_ids), 8)
            self.assertEqual(len(bad.period_ids), 1)
            self.assertEqual(bad.failed_on, date(2026, 2, 28))
            self.assertIn("account", bad.failure)
            self.assertIn("Renewal failed", bad.activity_ids.mapped("summary"))
            self.assertFalse(self._due(bad, "2026-02-28"), "not tried again today")
            self.assertTrue(self._due(bad, "2026-03-01"))
            bad._work_safely("_renew")
            self.assertEqual(len(bad.activity_ids), 1, "one activity, however often it fails")
        with freeze_time("2026-03-01"):
            bad.line_ids.product_id = self.monthly
            bad._work_safely("_renew")
            self.assertFalse(bad.failure)
            self.assertNotIn("Renewal failed", bad.activity_ids.mapped("summary"))
            self.assertEqual(len(bad.period_ids), 2)

    def _no_account_product(self):
        """A plan that cannot be invoiced: its tax belongs to nobody's invoice."""
        product = self.monthly.copy({"name": "Broken"})
        account = self.env["account.account"].create(
            {"name": "Closed account", "code": "CLOSED", "account_type": "income"}
        )
        product.property_account_income_id = account
        account.active = False
        return product

    def test_renew_now_only_when_due(self):
        membership = self._sell(self.monthly)
        with self.assertRaisesRegex(UserError, "not due"):
            membership.action_renew_now()

    def test_scheduled_action_commits_chunks(self):
        """The cron itself: chunks, progress, nothing left, a second run changes nothing."""
        partners = self.env["res.partner"].create([{"name": f"Patient {n}"} for n in range(5)])
        for partner in partners:
            self._sell(self.monthly, partner=partner)
        cron = self.env.ref("clinic_membership.ir_cron_renew")
        chunks = []
        origin = type(self.env["clinic.membership"])._renew

        def renew(memberships):
            chunks.append(len(memberships))
            return origin(memberships)

        mine = self.env["clinic.membership"].search([("partner_id", "in", partners.ids)])
        with freeze_time("2026-02-28"), self.enter_registry_test_mode():
            with patch.object(type(mine), "_renew", renew):
                cron.method_direct_trigger()
            mine.invalidate_recordset()
            self.assertEqual(mine.mapped("next_renewal"), [date(2026, 3, 31)] * 5)
            periods = mine.period_ids
            cron.method_direct_trigger()
            mine.invalidate_recordset()
            self.assertEqual(mine.period_ids, periods)
        self.assertTrue(chunks)
