from odoo import api, fields, models


class PaymentToken(models.Model):
    _inherit = "payment.token"

    clinic_code = fields.Char(
        string="Refused For Good", readonly=True, help="The answer after which this card must not be charged again."
    )

    @api.model_create_multi
    def create(self, vals_list):
        tokens = super().create(vals_list)
        tokens.sudo()._clinic_replace_declined()
        return tokens

    def _clinic_replace_declined(self):
        """A card that somebody stores takes the place of the one that was declined for what they owe, and is tried.

        Nobody else's card changes: who pays each invoice by hand has not asked to be charged.
        """
        for token in self.filtered("partner_id"):
            declined = token._clinic_declined_of_owner()
            for membership in declined.invoice_ids.clinic_collection_ids.membership_id:
                membership._keep_token(token, token.partner_id, declined.token_id)

    def _clinic_declined_of_owner(self):
        """The declined attempts on what the owner of this card owes for memberships."""
        collections = self.env["clinic.collection"].search(
            [
                ("payer_id", "=", self.partner_id.id),
                ("state", "in", ("due", "stopped")),
                ("membership_id.state", "in", ("past_due", "suspended")),
                ("company_id", "child_of", self.company_id.ids),
            ]
        )
        attempts = collections.invoice_id.filtered(lambda move: move._clinic_is_due()).transaction_ids
        return attempts.filtered(lambda tx: tx._clinic_verdict() == "declined")

    def _clinic_usable(self):
        """The cards that may be charged: active, and not lost, stolen or forbidden by their network."""
        return self.filtered(lambda token: token.active and not token.clinic_code)
