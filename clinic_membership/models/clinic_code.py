from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..tools import codes


class ClinicCode(models.Model):
    """Units on their way to somebody else: who has the code may take them, once. Until then they can be called back."""

    _name = "clinic.code"
    _description = "Access Code"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_name = "code"
    _check_company_auto = True
    _mail_post_access = "read"

    code = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: codes.new_code(),
        groups="clinic_membership.group_membership_user",
    )
    selector = fields.Char(compute="_compute_selector", store=True, precompute=True, index=True)
    purpose = fields.Selection(
        [("transfer", "Transfer"), ("gift", "Gift"), ("bulk", "Bulk Order")], required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("waiting", "Not Paid Yet"),
            ("ready", "Ready"),
            ("redeemed", "Redeemed"),
            ("called_back", "Called Back"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        tracking=True,
        group_expand=True,
    )
    package_id = fields.Many2one(
        "clinic.package", string="From Package", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="package_id.partner_id", string="From", store=True, index=True)
    product_id = fields.Many2one(related="package_id.product_id", string="Package", store=True)
    company_id = fields.Many2one(related="package_id.company_id", store=True, precompute=True, index=True)
    sale_order_id = fields.Many2one(related="package_id.sale_order_id", store=True, index="btree_not_null")
    expires_on = fields.Date(related="package_id.expires_on", string="Last Day of Use")
    line_ids = fields.One2many("clinic.code.line", "code_id", string="Units", readonly=True)
    contents = fields.Char(compute="_compute_contents")
    user_id = fields.Many2one("res.users", string="Made By", default=lambda self: self.env.user, readonly=True)
    recipient_name = fields.Char(string="For")
    recipient_email = fields.Char(string="E-mail")
    message = fields.Text()
    deliver_on = fields.Date(help="The day of the e-mail. Empty: at once, when it is paid.")
    redeemed_by_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null")
    redeemed_on = fields.Date(readonly=True)
    received_package_id = fields.Many2one(
        "clinic.package", string="Became", readonly=True, check_company=True, index="btree_not_null"
    )

    _code_unique = models.Constraint("UNIQUE (code)", "This code exists already.")
    _redeemed_once = models.Constraint("UNIQUE (received_package_id)", "A code becomes one package.")
    _redeemed_is_complete = models.Constraint(
        "CHECK ((state = 'redeemed') = (received_package_id IS NOT NULL))",
        "A redeemed code has a package, and no other code has one.",
    )

    @api.depends("code")
    def _compute_selector(self):
        for code in self.sudo():
            code.selector = codes.selector(code.code)

    @api.depends("line_ids.units", "package_id.benefit_ids")
    def _compute_contents(self):
        """What whoever redeems it gets."""
        for code in self:
            units = [f"{line.units} × {line.grant_id.service}" for line in code.line_ids]
            code.contents = ", ".join(units) or code.package_id.services

    @api.depends("purpose", "recipient_name", "product_id")
    def _compute_display_name(self):
        purposes = dict(self._fields["purpose"]._description_selection(self.env))
        for code in self:
            parts = [purposes.get(code.purpose), code.product_id.name, code.recipient_name]
            code.display_name = ", ".join(filter(None, parts))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Codes are history and are never deleted. Call them back instead."))

    # === made, ready, ended === #

    def _make_ready(self):
        """What the code stands for is paid: it holds all units of its package, and may be delivered."""
        for code in self.filtered(lambda code: code.state == "waiting"):
            code._hold({grant: grant._free() for grant in code.package_id.grant_ids})

    def _hold(self, units):
        """Set units aside for who redeems this code.

        :param units: {grant: units}; never more than are free
        """
        lines = [Command.create({"grant_id": grant.id, "units": count}) for grant, count in units.items() if count]
        self.write({"state": "ready", "line_ids": lines})

    def _call_back(self):
        """The units are the sender's again; the code is worth nothing any more."""
        for code in self:
            if code.state not in ("waiting", "ready"):
                raise UserError(
                    self.env._(
                        "%s cannot be called back: it was redeemed, called back or has expired.", code.display_name
                    )
                )
        self.state = "called_back"

    def _end(self):
        """What it stood for has expired."""
        self.filtered(lambda code: code.state == "ready").state = "expired"

    # === redeemed === #

    @api.model
    def _find(self, text, company):
        """The code that somebody typed, if it can be redeemed now; looking takes as long whether it exists or not."""
        found = self.sudo().search([("selector", "=", codes.selector(text)), ("company_id", "=", company.id)])
        matching = [code for code in found if codes.same(text, code.code)]
        if not found:
            codes.same(text, codes.new_code())
        return self.sudo().browse([code.id for code in matching if code._is_redeemable()])

    def _is_redeemable(self):
        today = self.company_id._clinic_today()
        days = self.line_ids.grant_id.mapped("expires_on")
        return self.state == "ready" and bool(days) and all(not day or day >= today for day in days)

    def _give_to(self, partner):
        """The units become a package of this person's, with their value, last day and terms.

        :return: the new ``clinic.package``
        """
        self.ensure_one()
        units = {line.grant_id: line.units for line in self.line_ids}
        received = self.package_id._copy_for(partner, units)
        self.write(
            {
                "state": "redeemed",
                "received_package_id": received.id,
                "redeemed_by_id": partner.id,
                "redeemed_on": self.company_id._clinic_today(),
            }
        )
        received._receive(units)
        self.package_id.message_post(
            body=self.env._("%(contents)s went to %(who)s.", contents=self.contents, who=partner.display_name)
        )
        return received

    # === buttons === #

    def action_call_back(self):
        """Call Back button, for whoever may redeem."""
        for company in self.company_id:
            self.env["clinic.redemption"]._check_may_redeem(company)
        self.sudo()._call_back()

    def action_take_back(self):
        """Take Back button, for managers: it was redeemed by mistake. What is left goes back, transferable or not."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise AccessError(self.env._("Only membership managers take back what was redeemed."))
        self.sudo()._take_back()
        return self.action_view_giver()

    def _take_back(self):
        """What the recipient has left becomes a package of the giver's again.

        :return: the new ``clinic.package``
        :raises UserError: not redeemed, or nothing is left
        """
        received = self.received_package_id
        if received.state != "active":
            raise UserError(self.env._("%s has nothing left that could be taken back.", self.display_name))
        code = received._make_codes("transfer", recipient_name=self.partner_id.name, user_id=self.env.uid)
        return code._give_to(self.partner_id)

    def action_view_giver(self):
        """Open the packages of who gave it."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
        return {**action, "domain": [("partner_id", "=", self.partner_id.id)], "context": {}}

    def action_open_received(self):
        """Open the package that this code became."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
        form = {"views": [(False, "form")], "view_mode": "form", "res_id": self.received_package_id.id}
        return {**action, **form, "context": {}}


class ClinicCodeLine(models.Model):
    """So many units of a grant, set aside for whoever redeems the code."""

    _name = "clinic.code.line"
    _description = "Units of an Access Code"
    _check_company_auto = True

    code_id = fields.Many2one("clinic.code", required=True, readonly=True, index=True, ondelete="restrict")
    grant_id = fields.Many2one("clinic.grant", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="code_id.company_id", store=True, precompute=True)
    units = fields.Integer(required=True, readonly=True)

    _units_positive = models.Constraint("CHECK (units > 0)", "A code holds at least one unit.")
