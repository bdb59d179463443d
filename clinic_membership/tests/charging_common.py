"""A provider that remembers whom it charged, and commits that can be taken back."""


class Provider:
    """A provider that knows its keys: the same reference is charged once, however often it is sent."""

    def __init__(self):
        self.answer, self.sent, self.charged = "done", [], set()

    def send(self, transaction):
        answer = self.answer
        self.sent.append(transaction)
        if answer not in ("decline", "final", "refused"):
            self.charged.add(transaction.reference)
        if answer == "dies":
            self.answer = "done"
            raise SystemExit("killed")
        getattr(self, f"_{answer}")(transaction)

    def _done(self, transaction):
        transaction._set_done()

    def _processing(self, transaction):
        transaction._set_pending()

    def _authorized(self, transaction):
        transaction.provider_id.support_manual_capture = "full_only"  # Odoo refuses the state without it
        transaction._set_authorized()

    def _unknown(self, transaction):
        transaction._clinic_note_failure(None)
        transaction._set_error("Time-out")

    def _decline(self, transaction):
        transaction._set_error("Declined")

    def _final(self, transaction):
        transaction.write({"clinic_outcome": "declined", "clinic_code": "lost_card", "clinic_final": True})
        transaction._set_error("Lost card")

    def _refused(self, transaction):
        transaction.clinic_outcome = "refused"
        transaction._set_error("Wrong key")

    def _mismatch(self, transaction):
        transaction._set_error("Another amount")
        transaction.clinic_outcome = "mismatch"


class Commits:
    """Commits that can be rolled back: what a killed process has not committed is gone."""

    def __init__(self, cr):
        self.cr, self.savepoint = cr, cr.savepoint()

    def commit(self):
        self.savepoint.close(rollback=False)
        self.savepoint = self.cr.savepoint()

    def die(self):
        self.savepoint.rollback()
