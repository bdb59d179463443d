from odoo import api, fields, models

# a field of the contract: the setting of the company that it is a copy of
POLICIES = {
    "trial_end": "clinic_trial_end",
    "downgrade": "clinic_downgrade",
    "missed_periods": "clinic_missed_periods",
    "pause_min_months": "clinic_pause_min_months",
    "pause_max_months": "clinic_pause_max_months",
    "pauses_per_year": "clinic_pauses_per_year",
    "grace_days": "clinic_grace_days",
    "dunning_end": "clinic_dunning_end",
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
    grace_days = fields.Integer(compute="_compute_policies", store=True, precompute=True)
    dunning_end = fields.Selection(
        lambda self: self._policy_selection("dunning_end"), compute="_compute_policies", store=True, precompute=True
    )
    grace_until = fields.Date(
        compute="_compute_grace_until", store=True, help="The last day on which unpaid benefits can be used."
    )

    def _policy(self, name):
        """As it was sold."""
        return self[name]

    @api.model
    def _policy_selection(self, name):
        return self.env["res.company"]._fields[POLICIES[name]]._description_selection(self.env)

    @api.depends("company_id")
    def _compute_policies(self):
        """Once, with the contract: a company's later settings do not reach it."""
        for membership in self:
            company = membership.company_id.sudo()
            membership.update({name: company[setting] for name, setting in POLICIES.items()})

    @api.depends("past_due_since", "grace_days")
    def _compute_grace_until(self):
        for membership in self:
            since = membership.past_due_since
            membership.grace_until = since and fields.Date.add(since, days=membership.grace_days)
