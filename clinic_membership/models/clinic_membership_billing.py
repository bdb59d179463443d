from odoo import api, models


class ClinicMembershipPeriod(models.Model):
    """The money of a period: its invoices are posted, credit is applied, the rest is collected."""

    _inherit = "clinic.membership.period"

    @api.model
    def _unbilled_domain(self, company, today):
        """Periods whose draft invoice was deleted. The first period is invoiced by its sales order."""
        return [
            ("amount", ">", 0),
            ("invoice_id", "=", False),
            ("membership_id.state", "in", self.env["clinic.membership"]._LIVE),
            ("is_first", "=", False),
        ]

    def _bill(self):
        """Post the native invoices of each period, apply outstanding credit, and arrange the payment of the rest."""
        billed = self.filtered(lambda period: not period.currency_id.is_zero(period.amount))
        prepared = [(period, values) for period in billed for values in period._prepare_invoices()]
        invoices = self.env["account.move"]._clinic_create_invoices([values for _period, values in prepared])
        for (period, _values), invoice in zip(prepared, invoices, strict=True):
            period.invoice_id = period.invoice_id or invoice
        for period in billed.filtered(lambda period: not period.invoice_id):  # nothing of it was missing
            period.invoice_id = period._billed_shares()[:1]
        invoices._clinic_post()
        billed._apply_credit()
        billed._arrange_payment()
        self._work_succeeded()

    def _prepare_invoices(self):
        """The values of this period's invoices: one, or one for each payer; of a shared one what is missing."""
        billed = self._billed_shares().partner_id
        if billed and self.membership_id.billing_split == "one":
            return []
        invoices = self._split(self._prepare_invoice(self.company_id._clinic_today()))
        return [values for values in invoices if values["partner_id"] not in billed.ids]

    def _apply_credit(self):
        """Outstanding credit of the payers pays the new invoices, before any card does."""
        self._due_invoices().sorted("id")._clinic_apply_credit()

    def _arrange_payment(self):
        """Charge the card today; without one, send the invoice with its payment link and tell staff."""
        collections = self.env["clinic.collection"].sudo().create(self._prepare_collections())
        by_link = collections.filtered(lambda collection: collection.state == "stopped")
        by_link.membership_id._ask_for_payment()
        by_link.invoice_id._clinic_send()

    def _prepare_collections(self):
        """How each unpaid invoice that nobody collects yet will be: charged today, or by its payment link."""
        return [
            {
                "invoice_id": invoice.id,
                "period_id": period.id,
                "membership_id": period.membership_id.id,
                **period._first_attempt(invoice),
            }
            for period in self
            for invoice in period._due_invoices() - period.collection_ids.invoice_id
        ]

    def _first_attempt(self, invoice):
        if self.membership_id._token_for(invoice.partner_id):
            return {"state": "due", "charge_on": self.company_id._clinic_today()}
        return {"state": "stopped", "charge_on": False}

    def _collections(self):
        """The collections of what is due, made where there are none: an invoice that had no card until now."""
        self.env["clinic.collection"].sudo().create(self._prepare_collections())
        due = self.collection_ids.filtered(lambda collection: collection.invoice_id._clinic_is_due())
        due.filtered(lambda collection: collection.state == "done")._reopen()
        return due

    def _tell_failure(self, reason):
        """What fails here is told on the membership, where staff looks."""
        self.membership_id.message_post(
            body=self.env._("Billing %(dates)s failed: %(reason)s", dates=self.display_name, reason=reason)
        )
