from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

FIELDS = ("account_balance", "units_value", "not_started", "not_invoiced", "not_posted", "not_taken_back", "difference")


class ClinicTieOut(models.TransientModel):
    """The account of prepaid services against the value of the units that are left, on any day: the difference is 0."""

    _name = "clinic.tie.out"
    _description = "Prepaid Services: Books and Units"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", compute="_compute_account_id", compute_sudo=True)
    date = fields.Date(string="As Of", required=True, default=lambda self: self.env.company._clinic_today())
    account_balance = fields.Monetary(
        string="Balance of the Account",
        compute="_compute_figures",
        help="What the clinic owes in services, by the books.",
    )
    units_value = fields.Monetary(
        string="Value of the Units Left", compute="_compute_figures", help="By the ledger of units, at the sale's rate."
    )
    not_started = fields.Monetary(
        string="Invoiced, Not Started", compute="_compute_figures", help="In the books already; no units yet."
    )
    not_invoiced = fields.Monetary(
        string="Started, Not Invoiced", compute="_compute_figures", help="The units are there; the books do not know."
    )
    not_posted = fields.Monetary(
        string="Used or Expired, Not Posted by Then",
        compute="_compute_figures",
        help="The units are gone; their journal entry is of a later day, or still to come.",
    )
    not_taken_back = fields.Monetary(
        string="Credit Notes Without Units Taken Back",
        compute="_compute_figures",
        help="Credit notes for packages that were not made by a refund of their units.",
    )
    difference = fields.Monetary(compute="_compute_figures", help="Anything else was posted on the account by hand.")

    @api.constrains("company_id")
    def _check_company(self):
        """The figures are computed past the record rules: only for a company that the user works in."""
        for report in self:
            if report.company_id not in self.env.companies:
                raise AccessError(self.env._("You do not work for %s.", report.company_id.sudo().name))

    @api.depends("company_id")
    def _compute_account_id(self):
        for report in self:
            report.account_id = report.company_id.clinic_prepaid_account_id

    @api.depends("date")
    def _compute_display_name(self):
        for report in self:
            report.display_name = self.env._("Prepaid Services")

    @api.depends("company_id", "date")
    def _compute_figures(self):
        for report in self:
            report.update(dict.fromkeys(FIELDS, 0.0))
            if report.company_id in self.env.companies and report.sudo().account_id and report.date:
                report.update(report.sudo()._figures())

    def _figures(self):
        """All figures of the day, in the company's currency."""
        rounded = self.company_id.currency_id.round
        figures = {name: rounded(value) for name, value in {**self._of_units(), **self._of_books()}.items()}
        sold = self._sold()
        figures["not_started"] = rounded(sum(amount for amount in sold if amount > 0))
        figures["not_invoiced"] = rounded(sum(amount for amount in sold if amount < 0))
        figures["not_taken_back"] = rounded(figures.pop("refunded_units") - figures.pop("credit_notes"))
        explained = ("units_value", "not_started", "not_invoiced", "not_posted", "not_taken_back")
        figures["difference"] = rounded(figures["account_balance"] - sum(figures[name] for name in explained))
        return figures

    def _of_units(self):
        """Value left, value gone without a posting by the day, and what refunds took."""
        return self._row(
            SQL(
                """
                SELECT COALESCE(SUM(entry.balance), 0) AS units_value,
                       COALESCE(SUM(-entry.balance - COALESCE(entry.refunded, 0)) FILTER (
                           WHERE entry.kind IN ('opening', 'redeem', 'expire', 'refund', 'reverse', 'revalue')
                             AND (move.id IS NULL OR move.date > %(day)s)), 0) AS not_posted,
                       COALESCE(SUM(entry.refunded) FILTER (
                           WHERE entry.kind <> 'revalue' OR document.move_type = 'out_refund'), 0) AS refunded_units
                  FROM clinic_grant_entry entry
                  JOIN clinic_grant grants ON grants.id = entry.grant_id AND grants.deferred
             LEFT JOIN account_move move ON move.id = entry.recognition_move_id
             LEFT JOIN account_move document ON document.id = entry.document_id
                 WHERE entry.company_id = %(company)s AND entry.date <= %(day)s
                """,
                day=self.date,
                company=self.company_id.id,
            )
        )

    def _of_books(self):
        """Balance of the account, and of it the credit notes of packages."""
        return self._row(
            SQL(
                """
                SELECT COALESCE(-SUM(line.balance), 0) AS account_balance,
                       COALESCE(SUM(line.balance) FILTER (WHERE move.move_type = 'out_refund'), 0) AS credit_notes
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.company_id = %(company)s AND line.account_id = %(account)s
                   AND line.parent_state = 'posted' AND line.date <= %(day)s
                """,
                day=self.date,
                company=self.company_id.id,
                account=self.account_id.id,
            )
        )

    def _sold(self):
        """What was invoiced less what was granted by the day, for each order line where they differ."""
        return list(self._sold_lines().values())

    def _sold_lines(self):
        """The same, {id of the order line: amount}; None for what is of no order."""
        self.env.cr.execute(
            SQL(
                """
                WITH invoiced AS (
                    SELECT link.order_line_id AS id, -SUM(line.balance) AS amount
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id AND move.move_type = 'out_invoice'
                      JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = line.id
                     WHERE line.company_id = %(company)s AND line.account_id = %(account)s
                       AND line.parent_state = 'posted' AND line.date <= %(day)s
                  GROUP BY link.order_line_id
                ), granted AS (
                    SELECT package.sale_line_id AS id,
                           SUM(CASE entry.kind WHEN 'grant' THEN entry.balance ELSE -entry.refunded END) AS amount
                      FROM clinic_grant_entry entry
                      JOIN clinic_grant grants ON grants.id = entry.grant_id AND grants.deferred
                      JOIN clinic_package package ON package.id = grants.package_id
                 LEFT JOIN account_move document ON document.id = entry.document_id
                     WHERE entry.company_id = %(company)s AND entry.date <= %(day)s
                       AND (entry.kind = 'grant'
                            OR entry.kind = 'revalue' AND document.move_type IS DISTINCT FROM 'out_refund')
                       AND %(by_order)s
                  GROUP BY package.sale_line_id
                )
                SELECT id, COALESCE(invoiced.amount, 0) - COALESCE(granted.amount, 0)
                  FROM invoiced FULL JOIN granted USING (id)
                 WHERE COALESCE(invoiced.amount, 0) <> COALESCE(granted.amount, 0)
                """,
                day=self.date,
                company=self.company_id.id,
                account=self.account_id.id,
                by_order=self._sold_by_order(),
            )
        )
        return {line: float(amount) for line, amount in self.env.cr.fetchall()}

    def _sold_by_order(self):
        """The packages of :meth:`_sold`: those of tills are another addon's."""
        return SQL("TRUE")

    def _row(self, query):
        self.env["clinic.grant.entry"].flush_model()
        self.env["account.move.line"].flush_model()
        self.env.cr.execute(query)
        return {name: float(value) for name, value in self.env.cr.dictfetchone().items()}

    def _by_product(self):
        """Units and value left of each package product: [(product, units, value)]."""
        lines = self.env["clinic.prepaid.line"]
        domain = [("company_id", "=", self.company_id.id), ("date", "<=", self.date)]
        rows = lines._read_group(domain, ["product_id"], ["units:sum", "balance:sum"])
        return [row for row in rows if row[1] or not self.currency_id.is_zero(row[2])]

    # === from a figure to what it is made of === #

    def action_open_account(self):
        """The journal items of the account."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_moves_all")
        mine = [("account_id", "=", self.account_id.id), ("company_id", "=", self.company_id.id)]
        return {**action, "domain": [*mine, ("parent_state", "=", "posted"), ("date", "<=", self.date)], "context": {}}

    def action_open_units(self):
        """The value of the units, by package and patient."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_prepaid_line_action")
        domain = [("company_id", "=", self.company_id.id), ("date", "<=", self.date)]
        return {**action, "domain": domain, "context": {"search_default_group_by_product": 1}}

    def action_open_movements(self):
        """Sold, used, expired and refunded, month by month."""
        return {**self.action_open_units(), "view_mode": "pivot,list", "views": [(False, "pivot"), (False, "list")]}
