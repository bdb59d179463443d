from freezegun import freeze_time

from odoo.fields import Command

from .common import ClinicCommon


class CreditCommon(ClinicCommon):
    """A member of a clinic that gives credit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for kind in ("courtesy", "promotional"):
            cls.company._clinic_credit_product(kind).taxes_id = [Command.set(cls.tax.ids)]
        with freeze_time("2026-04-01"):
            cls.membership = cls._sell(cls.monthly)

    def _wizard(self, user=None, **values):
        wizard = self.env["clinic.give.credit"].with_user(user or self.receptionist)
        values = {"membership_id": self.membership.id, "amount": 30, "reason": "The laser broke down", **values}
        return wizard.create(values)

    def _give(self, user=None, **values):
        wizard = self._wizard(user, **values)
        wizard.action_confirm()
        return wizard.credit_id

    def _renew(self, day="2026-05-01"):
        with freeze_time(day):
            return self.membership._renew()
