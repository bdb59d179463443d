"""The reception of the demo clinic, in the browser."""

from datetime import datetime, timedelta

from odoo.fields import Command
from odoo.tests import HttpCase


class DeskCommon(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env.ref("clinic_membership.user_reception", raise_if_not_found=False):
            raise AssertionError("The demo clinic is not in this database: install the addon with --with-demo.")
        cls.patient = cls.env["res.partner"].create({"name": "Dora Desk"})

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

    def _book(self, *services):
        """An appointment that is now, with these services of the demo clinic."""
        now = datetime.now().replace(microsecond=0)
        return self.env["calendar.event"].create(
            {
                "clinic_patient_id": self.patient.id,
                "start": now,
                "stop": now + timedelta(hours=1),
                "clinic_line_ids": [Command.create({"product_id": self._ref(name).id}) for name in services],
            }
        )
