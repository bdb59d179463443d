from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_package_follow import FollowCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestPackageFollowBack(FollowCommon):
    """A credit note that goes further than the units, and one that is taken back: nothing is left over anywhere."""

    def test_more_was_credited_than_was_left_and_is_taken_back(self):
        """The 50 go back to the income that they were taken from, not to the units that are left."""
        income = self._balance(self.income)
        self._use(4, "2026-03-03")
        note = self._credit(200)
        self._recognize("2026-03-31")
        note.button_draft()
        self.assertEqual(self.package.value_left, 150)
        self._recognize("2026-03-31")
        self.assertEqual(self._balance(self.income) - income, 300)
        self.assertTiesOut("2026-03-31", account_balance=150, units_value=150)

    def test_more_is_credited_than_was_invoiced(self):
        note = self._credit(500)
        self.assertEqual(self.package.value_left, 0)
        note.button_draft()
        self.assertEqual((self.package.value_left, self.package.grant_ids.balance_left), (450, 450))
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_each_service_has_its_value_back(self):
        product = self._package("Both", 240, 2)
        line = {"product_id": self.massage.id, "quantity": 2, "unit_value": 20}
        product.package_benefit_ids = [Command.create(line)]
        package = self._sell(product)
        self.assertEqual(package.grant_ids.mapped("value_left"), [200, 40])
        note = self._credit(240, package.sale_line_id.invoice_lines.move_id)
        note.button_draft()
        self.assertEqual(package.grant_ids.mapped("value_left"), [200, 40])

    def _sold_in_euro(self, later_rate):
        """A package of 400 Euro at 2 for one, which changes to another rate on the 10th."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        rates = [("2026-03-01", 0.5), ("2026-03-10", later_rate)]
        self.env["res.currency.rate"].create(
            [{"currency_id": euro.id, "name": day, "rate": rate} for day, rate in rates]
        )
        order = self._order(self.six_pack)
        order.pricelist_id = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order.order_line.price_unit = 400
        order.action_confirm()
        order._create_invoices().action_post()
        self._pay(order.invoice_ids)
        return order

    def test_foreign_currency_credited_in_part_at_a_dearer_rate(self):
        """The units stay at the rate of the sale; what the note costs more is a loss of exchange, not less income."""
        order = self._sold_in_euro(later_rate=0.4)
        grant, exchange = order.order_line.clinic_package_ids.grant_ids, self.company._clinic_exchange_account(1)
        with freeze_time("2026-03-10"):
            note = self._credit(100, order.invoice_ids, "2026-03-10")
        self.assertEqual((grant.value_left, grant.balance_left), (300, 600))
        self._recognize("2026-03-31")
        self.assertEqual(self._balance(exchange), -50)
        self.assertEqual((self._balance(self.breakage), self._balance(self.prepaid)), (0, 450 + 600))
        self.assertTiesOut("2026-03-31", account_balance=450 + 600, units_value=450 + 600)
        note.button_draft()
        self.assertEqual((grant.value_left, grant.balance_left), (400, 800))
        self._recognize("2026-03-31")
        gain = self.company._clinic_exchange_account(-1)
        self.assertEqual((self._balance(exchange) + self._balance(gain), self._balance(self.breakage)), (0, 0))
        self.assertTiesOut("2026-03-31", account_balance=450 + 800, units_value=450 + 800)

    def test_foreign_currency_credited_in_full_at_a_dearer_rate(self):
        order = self._sold_in_euro(later_rate=0.4)
        grant = order.order_line.clinic_package_ids.grant_ids
        with freeze_time("2026-03-10"):
            note = self._credit(400, order.invoice_ids, "2026-03-10")
        self.assertEqual((grant.value_left, grant.balance_left), (0, 0))
        self._recognize("2026-03-31")
        self.assertEqual(self._balance(self.company._clinic_exchange_account(1)), -200)
        self.assertEqual(self._balance(self.breakage), 0)
        self.assertTiesOut("2026-03-31", account_balance=450, units_value=450)
        note.button_draft()
        self.assertEqual((grant.value_left, grant.balance_left), (400, 800))
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=450 + 800, units_value=450 + 800)

    def test_foreign_currency_credited_in_full(self):
        """What is left of the balance by another rate is a gain of exchange; no unit is worth it."""
        order = self._sold_in_euro(later_rate=0.64)
        grant = order.order_line.clinic_package_ids.grant_ids
        self.assertEqual((grant.value_left, grant.balance_left), (400, 800))
        with freeze_time("2026-03-10"):
            self._credit(400, order.invoice_ids, "2026-03-10")
        self.assertEqual((grant.value_left, grant.balance_left, grant.remaining), (0, 0, 6))
        order._action_cancel()
        self.assertEqual(order.order_line.clinic_package_ids.state, "cancelled")
        self._recognize("2026-03-31")
        self.assertEqual(self._balance(self.company._clinic_exchange_account(-175)), 175)
        self.assertTiesOut("2026-03-31", account_balance=450, units_value=450)

    def test_whoever_invoices_needs_no_rights_to_memberships(self):
        accountant = new_test_user(self.env, "invoices", "account.group_account_invoice")
        self.invoice.invalidate_recordset()
        note = self._credit(100, self.invoice.with_user(accountant))
        self.assertEqual(self.package.value_left, 350)
        note.button_draft()
        note.unlink()
        self.assertEqual(self.package.value_left, 450)
