from odoo import fields, models
from odoo.exceptions import UserError


class ClinicSell(models.TransientModel):
    """A package that is bought for somebody else: with a code, a certificate, and a day on which it is e-mailed."""

    _inherit = "clinic.sell"

    is_gift = fields.Boolean(string="This is a gift")
    recipient_name = fields.Char(string="For")
    recipient_email = fields.Char(string="E-mail", help="Empty: print the certificate and hand it over.")
    message = fields.Text()
    deliver_on = fields.Date(help="The day of the e-mail. Empty: at once, when it is paid.")

    def action_sell(self):
        """Each package of a gift has a code."""
        if not self._is_gift():
            return super().action_sell()
        if self.deliver_on and self.deliver_on < self.company_id._clinic_today():
            raise UserError(self.env._("Choose today or a later day for the delivery."))
        return super().action_sell()

    def _is_gift(self):
        return self.kind == "package" and self.is_gift

    def _take_payment(self, order):
        """The codes come first, so that the payment makes them ready."""
        if self._is_gift():
            names = ("recipient_name", "recipient_email", "message", "deliver_on")
            packages = order.sudo().order_line.clinic_package_ids
            packages._make_codes("gift", user_id=self.env.uid, **{name: self[name] for name in names})
        return super()._take_payment(order)

    def _open_result(self, order):
        """Open the codes of a gift, to print or hand over."""
        if not self._is_gift():
            return super()._open_result(order)
        return order.action_view_clinic_codes()
