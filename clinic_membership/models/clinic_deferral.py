from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import deferral

DEFERRED = ("quarterly", "annual")


class ClinicDeferral(models.Model):
    """The income of one invoice line of a quarterly or annual membership: straight-line by day, posted monthly."""

    _name = "clinic.deferral"
    _description = "Deferred Membership Income"
    _inherit = ["clinic.job"]
    _order = "post_on, id"
    _check_company_auto = True

    move_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="restrict")
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document", store=True, index=True)
    company_id = fields.Many2one(related="move_line_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    income_account_id = fields.Many2one("account.account", required=True, readonly=True)
    date = fields.Date(related="move_line_id.date", store=True)
    amount = fields.Monetary(readonly=True, help="Of the line, in the company's currency; negative for a credit.")
    posting_ids = fields.One2many("clinic.deferral.posting", "deferral_id", string="Postings", readonly=True)
    recognized = fields.Monetary(compute="_compute_recognized", store=True)
    left = fields.Monetary(string="Not Earned Yet", compute="_compute_recognized", store=True)
    post_on = fields.Date(readonly=True, help="The end of the month that is posted next. Empty: all is earned.")

    _line_unique = models.UniqueIndex("(move_line_id)", "This line is deferred already.")
    _post_on_idx = models.Index("(company_id, post_on) WHERE post_on IS NOT NULL")

    @api.depends("posting_ids.amount", "amount")
    def _compute_recognized(self):
        for record in self:
            record.recognized = sum(record.posting_ids.mapped("amount"))
            record.left = record.currency_id.round(record.amount - record.recognized)

    # === what it is spread over === #

    def _period(self):
        """The period that the line pays for, or gives back."""
        move = self.move_line_id.move_id.reversed_entry_id or self.move_line_id.move_id
        first = self.move_line_id.sale_line_ids.clinic_membership_ids.period_ids.sorted("date_start")[:1]
        return move.clinic_adjusted_period_id or move.clinic_period_ids[:1] or first

    def _span(self, period):
        """First and last day that the line is spread over, as the period is now.

        An invoice is spread over its period. What is charged or credited in the middle of one is spread over the rest
        of it. Where another interval has ended the period, what is credited was of the rest: it is earned back at once.
        """
        move, day = self.move_line_id.move_id, self.date
        change = move.clinic_purpose == "change"
        begun_by_change = period.invoice_id.clinic_purpose == "change" and day == period.date_start
        if change and begun_by_change and self.amount < 0:
            return day, day
        original = not (change or move.reversed_entry_id)
        first = period.date_start if original else max(day, period.date_start)
        last = self._last_day(period)
        return first, max(first, last)

    def _last_day(self, period):
        """The end of the period; of one that was cancelled before, the last day of benefits."""
        membership = period.membership_id
        over = membership.state in ("cancelled", "ended") and membership.benefits_until
        return min(period.date_end, over) if over else period.date_end

    def _earned(self, day):
        """What is earned by the end of a day, never less than was recognized before while the period runs."""
        period = self._period()
        if not period:  # sold and not started
            return 0.0
        first, last = self._span(period)
        membership = period.membership_id
        if membership.state == "paused" and membership.pause_from <= last:
            day = min(day, fields.Date.subtract(membership.pause_from, days=1))
        idle = period.paused_days if first == period.date_start else 0
        return deferral.earned(self.amount, first, last, day, self.currency_id.rounding, idle)

    # === the scheduled action === #

    @api.model
    def _cron_recognize(self, limit=500):
        """Scheduled action: post the months that are over. Resumable, safe to run twice."""
        self._work_through(self._today_domain(self._due_domain), "_recognize", limit)

    @api.model
    def _due_domain(self, company, today):
        return [("post_on", "<", today)]

    def _recognize(self):
        """Every month that is over: one posted journal entry for each company, month and income account."""
        due = self
        while due:
            for (company, day, account), records in due.grouped(
                lambda record: (record.company_id, record.post_on, record.income_account_id)
            ).items():
                records._post_month(company, day, account)
            due = due.filtered(lambda record: record.post_on and record.post_on < record.company_id._clinic_today())
        self._work_succeeded()

    def _post_month(self, company, day, account):
        amounts = {record: record.currency_id.round(record._earned(day) - record.recognized) for record in self}
        amounts = {record: amount for record, amount in amounts.items() if not record.currency_id.is_zero(amount)}
        if amounts:
            move = self.env["account.move"].create(self._prepare_entry(company, day, account, sum(amounts.values())))
            move._post(soft=False)
            self.env["clinic.deferral.posting"].create(
                [
                    {"deferral_id": record.id, "date": move.date, "amount": amount, "move_id": move.id}
                    for record, amount in amounts.items()
                ]
            )
        for record in self:
            ended = record._period() and record._span(record._period())[1] <= day
            done = ended and record.currency_id.is_zero(record.left)
            record.post_on = False if done else deferral.next_month_end(day)

    def _prepare_entry(self, company, day, account, amount):
        """The values of one journal entry: deferred memberships to income, or back."""
        posted = company._clinic_open_day(day)
        label = self.env._("Memberships of the month to %s", self.env["ir.qweb.field.date"].value_to_html(day, {}))
        if posted != day:
            label = self.env._("%s, posted later: the period is locked", label)
        amount, deferred = company.currency_id.round(amount), company.sudo().clinic_deferred_account_id
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.sudo().clinic_deferral_journal_id.id,
            "date": posted,
            "ref": label,
            "line_ids": [
                Command.create({"account_id": deferred.id, "name": label, "balance": amount}),
                Command.create({"account_id": account.id, "name": label, "balance": -amount}),
            ],
        }


