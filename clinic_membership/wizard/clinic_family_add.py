from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicFamilyAdd(models.TransientModel):
    """Put somebody under a family plan, after saying what they get."""

    _name = "clinic.family.add"
    _description = "Add a Person to a Family Plan"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True)
    company_id = fields.Many2one(related="membership_id.company_id")
    sharing = fields.Selection(related="membership_id.sharing")
    partner_id = fields.Many2one("res.partner", string="Person", required=True)
    relation = fields.Selection(
        selection=lambda self: self.env["clinic.membership.member"]._fields["relation"].selection,
        required=True,
        default="other",
    )
    personal_cap = fields.Integer(
        string="Personal Limit",
        help="The most units that this person may use of the pool at a time: in a month for benefits per month. "
        "0 is no limit.",
    )
    day = fields.Date(string="From", compute="_compute_day", store=True, readonly=False, precompute=True, required=True)
    problem = fields.Text(compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("membership_id")
    def _compute_day(self):
        for wizard in self:
            company = wizard.membership_id.company_id or self.env.company
            wizard.day = company._clinic_today()

    @api.depends("membership_id", "partner_id", "day", "personal_cap")
    def _compute_preview(self):
        for wizard in self:
            wizard.problem = wizard.preview = False
            if not wizard.membership_id:
                continue
            try:
                wizard._check()
                wizard.preview = "\n".join(wizard._describe())
            except UserError as refusal:
                wizard.problem = str(refusal)

    def _check(self):
        membership = self.membership_id
        today = membership.company_id._clinic_today()
        if self.partner_id and self.day:
            membership._check_family_add(self.partner_id, self.day, today)
        else:
            membership._check_family_open()
            membership._check_place(membership._members_from(self.day or today).partner_id - membership.partner_id)

    def _describe(self):
        """What the person gets, in sentences."""
        membership, person = self.membership_id, self.partner_id
        if not person:
            return []
        shared = membership.sharing == "pool"
        benefits = membership.benefit_ids.filtered(lambda benefit: shared or not benefit.line_id)
        units = ", ".join(benefits.mapped("display_name"))
        if shared:
            lines = [self.env._("Shares the units of the plan: %s.", units)]
        else:
            lines = [self.env._("Has units of their own, the running month's or period's at once: %s.", units)]
        lines.append(self.env._("Has the member price."))
        if person._clinic_minors(membership.company_id):
            lines.append(self.env._("Is a minor: covered, and never the one who pays."))
        return lines

    def action_confirm(self):
        """Add the person."""
        self.ensure_one()
        self.membership_id.check_access("write")
        self.membership_id.sudo()._family_add(self.partner_id.sudo(), self.relation, self.personal_cap, self.day)
        return {"type": "ir.actions.act_window_close"}
