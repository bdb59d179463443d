from datetime import datetime, timedelta

from odoo.fields import Command

from .common import ClinicCommon


class VisitCommon(ClinicCommon):
    """Appointments of the patient, booked by the reception; member prices are shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.write({"group_ids": [Command.link(cls.env.ref("product.group_product_pricelist").id)]})
        cls.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        cls.practitioner = cls.env["res.users"].create({"name": "Dr. Rivera", "login": "rivera"})

    def _book(self, *products, partner=None, start=None, **values):
        start = start or datetime(2026, 3, 2, 14)
        return (
            self.env["calendar.event"]
            .with_user(self.receptionist)
            .create(
                {
                    "clinic_patient_id": (partner or self.patient).id,
                    "user_id": self.practitioner.id,
                    "start": start,
                    "stop": start + timedelta(hours=1),
                    "clinic_line_ids": [Command.create({"product_id": product.id}) for product in products],
                    **values,
                }
            )
        )

    def _checkout(self, event=None, partner=None, user=None, **values):
        """The checkout as it opens, for an appointment or for a patient."""
        context = {"default_partner_id": (partner or self.patient).id}
        if event:
            context = event.action_clinic_checkout()["context"]
        return self.env["clinic.checkout"].with_user(user or self.receptionist).with_context(**context).create(values)
