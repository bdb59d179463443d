"""What lets history be told through the clinic's own walks. No user can: ``uid`` does not change with ``sudo()``."""

from odoo import SUPERUSER_ID, api, models


def _telling_history(env):
    return env.uid == SUPERUSER_ID and env.context.get("clinic_demo")


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _commit_progress(self, processed=0, **kwargs):
        """While demo data loads, the transaction belongs to the installation: nothing commits in between."""
        if _telling_history(self.env):
            return float("inf")
        return super()._commit_progress(processed, **kwargs)


class ClinicJob(models.AbstractModel):
    _inherit = "clinic.job"

    def _work_through(self, domain, work, limit=100):
        """Nor does a scheduled action: all that is due is one chunk."""
        if _telling_history(self.env):
            self._work_chunk(domain, work, limit)
        else:
            super()._work_through(domain, work, limit)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _compute_invoice_date_due(self):
        """Without payment terms an invoice is due today: on its own day."""
        result = super()._compute_invoice_date_due()
        if _telling_history(self.env):
            for move in self.filtered(lambda move: move.invoice_date and not move.invoice_payment_term_id):
                move.invoice_date_due = move.invoice_date
        return result


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _create_payment(self, **extra_create_values):
        """A card that paid in the past has its payment in the past."""
        if _telling_history(self.env):
            extra_create_values["date"] = self.company_id._clinic_today()
        return super()._create_payment(**extra_create_values)
