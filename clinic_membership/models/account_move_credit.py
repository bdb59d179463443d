from odoo import api, fields, models
from odoo.fields import Command


class AccountMove(models.Model):
    """Outstanding credit, the invoices that it pays, and what follows when they are settled."""

    _inherit = "account.move"

    clinic_credit_ids = fields.One2many("clinic.credit", "move_id", string="Credit Given", readonly=True)

    # === credit pays === #

    def _clinic_apply_credit(self, credit=None):
        """Reconcile outstanding credit of the payers with these invoices, in their order, oldest credit first.

        Credit of one company never pays an invoice of another.

        :param credit: the receivable lines to take; all that the payers have where not given
        """
        invoices = self.filtered(lambda move: move._clinic_is_due())
        if credit is None:
            credit = invoices._clinic_outstanding_credit()
        for invoice in invoices if credit else ():
            due = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
            for line in credit:
                matches = line.partner_id == invoice.commercial_partner_id and line.account_id == due.account_id
                if (
                    matches
                    and line.company_id == invoice.company_id
                    and not line.reconciled
                    and invoice.amount_residual
                ):
                    (due.filtered(lambda term: not term.reconciled) + line).reconcile()

    def _clinic_outstanding_credit(self):
        """The credit of who pays these invoices, oldest first."""
        return self._clinic_credit_of(self.commercial_partner_id, self.company_id)

    @api.model
    def _clinic_credit_of(self, payers, companies):
        """The credit that waits on the accounts of payers, oldest first; not what is on its way back to a card."""
        credit = self.env["account.move.line"].search(
            [
                ("partner_id", "in", payers.commercial_partner_id.ids),
                ("company_id", "in", companies.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", "<", 0),
            ],
            order="date, id",
        )
        return credit.filtered(lambda line: not line.move_id._clinic_open_transaction())

    @api.model
    def _clinic_due_from(self, partner, company, currency):
        """What a payer owes a company in a currency and no card is being charged for, the oldest due first."""
        invoices = self.search(
            [
                ("commercial_partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
                ("currency_id", "=", currency.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
            order="invoice_date_due, id",
        )
        return invoices.filtered(lambda invoice: not invoice._clinic_open_transaction())

    # === settled === #

    def _clinic_settled(self):
        """What these invoices sold starts, members are up to date, and nobody collects. Can be called again."""
        invoices = self.sudo()
        invoices.invoice_line_ids.sale_line_ids._clinic_on_paid()
        (invoices.clinic_period_ids | invoices.clinic_adjusted_period_id).membership_id._set_paid_up()
        invoices.clinic_collection_ids._finish()

    def _clinic_is_settled(self):
        """Whether it is paid: by money, or by credit. An invoice that was itself credited or forgiven is not."""
        if self.payment_state == "reversed":
            return not self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        return self.payment_state in ("paid", "in_payment")

    # === credit notes of an amount === #

    @api.model
    def _clinic_credit_note(self, total, values):
        """Post a credit note that comes to exactly ``total``, tax included.

        :param values: of the move, with lines whose prices come to about that; the last cent is the tax's
        """
        note = self.create({**values, "move_type": "out_refund"})
        note._clinic_fit_total(total)
        note._post(soft=False)
        return note

    def _clinic_fit_total(self, total):
        missing = self.currency_id.round(total - self.amount_total)
        if self.currency_id.is_zero(missing):
            return
        taxes = self.line_ids.filtered("tax_repartition_line_id").sorted(lambda line: abs(line.amount_currency))
        if taxes:
            more = {"amount_currency": taxes[-1].amount_currency + missing}
            self.line_ids = [Command.update(taxes[-1].id, more)]
        else:  # so little that there is no tax on it
            line = self.invoice_line_ids[:1]
            more = {"price_unit": line.price_subtotal + missing, "tax_ids": [Command.clear()]}
            self.invoice_line_ids = [Command.update(line.id, more)]


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        """Odoo tells of invoices that money paid; what credit notes settle is settled, too."""
        super()._reconcile_post_hook(data)
        data["not_paid_invoices"].filtered(lambda move: move.payment_state == "reversed")._clinic_settled()
