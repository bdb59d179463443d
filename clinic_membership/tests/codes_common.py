"""A package that may be given away, and somebody to give it to."""

from freezegun import freeze_time

from odoo.tests import Form

from .common import ClinicCommon


class CodesCommon(ClinicCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_pack.product_tmpl_id.transferable = True
        cls.package = cls._sell(cls.six_pack)
        cls.friend = cls.env["res.partner"].create({"name": "Bob Friend", "email": "bob@example.com"})

    def _give(self, units=6, package=None, **values):
        package = package or self.package
        values = {"recipient_email": "bob@example.com", **values}
        return package._give(values.pop("purpose", "transfer"), {package.grant_ids: units}, **values)

    def _try(self, text, partner=None, user=None, key="test"):
        codes = self.env["clinic.code"].with_user(user or self.env.user).sudo()
        return codes._try(text, partner or self.friend, self.company, key)

    def _wizard(self, text, partner=None, user=None):
        """Type a code at the desk."""
        wizard = Form(self.env["clinic.code.redeem"].with_user(user or self.receptionist))
        wizard.code, wizard.partner_id = text, partner or self.friend
        return wizard.save()

    def _deliver(self, day="2026-03-02"):
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_deliver_codes").method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self, code):
        return self.env["mail.mail"].search([("model", "=", "clinic.code"), ("res_id", "=", code.id)])
