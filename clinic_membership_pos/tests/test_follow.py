from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.clinic_membership.tests.test_deferral import DeferralCommon
from odoo.addons.clinic_membership.tests.test_package_follow import credit_by_hand

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestTillFollow(TillCommon, DeferralCommon):
    """Of a till's order that was invoiced, an accountant makes a credit note by hand: the units follow it."""

    def _sell_invoiced(self, *lines):
        order = self._ring_up(*lines, to_invoice=True)
        return order, order.lines.clinic_package_ids

    def test_a_part_is_credited(self):
        order, package = self._sell_invoiced(self._line(self.six_pack))
        self._redeem(2)
        note = credit_by_hand(order.account_move, 100)
        self.assertEqual((package.price_paid, package.value_left, package.units_left), (350, 200, 4))
        self.assertIn("Process Refund", package.message_ids[0].body)
        self.assertTiesOut(account_balance=350, units_value=200, not_posted=150)
        self._close()
        self._recognize("2026-03-31")
        self.assertTiesOut("2026-03-31", account_balance=200, units_value=200)
        note.button_draft()
        self.assertEqual((package.price_paid, package.value_left), (450, 300))
        self.assertTiesOut("2026-03-31", account_balance=300, units_value=300)

    def test_credited_in_full_after_the_session(self):
        order, package = self._sell_invoiced(self._line(self.six_pack))
        self._close()
        credit_by_hand(order.account_move, 450)
        self.assertEqual((package.value_left, package.units_left), (0, 6))
        package.with_user(self.manager).action_end_units()
        self.assertEqual(package.state, "expired")
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_lines_of_one_product_share_it(self):
        """Two lines of the product, 450 and 225: credit notes of 225 in all take 150 and 75, once."""
        order, packages = self._sell_invoiced(self._line(self.six_pack), self._line(self.six_pack, discount=50))
        notes = [credit_by_hand(order.account_move, 50) for _time in range(3)]  # each on both lines
        self.assertEqual(packages.mapped("value_left"), [300, 150])
        self.assertTiesOut(account_balance=450, units_value=450)
        notes[0].button_draft()
        self.assertEqual(packages.mapped("value_left"), [350, 175])
        self.assertTiesOut(account_balance=525, units_value=525)

    def test_other_products_are_not_touched(self):
        order, package = self._sell_invoiced(self._line(self.six_pack), self._line(self.facial))
        note = order.account_move._reverse_moves([{"date": "2026-03-02", "invoice_date": "2026-03-02"}])
        note.invoice_line_ids.filtered(lambda line: line.product_id == self.six_pack).unlink()
        note.action_post()
        self.assertEqual((package.value_left, package.grant_ids.entry_ids.mapped("kind")), (450, ["grant"]))
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_a_discounted_line(self):
        order, package = self._sell_invoiced(self._line(self.six_pack, discount=10))
        self.assertEqual(package.value_left, 405)
        note = order.account_move._reverse_moves([{"date": "2026-03-02", "invoice_date": "2026-03-02"}])
        note.action_post()
        self.assertEqual((package.value_left, package.price_paid), (0, 0))
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_an_invoice_that_is_corrected(self):
        """Reset to draft, another price, posted again: named meanwhile, and the units that are left follow it."""
        order, package = self._sell_invoiced(self._line(self.six_pack))
        self.assertEqual(package.grant_ids.entry_ids.mapped("kind"), ["grant"])
        self._close()
        self._redeem(2)
        self._recognize("2026-03-03")
        invoice = order.account_move
        invoice.button_draft()
        self.assertTiesOut("2026-03-03", account_balance=-150, units_value=300, not_invoiced=-450)
        invoice.invoice_line_ids.price_unit = 390
        invoice.action_post()
        self.assertEqual((package.price_paid, package.value_left), (390, 240))
        self.assertTiesOut("2026-03-03", account_balance=240, units_value=240)
        credit_by_hand(invoice, 40)
        self.assertEqual((package.price_paid, package.value_left), (350, 200))
        self.assertTiesOut("2026-03-03", account_balance=200, units_value=200)

    def test_nothing_is_corrected_where_nobody_did(self):
        """Taxes that are included, a discount, two lines of the product: the invoice has the cents of the units."""
        self.tax.price_include_override = "tax_included"
        self.six_pack.list_price = 333.33
        _order, packages = self._sell_invoiced(self._line(self.six_pack, 3, discount=7), self._line(self.six_pack))
        self.assertEqual(set(packages.grant_ids.entry_ids.mapped("kind")), {"grant"})
        self.assertEqual(self._tie_out()["difference"], 0)
        self.assertEqual(self._tie_out()["account_balance"], self._tie_out()["units_value"])

    def test_taken_off_the_invoice(self):
        """The package's line is deleted from the invoice: its units are worth nothing, and a manager ends them."""
        order, package = self._sell_invoiced(self._line(self.six_pack), self._line(self.facial))
        self._close()
        order.account_move.button_draft()
        line = order.account_move.invoice_line_ids.filtered(lambda line: line.product_id == self.six_pack)
        line.unlink()
        order.account_move.action_post()
        self.assertEqual((package.value_left, package.units_left), (0, 6))
        package.with_user(self.manager).action_end_units()
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_invoiced_later_and_corrected(self):
        """The session's entry had it until the invoice came: each day has what was booked by then."""
        order = self._ring_up(self._line(self.six_pack))
        self._close()
        with freeze_time("2026-03-05 10:00:00"):
            order.with_context(generate_pdf=False).action_pos_order_invoice()
        package = order.lines.clinic_package_ids
        self.assertEqual(package.grant_ids.entry_ids.mapped("kind"), ["grant"])
        for day in ("2026-03-03", "2026-03-05"):
            self.assertTiesOut(day, account_balance=450, units_value=450)
        with freeze_time("2026-03-05 10:00:00"):
            order.account_move.button_draft()
            self.assertTiesOut("2026-03-05", account_balance=0, units_value=450, not_invoiced=-450)
            self.assertTiesOut("2026-03-03", account_balance=450, units_value=450)
            order.account_move.invoice_line_ids.price_unit = 480
            order.account_move.action_post()
        self.assertEqual((package.price_paid, package.value_left), (480, 480))
        self.assertTiesOut("2026-03-05", account_balance=480, units_value=480)

    def test_refund_after_a_credit_note(self):
        order, package = self._sell_invoiced(self._line(self.six_pack))
        credit_by_hand(order.account_move, 100)
        self.assertEqual(package._refund_net("average"), 350)
        package.with_user(self.manager).sudo()._refund_units("credit", "Moved away", "average")
        self.assertEqual(package.state, "refunded")
        self.assertTiesOut(account_balance=0, units_value=0)

    def test_refunded_at_the_till_with_an_invoice(self):
        """The till's own credit note ends the units; it is nothing to be followed."""
        order, package = self._sell_invoiced(self._line(self.six_pack))
        refund = self._ring_up(self._give_back(order.lines), is_refund=True, to_invoice=True)
        self.assertEqual(refund.account_move.reversed_entry_id, order.account_move)
        self.assertEqual((package.units_left, package.value_left), (0, 0))
        self.assertNotIn("revalue", package.grant_ids.entry_ids.mapped("kind"))
        self.assertTiesOut(account_balance=0, units_value=0)
