from odoo import models
from odoo.tools import SQL


class ClinicTieOut(models.TransientModel):
    """Packages that tills sold: their price is in the books when the session is closed, or the order invoiced."""

    _inherit = "clinic.tie.out"

    def _sold_by_order(self):
        return SQL("package.pos_line_id IS NULL")

    def _sold(self):
        return [*super()._sold(), *self._granted_at_tills().values(), *self._reviewed_at_tills().values()]

    def action_open_sold(self):
        """Of what tills sold: the packages that are not booked yet, those of orders beside them; else what is to be
        reviewed."""
        report = self.sudo()
        lines = self.env["pos.order.line"].sudo().browse(self._of_sign(report._granted_at_tills()))
        if lines:
            ordered = self.env["sale.order.line"].sudo().browse(self._of_sign(report._sold_lines()))
            packages = lines.clinic_package_ids | ordered.clinic_package_ids
            action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_action")
            return {**action, "domain": [("id", "in", packages.ids)], "context": {}}
        reviews, orders = self._of_sign(report._reviewed_at_tills()), super().action_open_sold()
        may = self.env["clinic.till.review"].has_access("read")
        if not reviews or not may or self.env["sale.order"].sudo().search_count(orders["domain"], limit=1):
            return orders
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership_pos.clinic_till_review_action")
        return {**action, "domain": [("id", "in", reviews)], "context": {}}

    def _of_books(self):
        """What tills gave back for packages is a credit note, too."""
        figures = super()._of_books()
        figures["credit_notes"] += self._refunded_at_tills()
        return figures

    def _booked(self):
        """Whether the order of ``orders`` and ``session`` is in the books by the day: by its invoice or its session.

        Of an order that is invoiced later, an entry takes back what the session's had.
        """
        return SQL(
            """
            (
                EXISTS (SELECT 1 FROM account_move invoice
                         WHERE invoice.id = orders.account_move
                           AND invoice.state = 'posted' AND invoice.date <= %(day)s)
                OR EXISTS (SELECT 1 FROM account_move entry_of
                            WHERE entry_of.id = session.move_id
                              AND entry_of.state = 'posted' AND entry_of.date <= %(day)s)
                   AND (orders.account_move IS NULL
                        OR EXISTS (SELECT 1 FROM account_move back WHERE back.reversed_pos_order_id = orders.id))
                   AND NOT EXISTS (SELECT 1 FROM account_move back
                                    WHERE back.reversed_pos_order_id = orders.id
                                      AND back.state = 'posted' AND back.date <= %(day)s)
            )
            """,
            day=self.date,
        )

    def _granted_at_tills(self):
        """Units of orders that are not in the books yet: {id of the till's line: their value, negative}."""
        return self._rows(
            SQL(
                """
                SELECT line.id, -SUM(CASE entry.kind WHEN 'grant' THEN entry.balance ELSE -entry.refunded END)
                  FROM clinic_grant_entry entry
                  JOIN clinic_grant grants ON grants.id = entry.grant_id AND grants.deferred
                  JOIN clinic_package package ON package.id = grants.package_id
                  JOIN pos_order_line line ON line.id = package.pos_line_id
                  JOIN pos_order orders ON orders.id = line.order_id
                  JOIN pos_session session ON session.id = orders.session_id
             LEFT JOIN account_move document ON document.id = entry.document_id
                 WHERE entry.company_id = %(company)s AND entry.date <= %(day)s
                   AND (entry.kind = 'grant'
                        OR entry.kind = 'revalue' AND document.move_type IS DISTINCT FROM 'out_refund')
                   AND NOT %(booked)s
              GROUP BY line.id
                """,
                company=self.company_id.id,
                day=self.date,
                booked=self._booked(),
            )
        )

    def _reviewed_at_tills(self):
        """What was sold and never given, what was given back and never taken (negative): {id of the review: amount}."""
        return self._rows(
            SQL(
                """
                SELECT review.id, review.balance
                  FROM clinic_till_review review
                  JOIN pos_order orders ON orders.id = review.pos_order_id
                  JOIN pos_session session ON session.id = orders.session_id
                 WHERE review.company_id = %(company)s AND review.balance <> 0
                   AND (review.kind = 'sale' OR review.kind = 'refund' AND orders.account_move IS NULL)
                   AND %(booked)s
                   AND NOT EXISTS (SELECT 1 FROM clinic_package package
                                    WHERE package.pos_line_id = review.pos_line_id AND package.purchase_date <= %(day)s)
                   AND NOT EXISTS (SELECT 1 FROM clinic_grant_entry entry
                                    WHERE entry.pos_refund_line_id = review.pos_line_id AND entry.date <= %(day)s)
                """,
                company=self.company_id.id,
                day=self.date,
                booked=self._booked(),
            )
        )

    def _refunded_at_tills(self):
        rows = self._rows(
            SQL(
                """
                SELECT 0, SUM(entry.refunded)
                  FROM clinic_grant_entry entry
                  JOIN pos_order_line line ON line.id = entry.pos_refund_line_id
                  JOIN pos_order orders ON orders.id = line.order_id
                  JOIN pos_session session ON session.id = orders.session_id
                 WHERE entry.company_id = %(company)s AND entry.date <= %(day)s
                   AND orders.account_move IS NULL AND %(booked)s
                """,
                company=self.company_id.id,
                day=self.date,
                booked=self._booked(),
            )
        )
        return sum(rows.values())

    def _rows(self, query):
        for name in ("clinic.grant.entry", "clinic.till.review", "pos.order", "pos.session", "account.move"):
            self.env[name].flush_model()
        self.env.cr.execute(query)
        return {key: float(amount or 0.0) for key, amount in self.env.cr.fetchall()}
