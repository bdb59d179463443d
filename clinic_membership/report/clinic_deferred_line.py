from odoo import fields, models
from odoo.tools import SQL


class ClinicDeferredLine(models.Model):
    """Every movement of deferred memberships: what was invoiced, credited and earned, at the balance of the books."""

    _name = "clinic.deferred.line"
    _description = "Deferred Membership Value"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "membership_id"

    date = fields.Date(readonly=True, help="Of what was earned: the end of its month, also where it was posted later.")
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    membership_id = fields.Many2one("clinic.membership", readonly=True)
    product_id = fields.Many2one("product.product", string="Plan or Service", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", readonly=True)
    movement = fields.Selection(
        [
            ("invoiced", "Invoiced"),
            ("opening", "Brought along"),
            ("credited", "Credited"),
            ("earned", "Earned"),
        ],
        readonly=True,
    )
    balance = fields.Monetary(string="Value", readonly=True)
    deferral_id = fields.Many2one("clinic.deferral", readonly=True)
    document_id = fields.Many2one("account.move", readonly=True)
    recognition_move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)

    @property
    def _table_query(self):
        """A deferral's id is even, a posting's is odd. A discount's part is negative where it is invoiced."""
        return SQL(
            """
            SELECT moved.id, moved.date, deferral.company_id, company.currency_id, deferral.membership_id,
                   deferral.product_id, COALESCE(membership.partner_id, document.partner_id) AS partner_id,
                   moved.movement, moved.balance, deferral.id AS deferral_id, deferral.move_id AS document_id,
                   moved.recognition_move_id
              FROM (
                    SELECT invoiced.id * 2 AS id, invoiced.id AS deferral_id, invoiced.date, amount AS balance,
                           NULL::integer AS recognition_move_id,
                           CASE WHEN is_opening THEN 'opening'
                                WHEN (amount < 0) = (item.clinic_shares_id IS NULL) THEN 'credited'
                                ELSE 'invoiced' END AS movement
                      FROM clinic_deferral invoiced
                      JOIN account_move_line item ON item.id = invoiced.move_line_id
                 UNION ALL
                    SELECT id * 2 + 1, deferral_id, earned_on, -amount, move_id,
                           CASE WHEN taken_back THEN 'opening' ELSE 'earned' END
                      FROM clinic_deferral_posting
                   ) moved
              JOIN clinic_deferral deferral ON deferral.id = moved.deferral_id
              JOIN account_move document ON document.id = deferral.move_id
              JOIN res_company company ON company.id = deferral.company_id
         LEFT JOIN clinic_membership membership ON membership.id = deferral.membership_id
            """
        )
