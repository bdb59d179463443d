from odoo import models

from odoo.addons.clinic_membership.tools import money


class ClinicPackage(models.Model):
    """A package that a till sold follows the credit notes that somebody makes for its invoice, as that of an order."""

    _inherit = "clinic.package"

    def _sold_by(self):
        return self.sudo().pos_line_id or super()._sold_by()


class PosOrderLine(models.Model):
    """The till's line knows what is booked for its packages, as a sales order's line does."""

    _inherit = "pos.order.line"

    def _clinic_is_booked(self):
        return True

    def _clinic_last_document(self):
        """The ticket itself is no journal entry."""
        return self.env["account.move"]

    def _clinic_prepaid(self):
        """What the account of prepaid services has for this line, or will have when the session is closed.

        :return: in the company's currency, and in that of the packages; None for the latter if the till has another
        """
        account, amount, balance = self.order_id._clinic_booked()[self]
        if not self._clinic_is_deferred(account):
            return 0.0, None
        credited, credited_balance = self._clinic_credited()
        same = self.clinic_package_ids.currency_id == self.currency_id
        return balance - credited_balance, amount - credited if same else None

    def _clinic_credited(self):
        """What credit notes by hand took off it; the lines of an invoice with the same product share them.

        :return: in the order's currency, and in the company's
        """
        invoice, product = self.order_id.account_move, self.product_id
        notes = invoice.reversal_move_ids.filtered(lambda note: not note.pos_order_ids)
        items = notes.line_ids.filtered(lambda item: item.product_id == product)._clinic_prepaid_by_hand()
        if not items:
            return 0.0, 0.0
        sold = invoice.pos_order_ids.lines.filtered(lambda line: line.product_id == product and line.clinic_package_ids)
        sold = sold.sorted("id")
        prices = [money.to_cents(line.price_subtotal, line.currency_id.rounding) for line in sold]
        place, currencies = sold.ids.index(self.id), (self.currency_id, self.company_id.currency_id)
        amounts = [sum(items.mapped("amount_currency")), sum(items.mapped("balance"))]
        return tuple(
            money.to_amount(money.spread(money.to_cents(amount, unit.rounding), prices)[place], unit.rounding)
            for amount, unit in zip(amounts, currencies, strict=True)
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _clinic_started_packages(self):
        """A credit note by hand names products; those that the till's order sold are meant."""
        started = super()._clinic_started_packages()
        if self.move_type != "out_refund" or self.pos_order_ids:
            return started
        sold = self.sudo().reversed_entry_id.pos_order_ids.lines
        meant = sold.filtered(lambda line: line.product_id in self.line_ids.product_id)
        return started | meant.clinic_package_ids.filtered("grant_ids")
