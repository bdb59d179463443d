from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.clinic_membership.tests.test_deferral import DeferralCommon

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestBooks(TillCommon, DeferralCommon):
    """What tills sold is in the books once the session is closed; the tie-out says so before, and is 0.00 always."""

    def test_session(self):
        package = self._ring_up(self._line(self.six_pack)).lines.clinic_package_ids
        self.assertTrue(package.deferred)
        self.assertEqual((package.balance_paid, package.grant_ids.balance_left), (450, 450))
        self.assertTiesOut(account_balance=0, units_value=450, not_invoiced=-450)
        self._close()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_what_is_behind_the_figures(self):
        """Until the session is closed: the packages of tills, beside those of orders; then what is to be reviewed."""
        accountant = new_test_user(self.env, "books", "account.group_account_user")
        ordered = self._sell(self.six_pack, paid=False)
        package = self._ring_up(self._line(self.six_pack)).lines.clinic_package_ids
        nobody = self._ring_up(self._line(self.six_pack), partner=None).lines
        report = self.env["clinic.tie.out"].with_user(accountant).create({"date": "2026-03-02"})

        def opened(sign):
            action = report.with_context(clinic_sign=sign).action_open_sold()
            return self.env[action["res_model"]].search(action["domain"])

        self.assertEqual((report.not_started, report.not_invoiced), (450, -450))
        self.assertEqual(opened(-1), package)
        self.assertEqual(opened(0), package | ordered)
        self.assertEqual(opened(1), ordered.sale_line_id.order_id)
        self._close()
        report.invalidate_recordset()
        self.assertEqual((report.not_started, report.not_invoiced), (900, 0))
        self._pay(ordered.sale_line_id.invoice_lines.move_id)
        report = report.with_user(self.manager)
        self.assertEqual(opened(1), nobody.clinic_review_ids)

    def test_used_and_recognized(self):
        self._ring_up(self._line(self.six_pack), self._units(2))
        self._close()
        self.assertTiesOut(account_balance=450, units_value=300, not_posted=150)
        before = self._balance(self.income)
        self._recognize("2026-03-03")
        self.assertTiesOut(account_balance=300, units_value=300)
        self.assertEqual(self._balance(self.income) - before, 150)

    def test_income_by_the_fiscal_position_of_the_ticket(self):
        abroad = self.company._clinic_account("Services abroad", "income")
        accounts = [Command.create({"account_src_id": self.income.id, "account_dest_id": abroad.id})]
        position = self.env["account.fiscal.position"].create({"name": "Abroad", "account_ids": accounts})
        before = self._balance(self.income)
        self.six_pack.taxes_id = False
        self._ring_up(self._line(self.six_pack), fiscal_position_id=position.id)
        self._redeem(2)
        self._close()
        self._recognize("2026-03-31")
        self.assertEqual((self._balance(abroad), self._balance(self.income)), (150, before))
        self.assertTiesOut("2026-03-31", account_balance=300, units_value=300)

    def test_tax_included_and_discounted(self):
        """Prices that contain their tax, three packages: the cents of the entry are the cents of the units."""
        self.tax.price_include_override = "tax_included"
        self.six_pack.list_price = 333.33
        order = self._ring_up(self._line(self.six_pack, 3, discount=7))
        self._close()
        found = self._tie_out()
        self.assertEqual((found["difference"], found["not_invoiced"], found["not_started"]), (0, 0, 0))
        self.assertEqual(found["account_balance"], round(sum(order.lines.clinic_package_ids.mapped("balance_paid")), 2))

    def test_invoiced(self):
        order = self._ring_up(self._line(self.six_pack), to_invoice=True)
        self.assertTiesOut(account_balance=450, units_value=450)
        self._close()
        self.assertTiesOut(account_balance=450, units_value=450)
        self.assertEqual(order.lines.clinic_package_ids._refund_invoice_line().move_id, order.account_move)

    def test_invoiced_after_the_session(self):
        order = self._ring_up(self._line(self.six_pack))
        self._close()
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_refunded_at_the_till(self):
        order = self._ring_up(self._line(self.six_pack, 2))
        self._close()
        later = self._open_session()
        self._ring_up(self._give_back(order.lines, 1), is_refund=True, session=later)
        self.assertTiesOut(account_balance=900, units_value=450, not_taken_back=450)
        self._close(later)
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_sold_to_nobody(self):
        order = self._ring_up(self._line(self.six_pack), partner=None)
        self.assertTiesOut(account_balance=0, units_value=0)
        self._close()
        self.assertTiesOut(account_balance=450, units_value=0, not_started=450)
        order.lines.clinic_review_ids.partner_id = self.patient
        order.lines.clinic_review_ids.with_user(self.manager).action_try_again()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_sold_to_nobody_and_refunded(self):
        order = self._ring_up(self._line(self.six_pack), partner=None)
        self._close()
        later = self._open_session()
        self._ring_up(self._give_back(order.lines), partner=None, is_refund=True, session=later)
        self.assertEqual(order.lines.clinic_review_ids.state, "settled")
        self._close(later)
        self.assertTiesOut(account_balance=0, units_value=0, not_started=450, not_invoiced=-450)
        with self.assertRaisesRegex(UserError, "is settled already"):
            order.lines.clinic_review_ids.with_user(self.manager).action_try_again()

    def test_used_and_refunded_all_the_same(self):
        """Units that are still there for money that was given back are told apart, not lost."""
        order = self._ring_up(self._line(self.six_pack))
        self._redeem(preferred=order.lines.clinic_package_ids.grant_ids)
        self._close()
        later = self._open_session()
        self._ring_up(self._give_back(order.lines), is_refund=True, session=later)
        self._close(later)
        self.assertTiesOut(account_balance=0, units_value=375, not_posted=75, not_invoiced=-450)

    def test_refunded_and_taken_back_later(self):
        """The visit was undone, so that the units can be ended after all: they and the money are gone, once."""
        order = self._ring_up(self._line(self.six_pack))
        redemption = self._redeem(preferred=order.lines.clinic_package_ids.grant_ids)
        self._close()
        later = self._open_session()
        refund = self._ring_up(self._give_back(order.lines), is_refund=True, session=later)
        self._close(later)
        redemption._undo()
        review = (order | refund).lines.clinic_review_ids
        review.with_user(self.manager).action_try_again()
        self.assertEqual((review.state, order.lines.clinic_package_ids.units_left), ("settled", 0))
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_started_on_confirmation_and_paid_at_the_till(self):
        self.company.clinic_activation = "confirmation"
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")  # as Odoo wants it
        quotation = self._order(self.six_pack)
        quotation.action_confirm()
        package, sold = quotation.order_line.clinic_package_ids, quotation.order_line
        self.assertEqual(package.state, "active")
        order = self._ring_up(self._line(self.six_pack, sale_order_line_id=sold.id, sale_order_origin_id=quotation.id))
        self.assertEqual(order.lines.clinic_package_ids, package)
        self.assertTiesOut(account_balance=0, units_value=450, not_invoiced=-450)
        self._close()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_started_on_confirmation_and_paid_at_another_price(self):
        """The cashier gave a discount: the units are worth what was paid, before and after the session is closed."""
        self.company.clinic_activation = "confirmation"
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        quotation = self._order(self.six_pack)
        quotation.action_confirm()
        package, sold = quotation.order_line.clinic_package_ids, quotation.order_line
        of_order = {"sale_order_line_id": sold.id, "sale_order_origin_id": quotation.id}
        self._ring_up(self._line(self.six_pack, discount=20, **of_order))
        self.assertEqual((package.price_paid, package.value_left), (360, 360))
        self.assertTiesOut(account_balance=0, units_value=360, not_invoiced=-360)
        self._close()
        self.assertTiesOut(account_balance=360, units_value=360)

    def test_of_two_one_had_started(self):
        """Somebody started one of them by hand: together they are worth what the till took."""
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        quotation = self._order(self.six_pack, product_uom_qty=2)
        quotation.action_confirm()
        packages, sold = quotation.order_line.clinic_package_ids, quotation.order_line
        packages[0]._set_ready()
        of_order = {"sale_order_line_id": sold.id, "sale_order_origin_id": quotation.id}
        self._ring_up(self._line(self.six_pack, 2, discount=20, **of_order))
        self.assertEqual(packages.mapped("state"), ["active", "active"])
        self.assertEqual((sum(packages.mapped("price_paid")), sum(packages.mapped("value_left"))), (720, 720))
        self._close()
        self.assertTiesOut(account_balance=720, units_value=720)

    def test_not_deferred_where_the_product_says_so(self):
        """Deferred is what the till's account is, not what the company would like."""
        self.company.clinic_breakage_account_id = False
        package = self._ring_up(self._line(self.six_pack)).lines.clinic_package_ids
        self.assertFalse(package.deferred)

    def test_yearly_membership_is_earned_by_month(self):
        plan = self._tier("Yearly", 10, 1200, billing_interval="annual").plan_ids.product_variant_id
        plan.available_in_pos = True
        order = self._ring_up(self._line(plan))
        deferral = self.env["clinic.deferral"].search([("move_id", "=", order.account_move.id)])
        self.assertEqual((deferral.amount, str(deferral.post_on)), (1200, "2026-03-31"))
        self.assertEqual(deferral._period(), order.lines.clinic_membership_ids.period_ids)

    def test_order_of_two_taxes(self):
        other = self.env["account.tax"].create(
            {
                "name": "Clinic 5 %",
                "amount": 5,
                "price_include_override": "tax_included",
            }
        )
        self.facial.taxes_id = [Command.set(other.ids)]
        order = self._ring_up(self._line(self.six_pack), self._line(self.facial), self._units())
        self.assertEqual(order.lines.clinic_package_ids.balance_paid, 450)
        self.assertEqual(order.state, "paid")
