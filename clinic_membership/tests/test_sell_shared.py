from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .first_payment_common import FirstPayment


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 10:00:00")
class TestSellShared(FirstPayment):
    """At the front desk, by a receptionist."""

    def _form(self, split="equal", shares=((0, "mother"), (0, "father")), **values):
        form = Form(self.env["clinic.sell"].with_user(self.receptionist))
        form.partner_id = self.mother
        form.product_id = self.plan
        form.billing_split = split
        for name, value in values.items():
            form[name] = value
        for index, (percent, name) in enumerate(shares):
            with form.split_payer_ids.new() if index else form.split_payer_ids.edit(0) as payer:
                payer.partner_id = getattr(self, name)
                if split == "percent":
                    payer.percent = percent
        return form

    def _sold(self, form, *answers):
        with self._answers(*answers):
            return self.env["clinic.membership"].browse(form.save().action_sell()["res_id"])

    def test_cash_of_all(self):
        form = self._form("percent", ((70, "mother"), (30, "father")))
        self.assertIn("Mother pays $\N{NO-BREAK SPACE}160.20.\nFather pays $\N{NO-BREAK SPACE}68.66.", form.preview)
        self.assertEqual(form.amount_due, 228.86)
        membership = self._sold(form)
        self.assertEqual(membership.state, "active")
        invoices = membership.sale_order_id.invoice_ids
        self.assertEqual(sorted(invoices.mapped("amount_total")), [68.66, 160.2])
        self.assertEqual(membership._shares(), [(self.mother, 70), (self.father, 30)])

    def test_each_with_their_card(self):
        cards = {partner: self._card(partner) for partner in (self.mother, self.father)}
        form = self._form(payment="card")
        for card in cards.values():
            self.assertIn(f"by {card.display_name}", form.preview)
        membership = self._sold(form, "done", "done")
        self.assertEqual(membership.state, "active")
        self.assertEqual({payer.partner_id: payer.payment_token_id for payer in membership.payer_ids}, cards)

    def test_one_card_and_one_link(self):
        """Who has no card gets the link; staff sees who is waited for."""
        self._card(self.mother)
        form = self._form(payment="card")
        self.assertIn("Father pays $\N{NO-BREAK SPACE}114.43 by the payment link.", form.preview)
        membership = self._sold(form, "done")
        mother, father = membership.sale_order_id.invoice_ids.sorted(lambda move: move.partner_id.id)
        self.assertEqual((mother.payment_state, father.payment_state), ("paid", "not_paid"))
        self.assertTrue(father.sending_data)
        self.assertEqual((membership.state, len(membership.activity_ids)), ("pending", 1))
        self.assertEqual(membership.payment_scheduled, "Waiting for the first payment of Father")
        self._pay(father)
        self.assertEqual((membership.state, len(membership.activity_ids)), ("active", 0))

    def test_a_declined_card(self):
        for partner in (self.mother, self.father):
            self._card(partner)
        membership = self._sold(self._form(payment="card"), "done", "error")
        self.assertEqual((membership.state, len(membership.activity_ids)), ("pending", 1))
        waits = [("membership_id", "=", membership.id), ("state", "!=", "done")]
        declined = self.env["clinic.collection"].search(waits)
        self.assertEqual((declined.payer_id, declined.state), (self.father, "stopped"))

    def test_by_link(self):
        membership = self._sold(self._form(payment="link"))
        self.assertTrue(all(membership.sale_order_id.invoice_ids.mapped("sending_data")))
        self.assertEqual(membership.payment_scheduled, "Waiting for the first payment of Mother, Father")

    def test_refusals(self):
        minor = self.env["res.partner"].create({"name": "Kim", "clinic_birthdate": date(2015, 1, 1)})
        self.aunt = minor
        for split, shares, why in (
            ("equal", ((0, "mother"),), "at least two"),
            ("percent", ((50, "mother"), (49, "father")), "add up to 100"),
            ("equal", ((0, "mother"), (0, "aunt")), "Kim is a minor"),
        ):
            with self.subTest(why), self.assertRaisesRegex(ValidationError, why), self.cr.savepoint():
                self._sold(self._form(split, shares))
        with self.assertRaisesRegex(UserError, "None of these payers"):
            self._sold(self._form(payment="card"))
        self.assertIn("add up to 100", self._form("percent", ((50, "mother"), (49, "father"))).preview)
        self.assertFalse(self.mother.clinic_membership_ids)

    def test_only_family_plans(self):
        form = Form(self.env["clinic.sell"].with_user(self.receptionist))
        form.partner_id = self.mother
        form.product_id = self.monthly
        self.assertFalse(form.can_split)
        form.product_id = self.plan
        self.assertTrue(form.can_split)
