from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-16 10:00:00")
class TestFreeRenewals(ClinicCommon):
    """A free month for a referral, and the like."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)

    def _give(self, user=None, renewals=1):
        wizard = (
            self.env["clinic.give.credit"]
            .with_user(user or self.manager)
            .create(
                {
                    "membership_id": self.membership.id,
                    "kind": "free",
                    "renewals": renewals,
                    "reason": "Brought a friend",
                }
            )
        )
        self.preview = wizard.preview.replace("\N{NO-BREAK SPACE}", " ")
        wizard.action_confirm()
        return wizard.credit_id

    def _renew(self, month):
        with freeze_time(date(2026, month, 1)):
            return self.membership._renew()

    def test_the_next_renewals_are_free(self):
        credit = self._give(renewals=2)
        self.assertIn(
            "costs nothing at the next 2 renewals, from 05/01/2026; this gift is worth $ 227.70.", self.preview
        )
        self.assertRecordValues(
            credit, [{"kind": "free", "amount": 227.7, "renewals_left": 2, "left": 227.7, "move_id": False}]
        )
        self.assertEqual(self.membership.next_amount, 0)
        period = self._renew(5)
        self.assertEqual((period.payment_state, period.invoice_id.id, self._left()), ("free", False, 2))
        self.assertRecordValues(credit, [{"renewals_left": 1, "used": 113.85}])
        self._renew(6)
        self.assertEqual(self._renew(7).invoice_id.amount_untaxed, 99)
        events = self.membership.log_ids.mapped("event")
        self.assertIn("free", events)
        self.assertNotIn("retain", events, "nobody wanted to leave")
        self.assertEqual(sum(self.membership.log_ids.mapped("monthly_change")), 99, "the agreed price is the value")

    def test_a_promised_discount_waits(self):
        self.membership._give_offer(20, 1, self.reason)
        self._give()
        self.assertIn("The discount that was promised follows", self.preview)
        self.assertFalse(self._renew(5).invoice_id)
        self.assertEqual(self.membership.offer_periods, 1)
        self.assertEqual(self._renew(6).invoice_id.amount_untaxed, 79.2)

    def test_added_services_are_charged(self):
        self.membership._schedule_add_on(self.massage, 1)
        self._give()
        self.assertEqual(self._renew(5).invoice_id.amount_untaxed, 90)

    def test_gifts_add_up_and_the_oldest_is_used_first(self):
        first, second = self._give(), self._give(renewals=2)
        self.assertEqual(self.membership.free_periods, 3)
        self._renew(5)
        self.assertEqual((first.renewals_left, second.renewals_left), (0, 2))
        with self.assertRaisesRegex(UserError, "used already"):
            first.action_take_back()
        second.with_user(self.manager).action_take_back()
        self.assertEqual(self.membership.free_periods, 0)
        self.assertEqual(second.taken_back_on, date(2026, 4, 16))

    def test_value_counts_for_a_user(self):
        with self.assertRaisesRegex(UserError, "You may give"):
            self._give(self.receptionist)
        self.company.clinic_user_credit_limit = 200
        self._give(self.receptionist)
        with self.assertRaisesRegex(UserError, "within 30 days"):
            self._give(self.receptionist)

    def test_only_what_renews(self):
        self.membership.auto_renew = False
        with self.assertRaisesRegex(UserError, "does not renew"):
            self._give()
        self.membership.auto_renew = True
        self.membership._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "Only a running membership"):
            self._give()
        with self.assertRaisesRegex(UserError, "at least one"):
            self.membership._give_free(0, "None")
