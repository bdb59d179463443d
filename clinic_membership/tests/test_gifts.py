from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .codes_common import CodesCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestGifts(CodesCommon):
    """A package bought for somebody else: its code is delivered on its day."""

    def _sell_gift(self, **values):
        wizard = (
            self.env["clinic.sell"]
            .with_user(self.receptionist)
            .create(
                {
                    "kind": "package",
                    "partner_id": self.patient.id,
                    "product_id": self.six_pack.id,
                    "payment": "journal",
                    "journal_id": self.journal.id,
                    "is_gift": True,
                    "recipient_name": "Bob",
                    "recipient_email": "bob@example.com",
                    "message": "Happy birthday",
                    **values,
                }
            )
        )
        return self.env["clinic.code"].search(wizard.action_sell()["domain"])

    def test_a_gift_is_delivered_on_its_day(self):
        self.six_pack.product_tmpl_id.transferable = False  # to whom it is given first is the buyer's choice
        code = self._sell_gift(deliver_on=date(2026, 3, 10))
        self.assertEqual((code.state, code.purpose, code.contents), ("ready", "gift", "6 × Facial"))
        self._deliver("2026-03-09")
        self.assertFalse(self._mails(code))
        self._deliver("2026-03-10")
        self._deliver("2026-03-11")
        self.assertIn("Happy birthday", self._mails(code).body_html)

    def test_a_gift_that_is_not_paid(self):
        code = self._sell_gift(payment="link")
        self.assertEqual(code.state, "waiting")
        self.assertFalse(self._mails(code))
        self.assertFalse(self._try(code.code)[0])
        self._pay(code.sale_order_id.invoice_ids)
        self._deliver()
        self.assertEqual((code.state, len(self._mails(code))), ("ready", 1))
        self.assertEqual(self._try(code.code)[0].partner_id, self.friend)

    def test_three_gifts_are_three_codes(self):
        codes = self._sell_gift(quantity=3, recipient_email=False)
        self.assertEqual(len(set(codes.mapped("code"))), 3)
        self.assertEqual(set(codes.mapped("state")), {"ready"})

    def test_certificate(self):
        code = self._sell_gift()
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_certificate_report", code.ids)
        text = html[0].decode()
        for words in (code.code, "Gift Certificate", "for <span>Bob</span>", "Happy birthday", "data:image/png"):
            self.assertIn(words, text)

    def test_an_email_that_fails_undoes_nothing(self):
        """The payment, the units and the code are there; staff hears of the e-mail, tomorrow it is tried again."""
        code = self._sell_gift(payment="link")
        failing = patch.object(type(code), "_certificate", side_effect=UserError("No printer"))
        with failing, mute_logger("odoo.addons.clinic_membership.models.clinic_job"):
            self._pay(code.sale_order_id.invoice_ids)
            self._deliver()
        self.assertEqual((code.state, code.package_id.state), ("ready", "active"))
        self.assertIn("could not be sent: No printer", code.message_ids[0].body)
        self.assertFalse(self._mails(code))
        self._deliver("2026-03-03")
        self.assertEqual(len(self._mails(code)), 1)

    def test_not_sent_again_by_itself(self):
        code = self._give()
        self._deliver()
        code.with_user(self.receptionist).action_send()
        self._deliver("2026-03-03")
        self.assertEqual(len(self._mails(code)), 2)
        code._call_back()
        with self.assertRaisesRegex(UserError, "not ready"):
            code.action_send()
