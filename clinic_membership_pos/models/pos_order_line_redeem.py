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
    clinic_paid_by = fields.Char(string="Paid By", help="Which units paid, as the receipt says.")
    clinic_redemption_ids = fields.One2many("clinic.redemption", "pos_line_id", string="Redemptions")

    @api.model
    def _load_pos_data_fields(self, config):
        names = ["clinic_redeem", "clinic_grant_key", "clinic_paid_by"]
        return [*super()._load_pos_data_fields(config), *names]

    def _clinic_units_wanted(self, given_back=0):
        """How many units pay for the line, beside those that paid on the sales order that it settles.

        :param given_back: how many of it are refunded
        """
        units = math.ceil(float_round(self.qty - given_back, 6))
        return max(units - self.sale_order_line_id.clinic_redemption_id.quantity, 0)

    def _clinic_redeemed(self):
        return self.clinic_redemption_ids.filtered(lambda redemption: redemption.state == "done")

    def _clinic_take_units(self):
        """Take the units; those that are not there any more are an overdraft, for staff to review.

        :raises UserError: nothing can be taken at all
        """
        self.ensure_one()
        wanted = self._clinic_units_wanted()
        if before := self.sale_order_line_id.clinic_redemption_id:
            self.clinic_paid_by = before._receipt_words()
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
