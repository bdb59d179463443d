from odoo import api, fields, models


class ClinicPackageShare(models.TransientModel):
    """Name the people who may use a package besides its owner."""

    _name = "clinic.package.share"
    _description = "Share a Package"

    package_id = fields.Many2one("clinic.package", required=True, readonly=True)
    partner_id = fields.Many2one(related="package_id.partner_id", string="Owner")
    terms = fields.Text(related="package_id.terms")
    sharer_ids = fields.Many2many(
        "res.partner", string="Shared With", compute="_compute_sharer_ids", store=True, precompute=True, readonly=False
    )

    @api.depends("package_id")
    def _compute_sharer_ids(self):
        for wizard in self:
            wizard.sharer_ids = wizard.package_id.sharer_ids

    def action_confirm(self):
        """Share with these people, and no others."""
        self.env["clinic.redemption"]._check_may_redeem(self.package_id.company_id)
        self.package_id.check_access("read")
        self.package_id.sudo()._share_with(self.sharer_ids)
        return {"type": "ir.actions.act_window_close"}
