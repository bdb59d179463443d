from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestSell(TillCommon):
    """Memberships and packages that are paid at the till begin with the order."""

    def test_package(self):
        order = self._ring_up(self._line(self.six_pack))
        package = order.lines.clinic_package_ids
        self.assertEqual((package.partner_id, package.state, package.price_paid), (self.patient, "active", 450))
        self.assertEqual((package.units_left, str(package.expires_on)), (6, "2027-03-01"))
        self.assertEqual((package.pos_order_id, order.state), (order, "paid"))
        self.assertReviews(order)

    def test_several_packages_at_a_discount(self):
        packages = self._ring_up(self._line(self.six_pack, 3, discount=10)).lines.clinic_package_ids
        self.assertEqual(packages.mapped("price_paid"), [405, 405, 405])
        self.assertEqual(packages.mapped("units_left"), [6, 6, 6])

    def test_cents_are_spread(self):
        self.six_pack.list_price = 100.01
        packages = self._ring_up(self._line(self.six_pack, 3, discount=33)).lines.clinic_package_ids
        self.assertEqual(round(sum(packages.mapped("price_paid")), 2), round(100.01 * 0.67 * 3, 2))

    def test_membership(self):
        order = self._ring_up(self._line(self.monthly, discount=10))
        membership = order.lines.clinic_membership_ids
        self.assertEqual((membership.state, membership.partner_id), ("active", self.patient))
        self.assertEqual((membership.payer_id, membership.tier_id), (self.patient, self.gold))
        self.assertEqual(str(membership.next_renewal), "2026-04-02")
        self.assertAlmostEqual(membership.price, 99 * 0.9)
        self.assertEqual(self._left(), 2)
        period = membership.period_ids
        self.assertEqual((period.invoice_id, period.payment_state), (order.account_move, "paid"))
        self.assertAlmostEqual(period.amount, 99 * 0.9)
        self.assertFalse(membership.payment_token_id, "no card is stored unless somebody chooses one")

    def test_membership_renews_by_invoice(self):
        membership = self._ring_up(self._line(self.monthly)).lines.clinic_membership_ids
        with freeze_time("2026-04-02 10:00:00"):
            membership._renew()
        renewal = membership.period_ids.filtered(lambda period: not period.is_first)
        self.assertEqual((len(renewal), renewal.payment_state, renewal.amount), (1, "due", 99))
        self.assertEqual(renewal.invoice_id.partner_id, self.patient)

    def test_invoice_fails_and_the_order_stays(self):
        """The order was paid: no rule of invoices may keep it at the till."""
        self.patch(type(self.env["account.move"]), "_post", self._refuse)
        order = self._ring_up(self._line(self.monthly))
        self.assertEqual((order.state, order.to_invoice, order.account_move.id), ("paid", False, False))
        self.assertEqual(order.lines.clinic_membership_ids.state, "active")
        self.assertEqual(order.lines.clinic_membership_ids.period_ids.payment_state, "paid")
        self.assertReviews(order, "sale")

    @staticmethod
    def _refuse(moves, soft=True):
        raise UserError(moves.env._("The period is locked."))

    def test_sent_again(self):
        data = self._data(self._line(self.six_pack), self._line(self.monthly), partner=self.patient)
        first, second = self._sync(data), self._sync(data)
        self.assertEqual(first, second)
        self.assertEqual(len(first.lines.clinic_package_ids), 1)
        self.assertEqual(len(first.lines.clinic_membership_ids), 1)
        first.lines.sudo()._clinic_settle()
        self.assertEqual(len(first.lines.clinic_package_ids), 1)

    def test_draft_sells_nothing_until_paid(self):
        data = self._data(self._line(self.six_pack), partner=self.patient, state="draft")
        draft = self._sync({**data, "payment_ids": [], "amount_paid": 0})
        self.assertFalse(draft.lines.clinic_package_ids)
        line = data["lines"][0][2]
        paid = self._sync({**data, "state": "paid", "lines": [(1, draft.lines.id, line)]})
        self.assertEqual(paid, draft)
        self.assertEqual(len(paid.lines.clinic_package_ids), 1)

    def test_without_patient(self):
        """Paid without a connection and without a patient: kept, reviewed, given to whom staff names."""
        order = self._ring_up(self._line(self.six_pack), partner=None)
        self.assertEqual((order.state, len(order.lines.clinic_package_ids)), ("paid", 0))
        self.assertReviews(order, "sale")
        review = order.lines.clinic_review_ids.with_user(self.manager)
        review.partner_id = self.patient
        review.action_try_again()
        self.assertEqual((review.state, self._left()), ("settled", 6))

    def test_two_memberships_for_one(self):
        order = self._ring_up(self._line(self.monthly, 2))
        self.assertFalse(order.lines.clinic_membership_ids)
        self.assertIn("a membership is for one", order.lines.clinic_review_ids.reason)

    def test_minor_without_an_adult(self):
        self.patient.clinic_birthdate = "2015-01-01"
        order = self._ring_up(self._line(self.monthly))
        self.assertEqual(order.state, "paid" if not order.account_move else "done")
        self.assertReviews(order, "sale")

    def test_units_in_the_same_order(self):
        """What was bought on the ticket can pay on the ticket."""
        order = self._ring_up(self._line(self.six_pack), self._units(2))
        self.assertEqual(order.lines.clinic_package_ids.units_left, 4)
        self.assertReviews(order)

    def test_pays_for_a_sales_order(self):
        """A quotation that is paid at the till creates its package once, and it is as if the till had sold it."""
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")  # as Odoo wants it
        quotation = self._order(self.six_pack)
        sold = quotation.order_line
        order = self._ring_up(self._line(self.six_pack, sale_order_line_id=sold.id, sale_order_origin_id=quotation.id))
        package = sold.clinic_package_ids
        self.assertEqual((len(package), package.state, package.pos_order_id), (1, "active", order))
        self.assertEqual((quotation.state, package.balance_paid), ("sale", 450))
        plan = self._order(self.monthly)
        plan.action_confirm()
        line = self._line(self.monthly, sale_order_line_id=plan.order_line.id, sale_order_origin_id=plan.id)
        order = self._ring_up(line)
        membership = plan.order_line.clinic_membership_ids
        self.assertEqual((len(membership), membership.state, membership.pos_order_id), (1, "active", order))

    def test_a_sales_order_that_units_paid_is_paid(self):
        """The till settles it and takes no second unit, whatever the cashier pressed."""
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self._sell(self.six_pack)
        quotation = self._order(self.facial)
        self._redeem(source=quotation.order_line)
        self.assertEqual(self._left(), 5)
        quotation.action_confirm()
        settled = {"sale_order_line_id": quotation.order_line.id, "sale_order_origin_id": quotation.id}
        order = self._ring_up(self._units(1, **settled))
        self.assertEqual(self._left(), 5)
        self.assertEqual(order.lines.clinic_paid_by, "from 6-Pack Facials 5 of 6 left")
        self.assertReviews(order)
        more = self._ring_up(self._units(2, **settled))
        self.assertEqual((self._left(), more.lines.clinic_redemption_ids.quantity), (4, 1))

    def test_member_price(self):
        """The member price is loaded with the till, brought by members, and checked."""
        member_price = self.gold.pricelist_id
        self.assertIn(member_price, self.till._get_available_pricelists())
        self._sell(self.monthly)
        member = self._ring_up(self._line(self.facial, price_unit=90), pricelist_id=member_price.id)
        self.assertReviews(member)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        other = self._ring_up(self._line(self.facial, price_unit=90), pricelist_id=member_price.id, partner=stranger)
        self.assertReviews(other, "price")
        joined = self._ring_up(
            self._line(self.facial, price_unit=90),
            self._line(self.monthly),
            pricelist_id=member_price.id,
            partner=self.env["res.partner"].create({"name": "Newcomer"}),
        )
        self.assertReviews(joined)

    def test_the_drawer_is_not_the_desks(self):
        """The cash of a till is counted there; at the desk it is proposed only where there is nothing else."""
        values = {"kind": "package", "partner_id": self.patient.id, "product_id": self.six_pack.id}
        desk = self.env["clinic.sell"].with_user(self.receptionist).create(values)
        drawer, journals = self.cash.journal_id, desk._journals()
        self.assertNotIn(drawer, journals)
        self.assertEqual(desk.journal_id, journals[0])
        journals.sudo().active = False
        self.assertIn(drawer, desk._journals())
