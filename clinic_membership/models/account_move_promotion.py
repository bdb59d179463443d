from odoo import fields, models
from odoo.fields import Command

from ..tools import money
from ..tools.deferral import DEFERRED


class AccountMove(models.Model):
    """What a promotion takes off packages, or off months to come, is taken off what the clinic owes for them.

    Within the invoice itself.
    """

    _inherit = "account.move"

    def _post(self, soft=True):
        self._clinic_share_discounts()
        return super()._post(soft=soft)

    def _clinic_share_discounts(self):
        """Move the part of each discount that concerns packages, or deferred memberships, to their account.

        By a pair of journal items that add up to nothing and are no lines of the document, as Odoo books the cost of
        what is sold. Made anew whenever the document is posted, for credit notes of the order too.
        """
        documents = self.filtered(lambda move: move.is_sale_document() and move.company_id._clinic_deferred_accounts())
        items = documents.sudo().invoice_line_ids
        ordered = items.filtered("sale_line_ids")
        given_back = (items - ordered).filtered(lambda line: line.move_id.reversed_entry_id)
        made = (ordered | given_back).move_id.line_ids.filtered("clinic_shares_id")
        made.with_context(dynamic_unlink=True).unlink()
        sold = ordered.sale_line_ids.order_id.filtered(lambda order: order.order_line._clinic_can_be_deferred())
        bearers = {line: weights for order in sold for line, weights in order._clinic_bearers().items()}
        shared = [(line, bearers.get(line.sale_line_ids[:1], {})) for line in ordered]
        values = [pair for line, weights in shared for pair in line._prepare_clinic_shares(weights)]
        values += [pair for line in given_back for pair in line._prepare_clinic_shares_back()]
        self.env["account.move.line"].create(values)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    clinic_shares_id = fields.Many2one(
        "account.move.line",
        string="Part Of",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The discount of which this is the part that concerns prepaid packages or deferred memberships.",
    )

    def _prepare_clinic_shares(self, weights):
        """The pairs of items that give what is deferred its part of this line. Call it with ``sudo()``.

        :param weights: {line of the order: weight}
        """
        rounding = self.company_currency_id.rounding
        shares = money.spread(money.to_cents(self.balance, rounding), list(weights.values())) if weights else []
        source, values = self.sale_line_ids[:1], []
        for target, cents in zip(weights, shares, strict=True):
            account = target._clinic_deferred_into()
            if cents and target != source and account:
                part, own = money.to_amount(cents, rounding), source if self.account_id == account else target.browse()
                values += [self._prepare_clinic_share(account, part, target)]
                values += [self._prepare_clinic_share(self.account_id, -part, own)]
        return values

    def _prepare_clinic_shares_back(self):
        """Of a credit note without an order: the deferred memberships' part of a discount, as the invoice had it."""
        key, rounding = self._clinic_part_key(), self.company_currency_id.rounding
        items = self.move_id.reversed_entry_id.line_ids
        same = items.filtered(lambda line: line in items.clinic_shares_id and line._clinic_part_key() == key)
        deferred = self.company_id.clinic_deferred_account_id
        shares = items.filtered(lambda line: line.clinic_shares_id in same and line.account_id == deferred)
        whole = money.exact(sum(same.mapped("balance")))
        if not shares or not whole:
            return []
        part = money.exact(sum(shares.mapped("balance"))) * money.exact(self.balance) / whole
        amount, none = money.to_amount(money.whole(part / money.exact(rounding)), rounding), self.sale_line_ids
        return [
            self._prepare_clinic_share(deferred, amount, none),
            self._prepare_clinic_share(self.account_id, -amount, none),
        ]

    def _prepare_clinic_share(self, account, balance, sale_line):
        return {
            "move_id": self.move_id.id,
            "display_type": "cogs",
            "account_id": account.id,
            "name": self.name,
            "balance": balance,
            "tax_ids": [],
            "clinic_shares_id": self.id,
            "sale_line_ids": [Command.set(sale_line.ids)],
        }


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _clinic_can_be_deferred(self):
        """The lines among these that sell packages, or memberships of several months."""
        return self.filtered(
            lambda line: line.product_id.service_tracking == "package" or line._clinic_is_of_several_months()
        )

    def _clinic_is_of_several_months(self):
        product = self.product_id
        return product.service_tracking == "membership" and product.billing_interval in DEFERRED

    def _clinic_deferred_into(self):
        """The account that the packages, or the months to come, of this line are invoiced into; none: it is income."""
        company = self.company_id.sudo()
        accounts = company._clinic_deferred_accounts()
        package = self.product_id.service_tracking == "package"
        account = company.clinic_prepaid_account_id if package else company.clinic_deferred_account_id
        if account not in accounts or not self._clinic_can_be_deferred():
            return account.browse()
        lines = self.invoice_lines.filtered(
            lambda line: line.display_type == "product" and line.parent_state != "cancel"
        )
        return account if not lines or lines.account_id == account else account.browse()
