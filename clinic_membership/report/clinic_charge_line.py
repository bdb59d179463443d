from odoo import api, fields, models
from odoo.tools import SQL


class ClinicChargeLine(models.Model):
    """One reason for, or one step towards, the amount of an invoice or credit note.

    Its prices, credited prorations and taxes add up to its total; what was applied or paid is taken off. So the sum
    of ``amount`` over a document is what is open on it. Attempts to charge a card stand beside, without an amount.
    """

    _name = "clinic.charge.line"
    _description = "Charge"
    _auto = False
    _order = "move_id desc, sequence, id"
    _rec_name = "name"
    _depends = {
        "account.move": [
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "invoice_date",
            "move_type",
            "name",
            "state",
        ],
        "account.move.line": [
            *("account_id", "amount_currency", "currency_id", "date", "discount", "display_type", "move_id", "name"),
            *("price_unit", "quantity"),
        ],
        "account.account": ["account_type"],
        "account.partial.reconcile": [
            *("credit_amount_currency", "credit_move_id", "debit_amount_currency", "debit_move_id", "max_date"),
        ],
        "payment.transaction": [
            *("amount", "invoice_ids", "last_state_change", "provider_id", "reference", "state", "token_id"),
        ],
        "res.company": ["clinic_tz"],
    }

    move_id = fields.Many2one("account.move", string="Document", readonly=True)
    document = fields.Char(string="Number", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    kind = fields.Selection(
        [
            ("price", "Price"),
            ("credit", "Credited"),
            ("tax", "Tax"),
            ("applied", "Credit applied"),
            ("payment", "Payment"),
            ("other", "Correction"),
            ("attempt", "Attempt"),
        ],
        readonly=True,
    )
    sequence = fields.Integer(readonly=True)
    date = fields.Date(readonly=True)
    name = fields.Char(string="Description", readonly=True)
    quantity = fields.Float(readonly=True, aggregator=None)
    price_unit = fields.Float(string="Unit Price", digits="Product Price", readonly=True, aggregator=None)
    discount = fields.Float(string="Discount (%)", readonly=True, aggregator=None)
    amount = fields.Monetary(readonly=True, help="Positive: the patient owes it. Negative: in the patient's favour.")
    counterpart_id = fields.Many2one("account.move", string="Taken From", readonly=True)
    # of attempts
    transaction_id = fields.Many2one("payment.transaction", readonly=True)
    attempted_on = fields.Datetime(
        string="Time", readonly=True, help="When the provider answered; while it has not, when it was asked."
    )
    attempted = fields.Monetary(string="Amount Attempted", readonly=True, aggregator=None)
    provider_id = fields.Many2one("payment.provider", readonly=True)
    token_id = fields.Many2one("payment.token", string="Card", readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env["payment.transaction"]._fields["state"].selection, readonly=True
    )
    outcome = fields.Char(compute="_compute_outcome")
    what = fields.Char(string="What For", compute="_compute_what")

    @property
    def _table_query(self):
        parts = (self._select_lines(), self._select_applied(), self._select_attempts())
        return SQL(" UNION ALL ").join(parts)

    # ids must be the same in each query: those of the source, told apart by their last digit base 8

    def _select_lines(self):
        """What the document bills: every line of it that is not its receivable."""
        return SQL(
            """
            SELECT line.id::bigint * 8 AS id, move.id AS move_id, move.name AS document,
                   move.commercial_partner_id AS partner_id,
                   move.company_id, line.currency_id, move.invoice_date AS date, line.name,
                   CASE WHEN line.display_type <> 'product' THEN 'tax'
                        WHEN line.amount_currency > 0 THEN 'credit' ELSE 'price' END AS kind,
                   CASE WHEN line.display_type <> 'product' THEN 3
                        WHEN line.amount_currency > 0 THEN 1 ELSE 2 END AS sequence,
                   line.quantity, line.price_unit, line.discount, -line.amount_currency AS amount,
                   NULL::int AS counterpart_id, NULL::int AS transaction_id, NULL::timestamp AS attempted_on,
                   NULL::numeric AS attempted, NULL::int AS provider_id, NULL::int AS token_id, NULL::varchar AS state
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
               AND line.display_type NOT IN
                   ('payment_term', 'cogs', 'line_section', 'line_subsection', 'line_note')
            """
        )

    def _select_applied(self):
        """What was reconciled with the document's receivable, from its own side."""
        sides = (
            SQL("partial.debit_move_id AS line_id, partial.credit_move_id AS other_id, 1 AS side,"),
            SQL("partial.credit_move_id AS line_id, partial.debit_move_id AS other_id, 2 AS side,"),
        )
        amounts = (SQL("-partial.debit_amount_currency"), SQL("partial.credit_amount_currency"))
        partials = SQL(" UNION ALL ").join(
            SQL("SELECT partial.id, %s partial.max_date, %s AS amount FROM account_partial_reconcile partial", *pair)
            for pair in zip(sides, amounts, strict=True)
        )
        return SQL(
            """
            SELECT partial.id::bigint * 8 + partial.side, move.id, move.name, move.commercial_partner_id,
                   move.company_id, line.currency_id, partial.max_date, other.name,
                   CASE WHEN other.move_type IN ('out_invoice', 'out_refund') THEN 'applied'
                        WHEN other.origin_payment_id IS NOT NULL THEN 'payment' ELSE 'other' END,
                   5, NULL, NULL, NULL, partial.amount, other.id, payment.payment_transaction_id, NULL,
                   NULL, transaction.provider_id, payment.payment_token_id, NULL
              FROM (%s) partial
              JOIN account_move_line line ON line.id = partial.line_id
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_move_line other_line ON other_line.id = partial.other_id
              JOIN account_move other ON other.id = other_line.move_id
         LEFT JOIN account_payment payment ON payment.id = other.origin_payment_id
         LEFT JOIN payment_transaction transaction ON transaction.id = payment.payment_transaction_id
             WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
               AND account.account_type = 'asset_receivable' AND partial.amount <> 0
            """,
            partials,
        )

    def _select_attempts(self):
        """Every payment transaction of the document, whatever became of it. One may pay several documents.

        A count and not a window: through a window the filter on documents would not reach the transactions.
        """
        return SQL(
            """
            SELECT (transaction.id::bigint * 1024 + (
                       SELECT COUNT(*) FROM account_invoice_transaction_rel earlier
                        WHERE earlier.transaction_id = transaction.id AND earlier.invoice_id < move.id)) * 8 + 3,
                   move.id, move.name, move.commercial_partner_id, move.company_id, transaction.currency_id,
                   (transaction.last_state_change AT TIME ZONE 'UTC'
                       AT TIME ZONE COALESCE(company.clinic_tz, 'UTC'))::date,
                   transaction.reference, 'attempt', 4, NULL, NULL, NULL, NULL, NULL, transaction.id,
                   transaction.last_state_change, transaction.amount, transaction.provider_id, transaction.token_id,
                   transaction.state
              FROM payment_transaction transaction
              JOIN account_invoice_transaction_rel rel ON rel.transaction_id = transaction.id
              JOIN account_move move ON move.id = rel.invoice_id
              JOIN res_company company ON company.id = move.company_id
            """
        )

    @api.depends("transaction_id")
    @api.depends_context("lang")
    def _compute_outcome(self):
        for line in self:
            line.outcome = line.sudo().transaction_id._clinic_answer_in_words() if line.kind == "attempt" else False

    @api.depends("move_id")
    @api.depends_context("lang")
    def _compute_what(self):
        for line in self:
            line.what = line.sudo().move_id._clinic_in_words()

    def action_open(self):
        """Open what the line is about: the credit or payment that was applied, else the document."""
        self.ensure_one()
        return (self.counterpart_id or self.move_id)._clinic_open()
