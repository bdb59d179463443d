from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import offers


class ClinicBenefit(models.Model):
    """So many units of a service: a line of a tier or of a package product, or of what was sold of them."""

    _name = "clinic.benefit"
    _description = "Included Benefit"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    tier_id = fields.Many2one("clinic.membership.tier", index="btree_not_null", ondelete="cascade")
    product_tmpl_id = fields.Many2one("product.template", string="Package", index="btree_not_null", ondelete="cascade")
    membership_id = fields.Many2one("clinic.membership", index="btree_not_null", ondelete="cascade")
    line_id = fields.Many2one(
        "clinic.membership.line",
        string="Add-on",
        index="btree_not_null",
        ondelete="cascade",
        help="The add-on of the membership that pays for these units.",
    )
    package_id = fields.Many2one("clinic.package", string="Package Sold", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    product_id = fields.Many2one(
        "product.product",
        string="Service or Product",
        check_company=True,
        ondelete="restrict",
        domain="[('service_tracking', 'not in', ('membership', 'package')), ('sale_ok', '=', True)]",
    )
    categ_id = fields.Many2one(
        "product.category", string="Any of Category", ondelete="restrict", help="Instead of one service: any of these."
    )
    quantity = fields.Integer(string="Units", required=True, default=1)
    per = fields.Selection(
        [("month", "Month"), ("period", "Billing Period")],
        required=True,
        default="month",
        help="How often a member gets these units, whatever the billing frequency: "
        "with one treatment a month, an annual member has one in each of twelve months. Packages ignore it.",
    )
    unit_value = fields.Monetary(
        compute="_compute_unit_value",
        store=True,
        readonly=False,
        help="What one unit costs on its own. The price of a package is spread over its units by this value.",
    )
    bonus = fields.Boolean(
        string="Free",
        help="Units on top of what is paid, as in 'buy 6, get 1 free'. The price is spread over them too: each of the "
        "seven units is worth a seventh of it.",
    )
    total_value = fields.Monetary(string="Value", compute="_compute_total_value")

    _one_owner = models.Constraint(
        "CHECK (num_nonnulls(tier_id, product_tmpl_id, membership_id, trial_membership_id, package_id) = 1)",
        "A benefit belongs to a tier, a package product, a membership or a package sold.",
    )
    _one_scope = models.Constraint(
        "CHECK (num_nonnulls(product_id, categ_id) = 1)",
        "Choose what is included: either one service or product, or a category, not both.",
    )
    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A benefit must include at least one unit.")
    _unit_value_not_negative = models.Constraint("CHECK (unit_value >= 0)", "A unit value cannot be negative.")

    @api.depends(
        "tier_id.company_id",
        "product_tmpl_id.company_id",
        "membership_id.company_id",
        "trial_membership_id.company_id",
        "package_id.company_id",
    )
    def _compute_company_id(self):
        for benefit in self:
            owner = benefit.tier_id or benefit._sold() or benefit.product_tmpl_id
            benefit.company_id = owner.company_id

    def _sold(self):
        """What a patient holds, of which this is a part."""
        return self.membership_id or self.trial_membership_id or self.package_id

    @api.depends("membership_id.currency_id", "trial_membership_id.currency_id", "package_id.currency_id", "company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for benefit in self:
            company = benefit.company_id or self.env.company
            benefit.currency_id = benefit._sold().currency_id or company.currency_id

    @api.depends("product_id")
    def _compute_unit_value(self):
        for benefit in self:
            if benefit.product_id:
                benefit.unit_value = benefit.product_id.lst_price
            else:
                benefit.unit_value = benefit.unit_value or 0.0

    @api.depends("quantity", "unit_value")
    def _compute_total_value(self):
        for benefit in self:
            benefit.total_value = benefit.quantity * benefit.unit_value

    @api.depends("product_id", "categ_id", "quantity", "bonus")
    def _compute_display_name(self):
        for benefit in self:
            name = f"{benefit.quantity} × {benefit._scope_name()}"
            benefit.display_name = self.env._("%s free", name) if benefit.bonus else name

    def _scope_name(self):
        """The service, or the category, in words."""
        self.ensure_one()
        product = self.product_id.with_context(display_default_code=False)
        return product.display_name or self.env._("any of %s", self.categ_id.name or "")

    def _includes(self, product):
        """Whether this benefit pays for a product."""
        self.ensure_one()
        above = (product.categ_id.parent_path or "").split("/")
        return self.product_id == product or bool(self.categ_id and str(self.categ_id.id) in above)

    def _pools(self, services, quantity=1):
        """The units that come at once, those for the fewest services first: [:class:`tools.offers.Pool`].

        :param services: the products in question
        :param quantity: how many packages or plans have these benefits
        """
        return [
            offers.Pool(frozenset(services.filtered(benefit._includes).ids), benefit.quantity * quantity)
            for benefit in self.sorted(lambda benefit: not benefit.product_id)
        ]

    @api.constrains("product_id")
    def _check_no_nesting(self):
        for benefit in self:
            if benefit.product_id.service_tracking in ("membership", "package"):
                raise ValidationError(
                    self.env._(
                        "%s is itself a membership or a package and cannot be a unit of another. "
                        "Include its services one by one.",
                        benefit.product_id.display_name,
                    )
                )

    def _copy_values(self, currency=None):
        """The values of the same benefits on another owner.

        :param currency: of the new owner, where it is not the clinic's
        """
        return [
            {
                "sequence": benefit.sequence,
                "product_id": benefit.product_id.id,
                "categ_id": benefit.categ_id.id,
                "quantity": benefit.quantity,
                "per": benefit.per,
                "unit_value": benefit._unit_value_in(currency or benefit.currency_id),
                "bonus": benefit.bonus,
            }
            for benefit in self
        ]

    def _unit_value_in(self, currency):
        """What a unit is worth by itself, at today's rate."""
        company = self.env.company
        return self.currency_id._convert(self.unit_value, currency, company, company._clinic_today())

    def _grant_values(self):
        """What a grant of this benefit holds on to, so that a later change of the benefit does not reach it."""
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "categ_id": self.categ_id.id,
            "line_id": self.line_id.id,
            "unit_value": self.unit_value,
            "quantity": self.quantity,
        }
