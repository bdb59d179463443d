from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize


class ClinicCode(models.Model):
    """Codes are delivered by e-mail on their day, gifts with a certificate."""

    _name = "clinic.code"
    _inherit = ["clinic.code", "clinic.job"]

    sent_on = fields.Datetime(readonly=True, copy=False)

    @api.constrains("recipient_email")
    def _check_recipient_email(self):
        for code in self:
            if code.recipient_email and not email_normalize(code.recipient_email):
                raise ValidationError(
                    self.env._("%s is not an e-mail address of one person.", code.recipient_email),
                )

    def _hold(self, units):
        result = super()._hold(units)
        self._deliver_due()
        return result

    def _deliver_due(self):
        """Have the scheduled action send what is to be sent today: an e-mail that fails must not undo a payment."""
        if self.filtered_domain(self._today_domain(self._deliver_domain)):
            self.env.ref("clinic_membership.ir_cron_deliver_codes").sudo()._trigger()

    @api.model
    def _cron_deliver(self, limit=100):
        """Scheduled action: e-mail the codes whose day has come."""
        self._work_through(self._today_domain(self._deliver_domain), "_send", limit)

    @api.model
    def _deliver_domain(self, company, today):
        day = fields.Domain("deliver_on", "=", False) | fields.Domain("deliver_on", "<=", today)
        ready = [("state", "=", "ready"), ("recipient_email", "!=", False), ("sent_on", "=", False)]
        return fields.Domain(ready) & day

    def _send(self):
        """E-mail each to its recipient, with a certificate where one can be printed."""
        template = self.env.ref("clinic_membership.mail_template_code", raise_if_not_found=False)
        for code in self:
            if template:
                attachments = code._certificate() if code.purpose != "transfer" else []
                template.sudo().send_mail(code.id, email_values={"attachment_ids": attachments})
            code.sent_on = fields.Datetime.now()
        self._work_succeeded()

    def _certificate(self):
        """The certificate as an attachment; none where this server cannot print PDF: the e-mail shows the code too."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() not in ("ok", "upgrade", "workers"):
            return []
        name = "clinic_membership.action_report_certificate"
        content, _kind = self.env["ir.actions.report"].sudo()._render_qweb_pdf(name, self.ids)
        values = {"name": self.env._("Certificate.pdf"), "raw": content, "res_model": self._name, "res_id": self.id}
        return self.env["ir.attachment"].sudo().create(values).ids

    def _tell_failure(self, reason):
        for code in self:
            code.message_post(body=self.env._("The code could not be sent: %s", reason))

    def action_send(self):
        """Send button: now, whatever its day."""
        for company in self.company_id:
            self.env["clinic.redemption"]._check_may_redeem(company)
        for code in self:
            if code.state != "ready" or not code.recipient_email:
                raise UserError(
                    self.env._("%s is not ready, or has no e-mail address to be sent to.", code.display_name)
                )
        self.sudo()._send()

    def action_send_list(self):
        """E-mail the whole list to whoever bought these codes for others."""
        for company in self.company_id:
            self.env["clinic.redemption"]._check_may_redeem(company)
        if not self.sale_order_id or self.filtered(lambda code: not code.sale_order_id):
            raise UserError(self.env._("Only the codes of an order have a buyer. Choose those of one order."))
        self.sale_order_id._clinic_send_codes()
