from odoo import fields, models
from odoo.fields import Command


class ClinicBenefit(models.Model):
    _inherit = "clinic.benefit"

    trial_membership_id = fields.Many2one(
        "clinic.membership", string="In the Trial Of", index="btree_not_null", ondelete="cascade"
    )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    trial_benefit_ids = fields.One2many(
        "clinic.benefit",
        "product_tmpl_id",
        string="Included in the Trial",
        copy=False,  # the contents of packages are in the same table, and are copied
        help="What a trial of this plan includes. Empty: what its tier includes.",
    )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _clinic_trial_benefits(self, currency=None):
        """Commands that copy what a trial of this plan includes onto a contract."""
        if self.service_tracking != "membership" or not self.trial_length:
            return []
        return [Command.create(values) for values in self.sudo().trial_benefit_ids._copy_values(currency)]


class ClinicMembership(models.Model):
    """What a trial includes, where its plan says otherwise than the tier; copied when it is sold."""

    _inherit = "clinic.membership"

    trial_benefit_ids = fields.One2many("clinic.benefit", "trial_membership_id", string="Included in the Trial")

    def _apply_plan(self, plan, price):
        result = super()._apply_plan(plan, price)
        self.trial_benefit_ids.unlink()
        self.trial_benefit_ids = plan._clinic_trial_benefits()
        return result


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    def _benefits(self):
        """The trial's own, in a trial that has some."""
        return (self.is_trial and self.membership_id.trial_benefit_ids) or super()._benefits()
