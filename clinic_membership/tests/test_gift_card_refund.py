from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .promotion_common import PackageRefundCommon
from .refund_common import answering

DAY = "2026-03-02"


@tagged("post_install", "-at_install")
@freeze_time(f"{DAY} 10:00:00")
class TestGiftCardRefund(PackageRefundCommon):
    """450 and tax, of which a gift card paid 200 and a bank card the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.clinic_wallet_program_id = False
        order = cls._order(cls.six_pack)
        cls._gift_card(order, 200)
        cls.package = cls._buy(order, paid=False)
        cls.invoice = order.invoice_ids
        transaction = cls.invoice._clinic_new_transaction(cls._card(cls.patient))
        transaction._set_done()
        transaction._post_process()

    def test_what_was_paid(self):
        self.assertEqual((self.invoice.amount_total, self.invoice._clinic_paid()), (317.5, 517.5))
        self.assertEqual((self.invoice._clinic_refundable(), self.invoice._clinic_money_left()), (517.5, 317.5))
        self.assertEqual((self.package.state, self.package.value_left), ("active", 450))

    def test_as_credit(self):
        self.assertEqual(self._refund(self.package), 450)
        self.assertEqual(self.package._refunded().amount, 517.5)
        self.assertEqual(self.invoice._clinic_refundable(), 0)
        self._settled(units_value=0, account_balance=0)

    def test_to_the_card_what_came_by_card(self):
        wizard = self._wizard(self.package, way="card", rest_way="wallet")
        self.assertEqual((wizard.amount, wizard.as_money, wizard.has_rest), (517.5, 317.5, True))
        self.assertRegex(wizard.preview, r"317\.50 goes back to")
        self.assertRegex(wizard.preview, r"is raised by .*200\.00")
        with answering("done"):
            wizard.action_confirm()
        first, rest = self.package._refunded().sorted("id", reverse=True)
        self.assertEqual((first.way, first.amount, first.state), ("card", 317.5, "done"))
        self.assertEqual((rest.way, rest.amount, rest.state), ("wallet", 200, "done"))
        self.assertEqual((rest.wallet_id.points, first.rest_id), (200, rest))
        self.assertEqual(round(first.net + rest.net, 2), 450)
        self.assertEqual((self.package.state, self.invoice._clinic_refundable()), ("refunded", 0))
        self._settled(units_value=0, account_balance=0)

    def test_the_provider_refuses(self):
        """Then nothing is given back at all, and the units are there again."""
        self._refund(self.package, None, "error", way="card")
        self.assertEqual((self.package.units_left, self.package.value_left), (6, 450))
        refunds = self.package.refund_ids
        self.assertEqual((refunds.mapped("state"), len(refunds.credit_note_id)), (["failed", "failed"], 0))
        self.assertEqual(self.invoice._clinic_refundable(), 517.5)
        self._settled(units_value=450, account_balance=450)

    def test_the_provider_takes_its_time(self):
        self._refund(self.package, None, "pending", way="card")
        first, rest = self.package._refunded().sorted("id", reverse=True)
        self.assertEqual((first.state, rest.state, self.package.units_left), ("sent", "draft", 0))
        self.assertEqual(self.invoice._clinic_refundable(), 0)
        with self.assertRaisesRegex(UserError, "waits for the provider's answer"):
            rest.credit_note_id.action_post()
        first.transaction_id._set_done()
        first.transaction_id._post_process()
        self.assertEqual((first.state, rest.state), ("done", "done"))
        self._settled(units_value=0, account_balance=0)

    def test_refused_and_done_all_the_same(self):
        self._refund(self.package, None, "error", way="card")
        first, rest = self.package.refund_ids.sorted("id", reverse=True)
        first.transaction_id._set_done()
        first.transaction_id._post_process()
        self.assertEqual((first.state, rest.state, self.package.units_left), ("done", "done", 0))
        self.assertEqual(self.invoice._clinic_refundable(), 0)
        self._recognize("2026-03-03")
        self.assertEqual(self._tie_out("2026-03-03")["difference"], 0)

    def test_a_part_fits_on_the_card(self):
        wizard = self._wizard(self.package, [3], way="card")
        self.assertEqual((wizard.amount, wizard.has_rest), (258.75, False))
        self.assertEqual(self._refund(self.package, [3], "done", way="card"), 225)
        self.assertEqual(self._refund(self.package, [3], "done", way="card"), 225)
        first, rest = self.package._refunded().filtered("rest_id"), self.package._refunded().filtered("first_ids")
        self.assertEqual((first.amount, rest.amount, rest.way), (58.75, 200, "credit"))
        self._settled(units_value=0, account_balance=0)

    def test_in_cash(self):
        """By bank or in cash the same: not more than came as money."""
        self._refund(self.package, way="bank", journal_id=self.journal)
        self.assertEqual(sorted(self.package._refunded().mapped("amount")), [200, 317.5])

    def test_another_reversal_takes_the_gift_card_along(self):
        """Odoo's own credit note of the whole invoice gives back the line of the gift card, too."""
        self.invoice._reverse_moves([{"invoice_date": DAY}])._post(soft=False)
        self.assertEqual(self.invoice._clinic_refundable(), 0)

    def test_an_invoice_paid_by_gift_card_alone(self):
        order = self._order(self.massage)
        self._gift_card(order, 115)
        self._buy(order)
        self.assertEqual((order.invoice_ids.amount_total, order.invoice_ids._clinic_refundable()), (0, 115))
        refund = self.env["clinic.refund"]._refund(order.invoice_ids, "wallet", "Called off", 115)
        self.assertEqual((refund.state, refund.wallet_id.points), ("done", 115))
        with self.assertRaisesRegex(UserError, "Nothing is left to refund"):
            self.env["clinic.refund"]._refund(order.invoice_ids, "wallet", "Again", 1)

    def test_a_gift_card_that_was_taxed_when_it_was_sold(self):
        """Then it takes tax off the invoice, too; what it paid is its whole amount."""
        for amount, due in ((200, 317.5), (517.5, 0)):
            with self.subTest(amount=amount):
                order = self._order(self.six_pack)
                self._gift_card(order, amount, tax=self.tax)
                package = self._buy(order)
                invoice = order.invoice_ids
                self.assertEqual((invoice.amount_total, invoice._clinic_refundable()), (due, 517.5))
                self.assertEqual((package.price_paid, self._refund(package)), (450, 450))
                note = package._refunded().credit_note_id
                self.assertEqual((note.amount_untaxed, note.amount_tax), (450, 67.5))
                self.assertEqual(invoice._clinic_refundable(), 0)

    def test_a_part_of_an_invoice_that_a_taxed_gift_card_paid(self):
        order = self._order(self.massage)
        self._gift_card(order, 115, tax=self.tax)
        self._buy(order)
        refund = self.env["clinic.refund"]._refund(order.invoice_ids, "credit", "A part", 23)
        self.assertEqual((refund.credit_note_id.amount_untaxed, refund.credit_note_id.amount_tax), (20, 3))
        self.assertEqual(order.invoice_ids._clinic_refundable(), 92)
