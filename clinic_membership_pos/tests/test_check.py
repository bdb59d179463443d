from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestCheck(TillCommon):
    """What tills ask the clinic: of a patient, before a payment, about a code."""

    def _check(self, *lines, partner=None):
        asked = [
            {"uuid": str(number), "product_id": product.id, "qty": qty, "clinic_redeem": redeem}
            for number, (product, qty, redeem) in enumerate(lines)
        ]
        orders = self.env["pos.order"].with_user(self.cashier)
        return orders.clinic_check(self.till.id, (self.patient if partner is None else partner).id, asked)

    def test_units(self):
        self._sell(self.six_pack)
        self.assertEqual(
            self._check((self.facial, 4, True), (self.facial, 2, True)),
            {"problems": [], "words": {"0": "from 6-Pack Facials 2 of 6 left", "1": "from 6-Pack Facials 0 of 6 left"}},
        )
        self.assertEqual(self._left(), 6, "nothing is kept of the trial")
        self.assertFalse(self.env["clinic.redemption"].search([("partner_id", "=", self.patient.id)]))

    def test_too_many_over_two_lines(self):
        self._sell(self.six_pack)
        problems = self._check((self.facial, 4, True), (self.facial, 3, True))["problems"]
        self.assertEqual([problem["uuid"] for problem in problems], ["1"])
        self.assertIn("2 of the 3 units", problems[0]["problem"])

    def test_a_fraction_needs_a_whole_unit(self):
        """As the server takes it when the order is paid."""
        self._sell(self.six_pack)
        self.assertFalse(self._check((self.facial, 5.5, True))["problems"])
        self.assertIn("6 of the 7 units", self._check((self.facial, 6.2, True))["problems"][0]["problem"])

    def test_sales(self):
        nobody = self.env["res.partner"]
        self.assertIn(
            "Choose the patient", self._check((self.six_pack, 1, False), partner=nobody)["problems"][0]["problem"]
        )
        self.assertIn("quantity is 1", self._check((self.monthly, 2, False))["problems"][0]["problem"])
        self.patient.clinic_birthdate = "2015-01-01"
        self.assertIn("is a minor", self._check((self.monthly, 1, False))["problems"][0]["problem"])
        self.assertFalse(self._check((self.six_pack, 2, False))["problems"])

    def test_what_a_till_knows(self):
        self._sell(self.monthly)
        package = self._sell(self.six_pack)
        row = self.patient.with_user(self.cashier).clinic_till_refresh(self.till.id)[0]
        known = row["clinic_till"]
        self.assertEqual(row["property_product_pricelist"], self.gold.pricelist_id.id)
        self.assertEqual([tier["name"] for tier in known["tiers"]], ["Gold"])
        self.assertEqual([(grant["name"], grant["left"]) for grant in known["grants"][::2]], [("Gold", 2)])
        self.assertEqual(known["grants"][-1]["id"], package.grant_ids.id)
        self.assertEqual(known["grants"][-1]["expires_on"], "2027-03-01")

    def test_family(self):
        self.gold.family_size = 3
        membership = self._sell(self.monthly)
        child = self.env["res.partner"].create({"name": "Child"})
        self.env["clinic.membership.member"].create({"membership_id": membership.id, "partner_id": child.id})
        known = child.with_user(self.cashier).clinic_till_refresh(self.till.id)[0]["clinic_till"]
        self.assertEqual([grant["left"] for grant in known["grants"]], [2])
        self.assertEqual(known["tiers"][0]["name"], "Gold")

    def test_credit(self):
        self.env["account.payment"].create(
            {"partner_id": self.patient.id, "amount": 40, "payment_type": "inbound", "journal_id": self.journal.id}
        ).action_post()
        self.assertEqual(self.patient.with_user(self.cashier).clinic_till["credit"], 40)

    def test_nothing_known(self):
        self.assertFalse(self.patient.with_user(self.cashier).clinic_till)

    def test_loaded_with_few_queries(self):
        patients = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(20)])
        for patient in patients[:10]:
            self._sell(self.six_pack, partner=patient)
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            patients.mapped("clinic_till")

    def test_who_may(self):
        with self.assertRaises(AccessError):
            self.patient.with_user(self.receptionist).clinic_till_refresh(self.till.id)
        with self.assertRaises(AccessError):
            self.patient.with_user(self.receptionist).mapped("clinic_till")

    def test_code(self):
        package = self._sell(self.six_pack)
        package.transferable = True
        code = package._give("gift", {package.grant_ids: 2})
        friend = self.env["res.partner"].create({"name": "Friend"})
        till = self.till.with_user(self.cashier)
        self.assertIn("Choose the patient", till.clinic_redeem_code(code.code, False)["problem"])
        self.assertIn("not valid", till.clinic_redeem_code("nonsense", friend.id)["problem"])
        attempts = self.env["clinic.code.attempt"].search([("key", "=", f"user {self.cashier.id}")])
        self.assertEqual(attempts.count, 1)
        self.assertIn("Friend has 6-Pack", till.clinic_redeem_code(code.code, friend.id)["message"])
        self.assertEqual(self._left(partner=friend), 2)
        self.assertIn("not valid", till.clinic_redeem_code(code.code, friend.id)["problem"])
