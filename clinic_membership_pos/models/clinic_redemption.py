from odoo import api, fields, models


class ClinicRedemption(models.Model):
    """A visit that was paid with units at the till."""

    _inherit = "clinic.redemption"

    pos_line_id = fields.Many2one(
        "pos.order.line", string="Till Line", readonly=True, index="btree_not_null", ondelete="set null"
    )
    pos_order_id = fields.Many2one(related="pos_line_id.order_id", string="Till Order")

    @api.model
    def _source_values(self, source):
        if source and source._name == "pos.order.line":
            return {"pos_line_id": source.id}
        if source and source._name == "clinic.till.review":
            return {"pos_line_id": source.pos_line_id.id}
        return super()._source_values(source)

    @api.model
    def _redeem_up_to(self, partner, product, quantity, day, company, source, preferred=None):
        """Pay with the units that are there; the till has let the patient go already.

        :return: (the redemption or none, how many units are missing, why in words)
        """
        grants = partner._clinic_grants(product, company, day)
        answer = grants._allocate(partner, product, day, quantity, preferred)
        refusal = grants._refusal(partner, product, quantity, day, answer) if answer.missing else ""
        taken, redemption = quantity - answer.missing, self.browse()
        if taken:
            redemption = self._record(partner, product, taken, day, company, grants, answer, source)
        return redemption, answer.missing, refusal

    def _pay_for_fewer(self, kept):
        """All units go back, and the same ones pay again for what was kept.

        :param kept: how many units still pay
        """
        self.ensure_one()
        grants, source = self.entry_ids.grant_id, self._source()
        self._undo()
        if kept:
            self._redeem(
                self.partner_id, self.product_id, kept, self.date, self.company_id, source=source, preferred=grants
            )

    def _receipt_words(self):
        """What paid, as receipts have it: "6-Pack, 3 of 6 left"."""
        grants = self.entry_ids.filtered(lambda entry: entry.kind == "redeem").grant_id
        return ", ".join(grant._till_words() for grant in grants)


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _till_words(self):
        self.ensure_one()
        return self.env._(
            "from %(name)s %(left)s of %(granted)s left",
            name=self._holder_name(),
            left=self.remaining,
            granted=self.granted,
        )


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    pos_refund_line_id = fields.Many2one(
        "pos.order.line",
        string="Refunded at the Till",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _fiscal_position(self):
        """Of what a till sold, that of the ticket."""
        ticket = self.grant_id.package_id.sudo().pos_order_id
        return ticket.fiscal_position_id if ticket else super()._fiscal_position()
