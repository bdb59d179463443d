from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .first_payment_common import FirstPayment


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 10:00:00")
class TestFirstPayment(FirstPayment):
    """The order's invoice of a membership that several pay is one for each, and it starts when all have paid."""

    def test_starts_when_all_have_paid(self):
        order, membership = self._shared()
        mother, father = self._invoiced(order)
        self.assertEqual((mother | father).mapped("amount_untaxed"), [99.5, 99.5])
        self.assertEqual((mother | father).partner_id, self.mother | self.father)
        self.assertEqual(mother.invoice_line_ids.quantity, 0.5)
        self.assertIn("Share of Father", father.invoice_line_ids.name)
        self.assertEqual((order.order_line.qty_invoiced, order.invoice_status), (1, "invoiced"))
        self._pay(mother)
        self.assertEqual(membership.state, "pending")
        self.assertEqual(membership.payment_scheduled, "Waiting for the first payment of Father")
        self._pay(father)
        period = membership.period_ids
        self.assertEqual((membership.state, period.payment_state), ("active", "paid"))
        self.assertEqual(period.invoice_id | period.adjustment_ids, mother | father)
        self.assertEqual(membership.grant_ids.granted, 2)
        self.assertEqual(membership.invoice_count, 2)
        self.assertIn("04/01/2026", father._clinic_in_words())
        with self.assertRaises(UserError):
            order._create_invoices()
        with freeze_time("2026-05-01"):
            renewal = membership._renew()
        self.assertEqual((renewal.invoice_id | renewal.adjustment_ids).mapped("amount_untaxed"), [99.5, 99.5])

    def test_paid_twice_starts_once(self):
        order, membership = self._shared()
        invoices = self._invoiced(order)
        self._pay(invoices)
        for invoice in invoices:
            invoice._invoice_paid_hook()
        membership._set_ready()
        self.assertEqual((len(membership.period_ids), len(membership.grant_ids)), (1, 1))

    def test_shares_add_up_to_the_cent(self):
        """Thirds of 100 with a discount, whatever the quantities on the documents; the rest of a share by share."""
        self.plan.taxes_id = False
        order, membership = self._shared(percents=(0, 0, 0), price_unit=111.11, discount=10)
        invoices = self._invoiced(order)
        self.assertEqual(invoices.mapped("amount_untaxed"), [33.33, 33.33, 33.34])
        self.assertEqual(order.order_line.qty_invoiced, 1)
        self._pay(invoices)
        self.assertEqual((membership.state, membership.period_ids.amount), ("active", 100))

    def test_by_percentage_and_a_tiny_share(self):
        order, membership = self._shared(split="percent", percents=(99.7, 0.3))
        invoices = self._invoiced(order)
        self.assertEqual(invoices.mapped("amount_untaxed"), [198.4, 0.6])
        self.assertEqual(order.order_line.qty_invoiced, 1)
        self._pay(invoices)
        self.assertEqual(membership.state, "active")

    def test_a_deleted_share_is_invoiced_again_alone(self):
        self.plan.taxes_id = False
        order, membership = self._shared(percents=(0, 0, 0), price_unit=100)
        drafts = order._create_invoices()
        drafts.filtered(lambda move: move.partner_id == self.aunt).unlink()
        self.assertEqual(order.invoice_status, "to invoice")
        again = order._create_invoices()
        self.assertEqual((again.partner_id, again.amount_untaxed), (self.aunt, 33.34))
        invoices = order.invoice_ids
        invoices.action_post()
        self.assertEqual(sum(invoices.mapped("amount_untaxed")), 100)
        self._pay(invoices)
        self.assertEqual(membership.state, "active")

    def test_at_once_where_the_clinic_wants_it(self):
        """Confirmation starts it: the shares are documents of its period, which is paid when all are."""
        self.company.clinic_activation = "confirmation"
        order, membership = self._shared()
        period = membership.period_ids
        self.assertEqual((membership.state, period.payment_state), ("active", "draft"))
        mother, father = order._create_invoices().sorted(lambda move: move.partner_id.id)
        mother.action_post()
        self._pay(mother)
        self.assertEqual(period.payment_state, "draft", "the other share is not posted yet")
        father.action_post()
        self.assertEqual((period.payment_state, period._due_invoices()), ("due", father))
        self._pay(father)
        self.assertEqual(period.payment_state, "paid")

    def test_what_else_is_sold_is_the_customer_s(self):
        order, _membership = self._shared(self.plan, self.facial)
        invoices = order._create_invoices()
        whole = invoices.filtered(lambda move: not move.clinic_purpose)
        self.assertEqual((whole.partner_id, whole.invoice_line_ids.product_id), (self.mother, self.facial))
        self.assertEqual((invoices - whole).mapped("amount_untaxed"), [99.5, 99.5])
        self.assertEqual(order.invoice_status, "invoiced")

    def _take_off(self, order, amount):
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "amount", "discount_amount": amount}
        ).action_apply_discount()

    def test_a_discount_is_shared(self):
        order, _membership = self._shared()
        self._take_off(order, 99)
        self.assertLess(order.amount_untaxed, 199)
        mother, father = order._create_invoices()
        self.assertEqual(round(mother.amount_untaxed + father.amount_untaxed, 2), order.amount_untaxed)
        self.assertAlmostEqual(mother.amount_untaxed, father.amount_untaxed, 1)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_a_discount_that_nobody_can_bear(self):
        order, _membership = self._shared(self.plan, self.facial)
        self._take_off(order, 150)
        with self.assertRaisesRegex(UserError, "order of its own"):
            order._create_invoices()

    def test_paid_online_by_one(self):
        """Who pays the order online has paid it: there is nothing to share."""
        order, _membership = self._shared()
        card = self._card(self.mother)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": card.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.mother.id,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        transaction._set_done()
        self.assertEqual(order._create_invoices().mapped("amount_untaxed"), [199])

    def test_free_trial_has_one_invoice(self):
        trial = self._tier("Trial", 10, 199, family_size=4, trial_length=30).plan_ids.product_variant_id
        order, membership = self._shared(trial)
        self.assertEqual(len(self._invoiced(order)), 1)
        self.assertEqual(membership.state, "active")

    def test_cards_that_paid_are_kept(self):
        order, membership = self._shared()
        mother, father = self._invoiced(order)
        for invoice in (mother, father):
            transaction = invoice._clinic_new_transaction(self._card(invoice.partner_id))
            transaction._set_done()
            transaction._post_process()
        self.assertEqual(membership.payer_ids.payment_token_id.partner_id, self.mother | self.father)

    def test_charged_on_its_first_day(self):
        """A start in the future: the membership bills the shares itself, and the order sees that they are invoiced."""
        self.company.clinic_future_start = "start"
        order, membership = self._shared(clinic_start_date=date(2026, 4, 15))
        self.assertFalse(order.invoice_ids)
        with freeze_time("2026-04-15"):
            membership._activate()
        self.assertEqual(order.invoice_ids.mapped("amount_untaxed"), [99.5, 99.5])
        self.assertEqual((order.order_line.qty_invoiced, order.invoice_status), (1, "invoiced"))
        self._pay(order.invoice_ids)
        self.assertEqual(membership.period_ids.payment_state, "paid")

    def test_invoiced_by_hand_before_its_first_day(self):
        self.company.clinic_future_start = "start"
        order, membership = self._shared(clinic_start_date=date(2026, 4, 15))
        mother, father = self._invoiced(order)
        self._pay(mother)
        with freeze_time("2026-04-15"):
            membership._activate()
        period = membership.period_ids
        self.assertEqual(order.invoice_ids, mother | father)
        self.assertEqual((period.payment_state, period._due_invoices()), ("due", father))

    # === undone === #

    def test_cancelled_before_all_have_paid(self):
        """What was paid can be given back; what is open is credited; nothing starts any more."""
        order, membership = self._shared()
        mother, father = self._invoiced(order)
        self._pay(mother)
        order._action_cancel()
        self.assertEqual(membership.state, "cancelled")
        self.assertFalse(membership.period_ids)
        refunds = self.env["clinic.refund"].with_user(self.manager).sudo()
        refund = refunds._refund(mother, "credit", "Called off", mother.amount_total, key="first-payment")
        self.assertEqual((refund.state, mother._clinic_refundable()), ("done", 0))
        father._reverse_moves([{"invoice_date": date(2026, 4, 1)}], cancel=True)
        self.assertEqual((father.payment_state, membership.state), ("reversed", "cancelled"))

    def test_credited_share_is_invoiced_again(self):
        """Odoo offers the order to be invoiced again: only who was credited is."""
        order, membership = self._shared()
        mother, father = self._invoiced(order)
        self._pay(mother)
        father._reverse_moves([{"invoice_date": date(2026, 4, 1)}], cancel=True)
        self.assertEqual(membership.state, "pending")
        again = order._create_invoices()
        self.assertEqual((again.partner_id, again.amount_untaxed), (self.father, 99.5))
        again.action_post()
        self.assertEqual(membership.state, "pending")
        self._pay(again)
        self.assertEqual((membership.state, membership.period_ids.payment_state), ("active", "paid"))

    def test_a_share_that_is_forgiven_starts_nothing(self):
        order, membership = self._shared()
        mother, father = self._invoiced(order)
        father.with_user(self.manager).sudo()._clinic_write_off("forgiven", "A present")
        self._pay(mother)
        self.assertEqual(membership.state, "pending")
