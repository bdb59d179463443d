from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicRefund(models.Model):
    """Who may refund how much."""

    _inherit = "clinic.refund"

    @api.model
    def _check_may_refund(self, invoice, amount):
        """Refuse who may not refund that much: users up to the limit of the clinic, managers without one."""
        user, company = self.env.user, invoice.company_id
        if user.has_group("clinic_membership.group_membership_manager"):
            return
        limit = company.sudo().clinic_user_refund_limit
        mine = user.has_group("clinic_membership.group_membership_user")
        value = invoice.currency_id._convert(amount, company.currency_id, company, company._clinic_today())
        if not mine or not limit:
            raise UserError(self.env._("Refunds are made by Membership Managers. Ask one of them."))
        if company.currency_id.compare_amounts(value + self._given_lately(invoice), limit) > 0:
            raise UserError(
                self.env._(
                    "You can refund up to %s to a patient within 30 days. Ask a Membership Manager for more.",
                    company.currency_id.format(limit),
                )
            )

    @api.model
    def _given_lately(self, invoice):
        """What users gave back to the payer of an invoice within 30 days, in the company's currency."""
        company = invoice.company_id
        today = company._clinic_today()
        lately = (
            self.sudo()
            .search(
                [
                    ("partner_id.commercial_partner_id", "=", invoice.commercial_partner_id.id),
                    ("company_id", "=", company.id),
                    ("date", ">", fields.Date.subtract(today, days=30)),
                    ("state", "not in", ("failed", "returned")),
                ]
            )
            .filtered(lambda refund: not refund.user_id.has_group("clinic_membership.group_membership_manager"))
        )
        return sum(r.currency_id._convert(r.amount, company.currency_id, company, r.date) for r in lately)
