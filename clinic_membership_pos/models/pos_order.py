import pytz

from odoo import models
from odoo.exceptions import UserError


class PosOrder(models.Model):
    """Walks 1 and 3 at the till: what a paid order sells begins, and its units are taken, in the order's transaction.

    An order that comes twice is there already and nothing happens; one that was paid without a connection is never
    refused: what the rules would not have allowed goes to ``clinic.till.review``.
    """

    _inherit = "pos.order"

    def action_pos_order_paid(self):
        result = super().action_pos_order_paid()
        lines = self.lines.filtered(lambda line: line._clinic_concerned())
        if lines:
            lines.sudo().with_company(self.company_id)._clinic_settle()
        return result

    def _clinic_day(self):
        """The day of the order at the clinic."""
        self.ensure_one()
        zone = pytz.timezone(self.company_id.clinic_tz or "UTC")
        return pytz.utc.localize(self.date_order).astimezone(zone).date()

    # === the books === #

    def _clinic_items(self):
        """What the session's entry, or the order's invoice, books for each line, rounded as they do it.

        :return: {line: (account, amount in the order's currency, balance in the company's)}; both positive for a sale
        """
        self.ensure_one()
        taxes = self.env["account.tax"]
        base_lines = self.with_context(linked_to_pos=True)._prepare_tax_base_line_values()
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        taxes._add_accounting_data_in_base_lines_tax_details(base_lines, self.company_id, include_caba_tags=True)
        booked = taxes._prepare_tax_lines(base_lines, self.company_id)["base_lines_to_update"]
        return {
            base["record"]: (base["account_id"], -values["amount_currency"], -values["balance"])
            for base, values in booked
        }

    def _create_invoice(self, move_vals):
        """The first period of a membership that was sold at the till is billed by its order's invoice."""
        invoice = super()._create_invoice(move_vals)
        periods = self.sudo().lines.clinic_membership_ids.period_ids
        periods.filtered(lambda period: period.is_first and not period.invoice_id).invoice_id = invoice
        return invoice

    def _generate_pos_order_invoice(self):
        """An invoice that only memberships asked for must not keep the order at the till."""
        if not self.env.context.get("clinic_wants_invoice"):
            return super()._generate_pos_order_invoice()
        try:
            with self.env.cr.savepoint():
                quiet = self.with_context(clinic_wants_invoice=False, generate_pdf=False)
                return super(PosOrder, quiet)._generate_pos_order_invoice()
        except UserError as error:
            self.write({"to_invoice": False, "state": "paid"})
            sold = self.sudo().lines.filtered("clinic_membership_ids")[:1]
            self.env["clinic.till.review"].sudo()._open(
                sold, "sale", self.env._("The membership could not be invoiced: %s", error)
            )
            return self.env["account.move"]

    def _process_saved_order(self, draft):
        """A membership is invoiced, whatever the cashier chose: its terms, deferral and refunds need the invoice."""
        wants = self if draft or self.to_invoice else self._clinic_invoiced_for_membership()
        return super(PosOrder, wants)._process_saved_order(draft)

    def _clinic_invoiced_for_membership(self):
        sold = self.lines.filtered(lambda line: line.product_id.service_tracking == "membership" and line.qty > 0)
        if not self.partner_id or self.currency_id.is_zero(sum(sold.mapped("price_subtotal_incl"))):
            return self  # a free trial has no invoice, as at the desk
        self.to_invoice = True
        return self.with_context(clinic_wants_invoice=True)
