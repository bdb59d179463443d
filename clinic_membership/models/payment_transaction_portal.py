from odoo import api, models
from odoo.exceptions import ValidationError


class AccountMove(models.Model):
    """While a charge of a stored card has no answer yet, nobody pays the same invoice online."""

    _inherit = "account.move"

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._clinic_unresolved_transaction()

    def _get_online_payment_error(self):
        if self._clinic_unresolved_transaction():
            return self._clinic_under_way_in_words()
        return super()._get_online_payment_error()

    def _clinic_under_way_in_words(self):
        return self.env._(
            "A charge of %s to a stored card is under way, and its answer has not come yet. So that it is not paid "
            "twice, please look again in a few minutes. If it still says this then, ask us.",
            self.name,
        )


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """A page that was open before the charge began does not pay twice either.

        :raises ValidationError: an online payment of an invoice whose charge has no answer yet
        """
        transactions = super().create(vals_list)
        for transaction in transactions.filtered(lambda tx: (tx.operation or "").startswith("online")):
            for invoice in transaction.sudo().invoice_ids:
                if (invoice.transaction_ids - transaction).filtered(lambda tx: tx._clinic_is_unresolved()):
                    raise ValidationError(invoice._clinic_under_way_in_words())
        return transactions
