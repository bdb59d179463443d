from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestMemberPrice(ClinicCommon):
    """The member price holds wherever Odoo prices something, while the membership is live."""

    def _price(self, partner=None):
        return self._order(self.facial, partner=partner).amount_untaxed

    def test_from_activation_to_end(self):
        self.assertEqual(self._price(), 100)
        membership = self._sell(self.monthly)
        self.assertEqual(self.patient.property_product_pricelist, self.gold.pricelist_id)
        self.assertFalse(self.patient.specific_property_product_pricelist, "nothing is written on the partner")
        self.assertEqual(self._price(), 90)
        membership._cancel(self.reason, immediate=True)
        self.assertEqual(self._price(), 100)

    def test_past_due_keeps_it_and_suspended_loses_it(self):
        membership = self._sell(self.monthly)
        membership.state = "past_due"
        self.assertEqual(self._price(), 90)
        membership.state = "suspended"
        self.assertEqual(self._price(), 100)

    def test_family_members_have_it(self):
        child = self.env["res.partner"].create({"name": "Child"})
        membership = self._sell(self.monthly)
        membership.family_size = 2
        membership.member_ids = [Command.create({"partner_id": child.id, "date_from": date(2026, 1, 31)})]
        self.assertEqual(self._price(child), 90)

    def test_best_of_several(self):
        platinum = self._tier("Platinum", 20, 199)
        self._sell(self.monthly)
        self._sell(platinum.plan_ids.product_variant_id)
        self.assertEqual(self._price(), 80)

    def test_pricelist_by_hand(self):
        by_hand = self.env["product.pricelist"].create({"name": "By hand"})
        self.patient.specific_property_product_pricelist = by_hand
        self._sell(self.monthly)
        self.assertEqual(self._price(), 90)
        self.company.clinic_manual_pricelist_wins = True
        self.patient.invalidate_recordset()
        self.assertEqual(self._price(), 100)

    def test_while_paused(self):
        membership = self._sell(self.monthly)
        membership._pause(1)
        self.patient.invalidate_recordset()
        self.assertEqual(self._price(), 100)
        self.company.clinic_paused_price = True
        self.patient.invalidate_recordset()
        self.assertEqual(self._price(), 90)

    def test_does_not_make_memberships_cheaper(self):
        self._sell(self.monthly)
        self.assertEqual(self._order(self.monthly).amount_untaxed, 99)

    def test_same_order(self):
        order = self._order(self.facial, self.monthly)
        facial = order.order_line.filtered(lambda line: line.product_id == self.facial)
        self.assertEqual(facial.price_subtotal, 90)
        (order.order_line - facial).unlink()
        self.assertEqual(facial.price_subtotal, 100, "when the membership goes, the price goes")
        self.company.clinic_join_price = False
        self.assertEqual(self._order(self.facial, self.monthly).amount_untaxed, 199)

    def test_other_company_gives_nothing(self):
        self._sell(self.monthly)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        patient = self.patient.with_company(other).with_context(allowed_company_ids=other.ids)
        self.assertNotEqual(patient.property_product_pricelist, self.gold.pricelist_id)
