from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicGiveCredit(models.TransientModel):
    """Preview credit or free renewals, then give what was shown."""

    _name = "clinic.give.credit"
    _description = "Give Credit"
    _inherit = ["clinic.preview"]

    membership_id = fields.Many2one(required=False, readonly=True)
    company_id = fields.Many2one("res.company", related=None, compute="_compute_company_id", compute_sudo=False)
    currency_id = fields.Many2one("res.currency", related=None, compute="_compute_company_id", compute_sudo=False)
    payer_ids = fields.Many2many("res.partner", compute="_compute_payer_ids")
    partner_id = fields.Many2one(
        "res.partner",
        string="For",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        domain="[('id', 'in', payer_ids)]",
        help="Who is invoiced: the credit pays their invoices only.",
    )
    asked_for_id = fields.Many2one("res.partner", readonly=True)
    kind = fields.Selection(
        [("courtesy", "Courtesy credit"), ("promotional", "Promotional credit"), ("free", "Free renewals")],
        string="Give",
        required=True,
        default="courtesy",
    )
    amount = fields.Monetary(help="What the patient gets, tax included.")
    renewals = fields.Integer(string="Free Renewals", default=1)
    reason = fields.Text(required=True)
    credit_id = fields.Many2one("clinic.credit", readonly=True)

    @api.model
    def _open(self, membership=None, partner=None):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_give_credit_action")
        values = {
            "default_membership_id": membership.id if membership else False,
            "default_asked_for_id": partner.id if partner else False,
        }
        return {**action, "context": values}

    @api.depends("membership_id")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.membership_id.company_id or self.env.company
            wizard.currency_id = wizard.membership_id.currency_id or wizard.company_id.currency_id

    @api.depends("membership_id", "asked_for_id")
    def _compute_payer_ids(self):
        for wizard in self:
            payers = self.env["res.partner"]
            for partner, _weight in wizard.membership_id._payers() if wizard.membership_id else ():
                payers |= partner
            wizard.payer_ids = payers or wizard.asked_for_id

    @api.depends("payer_ids")
    def _compute_partner_id(self):
        """Who was asked for where they pay, else the first who does."""
        for wizard in self:
            asked = wizard.asked_for_id & wizard.payer_ids
            wizard.partner_id = asked or wizard.membership_id.payer_id or wizard.payer_ids[:1]

    # === what is shown === #

    @api.depends("membership_id", "partner_id", "kind", "amount", "renewals")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return bool(self.partner_id and (self.renewals if self.kind == "free" else self.amount))

    def _describe(self):
        if self.kind == "free":
            return self._describe_free()
        self.company_id._clinic_check_limit(self.amount, self.currency_id, self._given_lately())
        return [self._describe_note(), *self._describe_use()]

    def _given_lately(self):
        return self.env["clinic.credit"]._given_lately(self.partner_id, self.company_id)

    def _describe_note(self):
        product = self.company_id._clinic_credit_product(self.kind)
        taxes = self.env["clinic.credit"]._taxes_of(product, self.partner_id, self.company_id, self.membership_id)
        tax = taxes._clinic_tax_within(self.amount, self.currency_id)
        return self.env._(
            "A credit note over %(amount)s is posted today: %(net)s and %(tax)s tax, as %(product)s.",
            amount=self._money(self.amount),
            net=self._money(self.amount - tax),
            tax=self._money(tax),
            product=product.display_name,
        )

    def _describe_use(self):
        """What it pays now, and what becomes of the rest."""
        left, lines = self.amount, []
        moves = self.env["account.move"].sudo()
        for invoice in moves._clinic_due_from(self.partner_id, self.company_id, self.currency_id):
            paid = min(left, invoice.amount_residual)
            left = self.currency_id.round(left - paid)
            if paid:
                lines.append(
                    self.env._("It pays %(paid)s of %(invoice)s.", paid=self._money(paid), invoice=invoice.name)
                )
        if left:
            lines.append(self._describe_rest(left))
        return lines

    def _describe_rest(self, left):
        if self.membership_id.will_renew:
            return self.env._(
                "%(left)s stays as credit and pays the renewal of %(day)s, before any card is charged.",
                left=self._money(left),
                day=self._day(self.membership_id.next_renewal),
            )
        return self.env._("%s stays as credit.", self._money(left))

    def _describe_free(self):
        membership = self.membership_id
        if not membership:
            raise UserError(self.env._("Only a membership has renewals. Give credit instead."))
        membership._check_free(self.renewals)
        value = membership._free_value(self.renewals)
        self.company_id._clinic_check_limit(value, self.currency_id, self._given_lately())
        lines = [
            self.env._(
                "%(plan)s costs nothing at the next %(renewals)s renewals, from %(day)s; this gift is worth %(value)s.",
                plan=membership.plan_id.display_name,
                renewals=membership.free_periods + self.renewals,
                day=self._day(membership.next_renewal),
                value=self._money(value),
            )
        ]
        if len(membership.line_ids) > 1:
            lines.append(self.env._("Added services are charged as ever."))
        if membership.offer_periods:
            lines.append(self.env._("The discount that was promised follows after them."))
        return lines

    # === giving === #

    def action_confirm(self):
        """Give it as shown; a second press finds it given."""
        self.ensure_one()
        if not self.credit_id:
            self._check_confirm()
            self.sudo().credit_id = self._give_it()
        return {"type": "ir.actions.act_window_close"}

    def _check_confirm(self):
        """Refuse strangers, an old preview, and credit for somebody who is not invoiced."""
        if self.membership_id:
            self._confirmed()
        else:
            self.partner_id.check_access("read")
        if self.partner_id not in self.payer_ids:
            raise UserError(
                self.env._("%s does not pay for this. Choose who is invoiced.", self.partner_id.display_name)
            )

    def _give_it(self):
        membership = self.membership_id.sudo()
        if self.kind == "free":
            if not membership:
                raise UserError(self.env._("Only a membership has renewals. Give credit instead."))
            return membership._give_free(self.renewals, self.reason)
        return (
            self.env["clinic.credit"]
            .sudo()
            ._give(
                self.kind,
                self.partner_id.sudo(),
                self.amount,
                self.reason,
                self.company_id.sudo(),
                membership=membership,
            )
        )
