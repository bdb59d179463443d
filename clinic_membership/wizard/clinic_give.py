from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ClinicGive(models.TransientModel):
    """Give a package, or some of its units, to somebody else: a transfer or a gift, both by a code."""

    _name = "clinic.give"
    _description = "Transfer or Gift"

    package_id = fields.Many2one("clinic.package", required=True, readonly=True)
    partner_id = fields.Many2one(related="package_id.partner_id", string="From")
    purpose = fields.Selection(
        [("transfer", "Transfer to a friend"), ("gift", "Gift with a certificate")], required=True, default="transfer"
    )
    line_ids = fields.One2many(
        "clinic.give.line", "wizard_id", string="Units", compute="_compute_line_ids", store=True, readonly=False
    )
    recipient_name = fields.Char(string="For")
    recipient_email = fields.Char(string="E-mail")
    message = fields.Text()
    deliver_on = fields.Date(help="The day of the e-mail. Empty: at once.")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("package_id")
    def _compute_line_ids(self):
        """All that is left."""
        for wizard in self:
            free = wizard.package_id.grant_ids.filtered(lambda grant: grant._free())
            lines = [Command.create({"grant_id": grant.id, "units": grant._free()}) for grant in free]
            wizard.line_ids = [Command.clear(), *lines]

    @api.depends("package_id", "purpose", "line_ids.units", "recipient_name", "recipient_email", "deliver_on")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = "\n".join(wizard._describe()) if wizard.package_id else False

    def _describe(self):
        given = [line for line in self.line_ids if line.units]
        who = self.recipient_name or self.recipient_email or self.env._("Whoever has the code")
        yield self.env._(
            "%(who)s gets %(units)s as a package of their own.",
            who=who,
            units=", ".join(f"{line.units} {line.service}" for line in given),
        )
        if last := self.package_id.expires_on:
            day = self.env["ir.qweb.field.date"].value_to_html
            yield self.env._("The last day of use stays: %s.", day(last, {}))
        yield self.env._("Until the code is redeemed nobody can use them, and they can be called back.")

    def _units(self):
        return {line.grant_id: line.units for line in self.line_ids if line.units}

    def action_confirm(self):
        """Set the units aside, make the code and send it; show it."""
        self.ensure_one()
        package = self.package_id
        self.env["clinic.redemption"]._check_may_redeem(package.company_id)
        package.check_access("read")
        if self.deliver_on and self.deliver_on < package.company_id._clinic_today():
            raise UserError(self.env._("Choose today or a later day for the delivery."))
        if self.purpose == "transfer" and not self.recipient_email:
            raise UserError(self.env._("Enter the e-mail address that the code is sent to."))
        names = ("recipient_name", "recipient_email", "message", "deliver_on")
        values = {name: self[name] for name in names}
        code = package.sudo()._give(self.purpose, self._units(), user_id=self.env.uid, **values)
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_code_action")
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": code.id, "context": {}}


class ClinicGiveLine(models.TransientModel):
    """How many units of a grant are given."""

    _name = "clinic.give.line"
    _description = "Units to Give"

    wizard_id = fields.Many2one("clinic.give", ondelete="cascade")
    grant_id = fields.Many2one("clinic.grant", required=True, readonly=True)
    service = fields.Char(related="grant_id.service")
    free = fields.Integer(compute="_compute_free")
    units = fields.Integer(string="To Give")

    @api.depends("grant_id")
    def _compute_free(self):
        for line in self:
            line.free = line.grant_id and line.grant_id._free()
