from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.clinic_membership.tests.test_deferral import DeferralCommon

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestVouchers(TillCommon, DeferralCommon):
    """Gift cards and the eWallet pay what units leave, beside them: a member's ticket with all of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wallet = cls.company._clinic_wallet_program()
        cls.wallet_account = cls.company._clinic_wallet_account(cls.wallet)
        cls.package = cls._sell(cls.six_pack)
        cls.member_price = {"price_unit": 90}

    def _voucher(self, program, points):
        return self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.patient.id, "points": points}
        )

    def _pays(self, card, amount):
        """The line by which a voucher pays, as the browser sends it."""
        reward = card.program_id.reward_ids
        return self._line(
            reward.discount_line_product_id,
            price_unit=-amount,
            is_reward_line=True,
            reward_id=reward.id,
            coupon_id=card.id,
            points_cost=amount,
            reward_identifier_code="paid",
        )

    def _ring_up_paid_by(self, card, amount, *lines, **values):
        """A ticket that a voucher pays; the browser tells the points once the order is there."""
        order = self._ring_up(*lines, self._pays(card, amount), **values)
        points = {card.id: {"points": -amount, "program_id": card.program_id.id, "coupon_id": card.id}}
        if card.program_id.program_type == "gift_card":
            points[card.id]["code"] = card.code
        order.with_user(self.cashier).confirm_coupon_programs(points)
        return order

    def test_wallet_pays_the_rest(self):
        self._sell(self.monthly)
        card = self._voucher(self.wallet, 200)
        order = self._ring_up_paid_by(
            card,
            103.5,
            self._units(),
            self._line(self.massage, **self.member_price),
            pricelist_id=self.gold.pricelist_id.id,
        )
        self.assertEqual((order.amount_total, order.state), (0, "paid"))
        self.assertEqual(order.lines.mapped("price_subtotal_incl"), [0, 103.5, -103.5])
        self.assertEqual(order.lines[0]._clinic_redeemed().quantity, 1)
        self.assertEqual(card.points, 96.5, "what units paid was not taken from the eWallet, too")
        self.assertReviews(order)

    def test_gift_card_and_cash_pay_the_rest(self):
        gift_cards = self.env["loyalty.program"]
        gift_cards = gift_cards.browse(gift_cards.create_from_template("gift_card")["res_id"])
        card = self._voucher(gift_cards, 60)
        order = self._ring_up_paid_by(card, 60, self._units(2), self._line(self.massage))
        self.assertEqual((order.amount_total, order.amount_paid), (55, 55))
        self.assertEqual((card.points, self.package.units_left), (0, 4))
        self.assertReviews(order)

    def test_books(self):
        """Units release their value, the voucher its debt; one does not touch the other."""
        before, owed = self._tie_out(), self._balance(self.wallet_account)
        self._ring_up_paid_by(self._voucher(self.wallet, 60), 60, self._units(2), self._line(self.massage))
        self._close()
        after = self._tie_out()
        self.assertEqual(before["units_value"] - after["units_value"], 150)
        self.assertEqual(after["difference"], 0)
        self.assertEqual(owed - self._balance(self.wallet_account), 60)

    def test_package_paid_with_a_voucher(self):
        """A voucher is money: the package was sold at its price, not at what was left to pay."""
        order = self._ring_up_paid_by(self._voucher(self.wallet, 60), 60, self._line(self.six_pack))
        package = order.lines.clinic_package_ids
        self.assertEqual((package.price_paid, package.balance_paid), (450, 450))

    def test_units_given_back(self):
        """A refund gives units back, and leaves the voucher alone: what it paid is the other line's."""
        card = self._voucher(self.wallet, 60)
        order = self._ring_up_paid_by(card, 60, self._units(2), self._line(self.massage))
        refund = self._ring_up(self._give_back(order.lines[0]), is_refund=True) - order
        self.assertEqual((refund.amount_total, self.package.units_left, card.points), (0, 6, 0))

    def test_refund_in_the_back_office(self):
        """What the eWallet paid was paid: all of it can be given back, once."""
        order = self._ring_up_paid_by(self._voucher(self.wallet, 60), 60, self._line(self.massage), to_invoice=True)
        invoice = order.account_move
        self.assertEqual((invoice.amount_total, invoice._clinic_paid()), (55, 115))
        refund = self.env["clinic.refund"]._refund(invoice, "credit", "Burnt", nets={invoice.invoice_line_ids[0]: 100})
        self.assertEqual((refund.state, refund.amount, invoice._clinic_refundable()), ("done", 115, 0))
        with self.assertRaisesRegex(UserError, "left to refund"):
            self.env["clinic.refund"]._refund(invoice, "credit", "Again", amount=1)
