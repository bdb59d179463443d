from odoo import api, fields, models


class ClinicMembership(models.Model):
    """Credit that waits for the next renewal: what is charged is less by it."""

    _inherit = "clinic.membership"

    credit_to_use = fields.Monetary(
        string="Credit Available",
        compute="_compute_next_amount",
        help="Taken off the next payment before it is charged.",
    )

    @api.depends("payer_id")
    def _compute_next_amount(self):
        """The next payment, less what outstanding credit pays of it."""
        result = super()._compute_next_amount()
        renewing = self.filtered(lambda membership: membership.will_renew and membership.next_amount)
        (self - renewing).credit_to_use = 0.0
        waiting = renewing._waiting_credit()
        for membership in renewing._with_rivals(waiting):
            used = membership._take_credit(waiting)
            if membership in renewing:
                membership.credit_to_use = used
                membership.next_amount -= used
        return result

    def _payers(self):
        """Who is invoiced, and for which part: [(partner, weight)]."""
        return self._shares() or [(self.payer_id, 1)]

    def _waiting_credit(self):
        """Outstanding credit of the payers: {(company, commercial partner): amount in the company's currency}."""
        payers = self.payer_id | self.payer_ids.partner_id
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("partner_id", "in", payers.commercial_partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual", "<", 0),
                    # on its way back to a card: the renewal leaves it alone, too
                    ("move_id.transaction_ids", "not any", [("state", "in", ("draft", "pending", "authorized"))]),
                ],
                ["company_id", "partner_id"],
                ["amount_residual:sum"],
            )
        )
        return {(company, partner): -amount for company, partner, amount in groups}

    def _with_rivals(self, waiting):
        """These and the other memberships of payers with credit, in the order in which they take it."""
        partners = [partner.id for _company, partner in waiting]
        rivals = self.browse()
        if partners:
            pays = fields.Domain("payer_id.commercial_partner_id", "in", partners)
            shares = fields.Domain("payer_ids.partner_id.commercial_partner_id", "in", partners)
            rivals = self.search((pays | shares) & fields.Domain("will_renew", "=", True))
        return (self | rivals).sorted(
            lambda membership: (membership.next_renewal, membership.id or membership._origin.id)
        )

    def _take_credit(self, waiting):
        """What credit pays of the next renewal; it is gone for the memberships after this one."""
        used, payers = 0.0, self._payers()
        total, weights = self._renewal_total(), sum(weight for _partner, weight in payers)
        company, today = self.company_id, self.company_id._clinic_today()
        for partner, weight in payers:
            key = (company, partner.commercial_partner_id)
            if not waiting.get(key):
                continue
            share = self.currency_id._convert(total * weight / weights, company.currency_id, company, today)
            taken = min(share, waiting[key])
            waiting[key] -= taken
            used += company.currency_id._convert(taken, self.currency_id, company, today)
        return used
