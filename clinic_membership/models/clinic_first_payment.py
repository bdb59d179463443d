from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import money


def _basis(line):
    """What a line of an invoice comes to as its price is given, with or without tax."""
    return line["quantity"] * line["price_unit"] * (1 - line["discount"] / 100)


class SaleOrder(models.Model):
    """The first payment of a membership that several pay: the order's invoice is one for each, as at renewals.

    What else the order sells stays on the customer's invoice. Where it sells nothing else, discounts are shared, too.
    """

    _inherit = "sale.order"

    def _create_account_invoices(self, invoice_vals_list, final):
        values_list = [part for values in invoice_vals_list for part in self._clinic_split(values)]
        return super()._create_account_invoices(values_list, final)

    def _clinic_split(self, values):
        """The values of one invoice, or of those that it is divided into."""
        lines = [line for _command, _id, line in values["invoice_line_ids"]]
        sold = [self._clinic_sold_by(line) for line in lines]
        owners = [line._clinic_shared_membership() for line in sold]
        memberships = self.env["clinic.membership"].sudo().union(*owners)
        if not memberships:
            return [values]
        others = [line for line, owner in zip(sold, owners, strict=True) if not owner and line._clinic_is_sold()]
        if len(memberships) == 1 and not others:
            owners = [memberships] * len(lines)
        rest = [line for line, owner in zip(lines, owners, strict=True) if not owner]
        self._clinic_check_rest(rest)
        documents = [{**values, "invoice_line_ids": [Command.create(line) for line in rest]}] if others else []
        for membership in memberships:
            own = [line for line, owner in zip(lines, owners, strict=True) if owner == membership]
            documents += membership._split_first({**values, "invoice_line_ids": [Command.create(line) for line in own]})
        return documents

    def _clinic_sold_by(self, line):
        """The line of the order that a line of an invoice to be bills."""
        ids = [command[1] for command in line.get("sale_line_ids", ())]
        return self.env["sale.order.line"].sudo().browse(ids)

    def _clinic_check_rest(self, rest):
        """What is taken off concerns the membership, too, and more than the customer's invoice could bear."""
        amounts = [_basis({"discount": 0.0, "price_unit": 0.0, "quantity": 0.0, **line}) for line in rest]
        if sum(amounts) < 0:
            raise UserError(
                self.env._(
                    "Several people pay the membership of this order, and what the order takes off is more than what "
                    "else it sells. Sell the membership in an order of its own, or choose one invoice as its billing "
                    "until the order is invoiced."
                )
            )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _clinic_shared_membership(self):
        """The membership of this line, if several are invoiced for it; who paid the order online has paid it all."""
        membership = self.clinic_membership_ids
        paid = self.order_id.transaction_ids.filtered(lambda tx: tx.state in ("done", "authorized"))
        return membership.filtered(lambda one: one.billing_split != "one" and not paid)

    def _clinic_left_to_bill(self, line):
        """A line of an invoice to be, with all that is left of what was sold: shares add up, whoever's comes last."""
        items = self._clinic_billed_items()
        if not items or not line.get("quantity"):
            return line
        rounding = self.currency_id.rounding
        billed = sum(-item.move_id.direction_sign * money.to_cents(_basis(item), rounding) for item in items)
        left = money.to_amount(money.to_cents(self._clinic_price_as_sold(), rounding) - billed, rounding)
        return {**line, "price_unit": left / line["quantity"], "discount": 0.0}


class ClinicMembership(models.Model):
    """Waits until all have paid their shares."""

    _inherit = "clinic.membership"

    def _split_first(self, values):
        """The invoices of the first payment for who has none yet; one, if there is nothing to pay."""
        lines = [line for _command, _id, line in values["invoice_line_ids"]]
        left = [self.env["sale.order"]._clinic_sold_by(line)._clinic_left_to_bill(line) for line in lines]
        period = self.period_ids.filtered("is_first")[:1]

        def head(partner):
            return {"partner_id": partner.id, "clinic_purpose": "share", "clinic_adjusted_period_id": period.id}

        whole = {**values, "invoice_line_ids": [Command.create(line) for line in left]}
        return self._split(whole, self._unbilled_shares(), head) or [values]

    def _unbilled_shares(self):
        """The shares of who is not invoiced the first payment yet; all of them, where that is nobody."""
        billed = {}
        for item in self.sale_line_id._clinic_billed_items():
            partner = item.move_id.partner_id
            billed[partner] = billed.get(partner, 0.0) - item.move_id.direction_sign * item.quantity
        shares = self._shares()
        return [(partner, weight) for partner, weight in shares if billed.get(partner, 0.0) <= 0] or shares

    def _first_shares(self):
        """The invoices over shares that the sales order made."""
        moves = self.sudo().sale_line_id._clinic_billed_items().move_id
        return moves.filtered(lambda move: move.clinic_purpose == "share" and move.move_type == "out_invoice")

    def _start_values(self):
        """The card that paid a share is charged for that payer's next one."""
        for payer in self.payer_ids.filtered(lambda payer: not payer.payment_token_id):
            payer.payment_token_id = self.sudo().sale_line_id._clinic_token(payer.partner_id)
        return super()._start_values()

    def _payment_in_words(self):
        waits = self.state == "pending" and not self.ready
        if waits and (open_shares := self._first_shares().filtered(lambda move: not move._clinic_is_settled())):
            return self.env._("Waiting for the first payment of %s", ", ".join(open_shares.partner_id.mapped("name")))
        return super()._payment_in_words()


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    def _take_shares(self):
        """What the order invoiced before the first period began are documents of it."""
        for period in self.filtered("is_first"):
            period.membership_id._first_shares().clinic_adjusted_period_id = period
