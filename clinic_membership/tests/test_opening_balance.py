from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_tie_out import TieOutCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-07-02 10:00:00")
class TestOpeningBalance(TieOutCommon):
    """What was sold elsewhere comes into the books with its units, is earned here, and can be taken back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.opening = cls.company.clinic_opening_account_id = cls.company._clinic_account(
            "Opening", "liability_current"
        )
        cls.six_pack.default_code, cls.annual.default_code = "SIX-OPEN", "ANNUAL-OPEN"
        cls.rows = cls.env["clinic.membership.import"].with_user(cls.manager)
        cls.both = (
            {"plan": "SIX-OPEN", "start_date": "2026-05-01", "remaining_units": "Facial: 4", "value_left": 300},
            {"plan": "ANNUAL-OPEN", "start_date": "2026-01-01", "next_renewal": "2027-01-01", "price": 3650},
        )

    def _rows(self, *values):
        return self.rows.create([{"member": "Ann Patient", **vals} for vals in values])

    def _create(self, *values):
        rows = self._rows(*values)
        rows.action_create_memberships()
        self.assertEqual(set(rows.mapped("state")), {"done"}, rows.mapped("problem"))
        return rows

    def test_shown_and_posted(self):
        rows = self._rows(*self.both)
        self.assertEqual(rows.mapped("opening_value"), [300, 1830])
        rows.action_create_memberships()
        self.assertEqual(rows.mapped("opening_value"), [300, 1830])
        self.assertEqual([self._balance(a) for a in (self.prepaid, self.deferred, self.opening)], [300, 1830, -2130])
        moves = self.env["account.move.line"].search([("account_id", "=", self.opening.id)]).move_id
        self.assertEqual(
            (len(moves), set(moves.mapped("state")), set(moves.mapped("date"))), (2, {"posted"}, {date(2026, 7, 2)})
        )
        for subject, value in (("packages", 300), ("memberships", 1830)):
            report = self._report("2026-07-02", subject)
            self.assertEqual((report.account_balance, report.brought, report.difference), (value, value, 0))
            self.assertEqual(report._roll_forward()["total"]["opening"], value)
            self.assertTrue(self.env[report._lines()._name].search(report.action_open_brought()["domain"]))

    def test_one_entry_for_a_run(self):
        self.env["res.partner"].create({"name": "Bob Brought"})
        self._create(self.both[0], {**self.both[0], "member": "Bob Brought", "value_left": 100.01})
        items = self.env["account.move.line"].search([("account_id", "=", self.opening.id)])
        self.assertEqual(items.mapped("balance"), [400.01])

    def test_earned_here(self):
        self._create(*self.both)
        self._redeem(1)
        self._recognize("2026-07-03")
        self.assertEqual(self._balance(self.prepaid), 225)
        self._post_months("2026-08-01")
        self.assertEqual(self._balance(self.deferred), 1830 - 300)
        self._post_months("2027-01-02")
        self.assertEqual((self._balance(self.deferred), self._balance(self.opening)), (0, -2130))

    def test_go_live_day(self):
        """Imported before: the entry is of the go-live day, and until then the report says so."""
        self.company.clinic_opening_date = date(2026, 8, 1)
        rows = self._create(*self.both)
        self.assertEqual(rows.mapped("opening_value"), [300, 1530])
        self.assertEqual(self._balance(self.prepaid, "2026-07-31"), 0)
        self.assertEqual(self._balance(self.prepaid, "2026-08-01"), 300)
        report = self._report("2026-07-10", "packages")
        self.assertEqual((report.units_value, report.not_posted, report.difference), (300, -300, 0))
        self.assertEqual(self._report("2026-08-01", "packages").difference, 0)
        self.assertEqual(self._report("2026-08-01").unearned, 1530)

    def test_a_change_gives_the_rest_back(self):
        rows = self._create(self.both[1])
        change = rows.membership_id.sudo()._change_plan(self.monthly)
        self.assertEqual(change.credit, 1830)
        self._post_months("2026-08-01")
        self.assertEqual(self._balance(self.deferred), 0)

    def test_taken_back(self):
        """The row can be corrected and created again; books and units are as before."""
        rows = self._create(*self.both)
        package, membership = rows[0].package_id.sudo(), rows[1].membership_id.sudo()
        self._post_months("2026-08-01")
        with freeze_time("2026-08-05"):
            rows.action_undo()
        self.assertEqual((package.state, package.units_left, membership.state), ("cancelled", 0, "cancelled"))
        self.assertFalse(membership.grant_ids.filtered("remaining"))
        self.assertEqual(rows.mapped("state"), ["ready", "ready"])
        self.assertEqual([self._balance(a) for a in (self.prepaid, self.deferred, self.opening)], [0, 0, -300])
        for day in ("2026-07-02", "2026-07-31", "2026-08-05"):
            self.assertEqual([self._report(day, s).difference for s in ("packages", "memberships")], [0, 0])
        self.assertEqual(self._report("2026-08-05").brought, 300, "a month was earned of it")
        self._post_months("2027-01-02")
        self.assertEqual(self._balance(self.deferred), 0)
        rows[0].value_left = 200
        with freeze_time("2026-08-06"):
            rows[0].action_create_memberships()
        self.assertEqual(self._balance(self.prepaid), 200)

    def test_taken_back_only_untouched(self):
        rows = self._create(*self.both)
        redemption = self._redeem(1)
        with self.assertRaisesRegex(UserError, "used, billed or changed"):
            rows.filtered("package_id").action_undo()
        redemption._undo()
        rows[0].action_undo()
        with freeze_time("2027-01-01"):
            rows[1].membership_id.sudo()._renew()
            with self.assertRaisesRegex(UserError, "used, billed or changed"):
                rows[1].action_undo()
        with self.assertRaises(AccessError):
            rows[1].with_user(self.receptionist).action_undo()

    def test_foreign_currency(self):
        """By the rate of the day; the units carry it on."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-07-01"})
        rows = self._create(*({**values, "currency": "eur"} for values in self.both))
        self.assertEqual(rows.mapped("opening_value"), [600, 3660])
        self.assertEqual((rows[0].package_id.sudo().value_left, rows.membership_id.currency_id), (300, euro))
        self.assertEqual((self._balance(self.prepaid), self._balance(self.deferred)), (600, 3660))
        self._redeem(1)
        self._recognize("2026-07-03")
        self.assertEqual(self._balance(self.prepaid), 450)
        self.assertEqual(self._report("2026-07-03", "packages").difference, 0)
        bad = self._rows({**self.both[0], "currency": "XYZ"})
        self.assertIn("'XYZ' is not in use", bad.problem)

    def test_not_deferred_without_the_account_or_unpaid(self):
        unpaid = self._rows({**self.both[1], "paid": "no"})
        self.assertEqual(unpaid.opening_value, 0)
        unpaid.unlink()
        self.company.clinic_opening_account_id = False
        rows = self._create(*self.both)
        self.assertEqual(rows.mapped("opening_value"), [0, 0])
        self.assertFalse(rows.package_id.sudo().deferred)
        self.assertEqual((self._balance(self.prepaid), self._balance(self.deferred)), (0, 0))
