from odoo import models
from odoo.exceptions import UserError

from odoo.addons.clinic_membership.tools import money

PAID = ("paid", "done", "invoiced")


class PosOrderLine(models.Model):
    """A till line that gives back what an earlier one sold or redeemed, once."""

    _inherit = "pos.order.line"

    def _clinic_take_back(self):
        """Act on the line that this one refunds.

        :raises UserError: the till gave money back, and what it was for cannot be taken back
        """
        self.ensure_one()
        line = self.refunded_orderline_id
        if line.clinic_redemption_ids or line.clinic_review_ids:
            line._clinic_return_units()
        line._clinic_return_ordered()
        self._clinic_take_back_nothing(line)
        if line.clinic_package_ids:
            self._clinic_take_packages()
        if line.clinic_membership_ids.filtered(lambda membership: membership.state not in ("cancelled", "ended")):
            raise UserError(
                self.env._(
                    "%s was given money back for at the till. Cancel the membership at once, without a fee.",
                    line.clinic_membership_ids.display_name,
                )
            )

    def _clinic_take_back_nothing(self, line):
        """What was sold to nobody, and nobody got, is settled with its refund."""
        waiting = line.clinic_review_ids.filtered(lambda review: (review.kind, review.state) == ("sale", "open"))
        if not waiting:
            return
        reviews = self.env["clinic.till.review"]
        reason = self.env._("It was sold to nobody, and is given back.")
        reviews._open(self, "refund", reason, **self._clinic_review_values("refund"))._close("settled")
        if line._clinic_sold_count() <= 0:
            waiting._close("settled")

    def _clinic_sold_count(self):
        """How many of what this line sold are not refunded by paid orders."""
        paid = self.refund_orderline_ids.filtered(lambda refund: refund.order_id.state in PAID)
        return self.qty + sum(paid.mapped("qty"))

    # === units === #

    def _clinic_return_units(self):
        """The line pays for what was kept: first nothing is missing any more, then units go back. Can be repeated."""
        kept, redeemed = self._clinic_units_wanted(), self._clinic_redeemed()
        missing = self.clinic_review_ids.filtered(lambda review: review.kind == "overdraft" and review.state == "open")
        still = max(kept - sum(redeemed.mapped("quantity")), 0)
        if missing and still < missing.quantity:
            missing.quantity = still
            if not still:
                missing._close("settled")
        for redemption in redeemed.sorted("id"):  # what paid first pays on
            if redemption.quantity > kept:
                redemption._pay_for_fewer(kept)
            kept = max(kept - redemption.quantity, 0)

    def _clinic_return_ordered(self):
        """Units that paid on the sales order go back, where fewer are kept than they paid for. Can be repeated."""
        kept = min(self.clinic_units_ordered, self._clinic_units_left())
        self.sale_order_line_id._clinic_till_returns(self.clinic_units_ordered - kept)
        self.clinic_units_ordered = kept

    # === packages === #

    def _clinic_take_packages(self):
        """The refunded packages end, those first that nobody has used.

        :raises UserError: they have been used; money was given back all the same
        """
        if self.env["clinic.grant.entry"].search_count([("pos_refund_line_id", "=", self.id)], limit=1):
            return
        count = round(-self.qty)
        whole = self.refunded_orderline_id.clinic_package_ids.filtered(
            lambda package: package.state == "active" and not package.units_used and not package.code_ids
        ).sorted("id", reverse=True)[:count]
        if len(whole) < count:
            raise UserError(
                self.env._(
                    "%(count)s × %(package)s were refunded in full at the till, and units of them are used or given "
                    "away. Take back what is left, and charge what was used.",
                    count=count,
                    package=self.product_id.name,
                )
            )
        _account, _amount, balance = self.order_id._clinic_booked()[self]
        rounding = self.company_id.currency_id.rounding
        grants = whole.grant_ids.filtered("remaining")
        shares = money.spread(money.to_cents(-balance, rounding), [grant.balance_left for grant in grants])
        today = self.company_id._clinic_today()
        self.env["clinic.grant.entry"].create(
            [
                grant._prepare_entry(
                    "refund",
                    -grant.remaining,
                    -grant.value_left,
                    today,
                    balance=-grant.balance_left,
                    refunded=money.to_amount(share, rounding) if grant.deferred else 0.0,
                    pos_refund_line_id=self.id,
                )
                for grant, share in zip(grants, shares, strict=True)
            ]
        )
