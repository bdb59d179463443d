from odoo import api, fields, models
from odoo.tools import SQL

# what is left of the lot after a movement, in the order in which they were recorded
LEFT = SQL(
    """
    SUM(movement.quantity) OVER (
        PARTITION BY units.company_id, units.partner_id, units.membership_id, units.package_id, units.product_id,
                     units.categ_id, CASE WHEN units.package_id IS NULL THEN units.id END
            ORDER BY movement.sequence, movement.id
    )
    """
)
# an extension comes after the newest entry that its units had then
MOVEMENTS = SQL(
    """
       SELECT id * 2 AS id, id * 2 AS sequence, id AS entry_id, NULL::int AS extension_id, grant_id, kind,
              date, create_date AS recorded, quantity, granted, used, value, create_uid AS user_id,
              redemption_id, reverses_id
         FROM clinic_grant_entry
    UNION ALL
       SELECT id * 2 + 1, last_entry_id * 2 + 1, NULL::int, id, grant_id, 'extend'::varchar,
              date, create_date, 0, 0, 0, 0::numeric, user_id, NULL::int, NULL::int
         FROM clinic_extension
    """
)


class ClinicActivityLine(models.Model):
    """One movement of units, with what is left of its lot after it.

    Read from the ledger and from the extensions, which move no units. A lot is what a package has of one service, or
    one grant of a membership: one service in one window. Movements are in the order in which they were recorded, as
    only in that order there was never less than nothing; their date is the day of the visit.
    """

    _name = "clinic.activity.line"
    _description = "Movement of Units"
    _auto = False
    _order = "sequence, id"
    _rec_name = "document"
    _depends = {
        "clinic.grant.entry": [
            *("create_date", "create_uid", "date", "grant_id", "granted", "kind", "quantity", "redemption_id"),
            *("reverses_id", "used", "value"),
        ],
        "clinic.extension": ["create_date", "date", "grant_id", "last_entry_id", "user_id"],
        "clinic.redemption": ["partner_id", "user_id"],
        "clinic.grant": [
            *("categ_id", "company_id", "currency_id", "membership_id", "package_id", "partner_id", "product_id"),
        ],
    }

    sequence = fields.Integer(readonly=True, help="The order in which it was recorded.")
    entry_id = fields.Many2one("clinic.grant.entry", readonly=True)
    extension_id = fields.Many2one("clinic.extension", readonly=True)
    grant_id = fields.Many2one("clinic.grant", string="Units Of", readonly=True)
    package_id = fields.Many2one("clinic.package", readonly=True)
    membership_id = fields.Many2one("clinic.membership", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Owner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    product_id = fields.Many2one("product.product", string="Service", readonly=True)
    categ_id = fields.Many2one("product.category", string="Any of Category", readonly=True)
    kind = fields.Selection("_selection_kind", string="Movement", readonly=True)
    cause = fields.Char(readonly=True, help="The kind of the movement; of one that is taken back, of what it reverses.")
    date = fields.Date(readonly=True, help="The day of the visit, or of the event.")
    recorded = fields.Datetime(readonly=True)
    quantity = fields.Integer(string="Units", readonly=True)
    granted = fields.Integer(readonly=True)
    used = fields.Integer(readonly=True)
    value = fields.Monetary(readonly=True)
    units_left = fields.Integer(string="Left", readonly=True, aggregator=None, help="Of this lot, after it.")
    visitor_id = fields.Many2one("res.partner", string="Patient Who Came", readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    redemption_id = fields.Many2one("clinic.redemption", readonly=True)
    document = fields.Char(compute="_compute_words")
    explanation = fields.Text(string="Why", compute="_compute_words", help="Of a visit: why these units paid for it.")

    @api.model
    def _selection_kind(self):
        """The kinds of the ledger; what takes something back says what."""
        kinds = dict(self.env["clinic.grant.entry"]._fields["kind"]._description_selection(self.env))
        del kinds["reverse"]
        own = [("undo", self.env._("Undone")), ("back", self.env._("Given back")), ("extend", self.env._("Extended"))]
        return [*kinds.items(), *own]

    @property
    def _table_query(self):
        """Each part of the union reads one table only, so that a patient's movements are read by their index."""
        return SQL(
            """
            SELECT movement.id,
                   movement.sequence,
                   movement.entry_id,
                   movement.extension_id,
                   movement.grant_id,
                   movement.date,
                   movement.recorded,
                   movement.quantity,
                   movement.granted,
                   movement.used,
                   movement.value,
                   movement.redemption_id,
                   CASE WHEN origin.id IS NULL THEN movement.kind WHEN origin.kind = 'redeem' THEN 'undo' ELSE 'back'
                   END AS kind,
                   COALESCE(origin.kind, movement.kind) AS cause,
                   redemption.partner_id AS visitor_id,
                   COALESCE(CASE movement.kind WHEN 'redeem' THEN redemption.user_id END, movement.user_id) AS user_id,
                   units.package_id,
                   units.membership_id,
                   units.partner_id,
                   units.company_id,
                   units.currency_id,
                   units.product_id,
                   units.categ_id,
                   %(left)s::int AS units_left
              FROM clinic_grant units
              JOIN (
                    %(movements)s
                   ) movement ON movement.grant_id = units.id
         LEFT JOIN clinic_grant_entry origin ON origin.id = movement.reverses_id
         LEFT JOIN clinic_redemption redemption ON redemption.id = movement.redemption_id
            """,
            left=LEFT,
            movements=MOVEMENTS,
        )

    def _lot(self):
        """What tells the lots apart, as the balance does."""
        of_package = (self.package_id, self.partner_id, self.product_id, self.categ_id)
        return of_package if self.package_id else (self.grant_id,)

    # === in words === #

    @api.depends("entry_id", "extension_id")
    @api.depends_context("lang")
    def _compute_words(self):
        for line in self:
            documents = line.sudo()._documents()
            line.document = ", ".join(record.name for record in documents)
            line.explanation = line.sudo()._why()

    def _documents(self):
        """The records behind the movement, the one to open first."""
        entry, extension = self.entry_id, self.extension_id
        if extension:
            return [extension.invoice_id] if extension.invoice_id else []
        if entry.redemption_id:
            order = entry.redemption_id.sale_line_id.order_id
            return [entry.redemption_id, *order]
        if document := entry.refund_id or entry.document_id:
            return [document]
        if self.kind != "grant":
            return []
        order = self.package_id.sale_order_id
        invoices = self.package_id._invoice_lines().move_id | self.grant_id.period_id.invoice_id
        return [*order, *invoices.sorted("id")[:1]]

    def _why(self):
        """Why these units paid, or why they came and went."""
        entry, extension, day = self.entry_id, self.extension_id, self.env["ir.qweb.field.date"].value_to_html
        if extension:
            return self.env._(
                "%(old)s → %(new)s: %(reason)s",
                old=day(extension.old_date, {}),
                new=day(extension.new_date, {}),
                reason=extension.reason,
            )
        if self.kind == "redeem":
            return entry.redemption_id.explanation
        if self.kind == "undo":
            visit = day(entry.redemption_id.date, {})
            return entry.note or self.env._("The visit of %s does not count any more.", visit)
        if self.kind == "rollover" and self.quantity > 0:
            return self.env._("Carried from %s", self.grant_id.source_grant_id._window_in_words())
        return entry.note or entry.refund_id.reason or ""

    def action_open(self):
        """Open what is behind the movement: the redemption, the refund, the order, the invoice; else the units."""
        self.ensure_one()
        for record in [*self.sudo()._documents(), self.grant_id]:
            mine = record.with_env(self.env)
            if mine.has_access("read"):
                return mine.get_formview_action()
        return False


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _window_in_words(self):
        """When these units can be used."""
        day = self.env["ir.qweb.field.date"].value_to_html
        if not self.expires_on:
            return self.env._("from %s", day(self.valid_from, {}))
        return f"{day(self.valid_from, {})} – {day(self.expires_on, {})}"
