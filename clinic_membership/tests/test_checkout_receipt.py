from freezegun import freeze_time

from odoo.tests import tagged

from .checkout_common import CheckoutCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestCheckoutReceipt(CheckoutCommon):
    """What units paid is told by e-mail, as an invoice tells what was charged."""

    def _mails(self, event):
        domain = [("model", "=", "calendar.event"), ("res_id", "=", event.id), ("subject", "like", "Your visit at")]
        return self.env["mail.mail"].search(domain)

    def test_what_is_left_of_the_units(self):
        self._sell(self.monthly)
        self._sell(self.six_pack)
        event = self._book(self.facial, self.facial, self.facial)
        wizard = self._checkout(event)
        self.assertTrue(wizard.send_receipt)
        wizard.with_user(self.receptionist).action_confirm()
        mail = self._mails(event)
        self.assertEqual(mail.recipient_ids, self.patient)
        text = " ".join(mail.body_html.split())
        for words in ("visit on 03/02/2026", "6-Pack Facials: 1 of 6 used", "Gold: 2 of 2 Facial used"):
            self.assertIn(words, text)

    def test_only_where_units_paid_and_it_is_wanted(self):
        charged = self._book(self.massage)
        self._checkout(charged).action_confirm()
        self.assertFalse(self._mails(charged), "the invoice is its receipt")
        self._sell(self.six_pack)
        event = self._book(self.facial)
        self._checkout(event, send_receipt=False).action_confirm()
        self.assertFalse(self._mails(event))
        self.patient.email = False
        other = self._book(self.facial)
        wizard = self._checkout(other)
        self.assertFalse(wizard.send_receipt)
        wizard.action_confirm()
        self.assertFalse(self._mails(other))
