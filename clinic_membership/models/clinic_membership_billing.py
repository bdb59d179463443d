from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import LockError


class ClinicMembershipPeriod(models.Model):
    """The money of a period: post its invoice, apply credit, charge the stored card."""

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
        """Post one native invoice a period, apply outstanding credit, and arrange the payment of the rest."""
        billed = self.filtered(lambda period: not period.currency_id.is_zero(period.amount))
        invoices = self.env["account.move"]._clinic_create_invoices(billed._prepare_invoices())
        for period, invoice in zip(billed, invoices, strict=True):
            period.invoice_id = invoice
        invoices._clinic_post()
        billed._apply_credit()
        billed._arrange_payment()
        self._work_succeeded()

    def _prepare_invoices(self):
        return [period._prepare_invoice(period.company_id._clinic_today()) for period in self]

    def _apply_credit(self):
        """Reconcile outstanding credit of the payers with the new invoices, oldest credit first."""
        credit = self.env["account.move.line"].search(
            [
                ("partner_id", "in", self._due_invoices().commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", "<", 0),
            ],
            order="date, id",
        )
        for invoice in self._due_invoices().sorted("id") if credit else ():
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

    def _arrange_payment(self):
        """Charge the card today; without one, send the invoice with its payment link and tell staff."""
        due = self.filtered(lambda period: period.payment_state == "due")
        by_card = due.filtered("membership_id.payment_token_id")
        for company, periods in by_card.grouped("company_id").items():
            periods.charge_on = company._clinic_today()
        by_link = due - by_card
        by_link.membership_id._ask_for_payment()
        by_link._due_invoices()._clinic_send()

    # === the stored card === #

    @api.model
    def _cron_collect(self):
        """Scheduled action: charge stored cards, one at a time, everything durable before money can move."""
        domain = self._today_domain(lambda company, today: [("charge_on", "<=", today)])
        due = self.search(domain, order="charge_on, id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for period in due:
            if period.try_lock_for_update().filtered_domain(domain):
                period._collect_safely()
            if not cron._commit_progress(1):
                break

    def _collect_safely(self):
        """One member's broken card or provider must not stop the others."""
        try:
            self._collect()
        except (OperationalError, LockError):  # somebody else is at it; the next run looks again
            self.env.cr.rollback()
        except Exception as error:  # noqa: BLE001  noted on the member; the transaction stays for resolution
            self.env.cr.rollback()
            self._work_failed(error)

    def _collect(self):
        """Charge each period to the member's card, unless it is paid or an earlier attempt is unresolved.

        Commits between its steps: an interrupted run finds the same transaction again and never makes a second.
        """
        for period in self:
            invoices = period._due_invoices()
            if not invoices:
                period.charge_on = False
            for invoice in invoices:
                transaction = invoice._clinic_open_transaction() or period._new_transaction(invoice)
                if transaction:
                    transaction._clinic_charge()
                    period._after_charge(transaction)

    def _new_transaction(self, invoice):
        """A durable draft transaction for an invoice that is due; none without a card, and staff is asked for one."""
        membership = self.membership_id
        token = membership.payment_token_id.filtered("active")
        if not token:
            self.charge_on = False
            membership._ask_for_payment()
            return None
        self.attempts += 1
        transaction = invoice._clinic_new_transaction(token)
        transaction.clinic_follow_up = True
        return transaction

    def _after_charge(self, transaction):
        """Paid: done. Declined: past due, tried again by the clinic's schedule. Unknown: asked again tomorrow."""
        today = self.company_id._clinic_today()
        transaction.clinic_follow_up = transaction.state not in ("done", "error", "cancel")
        if transaction.state == "done":
            self.charge_on = self._due_invoices() and self.charge_on
        elif transaction.state in ("error", "cancel"):
            self._after_decline(transaction, today)
        else:
            self.charge_on = fields.Date.add(today, days=1)
        self._work_succeeded()

    def _after_decline(self, transaction, today):
        schedule = self.company_id._clinic_retry_schedule()
        again = self.attempts <= len(schedule)
        self.charge_on = again and fields.Date.add(today, days=schedule[self.attempts - 1])
        membership = self.membership_id
        membership._set_past_due()
        membership._tell_decline(transaction, self.charge_on)
        if not again:
            membership._ask_for_payment()

    def _tell_failure(self, reason):
        """What fails here is told on the membership, where staff looks."""
        self.membership_id.message_post(
            body=self.env._("Billing or charging %(dates)s failed: %(reason)s", dates=self.display_name, reason=reason)
        )
