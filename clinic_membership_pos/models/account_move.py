from odoo import models


class AccountMove(models.Model):
    """The invoice of a till's order: what it sold, and what paid it, by an entry of Odoo's and no payment record."""

    _inherit = "account.move"

    def _clinic_sold(self):
        memberships, packages = super()._clinic_sold()
        sold = self.sudo().pos_order_ids.lines
        return memberships | sold.clinic_membership_ids, packages | sold.clinic_package_ids

    def _clinic_pays(self):
        return super()._clinic_pays() or bool(self.sudo().pos_payment_ids)

    def _clinic_paid(self, money_only=False):
        """What was paid at a till is money."""
        paid = super()._clinic_paid(money_only)
        return self.currency_id.round(paid + self._clinic_paid_at_till()) if money_only else paid

    def _clinic_till_vouchers(self):
        """The lines by which gift cards and eWallets paid a till's order."""
        paying = self.sudo().pos_order_ids.lines.filtered(lambda line: line.reward_id.program_id.is_payment_program)
        return self.env["account.move.line"].union(*(self._clinic_till_items(line) for line in paying))

    def _clinic_paid_at_till(self):
        partials = self._get_reconciled_invoices_partials()[0]
        return sum(amount for _partial, amount, line in partials if line.move_id.sudo().pos_payment_ids)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_is_package_by_hand(self):
        """What a till sold is no sale by hand."""
        return super()._clinic_is_package_by_hand() and not self.move_id.sudo().pos_order_ids

    def _clinic_is_voucher(self):
        """A gift card or eWallet pays at the till by a line of the ticket, too."""
        return super()._clinic_is_voucher() or self in self.move_id._clinic_till_vouchers()
