import math

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round


class PosOrderLine(models.Model):
    """A till line that units pay for: its price is 0."""

    _inherit = "pos.order.line"

    clinic_redeem = fields.Boolean(string="Paid With Units", help="The till says so; the server checks it.")
    # a number and no link: what a till sends must not be able to break the order
    clinic_grant_key = fields.Integer(
        string="Units Picked", help="The lot that the cashier chose; 0: the clinic's order."
    )
    clinic_patient_key = fields.Integer(
        string="Units Of", help="Whose units the till meant: a line that is moved to another ticket leaves them behind."
    )
    clinic_paid_by = fields.Char(string="Paid By", help="Which units paid, as the receipt says.")
    clinic_redemption_ids = fields.One2many("clinic.redemption", "pos_line_id", string="Redemptions")
    clinic_units_ordered = fields.Integer(
        string="Units of the Sales Order",
        readonly=True,
        copy=False,
        help="How many units paid for this line on the sales order that it settles, and were not given back here.",
    )

    @api.model
    def _load_pos_data_fields(self, config):
        names = ["clinic_redeem", "clinic_grant_key", "clinic_patient_key", "clinic_paid_by"]
        return [*super()._load_pos_data_fields(config), *names]

    def _clinic_units_left(self):
        """How many units it takes for what of this line is not refunded."""
        return math.ceil(float_round(self._clinic_sold_count(), 6))

    def _clinic_units_wanted(self):
        """How many units pay for the line here, beside those that paid on the sales order that it settles."""
        return max(self._clinic_units_left() - self.clinic_units_ordered, 0)

    def _clinic_is_paid_by_order(self):
        """Whether it costs nothing because units paid on the sales order."""
        paid = self.sale_order_line_id.clinic_redemption_id
        return bool(paid) and self.currency_id.is_zero(self.price_subtotal_incl)

    def _clinic_redeemed(self):
        return self.clinic_redemption_ids.filtered(lambda redemption: redemption.state == "done")

    def _clinic_take_units(self):
        """Take the units; those that are not there any more are an overdraft, for staff to review.

        :raises UserError: nothing can be taken at all
        """
        self.ensure_one()
        if before := self.sale_order_line_id.clinic_redemption_id:
            mine = before.partner_id == self.order_id.partner_id  # nobody else's receipt tells of a patient's units
            self.clinic_paid_by = mine and before._receipt_words()
            self.clinic_units_ordered = max(min(self._clinic_units_left(), before.quantity), 0)
        wanted = self._clinic_units_wanted()
        if not wanted or self._clinic_redeemed():
            return
        self._check_clinic_free()
        redemption, missing, refusal = self.env["clinic.redemption"]._redeem_up_to(
            self.order_id.partner_id,
            self.product_id,
            wanted,
            self.order_id._clinic_day(),
            self.company_id,
            self,
            preferred=self.env["clinic.grant"].browse(self.clinic_grant_key or []),
        )
        if redemption:
            self.clinic_paid_by = redemption._receipt_words()
        if missing:
            self.env["clinic.till.review"]._open(self, "overdraft", refusal, quantity=missing)

    def _check_clinic_free(self):
        """Units pay for a patient's service that cost nothing at the till.

        :raises UserError: it was charged, or there is no patient
        """
        if not self.currency_id.is_zero(self.price_subtotal_incl):
            raise UserError(
                self.env._(
                    "%s was to be paid with units, and was charged at the till. No units were taken.",
                    self.product_id.name,
                )
            )
        if not self.order_id.partner_id:
            raise UserError(
                self.env._(
                    "%s was to be paid with units, and the order has no patient. Set the patient, then try again.",
                    self.product_id.name,
                )
            )
