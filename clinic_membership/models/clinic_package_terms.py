from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class ClinicPackageTerms(models.AbstractModel):
    """How a package may be used: set on the product, copied onto the package when it is sold."""

    _name = "clinic.package.terms"
    _description = "Terms of a Package"

    validity_start = fields.Selection(
        [("purchase", "Purchase"), ("first_use", "First Use")],
        string="Validity Counts From",
        default="purchase",
        required=True,
    )
    transferable = fields.Boolean(help="The patient may give it, or a part of it, to somebody else.")
    shareable = fields.Boolean(help="People whom the patient names may use it too.")
    min_days_between = fields.Integer(
        string="Days Between Visits",
        help="At least so many days between two visits of the same patient. 7: once a week. 0: no limit.",
    )
    max_per_visit = fields.Integer(string="Most Units per Visit", help="On one day, for one patient. 0: no limit.")

    _limits_not_negative = models.Constraint(
        "CHECK (min_days_between >= 0 AND max_per_visit >= 0)", "The limits of a package cannot be negative."
    )

    @api.model
    def _own_terms(self):
        """The names of the terms that are plain values."""
        terms = self.env["clinic.package.terms"]._fields
        return [name for name, field in terms.items() if field.store and name not in models.MAGIC_COLUMNS]

    def _terms_in_words(self):
        """What is allowed and what is not, one sentence each, as patients read them."""
        self.ensure_one()
        return [self._people_in_words(), *self._conditions_in_words()]

    def _conditions_in_words(self):
        """When and for what it may be used, one sentence each."""
        return list(filter(None, (self._services_in_words(), *self._limits_in_words())))

    def _people_in_words(self):
        if self.transferable and self.shareable:
            return self.env._("You may share it with people you name, and give it to somebody else.")
        if self.transferable:
            return self.env._("You may give it, or a part of it, to somebody else.")
        if self.shareable:
            return self.env._("You may share it with people you name. It cannot be transferred.")
        return self.env._("For you alone: it cannot be shared or transferred.")

    def _services_in_words(self):
        names = self.only_product_ids.with_context(display_default_code=False).mapped("display_name")
        return names and self.env._("Good for %s only.", ", ".join(names))

    def _limits_in_words(self):
        yield self.min_days_between and self.env._("At least %s days between two visits.", self.min_days_between)
        yield self.max_per_visit and self.env._("At most %s units a visit.", self.max_per_visit)
        yield self.blackout_ids and self.env._("Not on: %s.", ", ".join(self.blackout_ids.mapped("display_name")))


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "clinic.package.terms"]

    only_product_ids = fields.Many2many(
        "product.product",
        "clinic_package_only_product_rel",
        string="Only For",
        check_company=True,
        help="Narrower than the contents: for example these services of a category. Empty: all of the contents.",
    )
    blackout_ids = fields.One2many("clinic.blackout", "product_tmpl_id", string="Blackout Dates", copy=True)
    clinic_blackouts = fields.Boolean(
        string="The Clinic's Blackout Dates Too", help="Those under Configuration, as they are on the day of the sale."
    )

    @api.constrains("only_product_ids", "package_benefit_ids")
    def _check_only_for(self):
        """A service that the contents do not include would promise what cannot be used."""
        for template in self:
            included = template.package_benefit_ids
            for product in template.only_product_ids:
                if not included.filtered(lambda b, product=product: b._includes(product)):
                    raise ValidationError(
                        self.env._(
                            "%(package)s is limited to %(service)s, which it does not contain. Add it to the contents, "
                            "or take it off the list.",
                            package=template.display_name,
                            service=product.display_name,
                        )
                    )

    def _package_terms_values(self, company, currency):
        blackouts = self.blackout_ids
        if self.clinic_blackouts:
            blackouts |= blackouts.search(
                [("company_id", "=", company.id), ("product_tmpl_id", "=", False), ("package_id", "=", False)]
            )
        return {
            **super()._package_terms_values(company, currency),
            **{name: self[name] for name in self._own_terms()},
            "only_product_ids": [Command.set(self.only_product_ids.ids)],
            "blackout_ids": [Command.create(values) for values in blackouts._copy_values()],
        }


class ClinicPackage(models.Model):
    _name = "clinic.package"
    _inherit = ["clinic.package", "clinic.package.terms"]

    only_product_ids = fields.Many2many("product.product", "clinic_package_sold_only_product_rel", string="Only For")
    blackout_ids = fields.One2many("clinic.blackout", "package_id", string="Blackout Dates")
    terms = fields.Text(string="Terms as Sold", compute="_compute_terms")
    restricted = fields.Boolean(compute="_compute_restricted", store=True, help="There are rules for each visit.")
    visit_rules = fields.Json(
        compute="_compute_visit_rules",
        store=True,
        help="Services and blackout dates in one place, so that a visit is judged without looking them up.",
    )

    @api.depends(lambda self: [*self._own_terms(), "only_product_ids", "blackout_ids"])
    def _compute_terms(self):
        for package in self:
            package.terms = "\n".join(package._terms_in_words())

    @api.depends("only_product_ids", "blackout_ids", "min_days_between", "max_per_visit")
    def _compute_restricted(self):
        for package in self:
            limits = package.min_days_between or package.max_per_visit
            package.restricted = bool(limits or package.only_product_ids or package.blackout_ids)

    @api.depends("only_product_ids", "blackout_ids.date_from", "blackout_ids.date_to", "blackout_ids.yearly")
    def _compute_visit_rules(self):
        for package in self:
            closed = [[str(b.date_from), str(b.date_to), b.yearly] for b in package.blackout_ids if b.date_from]
            only = package.only_product_ids.ids
            package.visit_rules = {"only": only, "closed": closed} if only or closed else False
