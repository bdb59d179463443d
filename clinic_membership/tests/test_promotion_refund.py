import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .promotion_common import PackageRefundCommon

DAY = "2026-03-02"


@tagged("post_install", "-at_install")
@freeze_time(f"{DAY} 10:00:00")
class TestPromotionRefund(PackageRefundCommon):
    """What was bought at a discount is given back at that price, off the lines and taxes of its invoice."""

    def _with(self, *programs, products=None):
        order = self._order(*(products or (self.six_pack, self.massage)))
        self._claim(order, *programs)
        return self._buy(order)

    def test_all_of_it(self):
        package = self._with(self._percent(10))
        self.assertEqual(self._refund(package), 405)
        note = package._refunded().credit_note_id
        self.assertEqual(sorted(note.invoice_line_ids.mapped("price_subtotal")), [-45, 450])
        self.assertEqual((note.amount_untaxed, note.amount_tax, note.amount_total), (405, 60.75, 465.75))
        self._settled(units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 0)

    def test_the_service_is_given_back_after_it(self):
        package = self._with(self._percent(10))
        self._refund(package)
        invoice = package.sale_order_id.invoice_ids
        self.assertEqual(invoice._clinic_refundable(), 103.5)
        self.env["clinic.refund"]._refund(invoice, "credit", "The massage, too", 103.5)
        self.assertEqual({cents for cents, _line in invoice._clinic_parts_left().values()}, {0})
        self._settled(units_value=0, account_balance=0)

    def test_bit_by_bit(self):
        """Odd prices, three steps: the discount and its tax are given back to the cent."""
        odd = self._package("Odd", 333.33, 6)
        package = self._with(self._percent(7.77), products=(odd, self.massage))
        invoice = package.sale_order_id.invoice_ids
        self._redeem(1)
        refunds = [self._refund(package, [some], policy="average") for some in (1, 3, 1)]
        kept = package.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "redeem").value
        self.assertEqual(round(sum(refunds) - kept, 2), package.price_paid)
        self._settled(units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 0)
        notes = invoice.reversal_move_ids
        self.assertEqual(round(sum(notes.mapped("amount_untaxed")), 2), round(sum(refunds), 2))
        self.assertAlmostEqual(sum(notes.mapped("amount_tax")), sum(refunds) * 0.15, delta=0.02)

    def test_by_list(self):
        """405 paid, three used at 100: 105 are left."""
        package = self._with(self._percent(10, self.six_pack))
        self._redeem(3)
        self.assertEqual([self._refund(package, [some]) for some in (1, 2)], [35, 70])
        self._settled(units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 97.5)

    def test_two_taxes(self):
        other = self._package("Taxed otherwise", 200, 2)
        other.taxes_id = self.other_tax
        packages = self._with(self._percent(10), products=(self.six_pack, other))
        self.assertEqual(self._refund(packages[1]), 180)
        self.assertEqual(packages[1]._refunded().amount, 194.4)
        self.assertEqual(self._refund(packages[0], [2]), 135)
        self.assertEqual(packages[0]._refunded().amount, 155.25)
        self._settled(units_value=270, account_balance=270)

    def test_a_free_package(self):
        """Two for one: the free one gives back its half of what was paid for both."""
        reward = {"reward_type": "product", "reward_product_id": self.six_pack.id, "reward_product_qty": 1}
        rule = {"product_ids": [Command.set(self.six_pack.ids)], "reward_point_mode": "unit"}
        paid, free = self._with(self._program(reward, rule), products=(self.six_pack,))
        self.assertEqual(self._refund(free), 225)
        self.assertEqual(self._refund(paid), 225)
        self._settled(units_value=0, account_balance=0)

    def test_several_on_a_line(self):
        order = self._order(self.six_pack, product_uom_qty=3)
        self._claim(order, self._percent(3.33))
        packages = self._buy(order)
        refunds = [self._refund(package) for package in packages]
        self.assertEqual(round(sum(refunds), 2), order.invoice_ids.amount_untaxed)
        self.assertEqual(order.invoice_ids._clinic_refundable(), 0)
        self._settled(units_value=0, account_balance=0)

    def test_not_deferred(self):
        self.company.clinic_prepaid_account_id = False
        package = self._with(self._percent(10))
        before = self._balance(self.income)
        self.assertEqual(self._refund(package), 405)
        self.assertEqual(before - self._balance(self.income), 405)


@tagged("post_install", "-at_install")
class TestPromotionLives(PackageRefundCommon):
    """Random lives: orders with promotions, visits, refunds of some units. The difference is 0.00 after each step."""

    def test_lives(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                self._live(random.Random(seed))

    def _live(self, dice):
        odd = self._package("Odd", 333.33, 7)
        odd.taxes_id = self.other_tax
        reward = {"reward_type": "product", "reward_product_id": self.six_pack.id, "reward_product_qty": 1}
        rule = {"product_ids": [Command.set(odd.ids)], "reward_point_mode": "unit"}
        offers = [
            self._percent(7.77),
            self._percent(10, self.six_pack),
            self._program({"reward_type": "discount", "discount": 33.33, "discount_mode": "per_order"}),
            self._program(reward, rule),
        ]
        packages, day, days = self.env["clinic.package"], date(2026, 1, 5), []
        for _step in range(12):
            day += timedelta(days=dice.choice((0, 1, 5)))
            with freeze_time(day):
                active = packages.filtered("units_left")
                what = dice.random()
                if what < 0.35 or not active:
                    order = self._order(self.six_pack, odd, dice.choice((self.massage, self.facial)))
                    order.order_line.filtered(lambda line: line.product_id == odd).product_uom_qty = dice.choice((1, 2))
                    self._claim(order, *dice.sample(offers, dice.choice((1, 1, 2))))
                    packages |= self._buy(order, paid=dice.random() < 0.8)
                elif what < 0.6:
                    self._redeem(dice.choice((1, 2)))
                else:
                    self._give_back(dice, dice.choice(active))
                if dice.random() < 0.5:
                    self._recognize(day)
                days.append(day)
                for looked_at in (day, dice.choice(days)):
                    self.assertEqual(self._tie_out(looked_at)["difference"], 0, looked_at)
        for package in packages:
            self.assertLessEqual(round(sum(package._refunded().mapped("net")), 2), package.price_paid)
        for invoice in packages.sale_order_id.invoice_ids:
            notes = invoice.reversal_move_ids
            self.assertLessEqual(round(sum(notes.mapped("amount_total")), 2), invoice.amount_total)

    def _give_back(self, dice, package):
        """Some of its units, where there is something to give back for them."""
        grants, policy = package._units_left(), dice.choice(("list", "average"))
        units = {grant: dice.randint(1, left) for grant, left in grants.items()}
        if package._refund_net(policy, units):
            package._refund_units(dice.choice(("credit", "wallet")), "A part", policy, units)
