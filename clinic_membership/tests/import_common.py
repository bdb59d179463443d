"""The clinic of the import's tests."""

from .common import ClinicCommon


class ImportCommon(ClinicCommon):
    """The clinic, with its plans found by name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.env["clinic.membership.import"].with_user(cls.manager)
        cls.six_pack.default_code = "SIX-TEST"

    def _row(self, **values):
        return self.rows.create(
            {
                "member": "Ann Patient",
                "plan": "Gold plan",
                "start_date": "2025-01-31",
                "next_renewal": "2026-02-28",
                "price": 79,
                "remaining_units": "Facial: 1",
                **values,
            }
        )

    def _imported(self, **values):
        row = self._row(**values)
        row.action_create_memberships()
        self.assertFalse(row.problem)
        return (row.membership_id or row.package_id).sudo()

    def _nothing_created(self):
        self.assertFalse(self.env["clinic.membership"].search([("partner_id", "=", self.patient.id)]))
        self.assertFalse(self.env["clinic.package"].search([("partner_id", "=", self.patient.id)]))
        self.assertFalse(self.env["clinic.grant"].search([("partner_id", "=", self.patient.id)]))
