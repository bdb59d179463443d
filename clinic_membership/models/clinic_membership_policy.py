from odoo import api, fields, models

# a field of the contract: the setting of the company that it is a copy of
POLICIES = {
    "trial_end": "clinic_trial_end",
    "downgrade": "clinic_downgrade",
    "missed_periods": "clinic_missed_periods",
    "pause_min_months": "clinic_pause_min_months",
    "pause_max_months": "clinic_pause_max_months",
    "pauses_per_year": "clinic_pauses_per_year",
}


class ClinicMembership(models.Model):
    """The clinic's policies as they were at the sale: another setting concerns whoever joins later."""

    _inherit = "clinic.membership"

    trial_end = fields.Selection(
        lambda self: self._policy_selection("trial_end"), compute="_compute_policies", store=True, precompute=True
    )
    downgrade = fields.Selection(
        lambda self: self._policy_selection("downgrade"), compute="_compute_policies", store=True, precompute=True
    )
    missed_periods = fields.Selection(
        lambda self: self._policy_selection("missed_periods"), compute="_compute_policies", store=True, precompute=True
    )
    pause_min_months = fields.Integer(compute="_compute_policies", store=True, precompute=True)
    pause_max_months = fields.Integer(compute="_compute_policies", store=True, precompute=True)
    pauses_per_year = fields.Integer(compute="_compute_policies", store=True, precompute=True)

    def _pause_limits(self):
        return self.pause_min_months, self.pause_max_months, self.pauses_per_year

    @api.model
    def _policy_selection(self, name):
        return self.env["res.company"]._fields[POLICIES[name]]._description_selection(self.env)

    @api.depends("company_id")
    def _compute_policies(self):
        """Once, with the contract: a company's later settings do not reach it."""
        for membership in self:
            company = membership.company_id.sudo()
            membership.update({name: company[setting] for name, setting in POLICIES.items()})
