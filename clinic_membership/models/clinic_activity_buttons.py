from odoo import models


class ResPartner(models.Model):
    """Package Activity on the patient."""

    _inherit = "res.partner"

    def action_clinic_activity(self):
        """Everything that happened to this patient's units."""
        return self.env["clinic.activity"]._open_for(self, self.env.company)


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def action_activity(self):
        """Everything that happened to the units of this membership, whoever used them."""
        return self.env["clinic.activity"]._open_for(self.partner_id, self.company_id, membership_id=self.id)


class ClinicPackage(models.Model):
    _inherit = "clinic.package"

    def action_activity(self):
        """Everything that happened to the units of this package, whoever used them."""
        return self.env["clinic.activity"]._open_for(self.partner_id, self.company_id, package_id=self.id)
