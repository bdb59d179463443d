from odoo import api, fields, models


class ClinicFamilyRemove(models.TransientModel):
    """Preview how somebody leaves a family plan, then do what was shown."""

    _name = "clinic.family.remove"
    _description = "Remove a Person from a Family Plan"
    _inherit = ["clinic.preview"]

    member_id = fields.Many2one("clinic.membership.member", string="Person", required=True)
    last_day = fields.Date(
        compute="_compute_last_day",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="The last day under the plan.",
    )

    @api.depends("day")
    def _compute_last_day(self):
        for wizard in self:
            wizard.last_day = wizard.day

    @api.depends("membership_id", "member_id", "last_day")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return bool(self.membership_id and self.member_id and self.last_day)

    def _describe(self):
        membership, member = self.membership_id, self.member_id
        membership._check_family_remove(member, self.last_day)
        lines = [f"{member._leaving_in_words(self.last_day)}."]
        if membership.sharing == "pool":
            lines.append(self.env._("The units of the pool stay with the plan."))
        lines.append(self.env._("The member price goes with it; what was used stays in the history."))
        if member.partner_id in membership.payer_ids.partner_id:
            lines.append(self.env._("Goes on paying a share of the plan, until the payers are changed."))
        return lines

    def action_confirm(self):
        """Remove the person as shown."""
        self._confirmed()._family_remove(self.member_id.sudo(), self.last_day)
        return {"type": "ir.actions.act_window_close"}
