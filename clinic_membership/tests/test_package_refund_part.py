from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .promotion_common import PackageRefundCommon

DAY = "2026-03-02"


@tagged("post_install", "-at_install")
@freeze_time(f"{DAY} 10:00:00")
class TestPartialRefund(PackageRefundCommon):
    """Some units are given back, and later more: together what all of them at once would have come to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seven = cls._package("7-Pack", 600, 7)
        cls.package = cls._sell(cls.seven)

    def test_by_list(self):
        """Three used: 300 for the four that are left, a quarter of it for one."""
        self._redeem(3)
        self.assertEqual([self._refund(self.package, [some]) for some in (1, 2, 1)], [75, 150, 75])
        self.assertRecordValues(self.package, [{"state": "refunded", "units_left": 0, "value_left": 0}])
        self._settled(units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 42.86)

    def test_by_average(self):
        self._redeem(3)
        refunds = [self._refund(self.package, [some], policy="average") for some in (1, 2, 1)]
        self.assertEqual((refunds, round(sum(refunds), 2)), ([85.72, 171.43, 85.71], 342.86))
        self._settled(units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 0)

    def test_cents_go_to_the_last(self):
        package = self._sell(self._package("Odd", 100, 3))
        self.assertEqual([self._refund(package, [1]) for _unit in range(3)], [33.33, 33.34, 33.33])

    def test_what_is_left_can_be_used(self):
        self._refund(self.package, [3])
        self.assertRecordValues(self.package, [{"state": "active", "units_left": 4}])
        self._redeem(4)
        self.assertEqual(self.package.state, "used")
        self._settled(units_value=0, account_balance=0)

    def test_visits_between(self):
        """600 paid, 257.14 given back for three; three used since: 600 less 257.14 less 300 are left for the last."""
        self.assertEqual(self._refund(self.package, [3]), 257.14)
        self._redeem(3)
        self.assertEqual(self._refund(self.package), 42.86)
        self._settled(units_value=0, account_balance=0)

    def test_never_more_than_paid_less_earlier_refunds(self):
        """Money given back for the invoice counts, too."""
        invoice = self.package.sale_order_id.invoice_ids
        self.env["clinic.refund"]._refund(invoice, "credit", "Waited for an hour", 115.0)
        self.assertEqual(self.package._refund_net(), 500)
        self.assertEqual(self._refund(self.package), 500)
        self.assertEqual(invoice._clinic_refundable(), 0)

    def test_bonus_units(self):
        """Each of the seven has its seventh of the price, the free one too."""
        pack = self._package("Buy 6 Get 1 Free", 600, 6)
        pack.package_benefit_ids = [Command.create({"product_id": self.facial.id, "quantity": 1, "bonus": True})]
        package = self._sell(pack)
        self.assertEqual(self._refund(package, [0, 1]), 85.71)
        self.assertEqual(self._refund(package, [3]), 257.15)
        self.assertEqual(self._refund(package), 257.14)
        self._settled(units_value=600, account_balance=600)  # the other package of the patient

    def test_preview(self):
        self._redeem(2)
        self._refund(self.package, [1])
        wizard = self._wizard(self.package, [2])
        self.assertEqual((wizard.units_used, wizard.units_left, wizard.given_back), (2, 4, 80))
        self.assertEqual((wizard.by_list, wizard.by_average, wizard.amount), (160, 171.43, 184))
        self.assertIn("2 × Facial", wizard.preview)
        self.assertIn("2 are left", wizard.preview)

    def test_not_that_many(self):
        for units, message in (([8], "7 units of Facial are left"), ([-1], "not less than 0"), ([0], "how many units")):
            with self.subTest(units=units):
                self.assertRegex(self._wizard(self.package, units).problem, message)
                with self.assertRaisesRegex(UserError, message):
                    self.package._refund_units("credit", "Too many", units={self.package.grant_ids: units[0]})
        other = self._sell(self.seven).grant_ids
        with self.assertRaisesRegex(UserError, "units of Facial are left"):
            self.package._refund_units("credit", "Of another package", units={other: 1})

    def test_pressed_twice(self):
        wizard = self._wizard(self.package, [2])
        wizard.action_confirm()
        wizard.action_confirm()
        self.assertEqual((len(self.package._refunded()), self.package.units_left), (1, 5))

    def test_refused_by_the_card_gives_the_chosen_units_back(self):
        refund = self.package.sudo()._refund_units("credit", "First", units={self.package.grant_ids: 2})
        refund._after_failed()
        self.assertEqual((self.package.units_left, self.package.value_left), (7, 600))
        refund._after_done()
        self.assertEqual(self.package.units_left, 5)

    def test_one_of_several_on_a_line(self):
        first, second = self._sell(self.seven, product_uom_qty=2)
        self.assertEqual([self._refund(second, [some]) for some in (3, 4)], [257.14, 342.86])
        self.assertEqual((first.units_left, self._refund(first)), (7, 600))
        self._settled(units_value=600, account_balance=600)

    def test_receptionist_within_the_limit(self):
        self.company.clinic_user_refund_limit = 100
        self.assertIn("up to", self._wizard(self.package, [2], user=self.receptionist).problem)
        self._wizard(self.package, [1], user=self.receptionist).action_confirm()
        self.assertEqual(self.package.units_left, 6)
