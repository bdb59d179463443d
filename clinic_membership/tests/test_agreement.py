from datetime import datetime

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ClinicCommon

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
AGREEMENT = "clinic_membership.clinic_membership_agreement"


class AgreementCommon(ClinicCommon):
    """A tier that promises everything a tier can promise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.platinum = cls._tier(
            "Platinum",
            20,
            199,
            rank=2,
            notice_days=14,
            rollover_percent=50,
            rollover_cap=4,
            rollover_months=2,
            family_size=4,
            priority_booking=True,
            perks="Tea on the house",
        )
        cls.plan = cls.platinum.plan_ids.product_variant_id

    @classmethod
    def _html(cls, membership, user=None):
        reports = cls.env["ir.actions.report"].with_user(user or cls.env.user)
        return reports._render_qweb_html(AGREEMENT, membership.ids)[0].decode()

    @classmethod
    def _sign(cls, order, name="Ann Patient"):
        order.write({"signed_by": name, "signed_on": datetime(2026, 1, 31, 10), "signature": PIXEL})

    def assertAllIn(self, words, text):
        for word in words:
            with self.subTest(word):
                self.assertIn(word, text)


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestAgreement(AgreementCommon):
    """The terms as sold, in words: before the sale, on paper, and after later changes."""

    def test_every_term_is_printed(self):
        html = self._html(self._sell(self.plan))
        words = [
            self.company.name,
            "Ann Patient",
            "Platinum",
            "2 × Facial each month",
            "$ 199.00 each month, in advance",
            "$ 228.85 with tax",
            "01/31/2026",
            "02/28/2026",
            "14 days",
            "50 % of the unused units",
            "At most 4 units",
            "after 2 months",
            "Up to 4, the member included. They share the units.",
            "20 % off",
            "Priority Booking",
            "Tea on the house",
            "1 to 6 months at a time, at most 2 times",
            "Benefits go on for 7 days, then they rest until it is paid.",
            "to_sign",
        ]
        self.assertAllIn(words, html.replace("\xa0", " "))

    def test_the_order_says_what_the_contract_will_say(self):
        order = self._order(self.plan, self.six_pack)
        [(name, before)] = order._clinic_terms()
        self.assertEqual(name, "Platinum plan")
        self.assertFalse(order.order_line.clinic_membership_ids, "reading creates nothing")
        self.assertFalse(self.env["clinic.membership"].search([("partner_id", "=", self.patient.id)]))
        order.action_confirm()
        self.assertEqual(order.order_line.clinic_membership_ids._agreement_in_words(), before)

    def test_other_terms(self):
        self.company.write({"clinic_pauses_per_year": 0, "clinic_grace_days": 3, "clinic_dunning_end": "cancel"})
        self.gold.write({"auto_renew": False, "cancel_policy": "immediate", "discount": 0})
        words = dict(self._order(self.monthly)._clinic_terms()[0][1])
        self.assertEqual(words["Auto-renew"], "No. It ends with its first full period.")
        self.assertEqual(words["Cancellation"], "Benefits end on the day of cancelling.")
        self.assertEqual(words["Pause"], "Not possible.")
        self.assertIn("go on for 3 days", words["If a payment fails"])
        self.assertIn("the membership is cancelled", words["If a payment fails"])
        self.assertIn("expire", words["Unused benefits"])
        self.assertIn("None", words["Notice"])
        self.assertEqual(words["People covered"], "The member.")
        self.assertFalse({"Member prices", "Perks", "Trial"} & words.keys())

    def test_trial(self):
        tier = self._tier("Trial", 0, 99, trial_length=1, trial_unit="month", trial_price=10)
        words = dict(self._order(tier.plan_ids.product_variant_id)._clinic_terms()[0][1])
        self.assertIn("Until 02/27/2026 for $\xa011.50, tax included.", words["Trial"])
        self.assertEqual(words["Renewal date"], "02/28/2026")
        self.assertIn("99.00 each month", words["Price"])

    def test_annual_with_benefits_by_the_month_and_by_the_year(self):
        tier = self._tier("Year", 0, 990, billing_interval="annual")
        tier.benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 1, "per": "period"})]
        words = dict(self._order(tier.plan_ids.product_variant_id)._clinic_terms()[0][1])
        self.assertEqual(words["Included"], "2 × Facial each month\n1 × Massage each year")

    def test_no_tax(self):
        self.monthly.taxes_id = False
        self.assertEqual(dict(self._order(self.monthly)._clinic_terms()[0][1])["Tax"], "None at present.")

    def test_signature_of_the_order(self):
        order = self._order(self.plan)
        self._sign(order)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        html = self._html(membership, self.receptionist)
        self.assertAllIn(["Signed by", "Ann Patient", "01/31/2026", order.name, PIXEL[:40]], html)
        self.assertNotIn("to_sign", html)
        self.assertNotIn("Changed since", html)

    def test_later_changes_are_not_under_the_signature(self):
        order = self._order(self.plan)
        self._sign(order)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        membership._log("downgrade", "Platinum to Gold")
        html = self._html(membership)
        self.assertAllIn(["Changed since it was signed", "Downgraded", "Platinum to Gold"], html)

    def test_signed_terms_stay_on_the_order(self):
        order = self._order(self.plan)
        self._sign(order)
        signed = order._clinic_terms()
        self.platinum.write({"notice_days": 90, "perks": "None"})
        self.assertEqual(dict(order._clinic_terms()[0][1]), dict(signed[0][1]))
        order.action_confirm()
        order.order_line.clinic_membership_ids.sudo().notice_days = 60
        self.assertIn("14 days", dict(order._clinic_terms()[0][1])["Notice"])

    def test_a_signature_taken_away_takes_the_kept_terms(self):
        order = self._order(self.plan)
        self._sign(order)
        order.action_cancel()
        order.action_draft()
        self.platinum.notice_days = 90
        self.assertIn("90 days", dict(order._clinic_terms()[0][1])["Notice"])

    def test_quotation_document(self):
        order = self._order(self.plan, self.six_pack)
        html = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", order.ids)[0].decode()
        self.assertAllIn(["Membership Agreement", "14 days", "Tea on the house"], html)
        packages = self._order(self.six_pack)
        html = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", packages.ids)[0].decode()
        self.assertNotIn("Membership Agreement", html)

    def test_in_the_language_of_the_patient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.platinum.with_context(lang="fr_FR").perks = "Du thé"
        self.patient.lang = "fr_FR"
        order = self._order(self.plan)
        self._sign(order)
        words = dict(order._clinic_terms()[0][1])
        self.assertIn("Du thé", " ".join(words.values()))
        self.assertIn("31/01/2026", " ".join(words.values()))

    def test_many_at_once(self):
        other = self.env["res.partner"].create({"name": "Bob"})
        both = self._sell(self.plan) | self._sell(self.monthly, partner=other)
        self.assertAllIn(["Ann Patient", "Bob", *both.mapped("name")], self._html(both))


@tagged("post_install", "-at_install")
class TestPortalAgreement(AgreementCommon, HttpCase):
    """The patient reads the terms in the portal and signs them, with no right on any record of ours."""

    def test_terms_are_signed_with_the_quotation(self):
        self.company.portal_confirmation_sign = True
        order = self._order(self.plan)
        order.require_payment = False
        page = self.url_open(order.get_portal_url())
        self.assertAllIn(["Membership Agreement", "14 days", "Tea on the house"], page.text)
        self.url_open(
            f"/my/orders/{order.id}/accept",
            json={"params": {"access_token": order.access_token, "name": "Ann Patient", "signature": PIXEL}},
        )
        self.assertEqual(order.state, "sale")
        self.assertIn("Signed by", self._html(order.order_line.clinic_membership_ids))
        page = self.url_open(order.get_portal_url())
        self.assertAllIn(["Membership Agreement", "Tea on the house"], page.text)

    def test_patient_with_a_login(self):
        new_test_user(self.env, "ann_portal", "base.group_portal", partner_id=self.patient.id)
        order = self._order(self.plan)
        order.action_quotation_sent()
        self.authenticate("ann_portal", "ann_portal")
        page = self.url_open(f"/my/orders/{order.id}")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Tea on the house", page.text)
        document = self.url_open(f"/my/orders/{order.id}?report_type=html")
        self.assertIn("Tea on the house", document.text)
