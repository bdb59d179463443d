from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicExtend(models.TransientModel):
    """Preview an extension, then do what was shown."""

    _name = "clinic.extend"
    _description = "Extend a Membership or Units"

    what = fields.Selection(
        [("membership", "The membership, its units and its renewal"), ("units", "Units only")],
        string="Extend",
        required=True,
        default="units",
    )
    membership_id = fields.Many2one("clinic.membership", readonly=True)
    package_id = fields.Many2one("clinic.package", readonly=True)
    available_grant_ids = fields.Many2many("clinic.grant", compute="_compute_available_grant_ids")
    grant_ids = fields.Many2many(
        "clinic.grant",
        string="Units",
        compute="_compute_grant_ids",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('id', 'in', available_grant_ids)]",
    )
    until = fields.Date(string="New Last Day")
    reason = fields.Char(required=True)
    charged_package_id = fields.Many2one("clinic.package", compute="_compute_charged_package_id")
    currency_id = fields.Many2one(related="charged_package_id.currency_id")
    fee = fields.Monetary(
        compute="_compute_fee",
        store=True,
        precompute=True,
        readonly=False,
        help="Before tax, as sold with the package. 0: a courtesy.",
    )
    done = fields.Boolean(readonly=True)
    invoice_id = fields.Many2one("account.move", readonly=True)
    problem = fields.Text(compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.model
    def _open(self, **defaults):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_extend_action")
        return {**action, "context": {f"default_{name}": value for name, value in defaults.items()}}

    @api.depends("membership_id", "package_id", "grant_ids")
    def _compute_available_grant_ids(self):
        for wizard in self:
            holder = wizard.package_id or wizard.membership_id
            grants = holder.grant_ids if holder else wizard.grant_ids._origin
            wizard.available_grant_ids = grants._extendable()

    @api.depends("package_id", "membership_id", "what")
    def _compute_grant_ids(self):
        """All units left of a package; of a membership those that can be used now."""
        for wizard in self:
            if wizard.what == "units" and wizard.package_id:
                wizard.grant_ids = wizard.package_id.grant_ids._extendable()
            elif wizard.what == "units" and wizard.membership_id:
                today = wizard.membership_id.company_id._clinic_today()
                wizard.grant_ids = wizard.membership_id.grant_ids._extendable()._usable_on(today)

    @api.depends("what", "package_id", "grant_ids")
    def _compute_charged_package_id(self):
        """The package whose extension may cost something: all chosen units are of it."""
        for wizard in self:
            packages = wizard.grant_ids._origin.package_id if wizard.what == "units" else wizard.package_id.browse()
            wizard.charged_package_id = packages if len(packages) == 1 else False

    @api.depends("charged_package_id")
    def _compute_fee(self):
        for wizard in self:
            wizard.fee = wizard.charged_package_id.extension_fee

    @api.depends("what", "membership_id", "package_id", "grant_ids", "until", "fee")
    def _compute_preview(self):
        for wizard in self:
            wizard.problem = wizard.preview = False
            try:
                records = wizard._records()
                if wizard.until:
                    records._check_extend(wizard.until)
                    wizard.preview = wizard._describe(records)
            except UserError as error:
                wizard.problem = str(error)

    def _records(self):
        """What is extended: the membership, or the chosen units."""
        if self.what == "membership":
            return self.membership_id
        return self.grant_ids._origin

    def _describe(self, records):
        if self.what == "membership":
            return "\n".join(self._describe_membership())
        return "\n".join([*records._describe_extension(self.until), *self._describe_fee()])

    def _describe_fee(self):
        """What is invoiced for it, to whom; of other units than a package's nothing is."""
        package = self._charged()
        if not package:
            return []
        package._check_extension_fee(self.fee)
        if package.currency_id.is_zero(self.fee):
            return [self.env._("A courtesy: nothing is charged.")]
        price = package.currency_id.format(package._extension_price(self.fee))
        payer = package._extension_payer().display_name
        return [self.env._("An invoice of %(price)s, tax included, is made for %(payer)s.", price=price, payer=payer)]

    def _charged(self):
        return self.charged_package_id.sudo()._origin

    def _describe_membership(self):
        membership, day = self.membership_id, self.env["clinic.extension"]._day
        lines = [
            self.env._(
                "The paid period ends on %(new)s instead of %(old)s; nothing is charged for it.",
                new=day(self.until),
                old=day(membership._paid_until()),
            ),
            self.env._(
                "The next renewal is on %(new)s instead of %(old)s.",
                new=day(fields.Date.add(self.until, days=1)),
                old=day(membership.next_renewal),
            ),
        ]
        grants = membership._grants_of_period().filtered("remaining")
        return lines + [
            self.env._(
                "%(units)s %(service)s can be used until then.", units=sum(some.mapped("remaining")), service=service
            )
            for service, some in grants.grouped("service").items()
        ]

    def action_confirm(self):
        """Extend as shown, and open the invoice that is to be collected; pressed twice, it is done once."""
        self.ensure_one()
        if not self.done:
            self._extend_as_shown()
        if self.invoice_id.sudo().amount_residual:
            return self.invoice_id._clinic_open()
        return {"type": "ir.actions.act_window_close"}

    def _extend_as_shown(self):
        records = self._records()
        records.check_access("read")
        records = records.sudo()
        records._check_extend(self.until)
        self.env["clinic.extension"]._check_reason(self.reason)
        self.done = True
        if package := self._charged():
            self.invoice_id = package._bill_extension(self.fee, self.until)
            records._extend(self.until, self.reason, invoice_id=self.invoice_id.id)
        else:
            records._extend(self.until, self.reason)


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _describe_extension(self, until):
        """The sentences of the wizard, one for each lot of units."""
        return [grant._describe_one_extension(until) for grant in self]

    def _describe_one_extension(self, until):
        day, expired = self.env["clinic.extension"]._day, self._units_expired()
        line = self.env._(
            "%(units)s %(service)s: until %(new)s instead of %(old)s.",
            units=self.remaining + expired,
            service=self.service,
            new=day(until),
            old=day(self.expires_on),
        )
        back = expired and self.env._("%s of them had expired and are given back.", expired)
        return " ".join(filter(None, (line, back)))
