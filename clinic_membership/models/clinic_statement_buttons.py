from odoo import models


class ResPartner(models.Model):
    """Money questions about a patient."""

    _inherit = "res.partner"

    def action_clinic_statement(self):
        """Statement button on the patient."""
        return self.env["clinic.statement"]._open_for(self, self.env.company)

    def action_clinic_charge_history(self):
        """Every attempt to charge this patient, whoever of the family it was for."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_charge_line_action_attempts")
        return {**action, "domain": [("partner_id", "=", self.commercial_partner_id.id), ("kind", "=", "attempt")]}


class ClinicMembership(models.Model):
    """Money questions about a membership."""

    _inherit = "clinic.membership"

    def action_statement(self):
        """The statement of who is invoiced."""
        return self.env["clinic.statement"]._open_for(self.payer_id, self.company_id)

    def action_charge_history(self):
        """Every attempt to charge this membership."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_charge_line_action_attempts")
        return {**action, "domain": [*self._charges_domain(), ("kind", "=", "attempt")]}

    def action_charges(self):
        """Why this amount: each document with its prices, prorations, taxes, credits, attempts and payments."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_charge_line_action")
        return {**action, "domain": self._charges_domain()}

    def _charges_domain(self):
        return [("move_id", "in", self._documents().ids), ("company_id", "in", self.company_id.ids)]
