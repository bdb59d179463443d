from datetime import datetime, timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestDesk(HttpCase):
    """The reception in the browser: an appointment and its checkout, a gift, a code that is redeemed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env.ref("clinic_membership.user_reception", raise_if_not_found=False):
            raise AssertionError("The demo clinic is not in this database: install the addon with --with-demo.")
        cls.patient, cls.friend = cls.env["res.partner"].create([{"name": "Dora Desk"}, {"name": "Emma Code"}])

    def _ref(self, name):
        record = self.env.ref(f"clinic_membership.{name}")
        return record if record._name == "product.product" else record.product_variant_id

    def _buy(self, product):
        order = self.env["sale.order"].create(
            {"partner_id": self.patient.id, "order_line": [Command.create({"product_id": product.id})]}
        )
        order.company_id.clinic_activation = "confirmation"
        order.action_confirm()
        return order.order_line.clinic_package_ids

    def test_desk(self):
        package = self._buy(self._ref("package_six_facials"))
        now = datetime.now().replace(microsecond=0)
        event = self.env["calendar.event"].create(
            {
                "clinic_patient_id": self.patient.id,
                "start": now,
                "stop": now + timedelta(hours=1),
                "clinic_line_ids": [
                    Command.create({"product_id": self._ref(name).id}) for name in ("service_facial", "service_botox")
                ],
            }
        )
        self.start_tour(f"/odoo/appointments/{event.id}", "clinic_desk_appointment", login="reception")
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["applied", "applied"])
        self.assertEqual(package.units_left, 5)

        self._use(package)
        self.start_tour(f"/odoo/packages/{package.id}", "clinic_desk_gift", login="reception")
        code = package.code_ids
        self.assertEqual((code.state, package.units_reserved), ("ready", 4))

        redeem = "/odoo/action-clinic_membership.clinic_code_redeem_action"
        self.start_tour(f"{redeem}#{code.code}", "clinic_desk_redeem_code", login="reception")
        self.assertEqual((code.state, code.redeemed_by_id), ("redeemed", self.friend))

    def _use(self, package):
        """One more visit, so that four units are left."""
        company = package.company_id
        facial = self._ref("service_facial")
        self.env["clinic.redemption"]._redeem(self.patient, facial, 1, company._clinic_today(), company)
