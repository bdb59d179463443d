from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .import_common import ImportCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestImport(ImportCommon):
    """A member of the old system goes on as if sold here: what is paid is known, and nothing is billed twice."""

    def test_membership(self):
        membership = self._imported(reference="M-1001")
        self.assertRecordValues(
            membership,
            [
                {
                    "partner_id": self.patient.id,
                    "payer_id": self.patient.id,
                    "tier_id": self.gold.id,
                    "state": "active",
                    "start_date": date(2025, 1, 31),
                    "anchor_date": date(2025, 1, 31),
                    "next_renewal": date(2026, 2, 28),
                    "price": 79,
                    "pricelist_id": self.gold.pricelist_id.id,
                    "will_renew": True,
                }
            ],
        )
        self.assertRecordValues(
            membership.period_ids,
            [
                {
                    "date_start": date(2026, 1, 31),
                    "date_end": date(2026, 2, 27),
                    "is_opening": True,
                    "amount": 79,
                    "payment_state": "paid",
                }
            ],
        )
        self.assertRecordValues(
            membership.grant_ids,
            [{"granted": 1, "remaining": 1, "valid_from": date(2026, 2, 10), "expires_on": date(2026, 2, 27)}],
        )
        self.assertEqual(membership.grant_ids.entry_ids.kind, "opening")
        self.assertEqual(self.patient.property_product_pricelist, self.gold.pricelist_id)

    def test_history_adds_up_to_the_monthly_value(self):
        membership = self._imported(reference="M-1001")
        self.assertRecordValues(membership.log_ids, [{"event": "import", "monthly_change": 79, "note": "M-1001"}])

    def test_nothing_is_billed_twice(self):
        membership = self._imported()
        for day in ("2026-02-10", "2026-02-27"):
            self._renew_on(day)
        self.assertFalse(membership.period_ids.invoice_id)
        for day in ("2026-02-28", "2026-02-28", "2026-03-01"):
            self._renew_on(day)
        self.assertRecordValues(membership.period_ids.invoice_id, [{"amount_untaxed": 79, "state": "posted"}])
        self.assertEqual(membership.next_renewal, date(2026, 3, 31), "the month's end is not lost")
        self.assertEqual(len(membership.period_ids), 2)
        self.assertEqual(membership.grant_ids.filtered("remaining").mapped("granted"), [2])

    def _renew_on(self, day):
        """The scheduled action itself."""
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_renew").method_direct_trigger()

    def test_card_is_charged_on_the_renewal(self):
        self._card(self.patient)
        membership = self._imported(card="token")
        self._renew_on("2026-02-28")
        with freeze_time("2026-02-28"), self._answers("done") as sent:
            self.env["clinic.collection"]._cron_collect()
        self.assertEqual(len(sent), 1)
        self.assertEqual(membership.period_ids[0].payment_state, "paid")

    def test_units_left_can_be_redeemed(self):
        membership = self._imported()
        self._redeem()
        self.assertEqual(membership.usage_summary, "1 of 1 Facial used")
        with self.assertRaises(UserError):
            self._redeem()

    def test_annual_member_has_the_months_that_are_paid(self):
        tier = self._tier("Year", 0, 990, billing_interval="annual")
        tier.benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 4, "per": "period"})]
        membership = self._imported(
            plan="Year plan", start_date="2025-05-15", next_renewal="2026-05-15", remaining_units="Facial:0\nMassage: 3"
        )
        self.assertRecordValues(
            membership.grant_ids.sorted(lambda grant: (grant.product_id.name, grant.valid_from)),
            [
                {"granted": 2, "valid_from": date(2026, 2, 15), "expires_on": date(2026, 3, 14)},
                {"granted": 2, "valid_from": date(2026, 3, 15), "expires_on": date(2026, 4, 14)},
                {"granted": 2, "valid_from": date(2026, 4, 15), "expires_on": date(2026, 5, 14)},
                {"granted": 3, "valid_from": date(2026, 2, 10), "expires_on": date(2026, 5, 14)},
            ],
        )
        self.assertEqual(membership.period_ids.date_start, date(2025, 5, 15))
        self.assertEqual(set(membership.grant_ids.entry_ids.mapped("kind")), {"opening"})

    def test_paid_several_periods_ahead(self):
        membership = self._imported(start_date="2026-01-31", next_renewal="2026-04-30")
        self.assertEqual(
            (membership.period_ids.date_start, membership.period_ids.date_end), (date(2026, 1, 31), date(2026, 4, 29))
        )
        self.assertEqual(membership.grant_ids.sorted("valid_from").mapped("granted"), [1, 2, 2])

    def test_renewal_today(self):
        membership = self._imported(start_date="2025-01-10", next_renewal="2026-02-10")
        self.assertEqual(membership.period_ids.date_end, date(2026, 2, 9))
        self.assertEqual(self._left(), 1)
        self.assertFalse(membership.grant_ids._usable_on(date(2026, 2, 10)))
        period = membership._renew()
        self.assertEqual(period.invoice_id.amount_untaxed, 79)
        self.assertEqual(membership.grant_ids.filtered("remaining").mapped("granted"), [2])

    def test_weekly_billing_with_benefits_by_the_month(self):
        self._tier("Week", 0, 25, billing_interval="weekly")
        membership = self._imported(plan="Week plan", start_date="2026-01-21", next_renewal="2026-02-11")
        self.assertRecordValues(
            membership.grant_ids,
            [{"granted": 1, "valid_from": date(2026, 2, 10), "expires_on": date(2026, 2, 20)}],
        )

    def test_without_an_anchor_that_fits(self):
        membership = self._imported(start_date="2024-07-03")
        self.assertEqual(membership.anchor_date, date(2026, 2, 28))
        membership = self._imported(start_date="2024-07-03", anchor_date="2024-08-31", member=self._bob().email)
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertEqual(membership.next_renewal, date(2026, 3, 31))

    def _bob(self):
        return self.env["res.partner"].create({"name": "Bob", "email": "bob@example.com"})

    def test_cancelled_member_ends_with_the_paid_time(self):
        membership = self._imported(status="cancelled")
        self.assertFalse(membership.will_renew)
        self.assertEqual(membership.benefits_until, date(2026, 2, 27))
        with freeze_time("2026-02-28"):
            membership._renew()
        self.assertEqual(membership.state, "cancelled")
        self.assertFalse(membership.period_ids.invoice_id)
        self.assertEqual(sum(membership.log_ids.mapped("monthly_change")), 0)

    def test_payer_and_free_member(self):
        bob = self._bob()
        self.assertEqual(self._imported(invoiced_to="BOB@example.com").payer_id, bob)
        free = self._imported(member="Bob", price=0, free=True)
        with freeze_time("2026-02-28"):
            self.assertFalse(free._renew().invoice_id)

    def test_pressing_twice(self):
        row = self._row()
        row.action_create_memberships()
        membership = row.membership_id
        for rows in (row, self.rows):
            rows.action_create_memberships()
        self.assertEqual(self.env["clinic.membership"].search([("partner_id", "=", self.patient.id)]), membership)
        self.assertEqual(len(membership.sudo().grant_ids), 1)
        self.assertEqual(row.state, "done")

    def test_terms_of_later_do_not_reach_it(self):
        membership = self._imported()
        self.gold.write({"notice_days": 30, "benefit_ids": [Command.clear()]})
        self.assertEqual((membership.notice_days, membership.benefit_ids.quantity), (0, 2))

    def test_agreement_can_be_printed(self):
        membership = self._imported()
        html = self.env["ir.actions.report"]._render_qweb_html(
            "clinic_membership.clinic_membership_agreement", membership.ids
        )[0]
        self.assertIn(b"79.00", html)


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestImportPackages(ImportCommon):
    """Packages with units left."""

    def _pack(self, **values):
        defaults = {"plan": "six-test", "start_date": "2025-09-01", "next_renewal": False, "price": 0}
        return self._row(**{**defaults, "remaining_units": "Facial: 4", "value_left": 299.99, **values})

    def test_package(self):
        row = self._pack()
        row.action_create_memberships()
        package = row.package_id.sudo()
        self.assertRecordValues(
            package,
            [{"state": "active", "units_left": 4, "value_left": 299.99, "price_paid": 299.99, "units_used": 0}],
        )
        self.assertEqual((package.purchase_date, package.expires_on), (date(2025, 9, 1), date(2026, 8, 31)))
        self.assertEqual(package.grant_ids.entry_ids.kind, "opening")
        self._redeem(4)
        self.assertEqual((package.state, package.value_left), ("used", 0))

    def test_package_refused(self):
        for words, values in (
            ("has expired", {"expires_on": "2026-02-09"}),
            ("before the start", {"expires_on": "2025-08-01"}),
            ("nothing is left", {"remaining_units": "Facial: 0"}),
            ("tick Free of Charge", {"value_left": 0}),
            ("the day the package was bought", {"start_date": "2026-03-01"}),
            ("the day the package was bought", {"start_date": False}),
        ):
            with self.subTest(words):
                row = self._pack(**values)
                row.action_create_memberships()
                self.assertIn(words, row.problem)
                row.unlink()
        self._nothing_created()

    def test_two_of_a_kind_need_their_numbers(self):
        first, second = self._pack(), self._pack()
        (first | second).action_create_memberships()
        self.assertTrue(first.package_id)
        self.assertIn("old numbers", second.problem)
        second.reference = "P-2"
        second.action_create_memberships()
        self.assertTrue(second.package_id)
