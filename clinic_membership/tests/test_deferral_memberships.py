from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_deferral import DeferralCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-01 10:00:00")
class TestDeferralMemberships(DeferralCommon):
    """Quarterly and annual memberships are earned by day and posted monthly, whatever happens to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deferred = cls.company.clinic_deferred_account_id
        cls.annual = cls.monthly.copy({"name": "Gold annual", "list_price": 3650, "billing_interval": "annual"})
        cls.quarterly = cls.monthly.copy({"name": "Gold quarterly", "list_price": 270, "billing_interval": "quarterly"})
        cls.plan_income = cls.monthly.product_tmpl_id._get_product_accounts()["income"]

    def _post_months(self, day):
        with freeze_time(day):
            records = self.env["clinic.deferral"]
            records.search(records._today_domain(records._due_domain))._recognize()

    def _left(self, day=None):
        return self._balance(self.deferred, day)

    def _deferrals(self):
        """Those of this company: committed tests leave theirs in the database."""
        return self.env["clinic.deferral"].search([("company_id", "=", self.company.id)])

    def test_annual_by_day(self):
        before = self._balance(self.plan_income)
        self._sell(self.annual)
        self.assertEqual((self._left(), self._balance(self.plan_income)), (3650, before))
        self._post_months("2026-03-01")
        moves = self._deferrals().posting_ids.move_id.sorted("date")
        self.assertEqual(moves.mapped("date"), [date(2026, 1, 31), date(2026, 2, 28)])
        self.assertEqual(self._left(), 3650 - 310 - 280)
        self._post_months("2026-03-01")
        self.assertEqual(self._left(), 3060, "once")
        self._post_months("2027-01-02")
        self.assertEqual(self._left(), 0)
        self.assertAlmostEqual(self._balance(self.plan_income) - before, 3650)
        self.assertFalse(self._deferrals().filtered("post_on"))

    def test_monthly_is_income_at_once(self):
        before = self._balance(self.plan_income)
        self._sell(self.monthly)
        self.assertEqual((self._left(), self._balance(self.plan_income) - before), (0, 99))

    def test_renewals_together(self):
        """Renewals are posted in a batch; each line is spread over its own period."""
        memberships = self._sell(self.quarterly)
        memberships |= self._sell(self.quarterly, partner=self.env["res.partner"].create({"name": "Other"}))
        with freeze_time("2026-04-01"):
            memberships._renew()
        self._post_months("2026-05-01")
        self.assertEqual(self._left(), 1080 - 540 - 2 * round(270 * 30 / 91, 2))

    def test_another_plan_of_the_same_interval(self):
        """Half a year on: the rest of the old is given back, the rest of the new is earned from then on."""
        better = self.annual.copy({"name": "Platinum annual", "list_price": 7300})
        membership = self._sell(self.annual)
        with freeze_time("2026-07-02"):
            membership._change_plan(better)
            self._pay(membership.period_ids.adjustment_ids)
        self._post_months("2026-08-01")
        self.assertEqual(self._left(), 153 * 20, "the days from August on, at the new price")
        self._post_months("2027-01-02")
        self.assertEqual(self._left(), 0)

    def test_another_interval(self):
        """What was earned of the year stays earned; the rest is credited and gone."""
        before = self._balance(self.plan_income)
        membership = self._sell(self.annual)
        with freeze_time("2026-07-02"):
            change = membership._change_plan(self.monthly)
        self.assertEqual(change.credit, 1830)
        self._post_months("2026-08-01")
        self.assertEqual(self._left(), 0)
        self.assertAlmostEqual(self._balance(self.plan_income) - before, 3650 - 1830 + 99)

    def test_shares_are_spread_over_the_period(self):
        """Whoever pays, and however late the run was, the days are those of the period."""
        aunt = self.env["res.partner"].create({"name": "Aunt"})
        membership = self._sell(self.quarterly)
        shares = [Command.create({"partner_id": partner.id}) for partner in (self.patient, aunt)]
        membership.write({"billing_split": "equal", "payer_ids": shares})
        with freeze_time("2026-04-20"):
            membership._renew()
        self._post_months("2026-05-01")
        self.assertAlmostEqual(self._left(), 270 - 2 * round(135 * 30 / 91, 2))

    def test_another_interval_in_shares(self):
        aunt = self.env["res.partner"].create({"name": "Aunt"})
        membership = self._sell(self.annual)
        shares = [Command.create({"partner_id": partner.id}) for partner in (self.patient, aunt)]
        membership.write({"billing_split": "equal", "payer_ids": shares})
        with freeze_time("2026-07-02"):
            membership._change_plan(self.monthly)
        self._post_months("2026-08-01")
        self.assertEqual(self._left(), 0)

    def test_corrected_before_anything_was_earned(self):
        """Reset to draft, corrected and posted again; or deleted, as renewals may be."""
        membership = self._sell(self.quarterly)
        with freeze_time("2026-04-01"):
            period = membership._renew()
            invoice = period.invoice_id
            invoice.button_draft()
            invoice.invoice_line_ids.price_unit = 182
            invoice.action_post()
        self.assertEqual(self.env["clinic.deferral"].search([("move_id", "=", invoice.id)]).mapped("amount"), [182])
        with freeze_time("2026-04-02"):
            invoice.button_draft()
            invoice.with_context(force_delete=True).unlink()
            period._bill()
        self._post_months("2026-05-01")
        self.assertAlmostEqual(self._left(), 270 - round(270 * 30 / 91, 2))

    def test_corrected_after_months_were_earned(self):
        membership = self._sell(self.annual)
        self._post_months("2026-03-01")
        with self.assertRaisesRegex(UserError, "recognized already, month by month"):
            membership.period_ids.invoice_id.button_draft()
        self.assertEqual(membership.period_ids.invoice_id.state, "posted")

    def test_pause_earns_nothing(self):
        membership = self._sell(self.quarterly)
        with freeze_time("2026-02-01"):
            membership._pause(1)
        self._post_months("2026-03-01")
        self.assertEqual(self._left(), 270 - 93, "31 of 90 days, then the pause")
        with freeze_time("2026-03-01"):
            membership._resume()
        self._post_months("2026-05-01")
        self.assertEqual(membership.period_ids.date_end, date(2026, 4, 28))
        self.assertEqual(self._left(), 0)

    def test_cancelled_at_once(self):
        """Benefits are over, and nothing is owed any more: the rest is income of that month."""
        membership = self._sell(self.annual)
        with freeze_time("2026-02-10"):
            membership._cancel(self.reason, immediate=True)
        self._post_months("2026-03-01")
        self.assertEqual(self._left(), 0)

    def test_credit_note_in_the_middle(self):
        """Half of the year's price is given back after half a year: nothing is left to be earned of it."""
        membership = self._sell(self.annual)
        with freeze_time("2026-07-02"):
            note = membership.period_ids.invoice_id._reverse_moves([{"invoice_date": date(2026, 7, 2)}])
            note.invoice_line_ids.price_unit = 1830
            note.action_post()
        self._post_months("2027-01-02")
        self.assertEqual(self._left(), 0)
        self.assertEqual(sum(self._deferrals().mapped("left")), 0)

    def test_sold_and_not_started(self):
        """Nothing is earned before the first day; the month of the start has its days."""
        self._sell(self.annual, clinic_start_date=date(2026, 3, 1))
        self._post_months("2026-02-01")
        self.assertEqual(self._left(), 3650)
        with freeze_time("2026-03-01"):
            self.patient.clinic_membership_ids._activate()
        self._post_months("2026-04-01")
        self.assertEqual(self._left(), 3650 - 310)

    def test_locked_month(self):
        self._sell(self.annual)
        self.company.fiscalyear_lock_date = date(2026, 1, 31)
        self._post_months("2026-02-10")
        posting = self._deferrals().posting_ids
        self.assertEqual((posting.date, posting.amount), (date(2026, 2, 1), 310))

    def test_taxes_stay_where_they_are(self):
        membership = self._sell(self.annual)
        lines = membership.period_ids.invoice_id.line_ids
        self.assertEqual(
            lines.filtered(lambda line: line.account_id == self.deferred).mapped("display_type"), ["product"]
        )
        self.assertEqual(self.annual.taxes_id, self.tax)
        self.assertTrue(lines.filtered("tax_line_id"))
