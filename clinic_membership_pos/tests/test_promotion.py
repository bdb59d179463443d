from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.clinic_membership.tests.promotion_common import PackageRefundCommon

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestTillPromotion(TillCommon, PackageRefundCommon):
    """What is bought at the till under a promotion of the ticket costs what was paid for it, in the books too."""

    def _reward(self, program, off):
        """The line of a discount, as the browser sends it."""
        reward = program.reward_ids
        values = {"price_unit": -off, "is_reward_line": True, "reward_id": reward.id, "reward_identifier_code": "off"}
        reward.discount_line_product_id.taxes_id = self.six_pack.taxes_id
        return self._line(reward.discount_line_product_id, **values)

    def _ten_off(self, **values):
        """A package and a massage, 10 % off both; answers with the order."""
        lines = [self._line(self.six_pack), self._line(self.massage)]
        return self._ring_up(*lines, self._reward(self._percent(10), 55), **values)

    def _paid(self, order):
        packages = order.lines.clinic_package_ids
        for package in packages:
            self.assertEqual((package.balance_paid, package.value_left), (package.price_paid, package.price_paid))
        return packages.mapped("price_paid")

    def test_whole_ticket(self):
        before = self._balance(self.income)
        order = self._ten_off()
        self.assertEqual((self._paid(order), order.amount_total), ([405], 569.25))
        self.assertReviews(order)
        self.assertTiesOut(account_balance=0, units_value=405, not_invoiced=-405)
        self._close()
        self.assertTiesOut(account_balance=405, units_value=405)
        self.assertEqual(self._balance(self.income) - before, 90, "the massage, less its part")

    def test_value_of_a_unit(self):
        order = self._ten_off()
        self._close()
        self.assertEqual(order.lines.clinic_package_ids.grant_ids._value_of(1), 67.5)
        self._redeem(2)
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", account_balance=270, units_value=270)

    def test_invoiced(self):
        order = self._ten_off(to_invoice=True)
        self.assertEqual(self._paid(order), [405])
        self.assertEqual(order.account_move.amount_untaxed, 495, "the patient's document is as Odoo makes it")
        pair = order.account_move.line_ids.filtered("clinic_shares_id")
        self.assertEqual(sorted(pair.mapped("balance")), [-45, 45])
        self.assertTiesOut(account_balance=405, units_value=405)
        self._close()
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_credited_by_hand(self):
        """The whole invoice, by an accountant: the units follow it, and nothing is left over of the discount."""
        before = self._balance(self.income)
        order = self._ten_off(to_invoice=True)
        note = order.account_move._reverse_moves([{"date": "2026-03-02", "invoice_date": "2026-03-02"}])
        note.action_post()
        self.assertEqual(order.lines.clinic_package_ids.value_left, 0)
        self._close()
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=0, units_value=0)
        self.assertEqual(self._balance(self.income) + self._balance(self.breakage) - before, 0)

    def test_invoiced_after_the_session(self):
        """The session's entry, what takes it back, and the invoice."""
        order = self._ten_off()
        self._close()
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.assertTrue(order.account_move)
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_membership(self):
        """Renewals are at the plan's price; a change of plan gives credit for what was paid."""
        lines = [self._line(self.monthly), self._line(self.massage)]
        order = self._ring_up(*lines, self._reward(self._percent(10), 19.9))
        membership = order.lines.clinic_membership_ids
        self.assertEqual((membership.period_ids.amount, membership.price), (89.1, 99))
        self.assertEqual(membership.period_ids.invoice_id.amount_untaxed, 179.1)

    def test_off_something_else(self):
        program = self._percent(10, self.massage)
        order = self._ring_up(self._line(self.six_pack), self._line(self.massage), self._reward(program, 10))
        self.assertEqual(self._paid(order), [450])
        self._close()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_two_for_one(self):
        """The free one shares the price of the other."""
        reward = {"reward_type": "product", "reward_product_id": self.six_pack.id, "reward_product_qty": 1}
        program = self._program(reward, {"product_ids": self.six_pack.ids, "reward_point_mode": "unit"})
        order = self._ring_up(self._line(self.six_pack, 2), self._line(self.massage), self._reward(program, 450))
        self.assertEqual(self._paid(order), [225, 225])
        self._close()
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_several_and_odd_cents(self):
        odd = self._package("Odd", 33.33, 3)
        odd.available_in_pos = True
        lines = [self._line(odd, 3), self._line(self.six_pack)]
        order = self._ring_up(*lines, self._reward(self._percent(7), 38.50))
        self.assertEqual(round(sum(self._paid(order)), 2), round(99.99 + 450 - 38.50, 2))
        self._close()
        figures = self._tie_out()
        self.assertEqual((figures["difference"], figures["not_invoiced"], figures["not_started"]), (0, 0, 0))

    def test_the_rest_is_refunded(self):
        """In the back office, as for an order: the package's line and its part of the discount."""
        package = self._ten_off(to_invoice=True).lines.clinic_package_ids
        self._redeem(2)
        self.assertEqual(self._refund(package, [3], policy="average"), 202.5)
        self.assertEqual(self._refund(package, policy="average"), 67.5)
        notes = package._refunded().credit_note_id
        self.assertEqual(sorted(notes.invoice_line_ids.mapped("price_subtotal")), [-22.5, -7.5, 75, 225])
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", account_balance=0, units_value=0)

    def test_refunded_at_the_till(self):
        """The whole ticket: nothing is left of it anywhere."""
        before = self._balance(self.income)
        order = self._ten_off()
        self._close()
        later = self._open_session()
        refunds = [self._give_back(line) for line in order.lines]
        refund = self._ring_up(*refunds, is_refund=True, session=later) - order
        self.assertEqual(refund.amount_total, -569.25)
        self._close(later)
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", account_balance=0, units_value=0)
        self.assertEqual(self._balance(self.income), before)
