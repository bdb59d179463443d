from odoo import fields, models
from odoo.fields import Command


class AccountMove(models.Model):
    _inherit = "account.move"

    clinic_collection_ids = fields.One2many("clinic.collection", "invoice_id", string="Collection")
    clinic_period_ids = fields.One2many("clinic.membership.period", "invoice_id", string="Membership Periods")

    def _post(self, soft=True):
        """The first period of a membership is billed by its sales order's invoice: link them."""
        posted = super()._post(soft=soft)
        lines = posted.sudo().invoice_line_ids.sale_line_ids
        for period in lines.clinic_membership_ids.period_ids.filtered(lambda p: p.is_first and not p.invoice_id):
            period.invoice_id = period.membership_id.sale_line_id._clinic_posted_invoice()
        return posted

    def _invoice_paid_hook(self):
        """What is paid starts, and members who were past due are up to date. Odoo may call this more than once."""
        result = super()._invoice_paid_hook()
        self.sudo()._clinic_keep_card()
        self._clinic_settled()
        return result

    def _clinic_keep_card(self):
        """A card that a member saved while paying a renewal is the one for the next."""
        for invoice in self:
            attempts = invoice.transaction_ids
            token = attempts.filtered(lambda tx: tx.state == "done").token_id.filtered("active")[-1:]
            declined = attempts.filtered(lambda tx: tx._clinic_verdict() == "declined").token_id
            for membership in (invoice.clinic_period_ids | invoice.clinic_adjusted_period_id).membership_id:
                membership._keep_token(token, invoice.partner_id, declined - token)

    def _clinic_is_due(self):
        """Whether somebody owes money on this invoice."""
        return (
            self.state == "posted"
            and self.move_type == "out_invoice"
            and self.payment_state not in ("paid", "in_payment", "reversed")
        )

    def _clinic_open_transaction(self):
        """The charge that must be resolved before there can be another."""
        return self.sudo().transaction_ids.filtered(lambda tx: tx._clinic_is_open())[:1]

    def _clinic_unresolved_transaction(self):
        """The charge that must be followed even when nothing is owed any more."""
        return self.sudo().transaction_ids.filtered(lambda tx: tx._clinic_is_unresolved())[:1]

    def _clinic_new_transaction(self, token):
        """A draft transaction that charges what is due on this invoice to a stored card."""
        self.ensure_one()
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": token.provider_id.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "operation": "offline",
                    "amount": self.amount_residual,
                    "currency_id": self.currency_id.id,
                    "partner_id": self.partner_id.id,
                    "invoice_ids": [Command.set(self.ids)],
                }
            )
        )

    def _clinic_send(self):
        """Have Odoo send the invoices, with their payment links, in the background."""
        if self:
            self.sending_data = {
                "author_user_id": self.env.user.id,
                "author_partner_id": self.env.user.partner_id.id,
            }
            self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()
