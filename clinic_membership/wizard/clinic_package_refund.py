from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.clinic_package_refund import POLICIES
from ..models.clinic_refund_rest import REST_WAYS


class ClinicPackageRefund(models.TransientModel):
    """Preview the refund of a package's unused units, all or some, then do what was shown."""

    _name = "clinic.package.refund"
    _description = "Refund a Package"
    _inherit = ["clinic.refund.wizard"]

    available_invoice_ids = fields.Many2many("account.move", compute="_compute_available_invoice_ids")
    available_payment_ids = fields.Many2many("account.payment", compute="_compute_available_payment_ids")
    package_id = fields.Many2one("clinic.package", required=True, readonly=True)
    line_ids = fields.One2many(
        "clinic.package.refund.line",
        "wizard_id",
        string="Units",
        compute="_compute_line_ids",
        store=True,
        precompute=True,
        readonly=False,
    )
    units_used = fields.Integer(related="package_id.units_used")
    units_left = fields.Integer(related="package_id.units_left")
    price_paid = fields.Monetary(related="package_id.price_paid")
    given_back = fields.Monetary(compute="_compute_methods", help="By earlier refunds of its units. Before tax.")
    by_list = fields.Monetary(string="By List Price", compute="_compute_methods", help="Before tax.")
    by_average = fields.Monetary(string="By Value of the Units", compute="_compute_methods", help="Before tax.")
    policy = fields.Selection(
        POLICIES, compute="_compute_policy", store=True, precompute=True, readonly=False, required=True
    )
    as_money = fields.Monetary(compute="_compute_as_money", help="What of it can go back in this way.")
    has_rest = fields.Boolean(compute="_compute_as_money")
    rest_way = fields.Selection(
        REST_WAYS, string="The Rest As", default="credit", required=True, help="A gift card or credit paid it."
    )
    is_manager = fields.Boolean(compute="_compute_is_manager")

    @api.depends_context("uid")
    def _compute_is_manager(self):
        self.is_manager = self._is_manager()

    def _is_manager(self):
        return self.env.user.has_group("clinic_membership.group_membership_manager")

    @api.depends("package_id")
    def _compute_line_ids(self):
        """One line a lot that has units; all of them are chosen."""
        for wizard in self:
            wizard.line_ids = [Command.clear()] + [
                Command.create({"grant_id": grant.id, "units": units})
                for grant, units in wizard._package()._units_left().items()
            ]

    @api.depends("package_id")
    def _compute_policy(self):
        for wizard in self:
            wizard.policy = wizard.package_id.refund_policy or "list"

    @api.depends("package_id", "line_ids.units")
    def _compute_methods(self):
        for wizard in self:
            package, units = wizard._package(), wizard._units(most=True)
            wizard.given_back = sum(package._refunded().mapped("net"))
            wizard.by_list = package._refund_net("list", units) if package else 0.0
            wizard.by_average = package._refund_net("average", units) if package else 0.0

    @api.depends("amount", "way", "payment_id", "invoice_id")
    def _compute_as_money(self):
        for wizard in self:
            refunds, invoice = self.env["clinic.refund"].sudo(), wizard.invoice_id.sudo()._origin
            most = refunds._most_as_money(invoice, wizard.way, wizard._values()) if invoice else 0.0
            wizard.as_money = min(most, wizard.amount)
            wizard.has_rest = wizard.way in ("card", "bank") and 0 < wizard.as_money < wizard.amount

    @api.depends("package_id")
    def _compute_available_invoice_ids(self):
        return super()._compute_available_invoice_ids()

    @api.depends("package_id", "policy", "line_ids.units")
    def _compute_amount(self):
        return super()._compute_amount()

    @api.depends("package_id", "policy", "line_ids.units", "rest_way")
    def _compute_preview(self):
        return super()._compute_preview()

    def _package(self):
        return self.package_id.sudo()._origin

    def _units(self, most=False):
        """The units that were chosen: {grant: units}; with ``most`` as far as they are there."""
        chosen = {line.grant_id.sudo()._origin: line.units for line in self.line_ids}
        return {grant: max(min(units, grant.remaining), 0) for grant, units in chosen.items()} if most else chosen

    def _candidates(self):
        return self._package()._refund_invoice_line().move_id

    def _chosen(self):
        """The policy as sold; a manager may choose the other one."""
        return self.policy if self._is_manager() else self.package_id.refund_policy

    def _net(self):
        return self.by_list if self._chosen() == "list" else self.by_average

    def _most(self):
        """What is given back, the taxes on it included."""
        invoice = self.invoice_id.sudo()._origin
        if not invoice or self.currency_id.is_zero(self._net()):
            return 0.0
        return invoice._clinic_sum(self._taken(invoice))

    def _taken(self, invoice):
        return invoice._clinic_take_lines(self._package()._refund_nets(self._net()))

    def _check_shown(self, invoice):
        self._package()._check_refund(self._chosen(), self._units())
        if not self.has_rest:
            return super()._check_shown(invoice)
        refunds, values = self.env["clinic.refund"].sudo(), self._values()
        nets = self._package()._refund_nets(self._net())
        parts, rest = refunds._split(invoice, self.way, nets, values)
        return refunds._check_in_two(invoice, self.way, self._why(), parts, rest, self.rest_way, values)

    def _describe_way(self):
        """What goes where; a gift card or credit is not paid out."""
        if not self.has_rest:
            return super()._describe_way()
        rest = self.currency_id.round(self.amount - self.as_money)
        ways = [(self.way, self.as_money), (self.rest_way, rest)]
        return [getattr(self, f"_describe_{way}")(amount) for way, amount in ways]

    def _describe_rest(self, invoice):
        return [
            self.env._(
                "%(units)s × %(service)s of %(package)s end; %(left)s are left.",
                units=units,
                service=grant.service,
                package=self.package_id.name,
                left=grant.remaining - units,
            )
            for grant, units in self._units().items()
            if units
        ]

    def _confirmed(self):
        """The refund, made now or with an earlier press."""
        key = f"{self._name},{self.id}"
        made = self.env["clinic.refund"].sudo().search([("key", "=", key)])
        package = self._package()
        if not made and self.currency_id.compare_amounts(self.amount, self._most()):
            raise UserError(self.env._("Units of %s were used meanwhile. Open the refund again.", package.display_name))
        values = {**self._values(), **({"rest_way": self.rest_way} if self.has_rest else {})}
        return made or package._refund_units(self.way, self.reason, self._chosen(), self._units(), key=key, **values)


class ClinicPackageRefundLine(models.TransientModel):
    """How many units of one lot are given back."""

    _name = "clinic.package.refund.line"
    _description = "Units to Refund"

    wizard_id = fields.Many2one("clinic.package.refund", required=True, ondelete="cascade")
    grant_id = fields.Many2one("clinic.grant", string="Units", required=True, readonly=True)
    service = fields.Char(related="grant_id.service", string="Service")
    used = fields.Integer(related="grant_id.used")
    remaining = fields.Integer(related="grant_id.remaining", string="Left")
    expires_on = fields.Date(related="grant_id.expires_on", string="Last Day of Use")
    units = fields.Integer(string="Give Back", required=True)
