from odoo import api, fields, models
from odoo.tools import SQL


class ClinicStatementLine(models.Model):
    """One document on a patient's account, with the balance after it.

    Read from the journal items on receivable accounts. The balance runs by company, commercial partner and currency
    over all time, so a statement of some days takes its lines as they are.
    """

    _name = "clinic.statement.line"
    _description = "Statement Line"
    _auto = False
    _order = "date, id"
    _rec_name = "document"
    _depends = {
        "account.move.line": [
            *("account_id", "amount_currency", "amount_residual_currency", "company_id", "currency_id", "date"),
            *("date_maturity", "move_id", "move_name", "parent_state", "partner_id"),
        ],
        "account.account": ["account_type"],
        "res.partner": ["commercial_partner_id"],
    }

    move_id = fields.Many2one("account.move", readonly=True)
    document = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    charge = fields.Monetary(readonly=True)
    credit = fields.Monetary(string="Payment or Credit", readonly=True)
    balance = fields.Monetary(readonly=True, help="What the patient owes after this; negative: credit.")
    residual = fields.Monetary(string="Open", readonly=True, help="Not paid yet; negative: credit not used yet.")
    what = fields.Char(string="What For", compute="_compute_what")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT MIN(line.id) AS id,
                   line.move_id,
                   MIN(line.move_name) AS document,
                   partner.commercial_partner_id AS partner_id,
                   line.company_id,
                   line.currency_id,
                   line.date,
                   MIN(line.date_maturity) AS due_date,
                   GREATEST(SUM(line.amount_currency), 0) AS charge,
                   GREATEST(-SUM(line.amount_currency), 0) AS credit,
                   SUM(line.amount_residual_currency) AS residual,
                   SUM(SUM(line.amount_currency)) OVER (
                       PARTITION BY line.company_id, partner.commercial_partner_id, line.currency_id
                       ORDER BY line.date, MIN(line.id)
                   ) AS balance
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE account.account_type = 'asset_receivable'
               AND line.parent_state = 'posted'
          GROUP BY line.company_id, partner.commercial_partner_id, line.currency_id, line.date, line.move_id
            HAVING SUM(line.amount_currency) <> 0
            """
        )

    @api.depends("move_id")
    @api.depends_context("lang")
    def _compute_what(self):
        for line in self:
            line.what = line.sudo().move_id._clinic_in_words()

    def action_open(self):
        """Open the document, the payment itself where it is one."""
        self.ensure_one()
        return self.move_id._clinic_open()
