from odoo import api, fields, models


class ClinicCancel(models.TransientModel):
    """Preview a cancellation, then do what was shown."""

    _name = "clinic.cancel"
    _description = "Cancel a Membership"

    membership_id = fields.Many2one("clinic.membership", required=True)
    when = fields.Selection(
        [("period_end", "At the end of the paid period"), ("immediate", "Immediately")],
        compute="_compute_when",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    reason_id = fields.Many2one("clinic.cancel.reason", required=True)
    note = fields.Text(string="In the Member's Words")
    no_charge_from = fields.Date(compute="_compute_dates")
    benefits_until = fields.Date(compute="_compute_dates")
    preview = fields.Text(string="What Happens", compute="_compute_dates")

    @api.depends("membership_id")
    def _compute_when(self):
        for wizard in self:
            wizard.when = wizard.membership_id.cancel_policy or "period_end"

    @api.depends("membership_id", "when")
    def _compute_dates(self):
        for wizard in self:
            membership = wizard.membership_id
            today = membership.company_id._clinic_today()
            stop, until = membership._cancel_dates(today, wizard.when == "immediate")
            wizard.no_charge_from, wizard.benefits_until = stop, until
            wizard.preview = wizard._describe(membership, stop, until)

    def _describe(self, membership, stop, until):
        day = self.env["ir.qweb.field.date"].value_to_html
        if membership.state == "pending":
            return self.env._("The membership has not started: nothing is charged.")
        lines = []
        if membership.next_renewal and membership.next_renewal < stop:
            lines.append(
                self.env._(
                    "The notice period is %(days)s days: the renewal of %(day)s is still charged.",
                    days=membership.notice_days,
                    day=day(membership.next_renewal, {}),
                )
            )
        lines.append(self.env._("No further charge from %s.", day(stop, {})))
        lines.append(self.env._("Benefits can be used until %s.", day(until, {})))
        return "\n".join(lines)

    def action_confirm(self):
        """Cancel as shown."""
        self.ensure_one()
        self.membership_id.check_access("write")
        self.membership_id.sudo()._cancel(self.reason_id, self.note or "", immediate=self.when == "immediate")
        return {"type": "ir.actions.act_window_close"}
