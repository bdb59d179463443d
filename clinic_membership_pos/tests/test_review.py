from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestReview(TillCommon):
    """A manager settles what a till did: charge, try again, forgive."""

    def setUp(self):
        super().setUp()
        self._sell(self.monthly)
        self._redeem(units=2)
        self.order = self._ring_up(self._units(2))
        self.review = self.order.lines.clinic_review_ids.with_user(self.manager)

    def test_charge(self):
        self.review.action_charge()
        invoice = self.review.move_id
        self.assertEqual((self.review.state, invoice.state, invoice.partner_id), ("charged", "posted", self.patient))
        self.assertEqual(invoice.amount_untaxed, 180, "at the member price")
        self.assertEqual(invoice.invoice_line_ids.tax_ids, self.tax)
        self.assertFalse(self.review.activity_ids)
        with self.assertRaisesRegex(UserError, "settled already"):
            self.review.action_charge()

    def test_forgive(self):
        self.review.action_forgive()
        self.assertEqual((self.review.state, self.review.move_id.id), ("forgiven", False))

    def test_try_again(self):
        with self.assertRaisesRegex(UserError, "0 of the 2 units"):
            self.review.action_try_again()
        self._sell(self.six_pack)
        self.review.action_try_again()
        self.assertEqual((self.review.state, self._left()), ("settled", 4))
        redemption = self.env["clinic.redemption"].search([("pos_line_id", "=", self.order.lines.id)])
        self.assertEqual(redemption.quantity, 2)

    def test_what_was_charged_is_not_charged_again(self):
        order = self._ring_up(self._units(1, price_unit=100))
        review = order.lines.clinic_review_ids.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "charged it already"):
            review.action_charge()
        review.action_forgive()
        self.assertEqual(review.state, "forgiven")

    def test_a_refund_is_settled_when_the_membership_has_ended(self):
        order = self._ring_up(self._line(self.monthly), partner=self.env["res.partner"].create({"name": "Newcomer"}))
        membership = order.lines.clinic_membership_ids
        refund = self._ring_up(self._give_back(order.lines), partner=membership.partner_id, is_refund=True)
        review = (refund | order).lines.clinic_review_ids.with_user(self.manager)
        self.assertEqual(review.kind, "refund")
        with self.assertRaisesRegex(UserError, "Cancel the membership at once"):
            review.action_try_again()
        with self.assertRaisesRegex(UserError, "Only missing units are charged"):
            review.action_charge()
        membership._cancel(self.reason, immediate=True, fee=False)
        review.action_try_again()
        self.assertEqual(review.state, "settled")

    def test_who_may(self):
        review = self.order.lines.clinic_review_ids
        for user in (self.receptionist, self.cashier):
            for button in ("action_charge", "action_forgive", "action_try_again"):
                with self.assertRaises(AccessError):
                    getattr(review.with_user(user), button)()
        self.assertTrue(review.with_user(self.receptionist).reason)

    def test_never_deleted(self):
        with self.assertRaises(UserError):
            self.order.lines.clinic_review_ids.unlink()

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other clinic"})
        self.manager.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        with self.assertRaises(AccessError):
            self.review.with_context(allowed_company_ids=company.ids).action_forgive()
