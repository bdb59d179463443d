from odoo import api, fields, models


class ClinicMembershipMember(models.Model):
    """Somebody under a family plan, from a day to a day."""

    _name = "clinic.membership.member"
    _description = "Family Member"
    _order = "date_from, id"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", string="Person", required=True, index=True)
    relation = fields.Selection(
        [("partner", "Partner"), ("child", "Child"), ("parent", "Parent"), ("other", "Other")], default="other"
    )
    date_from = fields.Date(string="From", required=True, default=lambda self: self.env.company._clinic_today())
    date_to = fields.Date(string="To", help="Last day under the plan. Empty: for as long as the membership lives.")

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A person cannot leave the plan before joining it."
    )
    _person_unique = models.UniqueIndex(
        "(membership_id, partner_id) WHERE date_to IS NULL", "This person is in the plan already."
    )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for member in self:
            member.display_name = member.partner_id.display_name

    def _current_on(self, day):
        """Those who are under the plan on ``day``."""
        return self.filtered(lambda m: m.date_from <= day and (not m.date_to or m.date_to >= day))

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members.membership_id._check_family_size()
        return members
