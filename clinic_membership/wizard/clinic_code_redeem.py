from odoo import fields, models


class ClinicCodeRedeem(models.TransientModel):
    """Somebody comes with a code: its units become a package of theirs."""

    _name = "clinic.code.redeem"
    _description = "Redeem a Code"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        "res.partner", string="Patient", required=True, help="Who owns the package from now on."
    )
    code = fields.Char(required=True)
    problem = fields.Char(readonly=True)

    def action_redeem(self):
        """Redeem, and open the package; a code that is not valid is counted, so it is said and not raised."""
        self.ensure_one()
        self.env["clinic.redemption"]._check_may_redeem(self.company_id)
        key = f"user {self.env.uid}"
        codes = self.env["clinic.code"].sudo()
        package, self.problem = codes._try(self.code, self.partner_id, self.company_id, key)
        if self.problem:
            action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_code_redeem_action")
            return {**action, "res_id": self.id}
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": package.id, "context": {}}
