from odoo import fields, models
from odoo.tools import SQL

from ..models.clinic_recognition import RECOGNIZED


class ClinicPrepaidLine(models.Model):
    """Every movement of prepaid value: what was sold, used, expired or refunded, at the balance of the books."""

    _name = "clinic.prepaid.line"
    _description = "Prepaid Value"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "package_id"

    date = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    package_id = fields.Many2one("clinic.package", readonly=True)
    product_id = fields.Many2one("product.product", string="Package Sold", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", readonly=True)
    redemption_id = fields.Many2one("clinic.redemption", readonly=True)
    movement = fields.Selection(
        [
            ("sold", "Sold"),
            ("opening", "Brought along"),
            ("used", "Used"),
            ("expired", "Expired"),
            ("refunded", "Refunded"),
            ("corrected", "Corrected"),
            ("moved", "Moved"),
        ],
        readonly=True,
    )
    units = fields.Integer(readonly=True)
    balance = fields.Monetary(string="Value", readonly=True)
    to_post = fields.Monetary(
        string="Journal Value",
        readonly=True,
        help="What a journal entry moves out of the account of prepaid services, or back: as income, breakage or an "
        "opening balance. Credit notes have moved the rest.",
    )
    recognition_move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT entry.id, entry.date, entry.company_id, company.currency_id, grants.package_id, package.product_id,
                   grants.partner_id, entry.redemption_id, entry.quantity AS units, entry.balance,
                   entry.recognition_move_id,
                   CASE WHEN entry.kind IN %(posted)s
                        THEN -entry.balance - COALESCE(entry.refunded, 0) ELSE 0 END AS to_post,
                   CASE COALESCE(reversed.kind, entry.kind)
                       WHEN 'grant' THEN 'sold' WHEN 'opening' THEN 'opening' WHEN 'redeem' THEN 'used'
                       WHEN 'expire' THEN 'expired' WHEN 'refund' THEN 'refunded'
                       WHEN 'revalue' THEN 'corrected' ELSE 'moved'
                   END AS movement
              FROM clinic_grant_entry entry
              JOIN clinic_grant grants ON grants.id = entry.grant_id AND grants.deferred
              JOIN clinic_package package ON package.id = grants.package_id
              JOIN res_company company ON company.id = entry.company_id
         LEFT JOIN clinic_grant_entry reversed ON reversed.id = entry.reverses_id
             WHERE entry.balance <> 0 OR COALESCE(entry.refunded, 0) <> 0
            """,
            posted=RECOGNIZED,
        )
