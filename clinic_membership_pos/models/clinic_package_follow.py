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
        changed, changed_balance = self._clinic_changed_by_hand()
        same = self.clinic_package_ids.currency_id == self.currency_id
        return balance + changed_balance, amount + changed if same else None

    def _clinic_changed_by_hand(self):
        """What somebody made of it since, by credit notes, or by another price on the invoice itself.

        The lines of an invoice with the same product share it.

        :return: in the order's currency, and in the company's
        """
        invoice, product = self.order_id.account_move, self.product_id
        documents = invoice | invoice.reversal_move_ids.filtered(lambda note: not note.pos_order_ids)
        items = documents.line_ids.filtered(lambda item: item.product_id == product)._clinic_prepaid_by_hand()
        lines = invoice.pos_order_ids.lines.filtered(lambda line: line.product_id == product).sorted("id")
        currencies = (self.currency_id, self.company_id.currency_id)
        amounts = [-sum(items.mapped("amount_currency")), -sum(items.mapped("balance"))]
        if invoice.state == "posted":
            items_of = {order: order._clinic_items() for order in lines.order_id}
            booked = [items_of[line.order_id][line][1:] for line in lines]
            amounts = [amount - sum(part) for amount, part in zip(amounts, zip(*booked, strict=True), strict=True)]
        cents = [money.to_cents(amount, unit.rounding) for amount, unit in zip(amounts, currencies, strict=True)]
        if not any(cents):
            return 0.0, 0.0
        sold = lines.filtered("clinic_package_ids")
        prices = [money.to_cents(line.price_subtotal, line.currency_id.rounding) for line in sold]
        place = sold.ids.index(self.id)
        return tuple(
            money.to_amount(money.spread(whole, prices)[place], unit.rounding)
            for whole, unit in zip(cents, currencies, strict=True)
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _clinic_started_packages(self):
        """Those of a till's order: all of its invoice, of a credit note by hand those whose products it names."""
        started, own = super()._clinic_started_packages(), self.sudo().pos_order_ids
        if self.move_type == "out_invoice":
            sold = own.lines
        elif self.move_type == "out_refund" and not own:
            sold = self.sudo().reversed_entry_id.pos_order_ids.lines
            sold = sold.filtered(lambda line: line.product_id in self.line_ids.product_id)
        else:
            return started
        return started | sold.clinic_package_ids.filtered("grant_ids")
