from datetime import date

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestCompanies(ClinicCommon):
    """A second clinic in the same database, with its own books, currency, policies and time zone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.main = cls.company
        cls.other = cls.env["res.company"].create({"name": "Second clinic", "currency_id": cls.env.ref("base.EUR").id})
        cls.env.user.company_ids += cls.other
        cls.env["account.chart.template"].try_loading("generic_coa", cls.other, install_demo=False)
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.other.ids},
        )
        cls._prepare(mark=" second")
        cls.other.clinic_tz = "Pacific/Auckland"

    def test_sold_and_renewed_by_the_action_of_another_company(self):
        membership = self._sell(self.monthly)
        self.assertEqual(membership.company_id, self.other)
        self.assertEqual(membership.currency_id.name, "EUR")
        main = membership.with_context(allowed_company_ids=self.main.ids).with_company(self.main)
        with freeze_time("2026-02-28 10:00:00"):
            self.assertEqual(main.env.company, self.main)
            period = main._renew()
        invoice = period.invoice_id
        self.assertRecordValues(invoice, [{"company_id": self.other.id, "state": "posted", "amount_total": 113.85}])
        self.assertEqual(invoice.journal_id.company_id, self.other)
        self.assertEqual(invoice.line_ids.account_id.company_ids, self.other)
        self.assertEqual(period.grant_ids.company_id, self.other)

    def test_its_own_today(self):
        membership = self._sell(self.monthly)
        with freeze_time("2026-02-27 20:00:00"):
            self.assertEqual(self.other._clinic_today(), date(2026, 2, 28))
            self.assertTrue(membership.filtered_domain(membership._today_domain(membership._due_domain)))

    def test_credit_of_one_company_does_not_pay_the_other(self):
        membership = self._sell(self.monthly)
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.main.id)], limit=1
        )
        self.env["account.payment"].with_context(allowed_company_ids=self.main.ids).create(
            {"amount": 500, "partner_id": self.patient.id, "journal_id": journal.id, "payment_type": "inbound"}
        ).action_post()
        with freeze_time("2026-02-28 10:00:00"):
            self.assertEqual(membership._renew().payment_state, "due")

    def test_a_card_of_another_company_is_not_charged(self):
        """The provider of the first clinic would take the money of the second."""
        membership, card = self._sell(self.monthly), self._card(self.patient)
        self.assertEqual(card.company_id, self.main)
        with self.assertRaisesRegex(ValidationError, "stored with another company"):
            membership.payment_token_id = card
        with self.assertRaisesRegex(ValidationError, "stored with another company"):
            self.env["clinic.membership.payer"].create(
                {"membership_id": membership.id, "partner_id": self.patient.id, "payment_token_id": card.id}
            )

    def test_units_and_prices_stay_in_their_company(self):
        self._sell(self.monthly)
        self._sell(self.six_pack)
        self.assertEqual(self._left(), 8)
        self.assertFalse(self.patient._clinic_grants(self.facial, self.main))
        in_main = self.patient.with_context(allowed_company_ids=self.main.ids).with_company(self.main)
        self.assertNotEqual(in_main.property_product_pricelist, self.gold.pricelist_id)

    def test_family_of_another_company_is_not_counted(self):
        child = self.env["res.partner"].create({"name": "Child"})
        membership = self._sell(self.monthly)
        membership.sudo().family_size = 2
        membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31)})]
        live = self.env["clinic.membership"]._live_for(child, self.main)
        self.assertFalse(live)
        self.assertEqual(self.env["clinic.membership"]._live_for(child, self.other), {child: membership})
