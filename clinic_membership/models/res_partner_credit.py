from odoo import api, fields, models


class ResPartner(models.Model):
    """What a patient was given."""

    _inherit = "res.partner"

    clinic_credit_ids = fields.One2many("clinic.credit", "partner_id", string="Credits", readonly=True)
    clinic_credit_count = fields.Integer(
        string="Credit Count",
        compute="_compute_clinic_credit_count",
        store=True,
        groups="clinic_membership.group_membership_user,account.group_account_readonly",
        help="Stored, so that two users who give at once to one patient collide, and the limit holds.",
    )

    @api.depends("clinic_credit_ids")
    def _compute_clinic_credit_count(self):
        counts = dict(
            self.env["clinic.credit"].sudo()._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            partner.clinic_credit_count = counts.get(partner, 0)

    def action_clinic_give_credit(self):
        """Give Credit button on the patient: about the membership they have or pay, where there is one."""
        memberships = self.env["clinic.membership"].search(
            ["|", ("partner_id", "=", self.id), ("payer_id", "=", self.id), ("company_id", "=", self.env.company.id)]
        )
        running = memberships.filtered(lambda membership: membership.state in membership._RUNNING)
        return self.env["clinic.give.credit"]._open(membership=running[:1], partner=self)

    def action_clinic_view_credits(self):
        """Open what the patient was given."""
        return self._clinic_view("clinic_membership.clinic_credit_action")


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def action_give_credit(self):
        """Open the wizard that previews and confirms credit or free renewals."""
        return self.env["clinic.give.credit"]._open(membership=self)


class ClinicCollection(models.Model):
    _inherit = "clinic.collection"

    def action_give_credit(self):
        """Open the wizard for who pays this invoice."""
        return self.env["clinic.give.credit"]._open(membership=self.membership_id, partner=self.payer_id)


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_clinic_give_credit(self):
        """Open the wizard for who pays this invoice."""
        membership = self.sudo()._clinic_memberships()[:1].with_env(self.env)
        return self.env["clinic.give.credit"]._open(membership=membership, partner=self.partner_id)
