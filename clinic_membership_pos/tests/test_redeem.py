from freezegun import freeze_time

from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestRedeem(TillCommon):
    """Units pay at the till, once, on the day of the order."""

    def test_redeemed(self):
        package = self._sell(self.six_pack)
        order = self._ring_up(self._units(2), self._line(self.massage))
        redemption = order.lines.clinic_redemption_ids
        self.assertEqual((redemption.quantity, redemption.partner_id), (2, self.patient))
        self.assertEqual(
            (redemption.pos_order_id, redemption.source_key), (order, f"pos.order.line,{order.lines[0].id}")
        )
        self.assertEqual((package.units_left, order.amount_total), (4, 115))
        self.assertEqual(order.lines[0].clinic_paid_by, "from 6-Pack Facials 4 of 6 left")
        self.assertReviews(order)

    def test_sent_again(self):
        package = self._sell(self.six_pack)
        data = self._data(self._units(2), partner=self.patient)
        for _time in range(3):
            self._sync(data)
        self.assertEqual(package.units_left, 4)
        order = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        order.lines._clinic_settle()
        self.assertEqual(package.units_left, 4)

    def test_parts_of_a_ticket(self):
        """A ticket that was split at the till: each part takes its own, however often they come."""
        package = self._sell(self.six_pack)
        parts = [self._data(self._units(qty), partner=self.patient) for qty in (2, 1)]
        self._sync(*parts)
        orders = self._sync(*reversed(parts))
        self.assertEqual(
            (package.units_left, sorted(orders.lines.clinic_redemption_ids.mapped("quantity"))), (3, [1, 2])
        )

    def test_raised_while_it_is_open(self):
        """An open ticket takes nothing; what it is when it is paid counts: one line more units, one moved away."""
        package = self._sell(self.six_pack)
        data = self._data(self._units(1), self._units(2), partner=self.patient)
        raised, moved = (line[2] for line in data["lines"])
        draft = self._sync({**data, "state": "draft"})
        self.assertEqual(package.units_left, 6)
        stays, goes = draft.lines
        self._sync({**data, "lines": [(1, stays.id, {**raised, "qty": 3}), (2, goes.id, 0)]})
        self.assertEqual((package.units_left, draft.lines.clinic_redemption_ids.quantity), (3, 3))
        self._ring_up((0, 0, {**moved, "uuid": f"{moved['uuid']}-moved"}))
        self.assertEqual(package.units_left, 1)

    def test_overdraft(self):
        """What is there is taken; the rest is to be reviewed, and a manager is told."""
        package = self._sell(self.six_pack)
        self._redeem(units=5)
        order = self._ring_up(self._units(3))
        self.assertEqual((order.state, package.units_left), ("paid", 0))
        self.assertEqual(order.lines.clinic_redemption_ids.quantity, 1)
        review = order.lines.clinic_review_ids
        self.assertEqual((review.kind, review.quantity, review.state), ("overdraft", 2, "open"))
        self.assertIn("1 of the 3 units", review.reason)
        self.assertTrue(review.activity_ids.user_id.has_group("clinic_membership.group_membership_manager"))

    def test_nothing_covers_it(self):
        order = self._ring_up(self._units(1, self.massage))
        self.assertEqual((order.lines.clinic_review_ids.quantity, order.state), (1, "paid"))
        self.assertFalse(order.lines.clinic_redemption_ids)

    def test_without_patient(self):
        self._sell(self.six_pack)
        order = self._ring_up(self._units(), partner=None)
        self.assertReviews(order, "overdraft")
        self.assertEqual(self._left(), 6)

    def test_charged_and_marked(self):
        """A line that was paid with money takes no units, whatever the till says."""
        self._sell(self.six_pack)
        order = self._ring_up(self._units(1, price_unit=100))
        self.assertReviews(order, "overdraft")
        self.assertEqual(self._left(), 6)

    def test_link_is_checked(self):
        """Units of somebody else, or ones that do not exist, are not taken because the till says so."""
        other = self._sell(self.six_pack, partner=self.env["res.partner"].create({"name": "Other"}))
        mine = self._sell(self.six_pack)
        order = self._ring_up(
            self._units(1, clinic_grant_key=other.grant_ids.id), self._units(1, clinic_grant_key=99999999)
        )
        self.assertEqual((other.units_left, mine.units_left), (6, 4))
        self.assertReviews(order)

    def test_picked(self):
        first, second = self._sell(self.six_pack), self._sell(self.six_pack)
        self._ring_up(self._units(1, clinic_grant_key=second.grant_ids.id))
        self.assertEqual((first.units_left, second.units_left), (6, 5))

    def test_fraction_takes_a_whole_unit(self):
        package = self._sell(self.six_pack)
        self._ring_up(self._units(0.5))
        self.assertEqual(package.units_left, 5)

    def test_day_of_the_visit(self):
        """Paid without a connection on the last day, sent the day after: the day at the till counts."""
        package = self._sell(self.six_pack)
        with freeze_time("2027-03-01 20:00:00"):
            data = self._data(self._units(), partner=self.patient)
        with freeze_time("2027-03-02 09:00:00"):
            self.till_session.start_at = "2027-03-02 08:00:00"
            order = self._sync(data)
        self.assertEqual(str(order.lines.clinic_redemption_ids.date), "2027-03-01")
        self.assertEqual(package.units_left, 5)

    def test_plain_order(self):
        """Nothing happens to an order that has nothing to do with units."""
        order = self._ring_up(self._line(self.massage), partner=None)
        self.assertEqual(order.state, "paid")
        self.assertReviews(order)

    def test_cashier_reads_no_packages(self):
        """A cashier redeems without any right to memberships."""
        self.assertFalse(self.cashier.has_group("clinic_membership.group_membership_user"))
        self.assertFalse(self.env["clinic.package"].with_user(self.cashier).has_access("read"))
        self.assertFalse(self.env["clinic.till.review"].with_user(self.cashier).has_access("read"))
