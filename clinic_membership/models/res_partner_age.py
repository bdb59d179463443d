from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    """Minors are covered by memberships and may hold one; they never pay for it."""

    _inherit = "res.partner"

    clinic_birthdate = fields.Date(string="Date of Birth", groups="clinic_membership.group_membership_user")
    clinic_age = fields.Char(
        string="Age", compute="_compute_clinic_age", groups="clinic_membership.group_membership_user"
    )
    clinic_is_minor = fields.Boolean(
        string="Minor",
        compute="_compute_clinic_age",
        groups="clinic_membership.group_membership_user",
        help="Younger than the age of majority in the clinic's settings. Without a date of birth: no.",
    )

    @api.depends("clinic_birthdate")
    @api.depends_context("company")
    def _compute_clinic_age(self):
        for partner in self:
            partner.clinic_age = partner._clinic_age_in_words(self.env.company)
            partner.clinic_is_minor = bool(partner._clinic_minors(self.env.company))

    def _clinic_years(self, company):
        """The age in whole years, by the clinic's today; None without a date of birth."""
        self.ensure_one()
        born = self.sudo().clinic_birthdate
        return relativedelta(company._clinic_today(), born).years if born else None

    def _clinic_minors(self, company):
        """Those who are below the clinic's age of majority. Nobody is whose date of birth is not known."""
        majority = company.sudo().clinic_age_of_majority
        return self.filtered(lambda partner: (years := partner._clinic_years(company)) is not None and years < majority)

    def _clinic_age_in_words(self, company):
        years = self._clinic_years(company)
        if years is None:
            return ""
        return self.env._("%s, minor", years) if self._clinic_minors(company) else str(years)

    def _clinic_minor_refusal(self):
        """Why the first of these minors cannot pay, and what to do."""
        return self.env._(
            "%s is a minor and cannot be the one who pays. Choose an adult as invoice address or payer: a parent, "
            "or the holder of the family plan.",
            self[:1].display_name,
        )

    @api.constrains("clinic_birthdate")
    def _check_clinic_birthdate(self):
        today = self.env.company._clinic_today()
        for partner in self.sudo().filtered("clinic_birthdate"):
            if partner.clinic_birthdate > today:
                raise ValidationError(self.env._("%s cannot be born in the future.", partner.display_name))
        memberships = self.env["clinic.membership"].sudo()
        memberships.search(
            [("payer_id", "in", self.ids), ("state", "in", ("pending", *memberships._RUNNING))]
        )._check_payer_is_adult()

    def _clinic_payer(self, company):
        """Who is asked to pay for this patient: themselves; for a minor a parent, or who pays the family plan.

        :return: a partner, or none for a minor who belongs to no adult
        """
        self.ensure_one()
        plans = self.clinic_family_ids._current_on(company._clinic_today()).membership_id
        plans = plans.filtered(lambda plan: plan.company_id == company)
        asked = self | self.parent_id | plans.payer_id | plans.partner_id
        return (asked - asked._clinic_minors(company))[:1]


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    @api.constrains("payer_id", "payer_ids")
    def _check_payer_is_adult(self):
        """A minor may hold a membership that adults pay."""
        for membership in self:
            payers = membership.payer_id | membership.payer_ids.partner_id
            if minors := payers._clinic_minors(membership.company_id):
                raise ValidationError(minors._clinic_minor_refusal())
