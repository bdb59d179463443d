from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestCancelEnd(ClinicCommon):
    """No further charge, benefits until."""

    def _wizard(self, membership, **values):
        return (
            self.env["clinic.cancel"]
            .with_user(self.receptionist)
            .create({"membership_id": membership.id, "reason_id": self.reason.id, **values})
        )

    def test_at_period_end(self):
        membership = self._sell(self.monthly)
        wizard = self._wizard(membership)
        self.assertIn("Benefits can be used until 02/27/2026", wizard.preview)
        wizard.action_confirm()
        self.assertRecordValues(
            membership,
            [
                {
                    "state": "active",
                    "no_charge_from": date(2026, 2, 28),
                    "benefits_until": date(2026, 2, 27),
                    "next_amount": 0,
                    "cancel_reason_id": self.reason.id,
                }
            ],
        )
        self._redeem()
        with freeze_time("2026-02-28"):
            self.assertFalse(membership._renew())
            self.assertEqual(membership.state, "cancelled")
            self.assertEqual(self._left(), 0)

    def test_at_once(self):
        membership = self._sell(self.monthly)
        self._wizard(membership, when="immediate").action_confirm()
        self.assertEqual(membership.state, "cancelled")
        self.assertEqual(self._left(), 0)
        with self.assertRaisesRegex(UserError, "ended already"):
            membership._cancel(self.reason)

    def test_notice_moves_the_last_charge(self):
        self.gold.notice_days = 30
        membership = self._sell(self.monthly)
        wizard = self._wizard(membership)
        self.assertEqual(wizard.no_charge_from, date(2026, 3, 31))
        self.assertIn("the renewal of 02/28/2026 is still charged", wizard.preview)
        wizard.action_confirm()
        with freeze_time("2026-02-28"):
            self.assertTrue(membership._renew())
        with freeze_time("2026-03-31"):
            self.assertFalse(membership._renew())
            self.assertEqual(membership.state, "cancelled")

    def test_undo(self):
        membership = self._sell(self.monthly)
        membership._cancel(self.reason)
        membership._undo_cancel()
        self.assertFalse(membership.no_charge_from)
        self.assertEqual(membership.next_amount, 113.85)
        with self.assertRaisesRegex(UserError, "no cancellation"):
            membership._undo_cancel()

    def test_started_membership_is_never_deleted(self):
        with self.assertRaisesRegex(UserError, "part of the books"):
            self._sell(self.monthly).unlink()
