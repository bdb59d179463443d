from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.clinic_package_refund import POLICIES


class ClinicPackageRefund(models.TransientModel):
    """Preview the refund of a package's unused units, then do what was shown."""

    _name = "clinic.package.refund"
    _description = "Refund a Package"
    _inherit = ["clinic.refund.wizard"]

    available_invoice_ids = fields.Many2many("account.move", compute="_compute_available_invoice_ids")
    available_payment_ids = fields.Many2many("account.payment", compute="_compute_available_payment_ids")
    package_id = fields.Many2one("clinic.package", required=True, readonly=True)
    units_used = fields.Integer(related="package_id.units_used")
    units_left = fields.Integer(related="package_id.units_left")
    price_paid = fields.Monetary(related="package_id.price_paid")
    by_list = fields.Monetary(string="By List Price", compute="_compute_methods", help="Before tax.")
    by_average = fields.Monetary(string="By Value of the Units Left", compute="_compute_methods", help="Before tax.")
    policy = fields.Selection(
        POLICIES, compute="_compute_policy", store=True, precompute=True, readonly=False, required=True
    )
    is_manager = fields.Boolean(compute="_compute_is_manager")

    @api.depends_context("uid")
    def _compute_is_manager(self):
        self.is_manager = self._is_manager()

    def _is_manager(self):
        return self.env.user.has_group("clinic_membership.group_membership_manager")

    @api.depends("package_id")
    def _compute_policy(self):
        for wizard in self:
            wizard.policy = wizard.package_id.refund_policy or "list"

    @api.depends("package_id")
    def _compute_methods(self):
        for wizard in self:
            package = wizard._package()
            wizard.by_list = package._refund_net("list") if package else 0.0
            wizard.by_average = package._refund_net("average") if package else 0.0

    @api.depends("package_id")
    def _compute_available_invoice_ids(self):
        return super()._compute_available_invoice_ids()

    @api.depends("package_id", "policy")
    def _compute_amount(self):
        return super()._compute_amount()

    @api.depends("package_id", "policy")
    def _compute_preview(self):
        return super()._compute_preview()

    def _package(self):
        return self.package_id.sudo()._origin

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
        return self.currency_id.round(sum(cents for cents, _line in self._taken(invoice)) * self.currency_id.rounding)

    def _taken(self, invoice):
        return invoice._clinic_take_lines({self._package()._refund_invoice_line(): self._net()})

    def _check_before(self):
        self._package()._check_refund(self._chosen())

    def _describe_rest(self, invoice):
        ended = self.env._("%(units)s units of %(package)s end.", units=self.units_left, package=self.package_id.name)
        return [ended]

    def _confirmed(self):
        """The refund, made now or with an earlier press."""
        key = f"{self._name},{self.id}"
        made = self.env["clinic.refund"].sudo().search([("key", "=", key)])
        package = self._package()
        if not made and self.currency_id.compare_amounts(self.amount, self._most()):
            raise UserError(self.env._("Units of %s were used meanwhile. Open the refund again.", package.display_name))
        return made or package._refund_units(self.way, self.reason, self._chosen(), key=key, **self._values())
