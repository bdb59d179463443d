from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.tests import HttpCase, tagged

ACTIONS = ("renew", "collect", "update_states", "expire")


@tagged("post_install", "-at_install")
class TestWalk(HttpCase):
    """A receptionist sells, redeems and sees what time does: the walk through the whole addon, in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env.ref("clinic_membership.user_reception", raise_if_not_found=False):
            raise AssertionError("The demo clinic is not in this database: install the addon with --with-demo.")
        if "demo_simulated_state" not in cls.env["payment.token"]._fields:
            raise AssertionError("The walk pays by demo cards: install payment_demo.")
        cls.today = cls.env.company._clinic_today()

    def _card(self, patient):
        """The card that the patient stores: it pays."""
        return self.env["payment.token"].create(
            {
                "provider_id": self.env.ref("payment.payment_provider_demo").id,
                "payment_method_id": self.env.ref("payment_demo.payment_method_demo").id,
                "payment_details": "4242",
                "partner_id": patient.id,
                "provider_ref": "walk",
                "demo_simulated_state": "done",
            }
        )

    def _time_passes(self, day):
        """The clock shows another day, and the scheduled actions run."""
        with freeze_time(f"{day} 12:00:00"):
            for action in ACTIONS:
                self.env.ref(f"clinic_membership.ir_cron_{action}").method_direct_trigger()
        self.env.invalidate_all()

    def test_walk(self):
        self.start_tour("/odoo", "clinic_walk_patient", login="reception")
        patient = self.env["res.partner"].search([("email", "=", "wanda.walker@example.com")])
        card = self._card(patient)

        self.start_tour(f"/odoo/res.partner/{patient.id}", "clinic_walk_sell_and_redeem", login="reception")
        membership, package = patient.clinic_membership_ids, patient.clinic_package_ids
        first = membership.period_ids
        self.assertEqual(membership.state, "active")
        self.assertEqual(membership.payment_token_id, card)
        self.assertEqual(first.payment_state, "paid")
        self.assertEqual((first.grant_ids.used, first.grant_ids.granted), (1, 1))
        self.assertEqual(package.usage_summary, "1 of 6 used")
        self.assertEqual(package.value_left, package.price_paid - package.price_paid / 6)
        self.assertEqual(package.grant_ids.entry_ids.redemption_id.sale_line_id.price_total, 0)

        self._a_month_later(membership, package)
        self._the_card_is_declined(membership, card)
        self.start_tour("/odoo", "clinic_walk_past_due", login="reception")

    def _a_month_later(self, membership, package):
        """The card pays the next period; its allowance is new, the package is as it was."""
        renewal = membership.next_renewal
        self.assertEqual(renewal, self.today + relativedelta(months=1))
        self._time_passes(renewal)
        period = membership.period_ids[0]
        self.assertEqual(period.date_start, renewal)
        self.assertEqual(period.payment_state, "paid")
        self.assertEqual(period.invoice_id.amount_total, 99)
        self.assertEqual((period.grant_ids.used, period.grant_ids.granted), (0, 1))
        self.assertEqual(package.units_left, 5)

    def _the_card_is_declined(self, membership, card):
        """Unused units end with their period, and the membership is past due; the card is tried again in 3 days."""
        unused = membership.period_ids[0].grant_ids
        card.demo_simulated_state = "error"
        self._time_passes(membership.next_renewal)
        period = membership.period_ids[0]
        self.assertEqual(unused.entry_ids.mapped("kind"), ["expire", "grant"])
        self.assertEqual(period.payment_state, "due")
        self.assertEqual(membership.state, "past_due")
        self.assertEqual(period.charge_on, period.date_start + timedelta(days=3))
