from odoo import fields, models


class AccountMove(models.Model):
    """The invoice offers to give back what was paid for it."""

    _inherit = "account.move"

    def action_clinic_refund(self):
        """Open the wizard that previews and confirms a refund of this invoice."""
        return self.env["clinic.refund.wizard"]._open(invoice_id=self.id)


class ClinicMembership(models.Model):
    """The membership offers its paid invoices, and shows what was given back."""

    _inherit = "clinic.membership"

    refund_ids = fields.Many2many("clinic.refund", string="Refunds", readonly=True)

    def action_refund(self):
        """Open the wizard that previews and confirms a refund of one of the paid invoices."""
        return self.env["clinic.refund.wizard"]._open(membership_id=self.id)

    def _documents(self):
        """Refunds are documents of the membership, too."""
        documents = super()._documents()
        return documents | documents.sudo().clinic_refund_ids.credit_note_id.with_env(self.env)


class ClinicPackage(models.Model):
    _inherit = "clinic.package"

    refund_ids = fields.Many2many("clinic.refund", string="Refunds", readonly=True)
