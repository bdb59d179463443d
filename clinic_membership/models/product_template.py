from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import periods

TRACKING = ("membership", "package")


class ProductTemplate(models.Model):
    _inherit = "product.template"

    service_tracking = fields.Selection(
        selection_add=[("membership", "Membership"), ("package", "Package")],
        ondelete={"membership": "set default", "package": "set default"},
    )
    # one way to pay for a tier
    membership_tier_id = fields.Many2one("clinic.membership.tier", index="btree_not_null", check_company=True)
    billing_interval = fields.Selection(
        [("weekly", "Weekly"), ("monthly", "Monthly"), ("quarterly", "Quarterly"), ("annual", "Annual")],
        string="Billing Frequency",
        default="monthly",
    )
    trial_length = fields.Integer(help="How long the trial lasts. 0: no trial.")
    trial_unit = fields.Selection([("day", "Days"), ("month", "Months")], default="day")
    trial_price = fields.Float(digits="Product Price", help="The price of the whole trial. 0 is free.")
    # a package
    package_benefit_ids = fields.One2many("clinic.benefit", "product_tmpl_id", string="Package Contents", copy=True)
    validity_length = fields.Integer(default=12, help="How long a package can be used. 0: it never expires.")
    validity_unit = fields.Selection([("day", "Days"), ("month", "Months"), ("year", "Years")], default="month")
    package_validity = fields.Char(string="Valid For", compute="_compute_package_validity")
    package_value = fields.Monetary(string="Stand-alone Value", compute="_compute_package_value")
    package_savings = fields.Monetary(string="Savings", compute="_compute_package_value")
    package_savings_percent = fields.Float(string="Savings (%)", compute="_compute_package_value")
    package_sold_count = fields.Integer(string="Packages Sold", compute="_compute_package_sold_count")

    _trial_not_negative = models.Constraint(
        "CHECK (trial_length >= 0 AND trial_price >= 0)", "Trial length and trial price cannot be negative."
    )
    _validity_not_negative = models.Constraint(
        "CHECK (validity_length >= 0)", "The validity of a package cannot be negative."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Memberships and packages are services; a plan belongs to the company of its tier."""
        for vals in vals_list:
            if vals.get("service_tracking") in TRACKING:
                vals.setdefault("type", "service")
            if vals.get("membership_tier_id") and not vals.get("company_id"):
                tier = self.env["clinic.membership.tier"].browse(vals["membership_tier_id"])
                vals["company_id"] = tier.company_id.id
        return super().create(vals_list)

    @api.depends("package_benefit_ids.total_value", "list_price")
    def _compute_package_value(self):
        for template in self:
            template.package_value = sum(template.package_benefit_ids.mapped("total_value"))
            template.package_savings = template.package_value and template.package_value - template.list_price
            template.package_savings_percent = (
                template.package_savings / template.package_value if template.package_value else 0.0
            )

    @api.depends("validity_length", "validity_unit")
    def _compute_package_validity(self):
        units = dict(self._fields["validity_unit"]._description_selection(self.env))
        for template in self:
            unit = units[template.validity_unit or "month"].lower()
            length = template.validity_length
            template.package_validity = f"{length} {unit}" if length else self.env._("Never expires")

    def _compute_package_sold_count(self):
        counts = dict(
            self.env["clinic.package"]._read_group(
                [("product_id.product_tmpl_id", "in", self.ids)], ["product_id"], ["__count"]
            )
        )
        for template in self:
            template.package_sold_count = sum(counts.get(product, 0) for product in template.product_variant_ids)

    @api.model
    def _get_saleable_tracking_types(self):
        return [*super()._get_saleable_tracking_types(), *TRACKING]

    def _prepare_service_tracking_tooltip(self):
        if self.service_tracking == "membership":
            return self.env._("Confirming the order creates a membership for the customer.")
        if self.service_tracking == "package":
            return self.env._("Confirming the order creates one package for each unit sold.")
        return super()._prepare_service_tracking_tooltip()

    @api.model
    def _get_product_types_allow_zero_price(self):
        return [*super()._get_product_types_allow_zero_price(), *TRACKING]

    @api.constrains("service_tracking", "membership_tier_id", "billing_interval", "invoice_policy")
    def _check_membership(self):
        for template in self.filtered(lambda template: template.service_tracking == "membership"):
            if not template.membership_tier_id:
                raise ValidationError(
                    self.env._("%s: choose the tier that this price pays for.", template.display_name)
                )
            if not template.billing_interval:
                raise ValidationError(self.env._("%s: choose a billing frequency.", template.display_name))
            template._check_paid_in_advance()

    @api.constrains("service_tracking", "package_benefit_ids", "sale_ok", "invoice_policy")
    def _check_package(self):
        for template in self.filtered(lambda template: template.service_tracking == "package" and template.sale_ok):
            if not template.package_benefit_ids:
                raise ValidationError(
                    self.env._("%s: add what the package contains before it can be sold.", template.display_name)
                )
            template._check_paid_in_advance()

    def _check_paid_in_advance(self):
        if self.invoice_policy != "order":
            raise ValidationError(
                self.env._(
                    "%s is paid in advance: its invoicing policy must be 'Ordered quantities'.", self.display_name
                )
            )

    def _billing(self):
        """The billing interval, as the tools take it."""
        return periods.BILLING[self.billing_interval or "monthly"]

    def _trial(self):
        """The length of the trial, as the tools take it, or None."""
        return periods.Interval(self.trial_unit or "day", self.trial_length) if self.trial_length else None

    def _validity(self):
        """How long a package is valid, as the tools take it; None is for ever."""
        if not self.validity_length:
            return None
        return periods.Interval(self.validity_unit or "month", self.validity_length)

    def _package_terms_values(self, company, currency):
        """The terms of a package as they are today, for one that is sold now.

        :param company: the clinic that sells it
        :param currency: the currency that it is sold in
        """
        return {"validity_length": self.validity_length, "validity_unit": self.validity_unit}

    def _trial_in_words(self):
        """The length of the trial: "1 month", "30 days"."""
        if self.trial_unit == "month":
            one, many = self.env._("1 month"), self.env._("%s months", self.trial_length)
        else:
            one, many = self.env._("1 day"), self.env._("%s days", self.trial_length)
        return one if self.trial_length == 1 else many

    def _interval_in_words(self):
        """What the price is for: "month"."""
        return {
            "weekly": self.env._("week"),
            "monthly": self.env._("month"),
            "quarterly": self.env._("quarter"),
            "annual": self.env._("year"),
        }[self.billing_interval or "monthly"]

    def _price_per_interval(self):
        """The price in words: "$ 99.00 / month"."""
        return f"{self.currency_id.format(self.list_price)} / {self._interval_in_words()}"

    def _price_from_trial(self):
        """The price in words, the trial first: "$ 0.00 for 30 days, then $ 99.00 / month"."""
        return self.env._(
            "%(price)s for %(length)s, then %(later)s",
            price=self.currency_id.format(self.trial_price),
            length=self._trial_in_words(),
            later=self._price_per_interval(),
        )

    def action_view_packages_sold(self):
        """Open the packages that patients bought of this product."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
        return {**action, "domain": [("product_id", "in", self.product_variant_ids.ids)], "context": {}}
