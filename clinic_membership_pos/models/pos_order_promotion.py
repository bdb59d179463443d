from odoo import models
from odoo.tools import frozendict

from odoo.addons.clinic_membership.tools import money, promotions

from .pos_order_line import TRACKING


class PosOrder(models.Model):
    """What a promotion takes off the whole ticket is taken off its packages and memberships, too: off what was paid
    for them, and off what the clinic owes for packages. As orders do it (``sale_order_promotion.py``)."""

    _inherit = "pos.order"

    def _clinic_booked(self):
        """What is booked for each line, as :meth:`_clinic_items`, what each takes of a discount for it."""
        booked = self._clinic_items()
        for source, target, amount, balance in self._clinic_shares(booked):
            for line, sign in ((source, -1), (target, 1)):
                account, before, before_balance = booked[line]
                booked[line] = (account, before + sign * amount, before_balance + sign * balance)
        return booked

    def _clinic_shares(self, items=None):
        """The part of each discount that packages and memberships bear.

        :param items: as :meth:`_clinic_items`
        :return: [(line of the discount, line that bears it, amount in the order's currency, balance)]; negative,
            and positive where it is given back
        """
        sold = self.lines.filtered(lambda line: line._clinic_is_sold()).sorted("id")
        discounts = self.lines.filtered(lambda line: line._clinic_is_discount()).sorted("id")
        if not discounts or not set(TRACKING) & set(sold.product_id.mapped("service_tracking")):
            return self._clinic_shares_back()
        items = items or self._clinic_items()
        roundings = (self.currency_id.rounding, self.company_id.currency_id.rounding)
        cents = {
            line: [money.to_cents(*pair) for pair in zip(items[line][1:], roundings, strict=True)]
            for line in sold | discounts
        }
        weights = self._clinic_weights(sold, {line: -cents[line][0] for line in discounts}, cents)
        return [
            (discount, target, *(money.to_amount(*pair) for pair in zip(parts, roundings, strict=True)))
            for discount, shares in zip(discounts, weights, strict=True)
            if any(shares)
            for target, *parts in zip(sold, *(money.spread(whole, shares) for whole in cents[discount]), strict=True)
            if target.product_id.service_tracking in TRACKING and any(parts)
        ]

    def _clinic_shares_back(self):
        """Of a refund: the part of a discount that comes back with what bore it."""
        refunds, result = {line.refunded_orderline_id: line for line in self.lines}, []
        for discount in (line for line in refunds if line._clinic_is_discount()):
            for source, target, *both in discount.order_id._clinic_shares():
                if source == discount and target in refunds:
                    part = refunds[discount].qty / discount.qty * abs(refunds[target].qty / target.qty)
                    currencies = (self.currency_id, self.company_id.currency_id)
                    amounts = [currency.round(x * part) for currency, x in zip(currencies, both, strict=True)]
                    result.append((refunds[discount], refunds[target], *amounts))
        return result

    def _clinic_weights(self, sold, off, cents):
        """In which proportion these lines bear each discount.

        :param off: {line of a discount: cents}
        :param cents: {line: [cents in the order's currency, ...]}
        """
        places = {line: place for place, line in enumerate(sold)}
        return promotions.discount_weights(
            [cents[line][0] for line in sold],
            [
                promotions.Discount(amount, frozenset(places[one] for one in line._clinic_concerns(sold)))
                for line, amount in off.items()
            ],
        )

    def _clinic_moved(self):
        """What of discounts is moved to the account of prepaid services, by pairs that add up to nothing.

        :return: [(line of the discount, account, amount in the order's currency, balance)]; positive is debit
        """
        self.ensure_one()
        shares, result = self._clinic_shares(), []
        items = self._clinic_items() if shares else {}
        for source, target, amount, balance in shares:
            own, prepaid = items[source][0], items[target][0]
            if target._clinic_is_deferred(prepaid) and own != prepaid:
                result += [(source, prepaid, -amount, -balance), (source, own, amount, balance)]
        return result

    def _prepare_aml_values_list_per_nature(self):
        """Of an order that is invoiced later, Odoo takes back what the session's entry had: that, too."""
        result = super()._prepare_aml_values_list_per_nature()
        result["product"] += [
            {
                "name": source.full_product_name,
                "account_id": account.id,
                "currency_id": self.currency_id.id,
                "amount_currency": amount,
                "balance": balance,
            }
            for source, account, amount, balance in self._clinic_moved()
        ]
        return result


