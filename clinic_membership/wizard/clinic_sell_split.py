from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import money


class ClinicSellPayer(models.TransientModel):
    """One of several who pay for the membership that is sold."""

    _name = "clinic.sell.payer"
    _description = "Payer of a Sale"
    _check_company_auto = True

    wizard_id = fields.Many2one("clinic.sell", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="wizard_id.company_id")
    partner_id = fields.Many2one("res.partner", string="Payer", required=True)
    percent = fields.Float(string="Share (%)", digits="Discount")
    token_id = fields.Many2one(
        "payment.token",
        string="Card",
        compute="_compute_token_id",
        store=True,
        readonly=False,
        domain="[('partner_id', '=', partner_id), ('company_id', '=', company_id)]",
        help="Charged with this payer's share, now and at each renewal.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_token_id(self):
        for payer in self:
            payer.token_id = self.env["payment.token"].search(
                [("partner_id", "=", payer.partner_id.id), ("company_id", "=", payer.company_id.id)], limit=1
            )


class ClinicSell(models.TransientModel):
    """A membership that several pay, from the first payment on: an invoice for each."""

    _inherit = "clinic.sell"

    billing_split = fields.Selection(
        selection=lambda self: self.env["clinic.membership"]._fields["billing_split"].selection,
        string="Billing",
        default="one",
        required=True,
        help="One invoice to who pays, or one for each of several payers: now and at each renewal.",
    )
    split_payer_ids = fields.One2many("clinic.sell.payer", "wizard_id", string="Payers")
    can_split = fields.Boolean(compute="_compute_can_split", help="Family plans can be paid by several.")
    is_shared = fields.Boolean(compute="_compute_can_split")

    @api.depends("kind", "product_id", "billing_split")
    def _compute_can_split(self):
        for wizard in self:
            family = wizard.product_id.membership_tier_id.family_size > 1
            wizard.can_split = wizard.kind == "membership" and family
            wizard.is_shared = wizard.can_split and wizard.billing_split != "one"

    @api.onchange("billing_split")
    def _onchange_billing_split(self):
        """Who would pay alone is the first of them."""
        if self.is_shared and not self.split_payer_ids and self.payer_id:
            self.split_payer_ids = [Command.create({"partner_id": self.payer_id.id})]

    # === the preview === #

    @api.depends("is_shared", "split_payer_ids.partner_id", "split_payer_ids.percent", "split_payer_ids.token_id")
    def _compute_preview(self):
        super()._compute_preview()
        for wizard in self.filtered(lambda wizard: wizard.is_shared and wizard.amount_due):
            wizard.amount_due = sum(wizard._share_amounts(wizard._draft_order()))

    def _describe(self, order):
        words = super()._describe(order)
        if not self.is_shared:
            return words
        shares = [payer.percent for payer in self.split_payer_ids]
        if refusal := self.env["clinic.membership"]._shares_refusal(
            self.billing_split, shares, self.product_id.display_name
        ):
            return "\n".join([refusal, words])
        pairs = zip(self.split_payer_ids, self._share_amounts(order), strict=True)
        return "\n".join([*(self._share_in_words(payer, amount) for payer, amount in pairs), words])

    def _share_amounts(self, order):
        """What each payer pays first, tax included."""
        line, rounding = order.order_line[:1], self.currency_id.rounding
        weights = [1 if self.billing_split == "equal" else payer.percent for payer in self.split_payer_ids]
        parts = money.spread(money.to_cents(line._clinic_price_as_sold(), rounding), weights) if weights else []
        return [
            line.tax_ids.compute_all(
                money.to_amount(part, rounding), self.currency_id, product=line.product_id, partner=payer.partner_id
            )["total_included"]
            for payer, part in zip(self.split_payer_ids, parts, strict=True)
        ]

    def _share_in_words(self, payer, amount):
        values = {"payer": payer.partner_id.name, "amount": self.currency_id.format(amount)}
        if self.payment == "journal":
            return self.env._("%(payer)s pays %(amount)s.", **values)
        if self.payment == "card" and payer.token_id:
            return self.env._("%(payer)s pays %(amount)s by %(card)s.", card=payer.token_id.display_name, **values)
        return self.env._("%(payer)s pays %(amount)s by the payment link.", **values)

    # === the sale === #

    def _check_card(self):
        if not self.is_shared:
            super()._check_card()
        elif not self.split_payer_ids.token_id:
            raise UserError(self.env._("None of these payers has a stored card. Choose another way to pay."))

    def _keep_card(self, order):
        """The payers are known before the order is invoiced; each has their own card."""
        if not self.is_shared:
            return super()._keep_card(order)
        payers = [
            Command.create(
                {
                    "sequence": position,
                    "partner_id": payer.partner_id.id,
                    "percent": payer.percent,
                    "payment_token_id": payer.token_id.id if self.payment == "card" else False,
                }
            )
            for position, payer in enumerate(self.split_payer_ids)
        ]
        memberships = order.sudo().order_line.clinic_membership_ids
        return memberships.write({"billing_split": self.billing_split, "payer_ids": payers})

    def _pay_by_card(self, invoice):
        """Whoever has no card pays by the link, and staff sees that their share is open."""
        if not self.is_shared:
            return super()._pay_by_card(invoice)
        membership = invoice.invoice_line_ids.sale_line_ids.clinic_membership_ids
        charged = invoice.filtered(lambda share: membership._token_for(share.partner_id))
        if by_link := invoice - charged:
            by_link._clinic_send()
            membership._ask_for_payment()
        today = self.company_id._clinic_today()
        return (
            self.env["clinic.collection"]
            .sudo()
            .create([{"invoice_id": one.id, "membership_id": membership.id, "charge_on": today} for one in charged])
            ._collect()
        )
