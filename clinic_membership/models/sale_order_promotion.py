from odoo import models

from ..tools import money, promotions


class SaleOrder(models.Model):
    """What is paid for each line, once the promotions of the whole order are taken off."""

    _inherit = "sale.order"

    def _clinic_bearers(self):
        """For each line with a price, or with a discount: which lines that are sold bear it, by which weight.

        A line bears itself; a discount is borne by the lines it concerns; and a package that came free shares the
        price of the packages that earned it. Gift cards and eWallets pay, and are not here.

        :return: {line: {line that is sold: weight}}
        """
        self.ensure_one()
        sold = self.order_line.filtered(lambda line: line._clinic_is_sold()).sorted("id")
        discounts = self.order_line.filtered(lambda line: line._clinic_is_discount()).sorted("id")
        if not discounts and not sold._clinic_free_packages():
            return {line: {line: 1} for line in sold}
        places = {line: index for index, line in enumerate(sold)}
        weights = promotions.discount_weights(
            [line._clinic_cents() for line in sold],
            [
                promotions.Discount(
                    -line._clinic_cents(), frozenset(places[one] for one in line._clinic_concerns(sold))
                )
                for line in discounts
            ],
        )
        own = [[int(one == line) for one in sold] for line in sold]
        pools = [
            {places[line] for line in free | free._clinic_earned_by(sold)} for free in sold._clinic_free_packages()
        ]
        values = [money.exact(line._clinic_stand_alone()) for line in sold]
        return {
            source: {
                line: weight
                for line, weight in zip(sold, promotions.pool(shares, pools, values), strict=True)
                if weight
            }
            for source, shares in zip((*sold, *discounts), (*own, *weights), strict=True)
        }

    def _clinic_borne(self, cents_of):
        """Add up what each line that is sold bears, to the cent.

        :param cents_of: a function that answers with the amounts of a line, or of a discount (negative), in cents
        :return: {line that is sold: cents}
        """
        result = {}
        for source, weights in self._clinic_bearers().items():
            for cents in cents_of(source) if weights else ():
                for line, part in zip(weights, money.spread(cents, list(weights.values())), strict=True):
                    result[line] = result.get(line, 0) + part
        return result


class SaleOrderLine(models.Model):
    """What a line of an order is to its promotions."""

    _inherit = "sale.order.line"

    def _clinic_cents(self):
        return money.to_cents(self.price_subtotal, self.currency_id.rounding)

    def _clinic_invoiced(self):
        """What was invoiced, or credited, for this line."""
        return self.invoice_lines.filtered(
            lambda line: line.parent_state == "posted" and line.display_type == "product"
        )

    def _clinic_is_voucher(self):
        """A gift card or eWallet that pays a part of the order: money, not a discount."""
        return self.reward_id.program_id.is_payment_program

    def _clinic_is_discount(self):
        """Takes something off other lines: a reward of a promotion, or Odoo's discount on the whole order."""
        if self.display_type or self.is_downpayment or self._clinic_is_voucher():
            return False
        return bool(self._is_discount_line() or self._is_global_discount())

    def _clinic_is_sold(self):
        aside = self.display_type or self.is_downpayment or self._clinic_is_voucher() or self._clinic_is_discount()
        return not aside and self.price_subtotal >= 0

    def _clinic_free_packages(self):
        """The packages among these that came free with others."""
        return self.filtered(
            lambda line: line.reward_id.reward_type == "product" and line.product_id.service_tracking == "package"
        )

    def _clinic_concerns(self, sold):
        """The lines that this discount is on: those of its promotion, with its taxes where there are such."""
        reward, order = self.reward_id, self.order_id
        concerned = sold - sold.filtered("reward_id")
        if reward:
            concerned -= order._get_no_effect_on_threshold_lines()
        if reward.discount_applicability == "specific":
            concerned &= order._get_specific_discountable_lines(reward)
        elif reward.discount_applicability == "cheapest":
            concerned &= order._cheapest_line(reward) or sold
        return concerned.filtered(lambda line: line._clinic_taxes() == self._clinic_taxes()) or concerned

    def _clinic_taxes(self):
        """What a discount follows: fixed taxes are not discounted."""
        return self.tax_ids.flatten_taxes_hierarchy().filtered(lambda tax: tax.amount_type != "fixed")

    def _clinic_earned_by(self, sold):
        """The packages of the order that earned this free one."""
        packages = sold.filtered(lambda line: line.product_id.service_tracking == "package" and not line.reward_id)
        earning = self.reward_id.program_id._get_valid_products(packages.product_id).values()
        return packages.filtered(lambda line: any(line.product_id in products for products in earning))

    def _clinic_stand_alone(self):
        """What the contents of these packages cost on their own; their number where that is not known."""
        benefits = self.clinic_package_ids.benefit_ids
        if benefits:
            return sum(benefits.mapped("total_value"))
        return self.product_uom_qty * sum(self.product_id.package_benefit_ids.mapped("total_value"))
