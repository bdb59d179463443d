from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestRefundOrdered(TillCommon):
    """Units that paid on a sales order come back with the till's refund of what the till settled: once."""

    def setUp(self):
        super().setUp()
        self.cashier.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")  # as Odoo wants it
        self.package = self._sell(self.six_pack)

    def _ordered(self, units=1):
        """A line of a sales order that units paid for."""
        quotation = self._order(self.facial, product_uom_qty=units)
        self._redeem(units, source=quotation.order_line)
        quotation.action_confirm()
        return quotation.order_line

    def _settle(self, sold, qty=None, **values):
        """The till settles it, as the browser sends it: it costs nothing, and no units are asked for here."""
        ordered = {"sale_order_line_id": sold.id, "sale_order_origin_id": sold.order_id.id, "price_unit": 0}
        return self._ring_up(self._line(self.facial, qty or sold.product_uom_qty, **ordered, **values)).lines

    def _refund(self, line, qty=None):
        return self._ring_up(self._give_back(line, qty), is_refund=True)

    def test_comes_back_once(self):
        sold = self._ordered()
        line = self._settle(sold)
        self.assertEqual((self.package.units_left, line.clinic_units_ordered), (5, 1))
        self.assertEqual(line.clinic_paid_by, "from 6-Pack Facials 5 of 6 left")
        data = self._data(self._give_back(line), partner=self.patient, is_refund=True)
        self._sync(data)
        refund = self._sync(data)
        refund.lines.sudo()._clinic_settle()
        self.assertEqual((self.package.units_left, len(sold.clinic_redemption_id)), (6, 0))
        with self.assertRaisesRegex(UserError, "undone already: its units are back"):
            sold.clinic_redemption_ids.with_user(self.receptionist).action_undo()
        self.assertEqual(self.package.units_left, 6)
        self.assertReviews(refund | line.order_id)

    def test_settled_for_somebody_else(self):
        """The order's units stay those that paid; the other patient's ticket does not tell of them, and takes none."""
        other = self.env["res.partner"].create({"name": "Ben"})
        sold = self._ordered()
        ordered = {"sale_order_line_id": sold.id, "sale_order_origin_id": sold.order_id.id, "price_unit": 0}
        order = self._ring_up(self._line(self.facial, 1, clinic_paid_by="from 6-Pack", **ordered), partner=other)
        self.assertEqual((order.lines.clinic_paid_by, order.lines.clinic_units_ordered), (False, 1))
        self.assertEqual((self.package.units_left, sold.clinic_redemption_id.partner_id), (5, self.patient))
        self.assertReviews(order)

    def test_came_back_in_the_back_office(self):
        sold = self._ordered()
        line = self._settle(sold)
        sold.clinic_redemption_id.with_user(self.receptionist).action_undo()
        self.assertEqual(self.package.units_left, 6)
        self.assertReviews(self._refund(line))
        self.assertEqual(self.package.units_left, 6)

    def test_part_by_part(self):
        sold = self._ordered(3)
        line = self._settle(sold)
        for left in (4, 5, 6):
            self._refund(line, 1)
            self.assertEqual((self.package.units_left, sold.clinic_redemption_id.quantity), (left, 6 - left))
        self.assertEqual(sold.price_unit, 0, "it is settled, and is not charged after all")

    def test_settled_in_parts(self):
        """Two visits of one order line: what one gives back is not taken from the other."""
        sold = self._ordered(3)
        first, second = self._settle(sold, 2), self._settle(sold, 1)
        self._refund(first, 1)
        self.assertEqual((self.package.units_left, sold.clinic_redemption_id.quantity), (4, 2))
        self._refund(second)
        self.assertEqual((self.package.units_left, sold.clinic_redemption_id.quantity), (5, 1))
        self._refund(first, 1)
        self.assertEqual(self.package.units_left, 6)

    def test_more_than_was_ordered(self):
        """What costs nothing takes units; what the till took goes back first."""
        sold = self._ordered(1)
        line = self._settle(sold, 3)
        self.assertEqual((self.package.units_left, line.clinic_redemption_ids.quantity), (3, 2))
        self._refund(line, 1)
        self.assertEqual((line._clinic_redeemed().quantity, sold.clinic_redemption_id.quantity), (1, 1))
        self._refund(line, 2)
        self.assertEqual((self.package.units_left, len(sold.clinic_redemption_id)), (6, 0))

    def test_in_the_back_office_of_the_till(self):
        """Odoo's own refund of a till order takes the same way."""
        line = self._settle(self._ordered(2))
        line.order_id.sudo()._refund().action_pos_order_paid()
        self.assertEqual(self.package.units_left, 6)

    def test_what_a_till_knows_of_the_order(self):
        sold = self._ordered(2)
        known = sold.order_id.with_user(self.cashier).load_sale_order_from_pos(self.till.id)["sale.order.line"]
        words = {"units": 2, "words": "from 6-Pack Facials 4 of 6 left", "patient": self.patient.id}
        self.assertEqual(known[0]["clinic_till"], words)
        sold.clinic_redemption_id._undo()
        self.assertFalse(sold.with_user(self.cashier).clinic_till)
