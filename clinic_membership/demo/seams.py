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


class ClinicCollection(models.Model):
    _inherit = "clinic.collection"

    def _book_durably(self):
        """As in :class:`ClinicJob`: no commit, and nobody else is there."""
        if _telling_history(self.env):
            self._work_safely("_book")
            return self.browse()
        return super()._book_durably()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _compute_invoice_date_due(self):
        """Without payment terms an invoice is due today: on its own day."""
        result = super()._compute_invoice_date_due()
        if _telling_history(self.env):
            for move in self.filtered(lambda move: move.invoice_date and not move.invoice_payment_term_id):
                move.invoice_date_due = move.invoice_date
        return result


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        """A card that paid in the past has its payment in the past."""
        if _telling_history(self.env):
            for vals in vals_list:
                company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
                vals.setdefault("date", company._clinic_today())
        return super().create(vals_list)
