"""The front desk of the demo clinic: appointments, packages that are given away, bulk orders."""

from datetime import datetime, time, timedelta

from odoo.fields import Command


class Desk:
    """What the clinic's methods need is in ``clinic.py``."""

    def book(self, patient, services, days, hour, practitioner="user_reception"):
        """An appointment, so many days from today."""
        start = datetime.combine(self.day + timedelta(days=days), time(hour))
        lines = [Command.create({"product_id": self.ref(service).id}) for service in services]
        self.env["calendar.event"].create(
            {
                "clinic_patient_id": self.patient(patient).id,
                "user_id": self.ref(practitioner).id,
                "start": start,
                "stop": start + timedelta(hours=1),
                "clinic_line_ids": lines,
            }
        )

    def give(self, patient, package, units, friend):
        """Units of a package are transferred, and the friend redeems the code."""
        package = self.package(patient, package)
        grant = package.grant_ids[:1]
        friend = self.patient(friend).with_env(self.env)
        code = package._give("transfer", {grant: units}, recipient_email=friend.email, recipient_name=friend.name)
        self.redeem_code(code, friend)

    def bulk(self, company, package, quantity, discount, *people):
        """A company buys packages for its people; some have used their codes already."""
        wizard = self.env["clinic.bulk.order"].create(
            {
                "partner_id": self.patient(company).id,
                "product_id": self.ref(package).id,
                "quantity": quantity,
                "discount": discount,
            }
        )
        order = self.env["sale.order"].browse(wizard.action_create()["res_id"])
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_date = self.day
        invoice.action_post()
        self.pay(invoice)
        for code, person in zip(order.clinic_code_ids, people, strict=False):
            self.redeem_code(code, self.patient(person).with_env(self.env))

    def redeem_code(self, code, person):
        self.env["clinic.code"]._try(code.code, person, self.company.with_env(self.env), "desk")

    def package(self, patient, package):
        """The newest package of a product that a patient has."""
        product = self.ref(package).product_variant_id
        mine = self.patient(patient).clinic_package_ids.filtered(lambda package: package.product_id == product)
        return mine.sorted("id")[-1:].with_env(self.env)
