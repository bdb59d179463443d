from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31")
class TestMinors(ClinicCommon):
    """A minor may be covered, and may hold a membership that an adult pays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.child = cls.env["res.partner"].create({"name": "Kim", "clinic_birthdate": "2010-02-01"})

    def test_age_by_the_clinics_day(self):
        child = self.child.with_user(self.receptionist)
        self.assertEqual((child.clinic_age, child.clinic_is_minor), ("15, minor", True))
        self.company.clinic_age_of_majority = 16
        with freeze_time("2026-02-01"):
            child.invalidate_recordset()
            self.assertEqual((child.clinic_age, child.clinic_is_minor), ("16", False))
        self.assertFalse(self.patient.clinic_is_minor, "not known: an adult")

    def test_a_minor_does_not_pay_for_an_order(self):
        sales = new_test_user(self.env, "minor_sales", "sales_team.group_sale_salesman")
        for product in (self.monthly, self.six_pack):
            refused, order = (self._order(product, partner=self.child) for _order in range(2))
            (refused | order).user_id = sales
            with self.assertRaisesRegex(UserError, "Kim is a minor.*Choose an adult"):
                refused.with_user(sales).action_confirm()
            order.with_user(sales).partner_invoice_id = self.patient
            order.with_user(sales).action_confirm()
        self.assertRecordValues(
            self.child.clinic_membership_ids, [{"partner_id": self.child.id, "payer_id": self.patient.id}]
        )

    def test_a_minor_is_not_asked_to_pay_online(self):
        order = self._order(self.monthly, partner=self.child)
        order.require_payment = order.require_signature = True
        for ask in (order.action_quotation_send, order.action_quotation_sent):
            with self.assertRaisesRegex(UserError, "Kim is a minor"):
                ask()
        self.assertFalse(order._has_to_be_paid() or order._has_to_be_signed())
        order.partner_invoice_id = self.patient
        self.assertTrue(order._has_to_be_paid() and order._has_to_be_signed())
        order.action_quotation_sent()

    def test_services_are_sold_to_minors(self):
        self._order(self.facial, partner=self.child).action_confirm()

    def test_the_payer_is_an_adult(self):
        membership = self._sell(self.monthly)
        with self.assertRaisesRegex(ValidationError, "Kim is a minor"):
            membership.with_user(self.receptionist).payer_id = self.child

    def test_a_birthdate_that_comes_later(self):
        self._sell(self.monthly)
        with self.assertRaisesRegex(ValidationError, "Ann Patient is a minor"):
            self.patient.clinic_birthdate = date(2015, 1, 1)
        with self.assertRaisesRegex(ValidationError, "born in the future"):
            self.child.clinic_birthdate = date(2026, 2, 1)

    def test_the_wizard_asks_for_an_adult(self):
        wizard = self.env["clinic.sell"].with_user(self.receptionist)
        form = Form(wizard.with_context(default_partner_id=self.child.id))
        self.assertFalse(form.payer_id)
        form.product_id = self.monthly
        form.payer_id = self.child
        form.payment = "link"
        with self.assertRaisesRegex(UserError, "Kim is a minor"):
            form.save().action_sell()
        card = self._card(self.patient)
        form.payer_id = self.patient
        form.payment = "card"
        self.assertEqual(form.token_id, card)
        with self._answers("done"):
            form.save().action_sell()
        membership = self.child.clinic_membership_ids
        self.assertRecordValues(
            membership, [{"payer_id": self.patient.id, "payment_token_id": card.id, "state": "active"}]
        )
        self.assertEqual(membership.period_ids.invoice_id.partner_id, self.patient)

    def test_who_is_proposed_to_pay(self):
        self.assertEqual(self.patient._clinic_payer(self.company), self.patient)
        self.child.parent_id = self.patient
        self.assertEqual(self.child._clinic_payer(self.company), self.patient)
        self.child.parent_id = False
        tier = self._tier("Family", 10, 199, family_size=2)
        self._sell(tier.plan_ids.product_variant_id)._family_add(self.child, "child")
        self.assertEqual(self.child._clinic_payer(self.company), self.patient)

    def test_a_minor_takes_a_plan_over_that_an_adult_pays(self):
        tier = self._tier("Family", 10, 199, family_size=2)
        membership = self._sell(tier.plan_ids.product_variant_id)
        member = membership._family_add(self.child, "child")
        wizard = self.env["clinic.make.holder"].with_user(self.receptionist)
        form = Form(wizard.with_context(default_membership_id=membership.id, default_member_id=member.id))
        self.assertEqual(form.payer_id, self.patient)
        form.payer_id = self.child
        self.assertIn("is a minor", form.problem)
        form.payer_id = self.patient
        form.save().action_confirm()
        self.assertRecordValues(membership, [{"partner_id": self.child.id, "payer_id": self.patient.id}])

    def test_dates_of_birth_are_not_for_everybody(self):
        sales = new_test_user(self.env, "birth_sales", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.child.with_user(sales).read(["clinic_birthdate"])
