import logging

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.service.model import retrying

_logger = logging.getLogger(__name__)


class ClinicJob(models.AbstractModel):
    """Work through many records in a scheduled action: in chunks, on several workers, a bad record in nobody's way."""

    _name = "clinic.job"
    _description = "Resumable Work"

    failed_on = fields.Date(copy=False, readonly=True, help="The day on which a scheduled action last failed here.")
    failure = fields.Text(copy=False, readonly=True, help="Why it failed.")

    def _work_through(self, domain, work, limit=100):
        """Call ``work`` (a method name) on every record of ``domain``, a committed chunk at a time.

        Each chunk is locked with SKIP LOCKED, so that two workers share the work; a chunk that meets a
        concurrent change is done again; a record that fails is left for the next day with the reason.
        ``work`` must make the records leave the domain.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(domain))
        while done := retrying(lambda: self._work_chunk(domain, work, limit), self.env):
            if not cron._commit_progress(done):
                break

    def _work_chunk(self, domain, work, limit):
        chunk = self.search(domain, limit=limit * 20).try_lock_for_update(limit=limit)
        chunk._work_safely(work)
        return len(chunk)

    def _work_safely(self, work):
        """Do the work on all at once; where that fails, on ever smaller parts, down to the record that is to blame."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                getattr(self, work)()
        except OperationalError:  # a concurrent change: the whole chunk is tried again
            raise
        except Exception as error:
            if len(self) > 1:
                _logger.warning("%s failed on %s records, trying parts of them: %s", work, len(self), error)
                middle = len(self) // 2
                self[:middle]._work_safely(work)
                self[middle:]._work_safely(work)
            else:
                _logger.warning("%s failed on %s", work, self, exc_info=True)
                self._work_failed(error)

    def _work_failed(self, error):
        """Note the failure where staff sees it; the record is tried again tomorrow."""
        reason = str(error) or error.__class__.__name__
        if reason != self.failure:
            self._tell_failure(reason)
        self.write({"failed_on": self.company_id._clinic_today(), "failure": reason})

    def _work_succeeded(self):
        """Clear what an earlier failure left behind."""
        if failed := self.filtered("failed_on"):
            failed._clear_failure()
            failed.write({"failed_on": False, "failure": False})

    def _tell_failure(self, reason):
        """Hook: tell staff."""

    def _clear_failure(self):
        """Hook: take back what :meth:`_tell_failure` left for staff to do."""

    def _today_domain(self, make):
        """One domain over all companies, each with its own today: ``make(company, today)`` for each of them.

        Records that failed today are left out.
        """
        domains = []
        for company in self.env["res.company"].sudo().search([]):  # pylint: disable=no-search-all
            today = company._clinic_today()
            domains.append(
                fields.Domain("company_id", "=", company.id)
                & fields.Domain(make(company, today))
                & (fields.Domain("failed_on", "=", False) | fields.Domain("failed_on", "<", today))
            )
        return fields.Domain.OR(domains)
