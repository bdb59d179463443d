from odoo import api, fields, models
from odoo.tools import SQL

LINES = {"packages": "clinic.prepaid.line", "memberships": "clinic.deferred.line"}
FIGURES = ("brought", "unearned", "posted_later", "unposted", "waiting")


class ClinicTieOut(models.TransientModel):
    """The same for the account of deferred memberships, against what is not earned of their invoices."""

    _inherit = "clinic.tie.out"

    subject = fields.Selection(
        [("packages", "Packages"), ("memberships", "Memberships")], default="packages", required=True
    )
    brought = fields.Monetary(
        string="Of It Brought Along (Opening Balances)",
        compute="_compute_figures",
        help="What was brought in from the system the clinic used before, as far as it was not taken back.",
    )
    unearned = fields.Monetary(
        string="Not Earned by the Month's End",
        compute="_compute_figures",
        help="What was invoiced for quarterly and annual memberships, less credit notes and what was earned.",
    )
    posted_later = fields.Monetary(
        string="Earned, Posted Later",
        compute="_compute_figures",
        help="Earned by then; the month was locked, and its journal entry is of a later day.",
    )
    unposted = fields.Monetary(
        string="Of It Earned, Waiting for the Scheduled Action",
        compute="_compute_figures",
        help="Months that are over and are not posted yet.",
    )
    waiting = fields.Monetary(
        string="Of It Sold, Not Started", compute="_compute_figures", help="Nothing is earned before the first day."
    )

    @api.depends("subject")
    def _compute_account_id(self):
        super()._compute_account_id()
        for report in self.filtered(lambda report: report.subject == "memberships"):
            report.account_id = report.company_id.clinic_deferred_account_id

    @api.depends("subject")
    def _compute_display_name(self):
        super()._compute_display_name()
        for report in self.filtered(lambda report: report.subject == "memberships"):
            report.display_name = self.env._("Deferred Memberships")

    @api.depends("subject")
    def _compute_figures(self):
        for report in self:
            report.update(dict.fromkeys(FIGURES, 0.0))
        super()._compute_figures()

    def _figures(self):
        self.env.flush_all()
        brought = {"brought": self._sum_of_lines([("movement", "=", "opening")])}
        if self.subject == "packages":
            return {**super()._figures(), **brought}
        rounded = self.company_id.currency_id.round
        figures = {
            "account_balance": self._of_books()["account_balance"],
            "unearned": self._sum_of_lines([]),
            "posted_later": sum(self._posted_later().mapped("amount")),
            "unposted": self._unposted(),
            "waiting": self._sum_of_lines([("deferral_id", "in", self._waiting().ids)]),
        }
        figures = {name: rounded(value) for name, value in figures.items()}
        explained = figures["unearned"] + figures["posted_later"]
        return {**figures, **brought, "difference": rounded(figures["account_balance"] - explained)}

    def _explained(self):
        """The names of the figures that come to the balance of the account, and of those that are parts of them."""
        if self.subject == "memberships":
            return ("unearned", "posted_later"), ("brought", "waiting", "unposted")
        return ("units_value", "not_started", "not_invoiced", "not_posted", "not_taken_back"), ("brought",)

    # === what the figures are made of === #

    def _lines(self):
        """The movements of the account's other side."""
        return self.env[LINES[self.subject]]

    def _lines_domain(self):
        return [("company_id", "=", self.company_id.id), ("date", "<=", self.date)]

    def _sum_of_lines(self, domain):
        [(total,)] = self._lines()._read_group([*self._lines_domain(), *domain], [], ["balance:sum"])
        return total

    def _posted_later(self):
        """Postings of months that were over by the day, whose journal entry is of a later one."""
        return self.env["clinic.deferral.posting"].search(
            [("company_id", "=", self.company_id.id), ("earned_on", "<=", self.date), ("date", ">", self.date)]
        )

    def _behind(self):
        """Deferrals with months that are over by the day and not posted."""
        day = min(self.date, self.company_id._clinic_today())
        return self.env["clinic.deferral"].search(
            [("company_id", "=", self.company_id.id), ("date", "<=", day), ("post_on", "<=", day)]
        )

    def _unposted(self):
        month_end = fields.Date.add(min(self.date, self.company_id._clinic_today()), days=1)
        month_end = fields.Date.subtract(month_end.replace(day=1), days=1)
        return sum(record._earned(month_end) - record.recognized for record in self._behind())

    def _waiting(self):
        """Deferrals of memberships that had not begun on the day."""
        query = SQL(
            """
            SELECT id FROM clinic_deferral deferral
             WHERE company_id = %(company)s AND date <= %(day)s AND membership_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM clinic_membership_period period
                                WHERE period.membership_id = deferral.membership_id AND period.date_start <= %(day)s)
            """,
            company=self.company_id.id,
            day=self.date,
        )
        self.env.cr.execute(query)
        return self.env["clinic.deferral"].browse(row[0] for row in self.env.cr.fetchall())
