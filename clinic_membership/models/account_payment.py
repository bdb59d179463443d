from odoo import models


class AccountPayment(models.Model):
    """Many payments that are posted together.

    Odoo links each with its entry alone, and looks each time for what depends on it. Here that is done once for all.
    """

    _inherit = "account.payment"

    def _generate_journal_entry(self, write_off_line_vals=None, force_balance=None, line_ids=None):
        changes = [] if self.env.context.get("clinic_together") else None
        super(AccountPayment, self.with_context(clinic_changes=changes))._generate_journal_entry(
            write_off_line_vals=write_off_line_vals, force_balance=force_balance, line_ids=line_ids
        )
        if changes:
            ids, names = ({value for change in changes for value in change[part]} for part in (0, 1))
            self.browse(ids).modified(names)

    def modified(self, fnames, create=False, before=False):
        """While they are linked with their entries, remember what is to be computed again."""
        changes = self.env.context.get("clinic_changes")
        if changes is None:
            super().modified(fnames, create=create, before=before)
        else:
            changes.append((self.ids, list(fnames)))
