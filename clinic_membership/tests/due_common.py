"""A member whose first renewal is due on 28 February 2026, with a stored card that has not been charged."""

from freezegun import freeze_time

from .common import ClinicCommon


class ClinicDue(ClinicCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
        cls.membership.payment_token_id = cls._card(cls.patient)
        with freeze_time("2026-02-28"):
            cls.period = cls.membership._renew()
        cls.invoice = cls.period.invoice_id
        cls.collection = cls.period.collection_ids
