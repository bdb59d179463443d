from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import Form, tagged

from .promotion_common import PromotionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-02 10:00:00")
class TestPromotion(PromotionCommon):
    """The price paid for a package is net of every promotion, and its units carry that price, in the books too."""

    def _rule_for(self, product):
        """One rule: this product earns it."""
        rule = {"reward_point_mode": "order", "product_ids": [Command.set(product.ids)]}
        return [Command.clear(), Command.create(rule)]

    def _paid(self, packages):
        """Price, balance and value of the units: always the same here."""
        for package in packages:
            self.assertEqual(package.balance_paid, package.price_paid)
            self.assertEqual(package.value_left, package.price_paid if package.grant_ids else 0)
        return packages.mapped("price_paid")

    def test_ten_percent_off_packages(self):
        """New Year: the value per unit is 67.50 instead of 75."""
        order = self._order(self.six_pack, self.massage)
        self._claim(order, self._percent(10, self.six_pack))
        package = self._buy(order)
        self.assertEqual((order.amount_untaxed, self._paid(package)), (505, [405]))
        self.assertEqual(package.grant_ids._value_of(1), 67.5)
        self.assertTiesOut(account_balance=405, units_value=405)
        self._redeem(2)
        self._recognize("2026-01-03")
        self.assertTiesOut("2026-01-03", account_balance=270, units_value=270)

    def test_the_invoice_shows_the_discount_where_it_is_booked(self):
        """The patient's document and the totals are Odoo's; the pair of items adds up to nothing."""
        order = self._order(self.six_pack)
        self._claim(order, self._percent(10))
        self._buy(order)
        invoice = order.invoice_ids
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (405, 60.75))
        self.assertEqual(sorted(invoice.invoice_line_ids.mapped("price_subtotal")), [-45, 450])
        pair = invoice.line_ids.filtered("clinic_shares_id")
        self.assertEqual(sorted(pair.mapped("balance")), [-45, 45])
        self.assertEqual(order.order_line.mapped("qty_invoiced"), [1, 1])
        self.assertEqual(order.invoice_status, "invoiced")

    def test_ten_percent_off_the_order(self):
        """A package and a service each bear their share."""
        order = self._order(self.six_pack, self.massage)
        before = self._balance(self.income)
        self._claim(order, self._percent(10))
        package = self._buy(order)
        self.assertEqual((self._paid(package), order.amount_untaxed), ([405], 495))
        self.assertTiesOut(account_balance=405, units_value=405)
        discount = order.invoice_ids.invoice_line_ids.filtered(lambda line: line.price_subtotal < 0)
        self.assertEqual(discount.account_id, self.income)
        self.assertEqual(self._balance(self.income) - before, 90)

    def test_said_at_the_desk_and_taken_on_an_order(self):
        """Sell Package says what is on offer, and makes the quotation that has it."""
        self._percent(10, self.six_pack).write({"name": "New Year", "rule_ids": self._rule_for(self.six_pack)})
        wizard = Form(self.env["clinic.sell"].with_user(self.receptionist).with_context(default_kind="package"))
        wizard.partner_id = self.patient
        wizard.product_id = self._package("Not on Offer", 100, 1)
        self.assertFalse(wizard.promotions)
        wizard.product_id, wizard.quantity = self.six_pack, 2
        self.assertEqual(wizard.promotions, "New Year")
        self.assertAlmostEqual(wizard.amount_due, 1035, msg="sold here it is sold without")
        action = wizard.save().action_sell_by_order()
        order = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((order.state, order.partner_id, order.amount_untaxed), ("draft", self.patient, 810))

    def test_not_said_once_its_uses_are_taken(self):
        program = self._percent(10, self.six_pack)
        program.write({"name": "New Year", "limit_usage": True, "max_usage": 1})
        order = self._order(self.six_pack)
        sell = self.env["clinic.sell"].with_user(self.receptionist)
        values = {"kind": "package", "partner_id": self.patient.id, "product_id": self.six_pack.id}
        self.assertEqual(sell.create(values).promotions, "New Year")
        self._claim(order, program)
        order.action_confirm()
        program.invalidate_recordset()  # another request counts anew
        self.assertFalse(sell.create(values).promotions)

    def test_two_taxes(self):
        """One discount line a tax: each package bears that of its own tax."""
        other = self._package("Taxed otherwise", 200, 2)
        other.taxes_id = self.other_tax
        order = self._order(self.six_pack, other)
        self._claim(order, self._percent(10))
        self.assertEqual(len(order.order_line), 4)
        packages = self._buy(order)
        self.assertEqual((self._paid(packages), order.amount_untaxed), ([405, 180], 585))
        self.assertTiesOut(account_balance=585, units_value=585)

    def test_fixed_amount(self):
        reward = {"reward_type": "discount", "discount": 100, "discount_mode": "per_order"}
        order = self._order(self.six_pack, self.massage)
        self._claim(order, self._program(reward))
        package = self._buy(order)
        self.assertEqual(order.amount_untaxed, 463.04)  # 100 off, tax included, are 86.96 off before it
        self.assertEqual(self._paid(package), [378.86])
        self.assertTiesOut(account_balance=378.86, units_value=378.86)

    def test_one_promotion_after_another(self):
        """10 % off packages, then 50 off the order: by what the first one left."""
        order = self._order(self.six_pack, self.facial)
        fixed = self._program({"reward_type": "discount", "discount": 57.5, "discount_mode": "per_order"})
        self._claim(order, self._percent(10, self.six_pack), fixed)
        package = self._buy(order)
        self.assertEqual(order.amount_untaxed, 455)
        self.assertEqual(self._paid(package), [364.91])  # 405 less 50 x 405 / 505, a cent of it to the last line
        self.assertTiesOut(account_balance=364.91, units_value=364.91)

    def test_promo_code(self):
        program = self._percent(20)
        program.write({"program_type": "promo_code", "trigger": "with_code"})
        program.rule_ids.write({"mode": "with_code", "code": "SPRING"})
        order = self._order(self.six_pack)
        for coupon, rewards in order._try_apply_code("SPRING").items():
            order._apply_program_reward(rewards, coupon)
        self.assertEqual(self._paid(self._buy(order)), [360])
        self.assertTiesOut(account_balance=360, units_value=360)

    def test_cheapest(self):
        order = self._order(self.six_pack, self.massage)
        reward = {"reward_type": "discount", "discount": 50, "discount_mode": "percent"}
        self._claim(order, self._program({**reward, "discount_applicability": "cheapest"}))
        self.assertEqual(self._paid(self._buy(order)), [450])
        self.assertEqual(order.amount_untaxed, 500)
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_odoos_discount_on_the_order(self):
        order = self._order(self.six_pack, self.massage)
        values = {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        self.env["sale.order.discount"].create(values).action_apply_discount()
        self.assertEqual(self._paid(self._buy(order)), [405])
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_several_packages_on_a_line(self):
        """Cents go to the last ones; the sum is exact."""
        order = self._order(self.six_pack, product_uom_qty=7)
        self._claim(order, self._percent(3.33))
        packages = self._buy(order)
        self.assertEqual(round(sum(self._paid(packages)), 2), order.amount_untaxed)
        self.assertLessEqual(max(packages.mapped("price_paid")) - min(packages.mapped("price_paid")), 0.011)
        self.assertTiesOut(account_balance=order.amount_untaxed, units_value=order.amount_untaxed)

    def test_buy_six_get_one_free(self):
        """A package of 7 units at the price of 6: each of the seven is worth a seventh."""
        pack = self._package("Buy 6 Get 1 Free", 600, 6)
        pack.package_benefit_ids = [Command.create({"product_id": self.facial.id, "quantity": 1, "bonus": True})]
        package = self._sell(pack)
        self.assertEqual((package.units_total, package.value_left), (7, 600))
        self.assertEqual(package.grant_ids.mapped("value_left"), [514.28, 85.72])
        self.assertIn("free", package.services)

    def test_a_free_service_is_an_ordinary_line(self):
        """Buy a six-pack, get one facial free: the pack costs what it costs."""
        reward = {"reward_type": "product", "reward_product_id": self.facial.id, "reward_product_qty": 1}
        program = self._program(reward, {"product_ids": [Command.set(self.six_pack.ids)], "reward_point_mode": "unit"})
        order = self._order(self.six_pack)
        self._claim(order, program)
        self.assertEqual(len(order.order_line), 2)
        self.assertEqual(self._paid(self._buy(order)), [450])
        self.assertTiesOut(account_balance=450, units_value=450)

    def _two_for_one(self, free=None):
        reward = {"reward_type": "product", "reward_product_id": (free or self.six_pack).id, "reward_product_qty": 1}
        rule = {"product_ids": [Command.set(self.six_pack.ids)], "reward_point_mode": "unit"}
        order = self._order(self.six_pack)
        self._claim(order, self._program(reward, rule))
        return order

    def test_a_free_package_shares_the_price(self):
        """Two for one: each carries half, so that a refund of one gives back half."""
        packages = self._buy(self._two_for_one())
        self.assertEqual(self._paid(packages), [225, 225])
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_a_free_package_of_another_kind_shares_by_value(self):
        packages = self._buy(self._two_for_one(self._package("Three", 280, 3)))
        self.assertEqual(self._paid(packages), [300, 150])
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_a_free_package_starts_when_the_rest_is_paid(self):
        order = self._two_for_one()
        packages = self._buy(order, paid=False)
        self.assertEqual(packages.mapped("state"), ["pending", "pending"])
        self.assertTiesOut(account_balance=450, units_value=0, not_started=450)
        self._pay(order.invoice_ids)
        self.assertEqual(packages.mapped("state"), ["active", "active"])

    def test_a_gift_card_pays(self):
        """It is no discount: the units are worth what the package costs."""
        order = self._order(self.six_pack)
        self._gift_card(order, 200)
        package = self._buy(order)
        self.assertEqual((self._paid(package), order.invoice_ids.amount_total), ([450], 317.5))
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_an_ewallet_pays(self):
        order = self._order(self.six_pack)
        self._claim(order, self._percent(10))
        self._gift_card(order, 100, "ewallet")
        self.assertEqual(self._paid(self._buy(order)), [405])
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_a_gift_card_pays_all(self):
        order = self._order(self.six_pack)
        self._gift_card(order, 1000)
        package = self._buy(order)
        self.assertEqual((order.amount_total, package.state, self._paid(package)), (0, "active", [450]))
        self.assertTiesOut(account_balance=450, units_value=450)

    def test_started_before_it_is_invoiced(self):
        self.company.clinic_activation = "confirmation"
        order = self._order(self.six_pack, self.massage)
        self._claim(order, self._percent(10))
        order.action_confirm()
        self.assertEqual(self._paid(order.order_line.clinic_package_ids), [405])
        self.assertTiesOut(account_balance=0, units_value=405, not_invoiced=-405)
        order._create_invoices().action_post()
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_not_deferred(self):
        self.company.clinic_prepaid_account_id = False
        order = self._order(self.six_pack, self.massage)
        self._claim(order, self._percent(10))
        package = self._buy(order)
        self.assertEqual((self._paid(package), package.deferred), ([405], False))
        self.assertFalse(order.invoice_ids.line_ids.filtered("clinic_shares_id"))

    def test_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        order = self._order(self.six_pack, self.massage)
        order.pricelist_id = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order._recompute_prices()
        self._claim(order, self._percent(10))
        package = self._buy(order)
        self.assertEqual((package.price_paid, package.balance_paid), (202.5, 405))
        self.assertTiesOut(account_balance=405, units_value=405)

    def test_posted_again(self):
        """Reset to draft and posted again, the invoice has the pair once."""
        order = self._order(self.six_pack)
        self._claim(order, self._percent(10))
        self._buy(order, paid=False)
        order.invoice_ids.button_draft()
        order.invoice_ids.action_post()
        self.assertEqual(len(order.invoice_ids.line_ids.filtered("clinic_shares_id")), 2)
        self.assertTiesOut(account_balance=405, units_value=0, not_started=405)

    def test_credited_by_hand(self):
        """Odoo's own credit note of the whole invoice takes back what the invoice had put there."""
        order = self._order(self.six_pack)
        self._claim(order, self._percent(10))
        self._buy(order)
        order.invoice_ids._reverse_moves([{"invoice_date": "2026-01-02"}])._post(soft=False)
        self.assertTiesOut(account_balance=0, units_value=0)
        self.assertEqual(order.order_line.clinic_package_ids.mapped("price_paid"), [0])
