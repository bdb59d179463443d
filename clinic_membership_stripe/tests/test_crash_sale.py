# pylint: disable=invalid-commit
"""Workers that are killed while they sell and charge at the desk: all of it once, or nothing yet."""

from odoo import fields
from odoo.tests import tagged

from .crash_common import CrashCommon


@tagged("post_install", "-at_install")
class TestCrashSale(CrashCommon):
    """The dialogs that sell: pressed, killed, pressed again."""

    def test_sale_killed_at_every_point(self):
        """Killed anywhere and pressed again: nothing was sold and nobody charged before, or that sale is finished."""
        self._sold_once_wherever_killed(self._sell_by_card, self._assert_sold_once)

    def test_roll_killed_at_every_point(self):
        """A package that pays a membership, and a card the rest: its units end once, with the sale or not at all."""
        self._sold_once_wherever_killed(self._roll_with_card, self._assert_rolled_once, steps=False)

    def test_checkout_killed_at_every_point(self):
        """Of a visit a unit pays the facial and a card the massage: both once, or nothing yet."""
        self._sold_once_wherever_killed(self._check_out_by_card, self._assert_checked_out_once, steps=False)

    def _sold_once_wherever_killed(self, make, check, steps=True):
        """Kill a dialog at each of its points, press it again, and see.

        :param make: a new dialog; ``check``: what holds for one that is finished
        """
        (report,) = self._run(make(), None, steps=steps)
        kept = []
        for number in range(1, report["points"] + 1):
            wizard = make()
            (died,) = self._run(wizard, number, steps=steps)
            kept.append(bool(wizard.order_id))
            with self.subTest(point=number, **died):
                self._finish_sale(wizard)
                check(wizard)
        self.assertEqual(sorted(kept), kept, "from the first commit on the sale is there")
        self.assertEqual(set(kept), {False, True})

    def _roll_with_card(self):
        """The dialog in which a package of 46, tax included, pays a part of the first 113.85 of a membership."""
        self.stripe.reset()
        patient = self.env["res.partner"].create({"name": "Rolls over"})
        package = self._sell(self._package("Facial", 40, 1), partner=patient)
        card = self._card(patient, provider_ref=f"cus_{patient.id}", stripe_payment_method=f"pm_{patient.id}")
        context = package.action_roll()["context"]
        values = {"product_id": self.monthly.id, "payment": "card", "token_id": card.id}
        wizard = self.env["clinic.package.roll"].with_context(**context).create(values)
        self.cr.commit()
        return wizard

    def _assert_rolled_once(self, wizard):
        package, membership = wizard.package_id, wizard.partner_id.clinic_membership_ids
        self.assertEqual((package.state, package.refund_ids.mapped("amount")), ("refunded", [46]))
        self.assertEqual((len(membership), membership.state), (1, "active"))
        self.assertEqual(wizard.order_id.invoice_ids.amount_residual, 0)
        self.assertEqual([charge["amount"] for charge in self.stripe.charges()], [6785])
        self.assertEqual(len(wizard.order_id.invoice_ids.transaction_ids.payment_id), 1)

    def _check_out_by_card(self):
        self.stripe.reset()
        patient = self.env["res.partner"].create({"name": "Checks out"})
        self._sell(self.six_pack, partner=patient)
        card = self._card(patient, provider_ref=f"cus_{patient.id}", stripe_payment_method=f"pm_{patient.id}")
        services = [fields.Command.create({"product_id": service.id}) for service in self.facial | self.massage]
        values = {"partner_id": patient.id, "line_ids": services, "payment": "card", "token_id": card.id}
        wizard = self.env["clinic.checkout"].create(values)
        self.cr.commit()
        return wizard

    def _assert_checked_out_once(self, wizard):
        visits = self.env["calendar.event"].search([("clinic_patient_id", "=", wizard.partner_id.id)])
        self.assertEqual((len(visits), visits.clinic_state), (1, "done"))
        self.assertEqual(visits.clinic_line_ids.mapped("state"), ["applied", "charged"])
        self.assertEqual(wizard.partner_id.clinic_package_ids.units_left, 5)
        self.assertEqual([charge["amount"] for charge in self.stripe.charges()], [11500])
        self.assertEqual(wizard.order_id.invoice_ids.amount_residual, 0)
        self.assertEqual(len(wizard.order_id.invoice_ids.transaction_ids.payment_id), 1)

    def _finish_sale(self, wizard):
        """Staff press again; what is open even then the scheduled action finishes an hour later."""
        if not wizard.order_id:
            self.assertFalse(self.stripe.charges())
        self._run(wizard, None)
        if waiting := wizard.order_id.invoice_ids.clinic_collection_ids.filtered(lambda each: each.state != "done"):
            self._hours_pass(waiting, 1)
            self._run(waiting, None)
