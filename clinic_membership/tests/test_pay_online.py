from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .due_common import ClinicDue


@tagged("post_install", "-at_install")
@freeze_time("2026-02-28 10:00:00")
class TestPayOnline(ClinicDue):
    """While a charge has no answer yet, nobody pays the same invoice online: it might be paid twice."""

    def _pay_online(self):
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "amount": self.invoice.amount_residual,
                "currency_id": self.invoice.currency_id.id,
                "partner_id": self.patient.id,
                "operation": "online_direct",
                "reference": "portal",
                "invoice_ids": [Command.set(self.invoice.ids)],
            }
        )

    def test_no_second_payment_beside_a_charge_without_an_answer(self):
        self.assertTrue(self.invoice._has_to_be_paid())
        with self._answers("nothing"):
            self.collection._collect()
        self.assertFalse(self.invoice._has_to_be_paid())
        self.assertIn("is under way", self.invoice._get_online_payment_error())
        with self.assertRaisesRegex(ValidationError, "is under way"), self.env.cr.savepoint():
            self._pay_online()
        with self.assertRaisesRegex(UserError, "not paid twice.*ask us"):
            self.collection.with_user(self.receptionist).action_send_link()
        self.assertEqual(len(self.invoice.transaction_ids), 1)

    def test_after_a_decline_it_can_be_paid(self):
        with self._answers("error"):
            self.collection._collect()
        self.assertTrue(self.invoice._has_to_be_paid())
        self.collection.with_user(self.receptionist).action_send_link()
        self.assertEqual(self._pay_online().state, "draft")

    def test_paid_already(self):
        with self._answers("done"):
            self.collection._collect()
        self.assertFalse(self.invoice._has_to_be_paid())
        self.assertNotIn("under way", self.invoice._get_online_payment_error())


@tagged("post_install", "-at_install")
class TestPayOnlinePage(ClinicDue, HttpCase):
    def test_the_page_says_so(self):
        """The page that the payment link opens."""
        url = self.invoice.get_portal_url()
        self.assertNotIn("is under way", self.url_open(url).text)
        with self._answers("nothing"):
            self.collection._collect()
        page = self.url_open(f"{url}&payment=True").text
        self.assertIn("is under way", page)
        self.assertNotIn("o_payment_form", page)
