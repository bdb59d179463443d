from odoo import api, fields, models
from odoo.fields import Command


class ClinicRedeem(models.TransientModel):
    """Pay for a visit with units: what is eligible, what is proposed, and why."""

    _name = "clinic.redeem"
    _description = "Redeem Units"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    product_id = fields.Many2one(
        "product.product", string="Service", required=True, domain="[('id', 'in', available_product_ids)]"
    )
    available_product_ids = fields.Many2many("product.product", compute="_compute_available_product_ids")
    quantity = fields.Integer(string="Units", required=True, default=1)
    date = fields.Date(
        string="Date of Visit",
        required=True,
        default=lambda self: self.env.company._clinic_today(),
        help="Units must be valid on this day.",
    )
    sale_line_id = fields.Many2one("sale.order.line", string="Order Line")
    sale_order_id = fields.Many2one(related="sale_line_id.order_id", string="Order")
    preferred_grant_id = fields.Many2one(
        "clinic.grant",
        string="Use First",
        domain="[('id', 'in', grant_ids)]",
        help="Empty: the clinic's order decides.",
    )
    grant_ids = fields.Many2many("clinic.grant", compute="_compute_proposal")
    line_ids = fields.One2many("clinic.redeem.line", "wizard_id", compute="_compute_proposal")
    missing = fields.Integer(compute="_compute_proposal")

    @api.depends("partner_id", "company_id")
    def _compute_available_product_ids(self):
        """The services that the patient has units for."""
        for wizard in self:
            product = self.env["product.product"]
            if wizard.partner_id:
                grants = wizard.partner_id._clinic_open_grants(wizard.company_id)
                product = grants.product_id
                if grants.categ_id:
                    product |= product.search(
                        [
                            ("categ_id", "child_of", grants.categ_id.ids),
                            ("service_tracking", "not in", ("membership", "package")),
                        ]
                    )
            wizard.available_product_ids = product | wizard.sale_line_id.product_id

    @api.depends("partner_id", "company_id", "product_id", "quantity", "date", "preferred_grant_id")
    def _compute_proposal(self):
        for wizard in self:
            grants = self.env["clinic.grant"]
            wizard.missing = wizard.quantity
            lines = [Command.clear()]
            if wizard.partner_id and wizard.product_id and wizard.date and wizard.quantity > 0:
                grants = wizard.partner_id._clinic_grants(wizard.product_id, wizard.company_id, wizard.date)
                answer = grants._allocate(
                    wizard.partner_id, wizard.product_id, wizard.date, wizard.quantity, wizard.preferred_grant_id
                )
                wizard.missing = answer.missing
                lines += [Command.create(values) for values in grants._proposal(answer)]
            wizard.grant_ids = grants
            wizard.line_ids = lines

    def action_redeem(self):
        """Redeem, and show the redemption; for an order line, go back to the order."""
        self.ensure_one()
        redemptions = self.env["clinic.redemption"]
        redemptions._check_may_redeem(self.company_id)
        if self.sale_line_id:
            self.sale_line_id.check_access("write")
            self.sale_line_id.sudo()._clinic_pay_with_units(self.quantity, self.date, self.preferred_grant_id)
            return {"type": "ir.actions.act_window_close"}
        redemption = redemptions.sudo()._redeem(
            self.partner_id,
            self.product_id,
            self.quantity,
            self.date,
            self.company_id,
            preferred=self.preferred_grant_id,
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_redemption_action")
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": redemption.id, "context": {}}


class ClinicRedeemLine(models.TransientModel):
    """One lot of units in the proposal."""

    _name = "clinic.redeem.line"
    _description = "Redeem Units: Proposal"

    wizard_id = fields.Many2one("clinic.redeem", ondelete="cascade")
    grant_id = fields.Many2one("clinic.grant", string="Units Of")
    kind = fields.Selection(related="grant_id.kind")
    expires_on = fields.Date(related="grant_id.expires_on", string="Last Day of Use")
    remaining = fields.Integer(related="grant_id.remaining", string="Left")
    quantity = fields.Integer(string="To Use")
    why = fields.Char()


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _proposal(self, answer):
        """The lines of the wizard for an allocation: chosen first, then what else qualifies, then what does not."""
        taken = {take.key: take.quantity for take in answer.takes}
        rows = [
            (key, units, self.env._("Used by the clinic's order: earliest expiry first"))
            for key, units in taken.items()
        ]
        rows += [(key, 0, self.env._("Could also be used")) for key in answer.others]
        rows += [(grant.id, 0, grant._why_not(reason)) for grant, reason in self._refused(answer).items()]
        return [{"grant_id": key, "quantity": units, "why": why} for key, units, why in rows]
