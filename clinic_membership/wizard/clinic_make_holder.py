from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicMakeHolder(models.TransientModel):
    """Preview a new holder of a family plan, then do what was shown."""

    _name = "clinic.make.holder"
    _description = "New Holder of a Family Plan"

    membership_id = fields.Many2one("clinic.membership", required=True)
    holder_id = fields.Many2one(related="membership_id.partner_id", string="Holder Now")
    member_id = fields.Many2one(
        "clinic.membership.member",
        string="New Holder",
        required=True,
        domain="[('membership_id', '=', membership_id), ('date_to', '=', False)]",
    )
    old_holder = fields.Selection(
        [("stays", "Stays under the plan"), ("leaves", "Leaves the plan")],
        required=True,
        default="stays",
    )
    payer_id = fields.Many2one(
        "res.partner",
        string="Invoiced To",
        compute="_compute_payer_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Who pays from the next renewal on: an adult.",
    )
    problem = fields.Text(compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("membership_id", "member_id")
    def _compute_payer_id(self):
        """Who paid goes on paying, unless it was the holder: then the new one does, if of age."""
        for wizard in self:
            payer, old = wizard.membership_id.payer_id, wizard.membership_id.partner_id
            new = wizard.member_id.partner_id
            own = payer == old or (payer.type == "invoice" and payer.parent_id == old)
            adult = new and not new._clinic_minors(wizard.membership_id.company_id)
            wizard.payer_id = new if own and adult else payer

    @api.depends("membership_id", "member_id", "old_holder", "payer_id")
    def _compute_preview(self):
        for wizard in self:
            wizard.problem = wizard.preview = False
            if not wizard.membership_id or not wizard.member_id:
                continue
            try:
                wizard._check()
                wizard.preview = "\n".join(wizard._describe())
            except UserError as refusal:
                wizard.problem = str(refusal)

    def _check(self):
        self.membership_id._check_new_holder(self.member_id)
        if minors := self.payer_id._clinic_minors(self.membership_id.company_id):
            raise UserError(minors._clinic_minor_refusal())

    def _describe(self):
        """The change in sentences: who holds, what goes along, who pays and with what."""
        old, new = self.holder_id.display_name, self.member_id.display_name
        lines = [self.env._("%s holds the plan from today; price, periods and renewals go on.", new)]
        lines.append(self._units_in_words(new, old))
        if self.old_holder == "stays":
            lines.append(self.env._("%s stays under the plan, with the member price.", old))
        else:
            lines.append(self.env._("%s leaves the plan today and loses the member price.", old))
        return [*lines, *self._payment_in_words()]

    def _units_in_words(self, new, old):
        if self.membership_id.sharing == "pool":
            return self.env._("The units of the pool stay with the plan.")
        if self.old_holder == "stays":
            return self.env._("Everybody keeps their own units.")
        return self.env._("%s keeps no units; the others keep theirs.", old)

    def _payment_in_words(self):
        membership, new = self.membership_id, self.member_id.partner_id
        lines = [self.env._("Invoices go to %s.", self.payer_id.display_name)]
        if membership.amount_overdue and self.payer_id != membership.payer_id:
            lines.append(
                self.env._(
                    "Open invoices stay with %(payer)s: %(amount)s.",
                    payer=membership.payer_id.display_name,
                    amount=membership.currency_id.format(membership.amount_overdue),
                )
            )
        if token := membership.sudo().payment_token_id:
            card = token.display_name
            if membership._card_of(new, self.payer_id):
                lines.append(self.env._("The card %s is still charged.", card))
            else:
                lines.append(
                    self.env._("The card %s is not theirs and is taken off: ask for a new one after this.", card)
                )
        return lines

    def action_confirm(self):
        """Change the holder as shown."""
        self.ensure_one()
        self.membership_id.check_access("write")
        self._check()
        stays = self.old_holder == "stays"
        self.membership_id.sudo()._make_holder(self.member_id.sudo(), self.payer_id.sudo(), stays)
        return {"type": "ir.actions.act_window_close"}
