from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class ClinicMembershipMember(models.Model):
    """Somebody under a family plan, from a day to a day."""

    _name = "clinic.membership.member"
    _description = "Family Member"
    _inherit = ["clinic.job"]
    _order = "date_from, id"
    _check_company_auto = True

    # the rest changes through the buttons of the plan, with the units that go along
    _BY_HAND = {"relation", "personal_cap"}

    membership_id = fields.Many2one("clinic.membership", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", string="Person", required=True, index=True)
    relation = fields.Selection(
        [("partner", "Partner"), ("child", "Child"), ("parent", "Parent"), ("other", "Other")], default="other"
    )
    date_from = fields.Date(string="From", required=True, default=lambda self: self.env.company._clinic_today())
    date_to = fields.Date(string="To", help="Last day under the plan. Empty: for as long as the membership lives.")

    personal_cap = fields.Integer(
        string="Personal Limit",
        help="The most units that this person may use of the pool at a time: in a month for benefits per month. "
        "0 is no limit.",
    )
    units_ended = fields.Boolean(
        readonly=True, copy=False, help="Has left, and what was left of their own units ended."
    )
    usage = fields.Char(string="Used", compute="_compute_usage", help="In the month or period that is running.")
    age = fields.Char(compute="_compute_age", groups="clinic_membership.group_membership_user")

    _cap_not_negative = models.Constraint("CHECK (personal_cap >= 0)", "A personal limit cannot be negative.")
    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A person cannot leave the plan before joining it."
    )
    _person_unique = models.UniqueIndex(
        "(membership_id, partner_id) WHERE date_to IS NULL", "This person is in the plan already."
    )
    _left_idx = models.Index("(company_id, date_to) WHERE date_to IS NOT NULL AND units_ended IS NOT TRUE")

    @api.depends("partner_id", "membership_id")
    @api.depends_context("clinic_name_plan")
    def _compute_display_name(self):
        """The person; beside the person's own name the plan says more."""
        for member in self:
            named = member.membership_id if self.env.context.get("clinic_name_plan") else member.partner_id
            member.display_name = named.display_name

    @api.depends("membership_id.grant_ids.used", "partner_id")
    def _compute_usage(self):
        for membership, members in self.grouped("membership_id").items():
            usage = membership._usage_in_words()
            for member in members:
                member.usage = usage.get(member.partner_id)

    @api.depends("partner_id.clinic_birthdate")
    def _compute_age(self):
        for member in self:
            member.age = member.partner_id._clinic_age_in_words(member.company_id)

    def _current_on(self, day):
        """Those who are under the plan on ``day``."""
        return self.filtered(lambda m: m.date_from <= day and (not m.date_to or m.date_to >= day))

    @api.model
    def _current_domain(self, person, day):
        """The same of one person, to be searched."""
        still = Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        return Domain("partner_id", "=", person.id) & Domain("date_from", "<=", day) & still

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members.membership_id._check_family_size()
        return members

    def write(self, vals):
        """Staff writes the relation and the limit by hand; joining and leaving have their buttons."""
        if not self.env.su and (locked := set(vals) - self._BY_HAND):
            labels = sorted(self._fields[name]._description_string(self.env) for name in locked)
            raise AccessError(
                self.env._(
                    "%s: use 'Add a Person' and 'Remove' on the Family tab, so that the units go along.",
                    ", ".join(labels),
                )
            )
        return super().write(vals)


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def _caps_left(self, patient, day):
        """How many units of these pools a family member may still use in the month or period of a day.

        :return: {membership: units}, only where there is a personal limit; two queries for any number
        """
        members = self.env["clinic.membership.member"]
        mine = members._current_domain(patient, day) & Domain("membership_id", "in", self.ids)
        limited = members.search_fetch(mine & Domain("personal_cap", ">", 0))
        if not limited:
            return {}
        lots = self.env["clinic.grant"]._usable_domain(day) & Domain("membership_id", "in", limited.membership_id.ids)
        used = dict(
            self.env["clinic.grant.entry"]._read_group(
                [("grant_id", "any", lots), ("redemption_id.partner_id", "=", patient.id)],
                ["grant_id.membership_id"],
                ["used:sum"],
            )
        )
        return {member.membership_id: member.personal_cap - used.get(member.membership_id, 0) for member in limited}
