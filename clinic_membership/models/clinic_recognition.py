from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

# the entries that take value out of the account of prepaid services, or bring it back
RECOGNIZED = ("opening", "redeem", "expire", "refund", "reverse", "revalue")


class ClinicGrantEntry(models.Model):
    """Walk 4, its end: the value of units that were used or expired becomes income, dated by the event."""

    _name = "clinic.grant.entry"
    _inherit = ["clinic.grant.entry", "clinic.job"]

    recognition_move_id = fields.Many2one(
        "account.move", string="Recognized By", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    recognition_account_id = fields.Many2one("account.account", string="Recognized As", readonly=True)
    refunded = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="Of the balance of a refund: what its credit note took out of the account of prepaid services.",
    )
    exchange = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="Of what a refund took out of the account: how much more it is than at the rate of the sale.",
    )
    to_recognize = fields.Boolean(compute="_compute_to_recognize", store=True, precompute=True)

    _to_recognize_idx = models.Index("(company_id, date) WHERE to_recognize")

    @api.depends("kind", "balance", "grant_id.deferred", "recognition_move_id", "refunded", "exchange")
    def _compute_to_recognize(self):
        for entry in self:
            currency = entry.company_currency_id
            entry.to_recognize = (
                entry.kind in RECOGNIZED
                and entry.grant_id.deferred
                and not entry.recognition_move_id
                and not (currency.is_zero(entry._to_income()) and currency.is_zero(entry.exchange))
            )

    def _to_income(self):
        """What becomes income, in the company's currency; negative when it goes back."""
        return -self.balance - self.refunded

    # === the scheduled action === #

    @api.model
    def _cron_recognize(self, limit=2000):
        """Scheduled action: post what became income until yesterday. Resumable, safe to run twice."""
        self._work_through(self._today_domain(self._recognition_domain), "_recognize", limit)

    @api.model
    def _recognition_domain(self, company, today):
        """The days that are over, so that a day has one entry."""
        if not company.clinic_defer:
            return fields.Domain.FALSE
        return [("to_recognize", "=", True), ("date", "<", today)]

    def _recognize(self):
        """One posted journal entry for each company, day and income account."""
        groups = {}
        for entry in self.filtered("to_recognize"):
            day = entry._recognition_day()
            posted = entry.company_id._clinic_open_day(day)
            key = (entry.company_id, posted, day, entry._income_account())
            groups[key] = groups.get(key, self.browse()) | entry
        moves = self.env["account.move"].create([entries._prepare_recognition(*key) for key, entries in groups.items()])
        if moves:
            moves._post(soft=False)
        for move, ((_company, _posted, _day, account), entries) in zip(moves, groups.items(), strict=True):
            entries.write({"recognition_move_id": move.id, "recognition_account_id": account.id})
        self._work_succeeded()

    def _recognition_day(self):
        """The date of the journal entry, as far as it is not locked."""
        return self.date

    def _income_account(self):
        """Of the service for what was used, breakage for the rest; what comes back leaves where it went."""
        self.ensure_one()
        if self.kind == "reverse":
            return self.reverses_id.recognition_account_id or self.reverses_id._income_account()
        if self.kind != "redeem":
            return self.company_id.sudo().clinic_breakage_account_id
        product = self.redemption_id.product_id.with_company(self.company_id)
        account = product.product_tmpl_id.get_product_accounts(self._fiscal_position())["income"]
        if not account:
            raise UserError(
                self.env._("%s has no income account: set one on the product or on its category.", product.display_name)
            )
        return account

    def _fiscal_position(self):
        """That of the sale: its income is booked where a sale of the service to this patient would be."""
        return self.grant_id.package_id.sudo().sale_line_id.order_id.fiscal_position_id

    def _prepare_recognition(self, company, posted, day, account):
        """The values of one journal entry: prepaid services to income, or back."""
        amount = company.currency_id.round(sum(entry._to_income() for entry in self))
        label = self._recognition_label(day)
        if posted != day:
            label = self.env._("%s, posted later: the period is locked", label)
        prepaid, exchange = company.clinic_prepaid_account_id, company.currency_id.round(sum(self.mapped("exchange")))
        lines = [(prepaid, amount), (account, -amount - exchange)]
        if exchange:
            lines.append((company._clinic_exchange_account(exchange), exchange))
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.clinic_deferral_journal_id.id,
            "date": posted,
            "ref": label,
            "line_ids": [
                Command.create({"account_id": booked.id, "name": label, "balance": balance})
                for booked, balance in lines
            ],
        }

    def _recognition_label(self, day):
        return self.env._("Units of %s", self.env["ir.qweb.field.date"].value_to_html(day, {}))

    def _tell_failure(self, reason):
        """Told on the package, where staff looks."""
        for entry in self:
            entry.grant_id.package_id.message_post(body=self.env._("Recognizing income failed: %s", reason))


class ResCompany(models.Model):
    _inherit = "res.company"

    def _clinic_exchange_account(self, loss):
        """Where Odoo books exchange differences: a loss, or a gain where it is negative; else with the breakage."""
        gain, lost = self.income_currency_exchange_account_id, self.expense_currency_exchange_account_id
        return (lost if loss > 0 else gain) or self.clinic_breakage_account_id


class AccountMove(models.Model):
    _inherit = "account.move"

    def button_draft(self):
        """What became income of used units stays posted: it follows the units.

        :raises UserError: says how to take it back
        """
        if entries := self.env["clinic.grant.entry"].sudo().search([("recognition_move_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "%s is the income of units that were used or expired. Undo the redemption, or extend the units: "
                    "that posts the way back by itself.",
                    entries.recognition_move_id.display_name,
                )
            )
        return super().button_draft()
