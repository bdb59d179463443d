from odoo import fields, models
from odoo.fields import Command

from ..tools import money


class AccountMove(models.Model):
    """What a promotion takes off packages is taken off what the clinic owes for them, within the invoice itself."""

    _inherit = "account.move"

    def _post(self, soft=True):
        self._clinic_share_discounts()
        return super()._post(soft=soft)

    def _clinic_share_discounts(self):
        """Move the packages' part of each discount from its own account to prepaid services.

        By a pair of journal items that add up to nothing and are no lines of the document, as Odoo books the cost of
        what is sold. Made anew whenever the document is posted, for credit notes of the order too.
        """
        documents = self.filtered(lambda move: move.is_sale_document() and move.company_id.sudo().clinic_defer)
        ordered = documents.sudo().invoice_line_ids.filtered("sale_line_ids")
        ordered.move_id.line_ids.filtered("clinic_shares_id").with_context(dynamic_unlink=True).unlink()
        sold = ordered.sale_line_ids.order_id.filtered(lambda order: order.order_line.clinic_package_ids)
        bearers = {line: weights for order in sold for line, weights in order._clinic_bearers().items()}
        shared = [(line, bearers.get(line.sale_line_ids[:1], {})) for line in ordered]
        values = [pair for line, weights in shared for pair in line._prepare_clinic_shares(weights)]
        self.env["account.move.line"].create(values)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    clinic_shares_id = fields.Many2one(
        "account.move.line",
        string="Part Of",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The discount of which this is the part that concerns prepaid packages.",
    )

    def _prepare_clinic_shares(self, weights):
        """The pairs of items that give packages their part of this line. Call it with ``sudo()``.

        :param weights: {line of the order: weight}
        """
        prepaid, rounding = self.company_id.clinic_prepaid_account_id, self.company_currency_id.rounding
        shares = money.spread(money.to_cents(self.balance, rounding), list(weights.values())) if weights else []
        source, values = self.sale_line_ids[:1], []
        for target, cents in zip(weights, shares, strict=True):
            if cents and target != source and target._clinic_is_deferred():
                part, own = money.to_amount(cents, rounding), source if self.account_id == prepaid else target.browse()
                values += [self._prepare_clinic_share(prepaid, part, target)]
                values += [self._prepare_clinic_share(self.account_id, -part, own)]
        return values

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

    def _clinic_is_deferred(self):
        """Whether the packages of this line are invoiced into the account of prepaid services."""
        if self.product_id.service_tracking != "package":
            return False
        lines = self.invoice_lines.filtered(
            lambda line: line.display_type == "product" and line.parent_state != "cancel"
        )
        company = self.company_id.sudo()
        return lines.account_id == company.clinic_prepaid_account_id if lines else company.clinic_defer
