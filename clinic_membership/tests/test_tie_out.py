import base64
import io
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .test_deferral import DeferralCommon
from .test_package_follow import credit_by_hand


class TieOutCommon(DeferralCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deferred = cls.company.clinic_deferred_account_id
        cls.annual = cls.monthly.copy({"name": "Gold annual", "list_price": 3650, "billing_interval": "annual"})

    def _post_months(self, day):
        with freeze_time(day):
            records = self.env["clinic.deferral"]
            records.search(records._today_domain(records._due_domain))._recognize()

    def _report(self, day="2026-03-31", subject="memberships", user=None, **values):
        return (
            self.env["clinic.tie.out"]
            .with_user(user or self.manager)
            .create({"subject": subject, "date": day, "company_id": self.company.id, **values})
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-01-01 10:00:00")
class TestTieOut(TieOutCommon):
    """Deferred memberships against their account, the roll-forward of a span, what is behind a figure."""

    def test_memberships(self):
        self._sell(self.annual)
        self._post_months("2026-04-01")
        report = self._report()
        self.assertEqual((report.account_balance, report.unearned, report.difference), (2750, 2750, 0))
        report = self._report("2026-02-15")
        self.assertEqual((report.account_balance, report.unearned, report.difference), (3340, 3340, 0))

    def test_posted_later_as_the_month_was_locked(self):
        self._sell(self.annual)
        self.company.fiscalyear_lock_date = date(2026, 1, 31)
        self._post_months("2026-02-10")
        report = self._report("2026-01-31")
        self.assertEqual((report.account_balance, report.unearned, report.posted_later), (3650, 3340, 310))
        self.assertEqual(report.difference, 0)
        lines = self.env["clinic.deferred.line"].search(report.action_open_posted_later()["domain"])
        self.assertRecordValues(lines, [{"movement": "earned", "balance": -310, "partner_id": self.patient.id}])
        self.assertEqual(lines.recognition_move_id.date, date(2026, 2, 1))

    def test_months_that_wait_and_members_that_wait(self):
        self._sell(self.annual)
        self._sell(self.annual, partner=self.env["res.partner"].create({"name": "Later"}))
        self._sell(
            self.annual, partner=self.env["res.partner"].create({"name": "May"}), clinic_start_date=date(2026, 5, 1)
        )
        with freeze_time("2026-02-03"):
            report = self._report("2026-02-03")
            self.assertEqual((report.unposted, report.waiting, report.difference), (620, 3650, 0))
            lines = self.env["clinic.deferred.line"]
            self.assertEqual(lines.search(report.action_open_waiting()["domain"]).partner_id.name, "May")
            self.assertEqual(len(lines.search(report.action_open_unposted()["domain"])), 3)

    def test_a_posting_by_hand_is_found(self):
        self._sell(self.annual)
        lines = [
            Command.create({"account_id": account.id, "balance": balance})
            for account, balance in ((self.deferred, -7), (self.income, 7))
        ]
        self.env["account.move"].create({"line_ids": lines}).action_post()
        self.assertEqual(self._report().difference, 7)

    def test_roll_forward(self):
        membership = self._sell(self.annual)
        with freeze_time("2026-02-11"):
            note = membership.period_ids.invoice_id._reverse_moves([{"invoice_date": date(2026, 2, 11)}])
            note.invoice_line_ids.price_unit = 324
            note.action_post()
        self._post_months("2026-04-01")
        report = self._report(date_from="2026-02-01", by="partner_id")
        table = report._roll_forward()
        self.assertEqual(table["lines"][0]["name"], "Ann Patient")
        earned = -(590 - 18 - 31)  # a euro a day less from the day of the note on
        self.assertEqual(
            table["total"],
            {
                "opening_value": 3340,
                "credited": -324,
                "earned": earned,
                "closing_value": 3340 - 324 + earned,
            },
        )
        self.assertEqual((report.unearned, report.difference), (table["total"]["closing_value"], 0))
        self.assertIn("Ann Patient", report.roll_forward)
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_tie_out_report", report.ids)[0]
        self.assertIn(b"Roll-forward", html)
        self.assertIn(b"Ann Patient", html)

    def test_roll_forward_of_many_patients(self):
        """The screen shows the largest, and all others as one line; the total is that of all."""
        for price, name in ((100, "Ann"), (200, "Bea"), (300, "Cid")):
            self._sell(self.six_pack, partner=self.env["res.partner"].create({"name": name}), price_unit=price)
        report = self._report("2026-02-28", "packages", date_from="2026-02-01", by="partner_id")
        everybody, table = report._roll_forward(), report._roll_forward(most=1)
        self.assertEqual([line["name"] for line in everybody["lines"]], ["Ann", "Bea", "Cid"])
        shown = [(line["name"], line["opening_value"], line["closing_value"]) for line in table["lines"]]
        self.assertEqual(shown, [("Cid", 300, 300), ("2 others, each in the spreadsheet", 300, 300)])
        self.assertEqual(table["total"], everybody["total"])
        with patch.object(type(report), "_MOST_LINES", 1):
            self.assertIn("2 others", report.roll_forward)

    def test_roll_forward_of_packages(self):
        self._sell(self.six_pack)
        with freeze_time("2026-02-10"):
            self._redeem(2)
        report = self._report("2026-02-28", "packages", date_from="2026-02-01")
        total = report._roll_forward()["total"]
        self.assertEqual(total, {"opening_value": 450, "used": -150, "closing_value": 300})
        self.assertEqual(report.units_value, 300)
        entries = self.env["clinic.prepaid.line"].search(report.action_open_movements()["domain"])
        self.assertEqual(entries.mapped("movement"), ["used"])
        late = self.env["clinic.prepaid.line"].search(report.action_open_not_posted()["domain"])
        self.assertEqual(sum(late.mapped("to_post")), report.not_posted)

    def test_what_is_not_posted_and_what_credit_notes_took(self):
        """Behind the figure is what a journal entry will move: no refund, and of a correction what is not of units."""
        package = self._sell(self.six_pack)
        self._redeem(4)
        credit_by_hand(package.sale_line_id.invoice_lines.move_id, 200, "2026-01-01")
        self._sell(self.six_pack)._refund_units("credit", "Moved away")
        report = self._report("2026-01-31", "packages")
        self.assertEqual((report.not_posted, report.difference), (250, 0))
        late = self.env["clinic.prepaid.line"].search(report.action_open_not_posted()["domain"])
        self.assertEqual({line.movement: line.to_post for line in late}, {"used": 300, "corrected": -50})
        self._recognize("2026-02-01")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(late.search(report.action_open_not_posted()["domain"]))

    def test_days_on_the_form(self):
        with Form(self.env["clinic.tie.out"].with_user(self.manager)) as form:
            form.date = date(2025, 11, 20)
            self.assertEqual(form.date_from, date(2025, 11, 1))
        with self.assertRaisesRegex(ValidationError, "must begin before it ends"):
            self._report(date_from="2026-04-01")

    def test_orders_behind_a_figure(self):
        self._sell(self.six_pack, paid=False)
        report = self._report(subject="packages")
        self.assertEqual(report.not_started, 450)
        for sign, found in ((0, self.patient), (1, self.patient), (-1, self.patient.browse())):
            opened = report.with_context(clinic_sign=sign).action_open_sold()
            self.assertEqual(self.env["sale.order"].search(opened["domain"]).partner_id, found)
        self.assertFalse(self.env["account.move.line"].search(report.action_open_credit_notes()["domain"]))

    def test_spreadsheet(self):
        self._sell(self.six_pack)
        self._sell(self.annual)
        for subject, total in (("memberships", 3650), ("packages", 450)):
            report = self._report("2026-01-15", subject)
            book = load_workbook(io.BytesIO(base64.b64decode(report.xlsx)))
            self.assertEqual(book.sheetnames, ["Tie-out", "Package or plan", "Patient", "Entries"])
            figures = dict(book["Tie-out"].iter_rows(min_row=5, max_col=2, values_only=True))
            self.assertEqual((figures["Balance of the Account"], figures["Difference"]), (total, 0))
            self.assertEqual(list(book["Patient"].values)[-1], ("Total", 0, total, total))
            labels, entry = list(book["Entries"].values)[:2]
            self.assertEqual(dict(zip(labels, entry, strict=True))["Value"], total)

    def test_who_may_look(self):
        """Managers and accountants; nobody looks at another company, nor at somebody else's report."""
        report = self._report()
        accountant = new_test_user(self.env, "books", "account.group_account_readonly")
        self.assertTrue(self._report(user=accountant).with_user(accountant).xlsx)
        with self.assertRaises(AccessError):
            self._report(user=self.receptionist)
        with self.assertRaises(AccessError):
            self.env["clinic.deferred.line"].with_user(self.receptionist).search([])
        other = self.env["res.company"].create({"name": "Other clinic"})
        stranger = new_test_user(
            self.env, "stranger", "clinic_membership.group_membership_manager", company_id=other.id
        )
        with self.assertRaises(AccessError):
            report.with_user(stranger).read(["xlsx"])
        self.assertFalse(self.env["clinic.deferred.line"].with_user(stranger).search([]))


@tagged("post_install", "-at_install")
class TestTieOutDownload(HttpCase):
    def test_download(self):
        """One click: the file comes, to who may have it."""
        manager = new_test_user(self.env, "tie_manager", "clinic_membership.group_membership_manager")
        other = new_test_user(self.env, "tie_user", "clinic_membership.group_membership_user")
        report = self.env["clinic.tie.out"].with_user(manager).create({})
        url = report.action_download_xlsx()["url"]
        self.authenticate("tie_manager", "tie_manager")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(load_workbook(io.BytesIO(answer.content)))
        self.assertIn("Prepaid", answer.headers["Content-Disposition"])
        self.authenticate(other.login, other.login)
        self.assertNotEqual(self.url_open(url).status_code, 200)


@tagged("post_install", "-at_install")
@freeze_time("2026-01-01 10:00:00")
class TestDeferralAddOns(TieOutCommon):
    """Services of annual members are earned day by day, from the day they join to the day they leave."""

    def test_joins_and_leaves_in_the_middle(self):
        self.massage.list_price = 100
        earned = self.massage.product_tmpl_id._get_product_accounts()["income"]
        before = self._balance(earned)
        membership = self._sell(self.annual)
        self.patient.clinic_membership_ids.tier_id.discount = 0
        with freeze_time("2026-07-02"):
            change = membership._change_add_on(self.massage, 1)
            self._pay(membership.period_ids.adjustment_ids)
        self._post_months("2026-08-01")
        left = change.due * 153 / 183
        self.assertAlmostEqual(self._balance(self.deferred), 1530 + left, 2)
        with freeze_time("2026-10-01"):
            membership._change_add_on(self.massage, 0)
        self._post_months("2026-11-01")
        self.assertAlmostEqual(self._balance(self.deferred), 610, 1)
        self._post_months("2027-01-02")
        self.assertEqual(self._balance(self.deferred), 0)
        self.assertAlmostEqual(self._balance(earned) - before, 3650 + change.due * 91 / 183, 1)

    def test_renewal_and_another_interval(self):
        membership = self._sell(self.annual)
        membership._change_add_on(self.massage, 1)
        self._pay(membership.period_ids.adjustment_ids)
        with freeze_time("2027-01-01"):
            invoice = membership._renew().invoice_id
            self.assertEqual(invoice.invoice_line_ids.account_id, self.deferred)
            self._pay(invoice)
        with freeze_time("2027-03-01"):
            membership._change_plan(self.monthly)
        document = membership.period_ids.adjustment_ids.sorted("id")[-1]
        credits_ = document.invoice_line_ids.filtered(lambda line: line.balance > 0)
        self.assertEqual(credits_.account_id, self.deferred)
        self.assertNotIn(self.deferred, (document.invoice_line_ids - credits_).account_id)
        self._post_months("2027-04-01")
        self.assertEqual(self._balance(self.deferred), 0)

    def test_monthly_members_and_fees_are_not_deferred(self):
        membership = self._sell(self.monthly)
        membership._change_add_on(self.massage, 1)
        annual = self._sell(self.annual, partner=self.env["res.partner"].create({"name": "Annual"}))
        annual.cancel_fee = 20
        annual._cancel(self.reason)
        self.assertTrue(annual.fee_document_ids)
        self.assertEqual(self._balance(self.deferred), 3650)

    def test_two_plans_on_one_order(self):
        """Each line is spread over its own period."""
        quarterly = self._tier("Silver", 5, 270, billing_interval="quarterly").plan_ids.product_variant_id
        order = self._order(self.annual, quarterly)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self._post_months("2026-04-01")
        self.assertEqual(self._balance(self.deferred), 2750)

    def test_all_given_back_after_months_were_earned(self):
        """There is no rest beyond what is not earned: income of the months before is taken back at once."""
        membership = self._sell(self.annual)
        self._post_months("2026-07-01")
        with freeze_time("2026-07-01"):
            note = membership.period_ids.invoice_id._reverse_moves([{"invoice_date": date(2026, 7, 1)}])
            note.action_post()
        self._post_months("2026-08-01")
        self.assertEqual(self._balance(self.deferred), 0)

    def test_a_change_credits_nothing_that_was_given_back(self):
        membership = self._sell(self.annual)
        dear = self.annual.copy({"name": "Dear annual", "list_price": 7300})
        with freeze_time("2026-07-02"):
            self.assertEqual(membership._plan_change(dear).credit, 1830)
            note = membership.period_ids.invoice_id._reverse_moves([{"invoice_date": date(2026, 7, 2)}])
            note.invoice_line_ids.price_unit = 1000
            note.action_post()
            self.assertEqual(membership._plan_change(dear).credit, 830)
        with freeze_time("2026-10-01"):
            self.assertAlmostEqual(membership._plan_change(dear).credit, 830 * 92 / 183, 2)

    def test_an_invoice_without_a_membership(self):
        """By hand: there is no period to spread it over."""
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.patient.id,
                "invoice_line_ids": [Command.create({"product_id": self.annual.id, "price_unit": 100})],
            }
        )
        move.action_post()
        self._post_months("2026-02-01")
        self.assertEqual(self._balance(self.deferred), 0)
        with self.assertRaisesRegex(UserError, "recognized already"):
            move.button_draft()
