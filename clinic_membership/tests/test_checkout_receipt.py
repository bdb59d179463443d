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

    def test_what_was_left_for_later_is_told_alone(self):
        self._sell(self.six_pack)
        event = self._book(self.facial, self.facial)
        form = self._form(event)
        with form.line_ids.edit(1) as line:
            line.choice = "later"
        form.save().action_confirm()
        self.assertIn("1 of 6 used", self._mails(event).body_html)
        self._checkout(event).action_confirm()
        first, second = self._mails(event).sorted("id")
        self.assertEqual([mail.body_html.count("6-Pack Facials") for mail in (first, second)], [1, 1])
        self.assertIn("2 of 6 used", second.body_html)

    def test_the_first_unit_of_what_is_bought_at_once(self):
        event = self._book(self.facial)
        self._take(event, self.six_pack).action_confirm()
        self.assertEqual(event.clinic_line_ids.state, "applied")
        self.assertIn("6-Pack Facials: 1 of 6 used", " ".join(self._mails(event).body_html.split()))

    def test_units_there_and_units_bought(self):
        """What is there pays at once, and is told before a card is asked; what was bought pays after, is told then."""
        self._sell(self._package("Massages", 80, 1, product=self.massage))
        event = self._book(self.massage, self.facial)
        self._take(event, self.six_pack).action_confirm()
        mails = [" ".join(mail.body_html.split()) for mail in self._mails(event).sorted("id")]
        self.assertEqual(["Massages: 1 of 1 used" in mail for mail in mails], [True, False])
        self.assertEqual(["6-Pack Facials: 1 of 6 used" in mail for mail in mails], [False, True])

    def test_priority_in_words(self):
        self.assertFalse(self._book(self.facial).clinic_standing)
        membership = self._sell(self.monthly)
        self.assertEqual(self._book(self.facial).clinic_standing, "Gold")
        membership.priority_booking = True
        self.assertEqual(self._book(self.facial).clinic_standing, "Gold, priority")