class ClinicDeferralPosting(models.Model):
    """What of a deferral became income in a month; written once."""

    _name = "clinic.deferral.posting"
    _description = "Recognized Membership Income"
    _order = "date desc, id desc"

    deferral_id = fields.Many2one("clinic.deferral", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="deferral_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, ondelete="restrict")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """What is posted into deferred memberships is earned month by month from now on."""
        posted = super()._post(soft=soft)
        documents = posted.sudo().filtered(lambda move: move.is_invoice(include_receipts=True))
        lines = documents.invoice_line_ids.filtered(
            lambda line: (
                line.display_type == "product" and line.account_id == line.company_id.clinic_deferred_account_id
            )
        )
        known = self.env["clinic.deferral"].sudo().search([("move_line_id", "in", lines.ids)]).move_line_id
        self.env["clinic.deferral"].sudo().create([line._clinic_prepare_deferral() for line in lines - known])
        return posted

    def button_draft(self):
        """What is no longer posted is not earned: posted again, it begins anew.

        :raises UserError: months of it were recognized already
        """
        deferrals = self.env["clinic.deferral"].sudo().search([("move_id", "in", self.ids)])
        if recognized := deferrals.filtered("posting_ids"):
            raise UserError(
                self.env._(
                    "Income of %s was recognized already, month by month. Leave it posted, and make a credit note for "
                    "what was wrong.",
                    ", ".join(recognized.move_id.mapped("name")),
                )
            )
        deferrals.unlink()
        return super().button_draft()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_prepare_deferral(self):
        product = self.product_id.product_tmpl_id.with_company(self.company_id)
        return {
            "move_line_id": self.id,
            "amount": -self.balance,
            "income_account_id": product._clinic_earned_account().id,
            "post_on": deferral.month_end(self.date),
        }


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _get_product_accounts(self):
        """A plan of several months is sold into the account of deferred memberships."""
        accounts = super()._get_product_accounts()
        deferred = self.env.company.sudo().clinic_deferred_account_id
        if deferred and self.service_tracking == "membership" and self.billing_interval in DEFERRED:
            accounts["income"] = deferred
        return accounts

    def _clinic_earned_account(self):
        """The income account of what is sold deferred."""
        return (
            self.property_account_income_id
            or self.categ_id.property_account_income_categ_id
            or self.env.company.income_account_id
        )
