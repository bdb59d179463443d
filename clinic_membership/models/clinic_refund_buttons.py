from odoo import models


class AccountMove(models.Model):
    """The invoice offers to give back what was paid for it."""

    _inherit = "account.move"

    def action_clinic_refund(self):
        """Open the wizard that previews and confirms a refund of this invoice."""
        return self.env["clinic.refund.wizard"]._open(invoice_id=self.id)


class ClinicMembership(models.Model):
    """The membership offers its paid invoices."""

    _inherit = "clinic.membership"

    def action_refund(self):
        """Open the wizard that previews and confirms a refund of one of the paid invoices."""
        return self.env["clinic.refund.wizard"]._open(membership_id=self.id)
