from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import money

AFTER_DAYS = 7


class AccountMove(models.Model):
    """Forgiving what is open on invoices. A small balance keeps its tax; of other debts the tax is taken back, too."""

    _name = "account.move"
    _inherit = ["account.move", "clinic.job"]

    # === the scheduled action === #

    @api.model
    def _cron_clinic_write_off(self, limit=100):
        """Scheduled action: write off what is left of invoices, where the clinic wants it."""
        self._work_through(self._today_domain(self._clinic_small_domain), "_clinic_write_off_small", limit)

    @api.model
    def _clinic_small_domain(self, company, today):
        """What was paid up to a small balance, is of memberships or packages, and is late by a week."""
        limit = company.clinic_write_off_limit
        if not (company.clinic_write_off_auto and limit) or company._get_lock_date_violations(today, purchase=False):
            return fields.Domain.FALSE
        ours = fields.Domain.OR(
            [
                [("clinic_period_ids", "!=", False)],
                [("clinic_adjusted_period_id", "!=", False)],
                [("clinic_collection_ids", "!=", False)],
                [("invoice_line_ids.sale_line_ids.clinic_membership_ids", "!=", False)],
                [("invoice_line_ids.sale_line_ids.clinic_package_ids", "!=", False)],
            ]
        )
        charged = fields.Domain("transaction_ids.state", "in", ("draft", "pending", "authorized"))
        return (
            ours
            & ~charged
            & fields.Domain(
                [
                    ("state", "=", "posted"),
                    ("move_type", "=", "out_invoice"),
                    ("payment_state", "=", "partial"),
                    ("amount_residual_signed", "<=", limit),
                    ("invoice_date_due", "<=", fields.Date.subtract(today, days=AFTER_DAYS)),
                ]
            )
        )

    def _clinic_write_off_small(self):
        self._clinic_write_off("small", self.env._("Small balance, written off by itself"))
        self._work_succeeded()

    def _tell_failure(self, reason):
        """What fails here is told on the invoice."""
        self.message_post(body=self.env._("It could not be written off: %s", reason))

    # === forgiving === #

    def _clinic_write_off(self, kind, reason):
        """Forgive what is open; what is settled already is left alone.

        :param kind: ``small``, ``forgiven`` or ``bad_debt``
        :param reason: kept with who did it
        :return: the ``clinic.credit`` of each
        :raises UserError: not this kind of debt, not by this user, or not now; says why
        """
        credits_ = self.env["clinic.credit"].sudo()
        credits_._check_reason(reason)
        for invoice in self.filtered(lambda move: move._clinic_is_due()):
            invoice._clinic_check_write_off(kind)
            amount, document = invoice.amount_residual, invoice._clinic_book_write_off(kind)
            credits_ |= credits_._record(
                kind,
                invoice.partner_id,
                amount,
                reason,
                invoice.company_id,
                invoice.currency_id,
                invoice._clinic_memberships()[:1],
                move_id=document.id,
                invoice_id=invoice.id,
            )
        return credits_

    def _clinic_check_write_off(self, kind):
        """Refuse what this user may not forgive, and what is being paid just now."""
        if kind == "small":
            self._clinic_check_small()
        elif not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise UserError(self.env._("Only a Membership Manager forgives more than a small balance."))
        if self._clinic_open_transaction():
            raise UserError(
                self.env._("A payment of %s is on its way. Wait for its answer, or look it up first.", self.name)
            )
        self.company_id._clinic_check_books_open()

    def _clinic_check_small(self):
        limit, currency = self.company_id.sudo().clinic_write_off_limit, self.company_id.currency_id
        if currency.compare_amounts(self.amount_residual_signed, limit) > 0:
            raise UserError(
                self.env._(
                    "%(open)s are open on %(invoice)s. A small balance is %(limit)s at most; a manager can forgive "
                    "more, as a courtesy or as a bad debt.",
                    open=currency.format(self.amount_residual_signed),
                    invoice=self.name,
                    limit=currency.format(limit),
                )
            )

    def _clinic_memberships(self):
        """The memberships that this invoice bills."""
        periods = self.clinic_period_ids | self.clinic_adjusted_period_id
        sold = self.invoice_line_ids.sale_line_ids.clinic_membership_ids
        return periods.membership_id | self.clinic_collection_ids.membership_id | sold

    def _clinic_book_write_off(self, kind):
        """Post what settles the invoice, and settle it."""
        if kind != "small":  # Odoo reconciles a credit note with the invoice that it reverses
            values = self._clinic_prepare_forgiveness(kind)
            return self.with_company(self.company_id)._clinic_credit_note(self.amount_residual, values)
        due = self.line_ids.filtered(lambda line: line.display_type == "payment_term" and not line.reconciled)
        entry = self.create(self._clinic_prepare_entry(due))
        entry._post(soft=False)
        (due + entry.line_ids.filtered(lambda line: line.account_id == due.account_id)).reconcile()
        return entry

    def _clinic_prepare_entry(self, due):
        """An entry of what is open, to the write-off account; without tax."""
        account, today = self.company_id._clinic_write_off_account(), self.company_id._clinic_today()
        name = self.env._("Small balance: %s", self.name)
        common = {"name": name, "partner_id": self.commercial_partner_id.id, "currency_id": self.currency_id.id}
        open_, foreign = sum(due.mapped("amount_residual")), sum(due.mapped("amount_residual_currency"))
        return {
            "move_type": "entry",
            "journal_id": self.company_id._clinic_write_off_journal().id,
            "company_id": self.company_id.id,
            "date": today,
            "ref": name,
            "line_ids": [
                Command.create({**common, "account_id": account.id, "balance": open_, "amount_currency": foreign}),
                Command.create(
                    {**common, "account_id": due.account_id.id, "balance": -open_, "amount_currency": -foreign}
                ),
            ],
        }

    def _clinic_prepare_forgiveness(self, kind):
        """A credit note over what is open, with each tax of the invoice in its part of it."""
        note = self.env["clinic.credit"]._prepare_note(self.partner_id, self.company_id, self.currency_id)
        shares = self._clinic_open_by_taxes()
        line = self._clinic_prepare_forgiven_line(kind)
        return {
            **note,
            "fiscal_position_id": self.fiscal_position_id.id,
            "reversed_entry_id": self.id,
            "invoice_origin": self.name,
            "invoice_line_ids": [
                Command.create(
                    {
                        **line,
                        "price_unit": taxes._clinic_price_within(share, self.currency_id),
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
                for taxes, share in shares.items()
            ],
        }

    def _clinic_prepare_forgiven_line(self, kind):
        if kind == "forgiven":
            product = self.company_id._clinic_credit_product("courtesy")
            return {"product_id": product.id, "name": product.display_name, "quantity": 1.0}
        account = self.company_id._clinic_bad_debt_account()
        return {"name": self.env._("Debt forgiven"), "account_id": account.id, "quantity": 1.0}

    def _clinic_open_by_taxes(self):
        """What is open, spread over the taxes of the invoice by what each part came to: {taxes: amount with tax}."""
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        parts = {taxes: sum(some.mapped("price_total")) for taxes, some in lines.grouped("tax_ids").items()}
        rounding = self.currency_id.rounding
        weights = [max(money.to_cents(total, rounding), 0) for total in parts.values()]
        cents = money.spread(money.to_cents(self.amount_residual, rounding), weights)
        return {
            taxes.with_company(self.company_id): money.to_amount(part, rounding)
            for taxes, part in zip(parts, cents, strict=True)
            if part
        }

    # === buttons === #

    def action_clinic_write_off(self):
        """Open the wizard that previews and confirms forgiving what is open on these invoices."""
        return self.env["clinic.write.off"]._open(self)


class ClinicCollection(models.Model):
    _inherit = "clinic.collection"

    def action_write_off(self):
        """Open the wizard that previews and confirms forgiving what is open."""
        return self.invoice_id.action_clinic_write_off()


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def action_write_off(self):
        """Open the wizard for what is overdue."""
        return self._overdue_periods()._due_invoices().with_env(self.env).action_clinic_write_off()
