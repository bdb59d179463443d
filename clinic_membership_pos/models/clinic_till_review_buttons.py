from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command


class ClinicTillReview(models.Model):
    """How a manager settles it: try again, charge it, or forgive it."""

    _inherit = "clinic.till.review"

    def action_try_again(self):
        """Try Again button: take the units that are there by now, or give what was sold."""
        self._check_may_settle()
        for review in self.sudo():
            getattr(review, f"_try_{review.kind}", review._try_nothing)()

    def action_charge(self):
        """Charge button: invoice the patient for the units that were missing, at their price."""
        self._check_may_settle()
        for review in self.sudo():
            review._charge()
        return self.move_id._get_records_action() if self.move_id else True

    def action_forgive(self):
        """Forgive button: the clinic gives it away."""
        self._check_may_settle()
        self.sudo()._close("forgiven")

    def action_open_order(self):
        """Open the till order."""
        return self.pos_order_id._get_records_action()

    def _check_may_settle(self):
        self.check_access("write")
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise AccessError(self.env._("Only membership managers settle what tills did."))
        self._check_open()

    # === try again === #

    def _try_overdraft(self):
        """Pay with units that came since, as on the day of the visit."""
        self._check_patient()
        preferred = self.env["clinic.grant"].browse()
        self.env["clinic.redemption"]._redeem(
            self.partner_id, self.product_id, self.quantity, self.date, self.company_id, self, preferred
        )
        self._close("settled")

    def _try_sale(self):
        self._check_patient()
        self.pos_line_id._clinic_create_holdings(self.partner_id)
        self._close("settled")

    def _try_refund(self):
        """End what was given back, as far as it can be ended by now."""
        self.pos_line_id._clinic_take_back()
        self._close("settled")

    def _try_nothing(self):
        raise UserError(self.env._("There is nothing to try again. Settle it with the patient, then forgive it."))

    def _check_patient(self):
        if not self.partner_id:
            raise UserError(self.env._("Set the patient first."))

    # === charge === #

    def _charge(self):
        if self.kind != "overdraft":
            raise UserError(self.env._("Only missing units are charged. Try again, or forgive it."))
        if not self.pos_line_id.currency_id.is_zero(self.pos_line_id.price_subtotal_incl):
            raise UserError(self.env._("The till charged it already, so there is nothing to charge: forgive it."))
        self._check_patient()
        invoice = self.env["account.move"].create(self._prepare_invoice())
        invoice._post(soft=False)
        self._close("charged", move_id=invoice.id)

    def _prepare_invoice(self):
        """The missing units at the price that the patient has."""
        payer = self.partner_id._clinic_payer(self.company_id) or self.partner_id
        pricelist = self.partner_id.with_company(self.company_id).property_product_pricelist
        product, currency = self.product_id, pricelist.currency_id or self.company_id.currency_id
        price = pricelist._get_product_price(product, self.quantity, currency=currency, date=self.date)
        line = {
            "product_id": product.id,
            "name": self.env._("%(service)s, till order %(order)s", service=product.name, order=self.pos_order_id.name),
            "quantity": self.quantity,
            "price_unit": price,
            "tax_ids": [Command.set(self.pos_line_id.tax_ids_after_fiscal_position.ids)],
        }
        return {
            "move_type": "out_invoice",
            "partner_id": payer.id,
            "company_id": self.company_id.id,
            "currency_id": currency.id,
            "fiscal_position_id": self.pos_order_id.fiscal_position_id.id,
            "invoice_date": self.company_id._clinic_today(),
            "invoice_origin": self.pos_order_id.name,
            "invoice_line_ids": [Command.create(line)],
        }
