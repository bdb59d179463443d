from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ClinicCommon
from .test_deferral import DeferralCommon


def credit_by_hand(invoice, price, day="2026-03-02"):
    """A credit note that an accountant makes, at a price."""
    note = invoice._reverse_moves([{"invoice_date": day, "date": day}])
    note.invoice_line_ids.price_unit = price
    note.action_post()
    return note


class FollowCommon(DeferralCommon):
    """A started package, and what an accountant does with its documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = cls._sell(cls.six_pack)
        cls.invoice = cls.package.sale_line_id.invoice_lines.move_id

    def _credit(self, price, invoice=None, day="2026-03-02"):
        return credit_by_hand(invoice or self.invoice, price, day)

    def _use(self, units, day):
        with freeze_time(f"{day} 10:00:00"):
            self._redeem(units)
        self._recognize("2026-03-31")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestPackageFollow(FollowCommon):
    """What an accountant changes about a started package, the value of its units follows: the tie-out is 0."""

    def test_a_part_is_credited(self):
        income = self._balance(self.income)
        self._use(2, "2026-03-03")
        with freeze_time("2026-03-05"):
            note = self._credit(100, day="2026-03-05")
        self.assertTiesOut("2026-03-04", account_balance=300, units_value=300)
        self.assertTiesOut("2026-03-31", account_balance=200, units_value=200)
        self.assertEqual((self.package.value_left, self.package.price_paid, self.package.units_left), (200, 350, 4))
        entry = self.package.grant_ids.entry_ids.filtered(lambda e: e.kind == "revalue")
        self.assertRecordValues(
            entry, [{"quantity": 0, "value": -100, "balance": -100, "date": date(2026, 3, 5), "document_id": note.id}]
        )
        line = self.env["clinic.activity.line"].search([("entry_id", "=", entry.id)])
        self.assertEqual((line.document, line.action_open()["res_id"]), (note.name, note.id))
        self._use(4, "2026-03-10")
        self.assertEqual(self._balance(self.income) - income, 350, "all that was really paid is income")
        self.assertEqual(self.package.state, "used")
        self.assertTiesOut("2026-03-31", account_balance=0, units_value=0)

    def test_whoever_credits_is_told_of_the_units(self):
        note = self._credit(450)
        self.assertEqual((self.package.value_left, self.package.units_left), (0, 6))
        for record in (note, self.package):
            self.assertIn("6 units of", record.message_ids[0].body)
            self.assertIn("Process Refund", record.message_ids[0].body)
        self.assertTiesOut(account_balance=0, units_value=0)
        with self.assertRaisesRegex(AccessError, "Only managers"):
            self.package.with_user(self.receptionist).action_end_units()
        self.package.with_user(self.manager).action_end_units()
        self.assertEqual((self.package.state, self.package.units_left), ("expired", 0))
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_credited_in_full_and_cancelled(self):
        self._credit(450)
        self.package.sale_line_id.order_id._action_cancel()
        self.assertEqual((self.package.state, self.package.units_left), ("cancelled", 0))
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_units_with_a_value_are_given_back(self):
        self._credit(100)
        with self.assertRaisesRegex(UserError, "worth .*350.00. Give them back with 'Process Refund'"):
            self.package.with_user(self.manager).action_end_units()
        with self.assertRaisesRegex(UserError, "has units left"):
            self.package.sale_line_id.order_id._action_cancel()

    def test_more_is_credited_than_is_left(self):
        """Four of six were used: 150 is left, 200 is given back, so 50 of the income of those four goes back."""
        income = self._balance(self.income)
        self._use(4, "2026-03-03")
        self._credit(200)
        self.assertTiesOut(account_balance=250, units_value=300, not_posted=-50)
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=0, units_value=0)
        self.assertEqual(self._balance(self.income) - income, 250)
        self.assertEqual((self.package.value_left, self.package.units_left), (0, 2))

    def test_nothing_was_left(self):
        self._use(6, "2026-03-03")
        with freeze_time("2026-03-05"):
            self._credit(60, day="2026-03-05")
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=0, units_value=0)
        self.assertEqual(self.package.state, "used")

    def test_credit_note_taken_back(self):
        note = self._credit(100)
        note.button_draft()
        self.assertEqual((self.package.value_left, self.package.price_paid), (450, 450))
        self.assertTiesOut(account_balance=450, units_value=450)
        note.invoice_line_ids.price_unit = 30
        note.action_post()
        self.assertEqual(self.package.value_left, 420)
        self.assertTiesOut(account_balance=420, units_value=420)
        note.button_draft()
        note.unlink()
        self.assertEqual(self.package.value_left, 450)
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_refund_after_a_credit_note(self):
        """Paid 450, 100 given back by hand, two used at 100: 150 is the rest by list."""
        self._use(2, "2026-03-03")
        self._credit(100)
        with freeze_time("2026-03-31"):
            self.assertEqual(self.package._refund_net("list"), 150)
            self.assertEqual(self.package._refund_net("average"), 200)
            self.package.with_user(self.manager).sudo()._refund_units("credit", "Moved away", "average")
        self._recognize("2026-04-30")
        self.assertTiesOut("2026-04-30", account_balance=0, units_value=0)
        self.assertEqual(self.package.state, "refunded")

    def test_invoice_corrected_after_the_start(self):
        """Reset to draft, another price, posted again: the units that are left carry the difference."""
        self._use(2, "2026-03-03")
        self.invoice.button_draft()
        self.assertTiesOut("2026-03-31", account_balance=-150, units_value=300, not_invoiced=-450)
        self.invoice.invoice_line_ids.price_unit = 390
        self.invoice.action_post()
        self.assertTiesOut("2026-03-31", account_balance=240, units_value=240)
        self.assertEqual((self.package.price_paid, self.package.value_left), (390, 240))
        self.invoice.button_draft()
        self.invoice.invoice_line_ids.price_unit = 480
        self.invoice.action_post()
        self.assertTiesOut("2026-03-31", account_balance=330, units_value=330)

    def test_invoiced_later_at_another_price(self):
        self.company.clinic_activation = "confirmation"
        order = self._order(self.six_pack, product_uom_qty=2)
        order.action_confirm()
        packages = order.order_line.clinic_package_ids
        self.assertEqual(packages.mapped("value_left"), [450, 450])
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 400.01
        invoice.action_post()
        self.assertEqual(packages.mapped("price_paid"), [400.01, 400.01])
        self.assertEqual(packages.mapped("value_left"), [400.01, 400.01])
        self.assertTiesOut(account_balance=450 + 800.02, units_value=450 + 800.02)

    def test_invoiced_in_two_parts(self):
        """Half of the order is invoiced: nothing is corrected before the rest is."""
        self.company.clinic_activation = "confirmation"
        order = self._order(self.six_pack, product_uom_qty=2)
        order.action_confirm()
        packages = order.order_line.clinic_package_ids
        for price, values in ((450, [450, 450]), (350, [400, 400])):
            with Form(order._create_invoices()) as invoice, invoice.invoice_line_ids.edit(0) as line:
                line.quantity = 1
                line.price_unit = price
            invoice.record.action_post()
            self.assertEqual(packages.mapped("value_left"), values)
        self.assertTiesOut(account_balance=450 + 800, units_value=450 + 800)

    def test_more_was_invoiced_and_all_is_used(self):
        self.company.clinic_activation = "confirmation"
        other = self.env["res.partner"].create({"name": "Quick"})
        order = self._order(self.six_pack, partner=other)
        order.action_confirm()
        income = self._balance(self.income)
        self._redeem(6, partner=other)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 500
        invoice.action_post()
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=450, units_value=450)
        self.assertEqual(self._balance(self.income) - income, 500)

    def test_foreign_currency(self):
        """The invoice comes at another rate: the price is as it was, its balance is that of the books."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        rates = [("2026-03-01", 0.5), ("2026-03-10", 0.4)]
        self.env["res.currency.rate"].create(
            [{"currency_id": euro.id, "name": day, "rate": rate} for day, rate in rates]
        )
        self.company.clinic_activation = "confirmation"
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order = self._order(self.six_pack, price_unit=400)
        order.pricelist_id = pricelist
        order.order_line.price_unit = 400
        order.action_confirm()
        package = order.order_line.clinic_package_ids
        self.assertEqual((package.currency_id, package.grant_ids.balance_left), (euro, 800))
        with freeze_time("2026-03-10"):
            order._create_invoices().action_post()
        self.assertEqual((package.price_paid, package.value_left, package.grant_ids.balance_left), (400, 400, 1000))
        with freeze_time("2026-03-10"):
            self._credit(100, order.invoice_ids, "2026-03-10")
        self.assertEqual((package.price_paid, package.value_left, package.grant_ids.balance_left), (300, 300, 750))
        self.assertTiesOut("2026-03-10", account_balance=450 + 750, units_value=450 + 750)

    def test_roll_forward(self):
        self._credit(100)
        report = self.env["clinic.tie.out"].create({"date": date(2026, 3, 31), "subject": "packages"})
        total = report._roll_forward()["total"]
        self.assertEqual((total["sold"], total["corrected"], total["closing_value"]), (450, -100, 350))


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestRecognizedWhere(DeferralCommon):
    def test_income_by_the_fiscal_position_of_the_sale(self):
        """A patient from abroad: units that are used are income where the service would be sold to them."""
        abroad = self.company._clinic_account("Services abroad", "income")
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [Command.create({"account_src_id": self.income.id, "account_dest_id": abroad.id})],
            }
        )
        self.patient.property_account_position_id = position
        before = self._balance(self.income)
        self._sell(self.six_pack)
        self._redeem(2)
        self._recognize("2026-03-31")
        self.assertEqual((self._balance(abroad), self._balance(self.income)), (150, before))
        self.assertTiesOut("2026-03-31", account_balance=300, units_value=300)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestFollowWithoutDeferral(ClinicCommon):
    def test_without_deferral(self):
        """Also a clinic that does not defer sees what its units are worth."""
        package = self._sell(self.six_pack, partner=self.env["res.partner"].create({"name": "Plain"}))
        self.assertFalse(package.deferred)
        invoice = package.sale_line_id.invoice_lines.move_id
        note = credit_by_hand(invoice, 100)
        self.assertEqual((package.value_left, package.price_paid), (350, 350))
        note.button_draft()
        self.assertEqual((package.value_left, package.price_paid), (450, 450))
