from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    clinic_offer_roll = fields.Boolean(
        string="Offer Memberships",
        default=True,
        help="Reminders say how much of the package would count towards a membership.",
    )

    def _clinic_sells_plans(self):
        """Whether there is a membership that the value of a package could be rolled into."""
        plans = self.env["product.product"].sudo()
        mine = [("company_id", "in", (False, self.id))]
        return bool(plans.search_count([("service_tracking", "=", "membership"), ("sale_ok", "=", True), *mine], 1))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clinic_offer_roll = fields.Boolean(related="company_id.clinic_offer_roll", readonly=False)


class ClinicPackage(models.Model):
    """What is left of a package can be rolled into a membership: a refund to credit, and a sale that it pays."""

    _inherit = "clinic.package"

    roll_offer = fields.Char(compute="_compute_roll_offer")

    @api.depends("units_left", "value_left", "company_id.clinic_offer_roll")
    @api.depends_context("lang")
    def _compute_roll_offer(self):
        """What a reminder says of a membership; nothing where it is not offered or nothing would be credited."""
        for company, packages in self.grouped("company_id").items():
            offered = company.sudo().clinic_offer_roll and company._clinic_sells_plans()
            for package in packages:
                value = package._roll_value() if offered else 0.0
                package.roll_offer = bool(value) and self.env._(
                    "Or start a membership: %s of what is left then counts towards it.",
                    package.currency_id.format(value),
                )

    def _roll_value(self):
        """The credit that the units left would become, by the refund policy as sold, tax included; 0 if none.

        The most that was paid for it and has not been given back is the limit, as with any refund.
        """
        self.ensure_one()
        line, net = self.sudo()._refund_invoice_line(), self._refund_net()
        if not line or not self.units_left or self.currency_id.is_zero(net):
            return 0.0
        invoice, rounding = line.move_id, self.currency_id.rounding
        value = self.currency_id.round(
            sum(cents for cents, _line in invoice._clinic_take_lines({line: net})) * rounding
        )
        return value if self.currency_id.compare_amounts(value, invoice._clinic_refundable()) <= 0 else 0.0

    def action_roll(self):
        """Open the wizard that previews and confirms rolling what is left into a membership."""
        self._check_refund()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_roll_action")
        defaults = {"package_id": self.id, "partner_id": self.partner_id.id, "company_id": self.company_id.id}
        return {**action, "context": {f"default_{name}": value for name, value in defaults.items()}}
