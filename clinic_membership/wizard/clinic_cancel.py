from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicCancel(models.TransientModel):
    """Preview a cancellation, then do what was shown; or give what keeps the member."""

    _name = "clinic.cancel"
    _description = "Cancel a Membership"
    _inherit = ["clinic.preview"]

    state = fields.Selection(related="membership_id.state")
    when = fields.Selection(
        [("period_end", "At the end of the paid period"), ("immediate", "Immediately")],
        compute="_compute_when",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    reason_id = fields.Many2one("clinic.cancel.reason", required=True)
    question = fields.Char(related="reason_id.question", string="To Ask")
    note_required = fields.Boolean(related="reason_id.note_required")
    note = fields.Text(string="In the Member's Words")
    is_manager = fields.Boolean(compute="_compute_is_manager")
    no_charge_from = fields.Date(compute="_compute_preview")
    benefits_until = fields.Date(compute="_compute_preview")
    fee = fields.Monetary(string="Cancellation Fee", compute="_compute_fee", help="Before tax.")
    waive_fee = fields.Boolean(help="The member leaves without the fee. Managers only.")
    offer_percent = fields.Float(compute="_compute_offer", store=True, precompute=True, readonly=False)
    offer_periods = fields.Integer(compute="_compute_offer", store=True, precompute=True, readonly=False)

    @api.depends("membership_id")
    def _compute_when(self):
        for wizard in self:
            membership = wizard.membership_id
            # a trial can be used to its end, whatever the terms of the full membership say
            wizard.when = "period_end" if membership._is_converting() else membership.cancel_policy or "period_end"

    @api.depends_context("uid")
    def _compute_is_manager(self):
        self.is_manager = self._is_manager()

    @api.depends("membership_id")
    def _compute_fee(self):
        for wizard in self:
            wizard.fee = wizard.membership_id and wizard.membership_id._cancel_fee_due()

    @api.depends("membership_id")
    def _compute_offer(self):
        """What the clinic lets staff offer."""
        for wizard in self:
            wizard.offer_percent = wizard.company_id.clinic_offer_percent
            wizard.offer_periods = wizard.company_id.clinic_offer_periods

    @api.depends("membership_id", "when", "waive_fee")
    def _compute_preview(self):
        self.no_charge_from = self.benefits_until = False
        super()._compute_preview()

    def _describe(self):
        membership, day = self.membership_id, self._day
        stop, until = membership._cancel_dates(self.company_id._clinic_today(), self.when == "immediate")
        self.no_charge_from, self.benefits_until = stop, until
        if membership.state == "pending":
            return self._describe_pending()
        lines = []
        if membership.pause_from and membership.state != "paused":
            lines.append(
                self.env._("The pause that is planned from %s does not take place.", day(membership.pause_from))
            )
        if membership.next_renewal and membership.next_renewal < stop:
            lines.append(
                self.env._(
                    "The notice period is %(days)s days: the renewal of %(day)s is still charged.",
                    days=membership.notice_days,
                    day=day(membership.next_renewal),
                )
            )
        lines.append(self.env._("No further charge from %s.", day(stop)))
        lines.append(self.env._("Benefits can be used until %s.", day(until)))
        if self.fee and not self.waive_fee:
            lines.append(self.env._("The cancellation fee of %s before tax is charged now.", self._money(self.fee)))
        return lines

    def _describe_pending(self):
        lines = [self.env._("The membership has not started: nothing is charged.")]
        invoice = self.membership_id.sudo().sale_line_id._clinic_posted_invoice()
        if paid := invoice and invoice._clinic_refundable():
            words = {"paid": self._money(paid), "invoice": invoice.name}
            lines.append(self.env._("%(paid)s are paid: give them back with 'Refund' on %(invoice)s.", **words))
        return lines

    # === leave === #

    def action_confirm(self):
        """Cancel as shown."""
        membership = self._confirmed()
        if self.note_required and not (self.note or "").strip():
            raise UserError(self.env._("Ask the member, and note the answer: %s", self.question or self.reason_id.name))
        fee = not (self.waive_fee and self._is_manager())
        membership._cancel(self.reason_id, self.note or "", immediate=self.when == "immediate", fee=fee)
        return {"type": "ir.actions.act_window_close"}

    def _is_manager(self):
        return self.env.user.has_group("clinic_membership.group_membership_manager")

    # === or stay === #

    def action_offer_discount(self):
        """The discount that the clinic offers; a manager gives any, and again within the year."""
        membership, company = self._confirmed(), self.company_id.sudo()
        if self._is_manager():
            percent, renewals = self.offer_percent, self.offer_periods
        else:
            membership._check_offer()
            percent, renewals = company.clinic_offer_percent, company.clinic_offer_periods
        membership._give_offer(percent, renewals, self.reason_id)
        return {"type": "ir.actions.act_window_close"}

    def action_offer_pause(self):
        """Pause instead: open that wizard."""
        return self._instead(self.membership_id.action_pause())

    def action_offer_plan(self):
        """Another plan instead: open that wizard."""
        return self._instead(self.membership_id.action_change_plan())

    def _instead(self, action):
        return {**action, "context": {**action["context"], "default_instead_of_id": self.reason_id.id}}
