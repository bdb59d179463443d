from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestSellWizard(ClinicCommon):
    """The one-step sale at the front desk, by a receptionist without accounting rights."""

    def _wizard(self, product, **values):
        kind = product.service_tracking
        wizard = self.env["clinic.sell"].with_user(self.receptionist)
        return wizard.create({"partner_id": self.patient.id, "kind": kind, "product_id": product.id, **values})

    def test_cash(self):
        wizard = self._wizard(self.monthly)
        self.assertEqual(wizard.amount_due, 113.85)
        self.assertIn("Renews on 02/28/2026 at $\N{NO-BREAK SPACE}99.00", wizard.preview)
        membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual(membership.state, "active")
        invoice = membership.period_ids.invoice_id
        self.assertEqual(invoice.amount_total, wizard.amount_due)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(membership.sale_order_id.invoice_ids, invoice)

    def test_card_is_kept_for_renewals(self):
        card = self._card(self.patient)
        wizard = self._wizard(self.monthly, payment="card")
        self.assertEqual(wizard.token_id, card)
        with self._answers("done"):
            membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual(membership.state, "active")
        self.assertEqual(membership.payment_token_id, card)
        self.assertEqual(membership.period_ids.invoice_id.transaction_ids.state, "done")

    def test_declined_card_leaves_an_unpaid_invoice(self):
        self._card(self.patient)
        with self._answers("error"):
            result = self._wizard(self.monthly, payment="card").action_sell()
        membership = self.env["clinic.membership"].browse(result["res_id"])
        self.assertEqual(membership.state, "pending")
        self.assertEqual(membership.sale_line_id.invoice_lines.move_id.payment_state, "not_paid")

    def test_payment_link_sends_the_invoice(self):
        result = self._wizard(self.six_pack, payment="link", quantity=2).action_sell()
        packages = self.env["clinic.package"].search(result["domain"])
        self.assertEqual(packages.mapped("state"), ["pending", "pending"])
        self.assertTrue(packages.sale_line_id.invoice_lines.move_id.sending_data)

    def test_free_trial_with_card(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=1, trial_unit="month")
        card = self._card(self.patient)
        wizard = self._wizard(tier.plan_ids.product_variant_id, payment="card")
        self.assertEqual(wizard.amount_due, 0)
        self.assertIn("Renews on 02/28/2026 at $\N{NO-BREAK SPACE}990.00", wizard.preview)
        with self._answers():
            membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual((membership.state, membership.payment_token_id), ("active", card))

    def test_pressed_twice(self):
        wizard = self._wizard(self.monthly)
        first = wizard.action_sell()
        self.assertEqual(wizard.action_sell(), first)
        self.assertEqual(len(self.env["sale.order"].search([("partner_id", "=", self.patient.id)])), 1)
        self.assertEqual(len(self.patient.clinic_membership_ids), 1)

    def test_bad_input(self):
        with self.assertRaisesRegex(UserError, "no stored card"):
            self._wizard(self.monthly, payment="card").action_sell()
        with self.assertRaisesRegex(UserError, "today or later"):
            self._wizard(self.monthly, start_date=date(2026, 1, 1)).action_sell()
        with self.assertRaisesRegex(UserError, "at least one"):
            self._wizard(self.six_pack, quantity=0).action_sell()
        self.assertFalse(self.env["sale.order"].search([("partner_id", "=", self.patient.id)]))
