from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import COMMIT
from .promotion_common import PromotionCommon
from .refund_common import answering, supporting

DAY = "2026-03-02"


@tagged("post_install", "-at_install")
@freeze_time(f"{DAY} 10:00:00")
class PackageRefundCommon(PromotionCommon):
    """Refunds of packages through the wizard."""

    def setUp(self):
        super().setUp()
        self.startPatcher(supporting("partial"))
        self.startPatcher(patch(COMMIT, lambda cron, processed=0, **kwargs: cron.env.flush_all() or 1000.0))

    def _wizard(self, package, units=None, user=None, **values):
        """The wizard as it is filled in: ``units`` of each lot, all of them by default."""
        action = package.with_user(user or self.manager).action_refund()
        wizards = self.env["clinic.package.refund"].with_user(user or self.manager)
        form = Form(wizards.with_context(**action["context"]))
        form.reason = "Moves away"
        for name, value in {"way": "credit", **values}.items():
            form[name] = value
        for index, some in enumerate(units or ()):
            with form.line_ids.edit(index) as line:
                line.units = some
        return form.save()

    def _refund(self, package, units=None, *answers, **values):
        """Confirm it; answers with what was given back before tax."""
        before = package._refunded()
        with answering(*answers):
            self._wizard(package, units, **values).action_confirm()
        return round(sum((package._refunded() - before).mapped("net")), 2)

    def _settled(self, **figures):
        """After the next run, books and units agree, and nothing is explained away."""
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", **figures)


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
