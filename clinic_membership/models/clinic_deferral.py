from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import deferral


class ClinicDeferral(models.Model):
    """The income of one line of a quarterly or annual membership, add-ons too: straight-line by day, posted monthly."""

    _name = "clinic.deferral"
    _description = "Deferred Membership Income"
    _inherit = ["clinic.job"]
    _order = "post_on, id"
    _check_company_auto = True

    move_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="restrict")
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document", store=True, index=True)
    company_id = fields.Many2one(related="move_line_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    membership_id = fields.Many2one("clinic.membership", readonly=True, index="btree_not_null", ondelete="set null")
    income_account_id = fields.Many2one("account.account", required=True, readonly=True)
    date = fields.Date(related="move_line_id.date", store=True)
    amount = fields.Monetary(readonly=True, help="Of the line, in the company's currency; negative for a credit.")
    reverses_id = fields.Many2one(
        "clinic.deferral",
        string="Gives Back",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What the credit note takes back.",
    )
    at_once = fields.Monetary(
        readonly=True, help="Of a credit note: what was earned before, and is no income any more from its day."
    )
    paused_before = fields.Integer(readonly=True, help="Days of pauses in the period before its day.")
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
        line = self.reverses_id.move_line_id or self.move_line_id
        move = line.move_id.reversed_entry_id or line.move_id
        sold = line.sale_line_ids.clinic_membership_ids.period_ids.sorted("date_start")[:1]
        return move.clinic_adjusted_period_id or sold or move.clinic_period_ids[:1]

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
        first = max(day, period.date_start) if self._is_of_rest() else period.date_start
        last = self._last_day(period)
        return first, max(first, last)

    def _is_of_rest(self):
        """Whether it is for what is left of its period from its day on, not for all of it."""
        move = self.move_line_id.move_id
        return move.clinic_purpose == "change" or bool(move.reversed_entry_id)

    def _last_day(self, period):
        """The end of the period; of one that was cancelled before, the last day of benefits."""
        membership = period.membership_id
        over = membership.state in ("cancelled", "ended") and membership.benefits_until
        return min(period.date_end, over) if over else period.date_end

    def _earned(self, day):
        """What is earned by the end of a day, never less than was recognized before while the period runs."""
        period, membership = self._period(), self.membership_id
        if not period:  # sold and not started; or never to be: by hand without a membership, cancelled before its start
            return 0.0 if membership and membership.state not in ("cancelled", "ended") else self.amount
        first, last = self._span(period)
        if membership.state == "paused" and membership.pause_from <= last:
            day = min(day, fields.Date.subtract(membership.pause_from, days=1))
        idle = period.paused_days - self.paused_before
        rest = self.amount - self.at_once
        return self.at_once + deferral.earned(rest, first, last, day, self.currency_id.rounding, idle)

    def _unearned(self, day):
        """What of these is not earned by the end of a day."""
        return sum(record.amount - record._earned(day) for record in self)

    def _taken_back_at_once(self, amount, day):
        """What of a credit note was income already: it has no rest to be spread over.

        :param amount: what the note gives back, negative; of a discount it takes back, positive
        """
        if not self:
            return 0.0
        family, sign = self | self.search([("reverses_id", "=", self.id)]), 1 if self.amount > 0 else -1
        rest = max(sign * family._unearned(fields.Date.subtract(day, days=1)), 0.0)
        return self.currency_id.round(sign * min(sign * amount + rest, 0.0))

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
                    {
                        "deferral_id": record.id,
                        "earned_on": day,
                        "date": move.date,
                        "amount": amount,
                        "move_id": move.id,
                    }
                    for record, amount in amounts.items()
                ]
            )
        for record in self:
            done = record._is_over(day) and record.currency_id.is_zero(record.left)
            record.post_on = False if done else deferral.next_month_end(day)

    def _is_over(self, day):
        """Whether nothing can be earned after a day."""
        period = self._period()
        if period:
            return self._span(period)[1] <= day
        return not self.membership_id or self.membership_id.state in ("cancelled", "ended")

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
    earned_on = fields.Date(required=True, readonly=True, help="The end of the month in which it was earned.")
    date = fields.Date(required=True, readonly=True, help="Of the journal entry: later where that month is locked.")
    amount = fields.Monetary(readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, ondelete="restrict")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """What is posted into deferred memberships is earned month by month from now on, less promotions."""
        posted = super()._post(soft=soft)
        documents = posted.sudo().filtered(lambda move: move.is_invoice(include_receipts=True))
        lines = documents.line_ids.filtered(
            lambda line: (
                (line.display_type == "product" or line.clinic_shares_id)
                and line.account_id == line.company_id.clinic_deferred_account_id
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
        given_back = self._clinic_deferral_given_back()
        product = self._clinic_deferred_product() or given_back.product_id
        template = product.product_tmpl_id.with_company(self.company_id)
        change = self.move_id.clinic_purpose == "change" and self.move_id.clinic_adjusted_period_id
        middle = change or given_back._period()
        return {
            "move_line_id": self.id,
            "product_id": product.id,
            "membership_id": self._clinic_membership().id or given_back.membership_id.id,
            "amount": -self.balance,
            "income_account_id": template._clinic_earned_account().id,
            "post_on": deferral.month_end(self.date),
            "reverses_id": given_back.id,
            "at_once": given_back._taken_back_at_once(-self.balance, self.date),
            "paused_before": middle.paused_days if middle and middle.date_start < self.date else 0,
        }

    def _clinic_membership(self):
        """The membership that this line bills or credits."""
        move = self.move_id.reversed_entry_id or self.move_id
        period = move.clinic_adjusted_period_id or move.clinic_period_ids[:1]
        return self.sale_line_ids.clinic_membership_ids[:1] or period.membership_id

    def _clinic_deferred_product(self):
        """What it is of: of a discount's part the plan that it makes cheaper."""
        return self.sale_line_ids.product_id[:1] if self.clinic_shares_id else self.product_id

    def _clinic_deferral_given_back(self):
        """Of a credit note's line: the deferral of the line, or of the part of a discount, that it takes back."""
        deferrals = self.env["clinic.deferral"].sudo()
        invoice, share, product = self.move_id.reversed_entry_id, self.clinic_shares_id, self._clinic_deferred_product()
        if not invoice or (self.balance > 0) == bool(share):
            return deferrals
        same = [("move_id", "=", invoice.id), ("amount", "<" if share else ">", 0)]
        if product:
            same.append(("product_id", "=", product.id))
        found = deferrals.search(same, order="id").filtered(
            lambda record: bool(record.move_line_id.clinic_shares_id) == bool(share)
        )
        return found.filtered(lambda record: record.move_line_id.sale_line_ids == self.sale_line_ids)[:1] or found[:1]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _get_product_accounts(self):
        """A plan of several months is sold into the account of deferred memberships."""
        accounts = super()._get_product_accounts()
        deferred = self.env.company.sudo().clinic_deferred_account_id
        if deferred and self.service_tracking == "membership" and self.billing_interval in deferral.DEFERRED:
            accounts["income"] = deferred
        return accounts

    def _clinic_earned_account(self):
        """The income account of what is sold deferred."""
        return (
            self.property_account_income_id
            or self.categ_id.property_account_income_categ_id
            or self.env.company.income_account_id
        )
