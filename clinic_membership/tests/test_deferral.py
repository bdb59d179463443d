from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ClinicCommon

ZERO = {"not_started": 0, "not_invoiced": 0, "not_posted": 0, "not_taken_back": 0, "difference": 0}


class DeferralCommon(ClinicCommon):
    """A clinic whose packages are deferred."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.action_clinic_propose_accounts()
        cls.prepaid = cls.company.clinic_prepaid_account_id
        cls.last_item = cls.env["account.move.line"].search([], order="id desc", limit=1).id
        cls.breakage = cls.company.clinic_breakage_account_id
        cls.income = cls.facial.product_tmpl_id._get_product_accounts()["income"]

    def _balance(self, account, day=None):
        """Credit less debit of an account until a day, of what this test posted: small sums have exact differences."""
        domain = [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("id", ">", self.last_item)]
        items = self.env["account.move.line"].search(domain + ([("date", "<=", day)] if day else []))
        return self.company.currency_id.round(-sum(items.mapped("balance")))

    def _recognize(self, day):
        with freeze_time(day):
            entries = self.env["clinic.grant.entry"]
            entries.search(entries._today_domain(entries._recognition_domain))._recognize()

    def _tie_out(self, day=None):
        report = self.env["clinic.tie.out"].create({"date": day or self.company._clinic_today()})
        return {name: report[name] for name in (*ZERO, "account_balance", "units_value")}

    def assertTiesOut(self, day=None, **figures):
        found = self._tie_out(day)
        self.assertEqual({name: found[name] for name in {**ZERO, **figures}}, {**ZERO, **figures})


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestDeferral(DeferralCommon):
    """Packages are a liability until their units are used or expire; the books and the units agree to the cent."""

    def test_sold(self):
        before = self._balance(self.income)
        package = self._sell(self.six_pack)
        self.assertTrue(package.deferred)
        self.assertEqual((self._balance(self.prepaid), self._balance(self.income)), (450, before))
        self.assertEqual((package.price_paid, package.balance_paid, package.grant_ids.balance_left), (450, 450, 450))
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_used(self):
        """A unit's value becomes income of its service, dated by the visit, in one entry a day."""
        self._sell(self.six_pack)
        before = self._balance(self.income)
        self._redeem()
        self._redeem()
        self.assertTiesOut(account_balance=450, units_value=300, not_posted=150)
        self._recognize("2026-03-03")
        move = self._used().recognition_move_id
        self.assertRecordValues(move, [{"state": "posted", "date": date(2026, 3, 2), "move_type": "entry"}])
        self.assertEqual(self._balance(self.income) - before, 150)
        self.assertTiesOut("2026-03-03", account_balance=300, units_value=300)
        self.assertTiesOut("2026-03-02", account_balance=300, units_value=300)
        self._recognize("2026-03-04")
        self.assertEqual(self._balance(self.prepaid), 300, "once")

    def _used(self):
        entries = self.patient.clinic_package_ids.grant_ids.entry_ids
        return entries.filtered(lambda entry: entry.kind == "redeem")

    def test_not_before_the_day_is_over(self):
        self._sell(self.six_pack)
        self._redeem()
        self._recognize("2026-03-02")
        self.assertEqual(self._balance(self.prepaid), 450)

    def test_each_service_to_its_income(self):
        other = self.income.copy({"code": "499991", "name": "Massages"})
        self.massage.property_account_income_id = other
        package = self._package("Both", 300, 2)
        package.package_benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 1})]
        self._sell(package)
        self._redeem()
        self._redeem(product=self.massage)
        self._recognize("2026-03-03")
        self.assertEqual((self._balance(other), self._balance(self.prepaid)), (100, 100))

    def test_expired_is_breakage(self):
        self._sell(self.six_pack)
        with freeze_time("2027-03-03"):
            package = self.patient.clinic_package_ids
            package.grant_ids._expire()
        self._recognize("2027-03-04")
        self.assertEqual((self._balance(self.breakage), self._balance(self.prepaid)), (450, 0))
        entry = package.grant_ids.entry_ids.filtered(lambda e: e.kind == "expire")
        self.assertEqual((entry.recognition_move_id.date, entry.date), (date(2027, 3, 1), date(2027, 3, 1)))

    def test_undo_brings_it_back(self):
        self._sell(self.six_pack)
        redemption = self._redeem()
        self._recognize("2026-03-03")
        before = self._balance(self.income)
        with freeze_time("2026-03-05"):
            redemption._undo()
        self._recognize("2026-03-06")
        self.assertEqual((self._balance(self.prepaid), self._balance(self.income) - before), (450, -75))
        self.assertTiesOut("2026-03-06", units_value=450)

    def test_locked_period(self):
        """Never into a locked period: the first open day instead, and it says so."""
        self._sell(self.six_pack)
        self._redeem()
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        self._recognize("2026-04-10")
        move = self._used().recognition_move_id
        self.assertEqual(move.date, date(2026, 4, 1))
        self.assertIn("the period is locked", move.ref)
        self.assertTiesOut("2026-03-31", account_balance=450, units_value=375, not_posted=75)
        self.assertTiesOut("2026-04-10", account_balance=375, units_value=375)

    def test_invoiced_and_not_paid(self):
        self._sell(self.six_pack, paid=False)
        self.assertTiesOut(account_balance=450, units_value=0, not_started=450)

    def test_started_and_not_invoiced(self):
        self.company.clinic_activation = "confirmation"
        order = self._order(self.six_pack)
        order.action_confirm()
        self.assertTiesOut(account_balance=0, units_value=450, not_invoiced=-450)
        order._create_invoices().action_post()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_what_was_invoiced_is_what_counts(self):
        """The accountant corrected the invoice: the package carries what was really charged, to the cent."""
        order = self._order(self.six_pack, product_uom_qty=3)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 400.01
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(order.order_line.clinic_package_ids.mapped("price_paid"), [400.01] * 3)
        self.assertTiesOut(account_balance=1200.03, units_value=1200.03)

    def test_an_invoice_by_hand_owes_nothing(self):
        """Nobody gets units by it, so it is income; its credit note, too."""
        before = self._balance(self.income)
        lines = [Command.create({"product_id": self.six_pack.id})]
        values = {"move_type": "out_invoice", "partner_id": self.patient.id, "invoice_line_ids": lines}
        invoice = self.env["account.move"].create(values)
        self.assertEqual(invoice.invoice_line_ids.account_id, self.prepaid)
        invoice.action_post()
        self.assertTiesOut(account_balance=0, units_value=0)
        self.assertEqual(self._balance(self.income) - before, 450)
        invoice._reverse_moves(cancel=True)
        self.assertTiesOut(account_balance=0, units_value=0)
        self.assertEqual(self._balance(self.income), before)

    def test_income_of_units_stays_posted(self):
        self._sell(self.six_pack)
        self._redeem()
        self._recognize("2026-03-03")
        move = self.env["clinic.grant.entry"].search([("recognition_move_id", "!=", False)], order="id desc", limit=1)
        with self.assertRaisesRegex(UserError, "Undo the redemption"):
            move.recognition_move_id.button_draft()

    def test_a_visit_typed_in_late(self):
        """Its value is no breakage after all: it is income of the service on its day."""
        package = self._sell(self.six_pack)
        last = package.expires_on
        with freeze_time(last + timedelta(days=2)):
            package.grant_ids._expire()
        self._recognize(str(last + timedelta(days=3)))
        breakage, income = self._balance(self.breakage), self._balance(self.income)
        with freeze_time(last + timedelta(days=4)):
            self._redeem(day=last)
        self._recognize(str(last + timedelta(days=5)))
        self.assertEqual(self._balance(self.breakage) - breakage, -75)
        self.assertEqual(self._balance(self.income) - income, 75)
        self.assertTiesOut(str(last + timedelta(days=5)), account_balance=0, units_value=0)

    def test_given_away(self):
        """The value goes along to the friend; the books have it as before, until the friend uses it."""
        package = self._sell(self.six_pack)
        package.transferable = True
        friend = self.env["res.partner"].create({"name": "Friend"})
        with freeze_time("2026-03-05"):
            received = package._give("gift", {package.grant_ids: 2})._give_to(friend)
            self.assertTrue(received.deferred)
            self.assertEqual((received.balance_paid, received.grant_ids.balance_left), (150, 150))
            self.assertTiesOut(account_balance=450, units_value=450)
        with freeze_time("2026-03-06"):
            self._redeem(partner=friend)
        self._recognize("2026-03-07")
        for day, value in (("2026-03-02", 450), ("2026-03-05", 450), ("2026-03-06", 375)):
            self.assertTiesOut(day, account_balance=value, units_value=value)
        lines = self.env["clinic.prepaid.line"].search([("package_id", "in", (package | received).ids)])
        moved = lines.filtered(lambda line: line.movement == "moved")
        self.assertEqual(sorted(moved.mapped("balance")), [-150, 150])

    def test_foreign_currency_at_the_rate_of_the_sale(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        rates = self.env["res.currency.rate"]
        rates.create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order = self._order(self.six_pack)
        order.pricelist_id = pricelist
        order._recompute_prices()
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        package = order.order_line.clinic_package_ids
        rates.create({"currency_id": euro.id, "rate": 0.9, "name": "2026-03-03"})
        self.assertEqual((package.price_paid, package.balance_paid), (225, 450))
        with freeze_time("2026-03-10"):
            self._redeem(3)
        self._recognize("2026-03-11")
        self.assertEqual((package.value_left, package.grant_ids.balance_left), (112.5, 225))
        self.assertEqual(package.grant_ids.unit_value, 50, "in the currency of the sale")
        self.assertEqual((package._refund_net("list"), package._refund_net("average")), (75, 112.5))
        self.assertTiesOut("2026-03-11", account_balance=225, units_value=225)
        self._refund_at_another_rate(package)

    def _refund_at_another_rate(self, package):
        """112.50 euros were 225 and are 125: the other 100 are an exchange gain, and no breakage."""
        gain = self.company.income_currency_exchange_account_id
        before = self._balance(gain)
        with freeze_time("2026-03-11"):
            package.with_user(self.manager).sudo()._refund_units("credit", "Moves", policy="average")
        self._recognize("2026-03-12")
        self.assertEqual((self._balance(self.breakage), self._balance(gain) - before), (0, 100))
        self.assertTiesOut("2026-03-12", account_balance=0, units_value=0)

    def test_what_was_sold_before_stays_as_it_was_booked(self):
        account = self.company.clinic_prepaid_account_id
        self.company.clinic_prepaid_account_id = False
        package = self._sell(self.six_pack)
        self.company.clinic_prepaid_account_id = account
        self.assertFalse(package.deferred)
        self._redeem()
        self._recognize("2026-03-03")
        self.assertEqual(self._balance(self.prepaid), 0)
        self.assertTiesOut(units_value=0)

    def test_memberships_are_not_packages(self):
        before = self._balance(self.income)
        self._sell(self.monthly)
        self.assertEqual((self._balance(self.prepaid), self._balance(self.income) - before), (0, 99))

    def test_a_posting_by_hand_is_found(self):
        self._sell(self.six_pack)
        self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": self.prepaid.id, "balance": 10}),
                    Command.create({"account_id": self.income.id, "balance": -10}),
                ]
            }
        ).action_post()
        self.assertEqual(self._tie_out()["difference"], -10)

    def test_a_service_without_income_account(self):
        self._sell(self.six_pack)
        self._redeem()
        self.facial.property_account_income_id = False
        self.facial.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        entries = self.env["clinic.grant.entry"].search([("to_recognize", "=", True)])
        if not self.facial.product_tmpl_id._get_product_accounts()["income"]:
            with self.assertRaisesRegex(UserError, "has no income account"):
                entries._recognize()

    def test_who_may_look(self):
        manager = self.env["clinic.tie.out"].with_user(self.manager).create({})
        self._sell(self.six_pack)
        self.assertEqual(manager.account_balance, 450)
        with self.assertRaises(AccessError):
            self.env["clinic.tie.out"].with_user(self.receptionist).create({})
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_tie_out_report", manager.ids)[
            0
        ]
        self.assertIn(b"6-Pack Facials", html)

    def test_another_company_is_not_shown(self):
        self._sell(self.six_pack)
        other = self.env["res.company"].create({"name": "Other clinic"})
        stranger = new_test_user(
            self.env, "stranger", "clinic_membership.group_membership_manager", company_id=other.id
        )
        reports = self.env["clinic.tie.out"].with_user(stranger)
        with self.assertRaisesRegex(AccessError, "You do not work for"):
            reports.create({"company_id": self.company.id})
        self.assertEqual(reports.new({"company_id": self.company.id}).account_balance, 0)
        self.assertFalse(self.env["clinic.prepaid.line"].with_user(stranger).search([]))

    def test_drill_down(self):
        self._sell(self.six_pack)
        self._redeem()
        report = self.env["clinic.tie.out"].create({})
        units = self.env["clinic.prepaid.line"].search(report.action_open_units()["domain"])
        self.assertEqual(sum(units.mapped("balance")), 375)
        self.assertEqual(set(units.mapped("movement")), {"sold", "used"})
        items = self.env["account.move.line"].search(report.action_open_account()["domain"])
        self.assertEqual(-sum(items.mapped("balance")), 450)
        self.assertEqual(report.action_open_movements()["views"][0][1], "pivot")
