from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestRefund(TillCommon):
    """What is refunded at the till gives its units back, once."""

    def setUp(self):
        super().setUp()
        self.package = self._sell(self.six_pack)

    def test_units_come_back(self):
        order = self._ring_up(self._units(2))
        data = self._data(self._give_back(order.lines), partner=self.patient, is_refund=True)
        self._sync(data)
        self._sync(data)
        self.assertEqual(self.package.units_left, 6)
        self.assertEqual(order.lines.clinic_redemption_ids.state, "undone")

    def test_the_ticket_is_behind_each_movement(self):
        """Sold, used and given back at a till: the patient's history names the tickets, and opens them."""
        sold, used = self._ring_up(self._line(self.six_pack)), self._ring_up(self._units())
        back = self._ring_up(self._give_back(sold.lines), is_refund=True) - sold
        lines = self.env["clinic.activity.line"].search([("partner_id", "=", self.patient.id)])
        of_sold = lines.filtered(lambda line: line.package_id == sold.lines.clinic_package_ids)
        self.assertEqual(
            [(line.kind, line.document) for line in of_sold], [("grant", sold.name), ("refund", back.name)]
        )
        self.assertEqual([line.action_open()["res_id"] for line in of_sold], [sold.id, back.id])
        self.assertEqual(of_sold[-1].explanation, "Given back at the till")
        visit = lines.filtered(lambda line: line.kind == "redeem")
        self.assertEqual(visit.document, f"{visit.redemption_id.name}, {used.name}")

    def test_a_part_comes_back(self):
        order = self._ring_up(self._units(3))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual(self.package.units_left, 4)
        self.assertEqual(order.lines._clinic_redeemed().quantity, 2)
        self._ring_up(self._give_back(order.lines, 2), is_refund=True)
        self.assertEqual((self.package.units_left, len(order.lines._clinic_redeemed())), (6, 0))

    def test_a_fraction_of_a_unit_is_not_given_back(self):
        """Half of two sessions: a unit and a half is kept, which is two units."""
        order = self._ring_up(self._units(2))
        self._ring_up(self._give_back(order.lines, 0.5), is_refund=True)
        self.assertEqual(self.package.units_left, 4)
        self._ring_up(self._give_back(order.lines, 0.5), is_refund=True)
        self.assertEqual(self.package.units_left, 5)

    def test_draft_refund_gives_nothing_back(self):
        order = self._ring_up(self._units(2))
        data = self._data(self._give_back(order.lines), partner=self.patient, is_refund=True, state="draft")
        self._sync(data)
        self.assertEqual(self.package.units_left, 4)

    def test_overdraft_goes_first(self):
        self._redeem(units=5)
        order = self._ring_up(self._units(3))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual((order.lines.clinic_review_ids.quantity, order.lines.clinic_review_ids.state), (1, "open"))
        self.assertEqual(self.package.units_left, 0)
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual((order.lines.clinic_review_ids.quantity, order.lines.clinic_review_ids.state), (0, "settled"))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual(self.package.units_left, 1)

    def test_what_came_later_goes_back_first(self):
        """Three units, one of which a second try found: each refund gives one back, the last one first."""
        self._redeem(units=4)
        order = self._ring_up(self._units(3))
        self._sell(self.six_pack)
        order.lines.clinic_review_ids.with_user(self.manager).action_try_again()
        self.assertEqual((len(order.lines._clinic_redeemed()), self._left()), (2, 5))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual((order.lines._clinic_redeemed().quantity, self._left()), (2, 6))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual((order.lines._clinic_redeemed().quantity, self._left()), (1, 7))
        self._ring_up(self._give_back(order.lines, 1), is_refund=True)
        self.assertEqual((len(order.lines._clinic_redeemed()), self._left()), (0, 8))

    def test_in_the_back_office(self):
        """Odoo's own refund of a till order takes the same way."""
        order = self._ring_up(self._units(2))
        refund = order.sudo()._refund()
        refund.action_pos_order_paid()
        self.assertEqual(self.package.units_left, 6)

    def test_package(self):
        order = self._ring_up(self._line(self.six_pack, 2))
        data = self._data(self._give_back(order.lines, 1), partner=self.patient, is_refund=True)
        self._sync(data)
        self._sync(data)
        self.assertEqual(sorted(order.lines.clinic_package_ids.mapped("state")), ["active", "refunded"])
        self.assertReviews(order)

    def test_used_package(self):
        order = self._ring_up(self._line(self.six_pack))
        self._redeem(preferred=order.lines.clinic_package_ids.grant_ids)
        refusal = self.env["pos.order"].with_user(self.cashier).clinic_refund_check(order.lines.ids)
        self.assertRegex(refusal, "has been used.*back office.*Packages.*'Process Refund'")
        refund = self._ring_up(self._give_back(order.lines), is_refund=True)
        self.assertIn(
            "refunded in full", refund[-1:].lines.clinic_review_ids.reason or order.lines.clinic_review_ids.reason
        )
        self.assertEqual(order.lines.clinic_package_ids.units_left, 5)

    def test_membership(self):
        order = self._ring_up(self._line(self.monthly))
        self.assertIn(
            "choose it and 'Cancel'",
            self.env["pos.order"].with_user(self.cashier).clinic_refund_check(order.lines.ids),
        )

    def test_membership_in_the_back_office(self):
        """What the till took is money that was paid: it can be given back, in cash or as credit, and once."""
        membership = self._ring_up(self._line(self.monthly)).lines.clinic_membership_ids
        invoice = membership.period_ids.invoice_id
        self.assertEqual((invoice._clinic_paid(), invoice._clinic_money_left()), (113.85, 113.85))
        wizard = Form(
            self.env["clinic.refund.wizard"]
            .with_user(self.manager)
            .with_context(**membership.with_user(self.manager).action_refund()["context"])
        )
        self.assertEqual((wizard.invoice_id, wizard.refundable), (invoice, 113.85))
        refunds = self.env["clinic.refund"]
        refunds._refund(invoice, "credit", "Moves away", 50)
        journal = self.cash.journal_id
        refunds._refund(invoice, "bank", "Moves away", 63.85, journal_id=journal.id)
        self.assertEqual((invoice._clinic_refundable(), invoice._clinic_money_left()), (0, 0))
        with self.assertRaisesRegex(UserError, "Nothing is left to refund"):
            refunds._refund(invoice, "credit", "Again", 1)