class PosOrderLine(models.Model):
    """What a line of a ticket is to its promotions."""

    _inherit = "pos.order.line"

    def _clinic_is_discount(self):
        """Takes something off other lines: a reward, or Odoo's discount on the whole ticket; vouchers are money."""
        if self.refunded_orderline_id or self.price_subtotal >= 0:
            return False
        config = self.order_id.config_id
        whole = "discount_product_id" in config._fields and self.product_id == config["discount_product_id"]
        return whole or bool(self.reward_id) and not self.reward_id.program_id.is_payment_program

    def _clinic_is_sold(self):
        return not self.refunded_orderline_id and not self.reward_id and self.qty > 0 and self.price_subtotal >= 0

    def _clinic_concerns(self, sold):
        """The lines that this discount is on: those of its reward, with its taxes where there are such."""
        reward, concerned = self.reward_id, sold
        if reward.reward_type == "product":
            concerned = sold.filtered(lambda line: line.product_id in self._clinic_free_with())
        elif reward.discount_applicability == "specific":
            concerned = sold.filtered(
                lambda line: line.product_id.filtered_domain(reward._get_discount_product_domain())
            )
        elif reward.discount_applicability == "cheapest":
            concerned = sold.filtered("price_subtotal").sorted("price_unit")[:1]
        return concerned.filtered(lambda line: line._clinic_taxes() == self._clinic_taxes()) or concerned

    def _clinic_free_with(self):
        """The products that share a price: what came free, and what earned it."""
        reward = self.reward_id
        earning = reward.program_id._get_valid_products(self.order_id.lines.product_id).values()
        return reward.reward_product_ids.union(*earning)

    def _clinic_price_paid(self):
        """What is really paid for the first period, before taxes that are added."""
        order, price = self.order_id, self._clinic_price_as_sold()
        own = order._clinic_items()[self][1]
        off = sum(amount for _discount, target, amount, _balance in order._clinic_shares() if target == self)
        return self.currency_id.round(price * (own + off) / own) if off and own else price

    def _clinic_taxes(self):
        """What a discount follows: fixed taxes are not discounted."""
        return self.tax_ids.flatten_taxes_hierarchy().filtered(lambda tax: tax.amount_type != "fixed")


class PosSession(models.Model):
    _inherit = "pos.session"

    def _accumulate_amounts(self, data):
        """The session's entry has the packages' part of discounts in prepaid services."""
        data = super()._accumulate_amounts(data)
        sales = data["sales"]
        for order in self._get_closed_orders().filtered(lambda order: not order.is_invoiced):
            for _source, account, amount, balance in order._clinic_moved():
                key = self._clinic_share_key(account)
                moved = {"amount": amount, "amount_converted": balance}
                sales[key] = self._update_amounts(sales[key], moved, order.date_order)
        return data

    def _clinic_share_key(self, account):
        """As Odoo groups sales: a group without taxes and product."""
        return frozendict(account_id=account.id, sign=1, tax_ids=(), base_tag_ids=(), product_id=False)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _clinic_share_discounts(self):
        """Of a till's order, too."""
        super()._clinic_share_discounts()
        invoices = self.sudo().filtered(lambda move: move.move_type == "out_invoice" and move.pos_order_ids)
        invoices.line_ids.filtered("clinic_shares_id").with_context(dynamic_unlink=True).unlink()
        self.env["account.move.line"].create(
            [
                order.account_move._clinic_till_items(source)[:1]._prepare_clinic_share(
                    account, balance, self.env["sale.order.line"]
                )
                for order in invoices.pos_order_ids
                for source, account, _amount, balance in order._clinic_moved()
            ]
        )

    def _clinic_till_items(self, line):
        """The lines of an invoice that bill a line of a till's order; those that are alike are one."""
        billed = self.invoice_line_ids.filtered(
            lambda item: item.display_type == "product" and item.product_id == line.product_id
        )
        same = billed.filtered(lambda item: item.quantity == line.qty and item.price_unit == line.price_unit)
        return same or billed


class ClinicPackage(models.Model):
    _inherit = "clinic.package"

    def _invoiced_shares(self):
        """Its part of each discount is a part of the price, as for an order."""
        result, line = super()._invoiced_shares(), self.sudo().pos_line_id
        invoice = self._refund_invoice_line().move_id
        if not line or not result:
            return result
        together, rounding = self._sold_together().sorted("id"), self.currency_id.rounding
        for source, target, amount, _balance in line.order_id._clinic_shares():
            if target == line and (item := invoice._clinic_till_items(source)[:1]):
                shares = money.spread(money.to_cents(amount, rounding), [1] * len(together))
                result[item] = result.get(item, 0) + shares[together.ids.index(self.id)]
        return result
