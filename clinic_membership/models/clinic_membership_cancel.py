from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import periods
from .clinic_membership_change import Side


class ClinicMembership(models.Model):
    """Leaving: the two dates, the fee, and taking it back."""

    _inherit = "clinic.membership"

    fee_document_ids = fields.Many2many(
        "account.move", string="Cancellation Fee Charged", copy=False, readonly=True, check_company=True
    )

    def _cancel_dates(self, day, immediate=False):
        """When charges stop and when benefits end if the member cancels on ``day``.

        :return: (no further charge from, last day of benefits)
        """
        self.ensure_one()
        if self.state == "pending":
            return day, day
        # a trial needs no notice: cancelled before it converts, nothing more is charged; nor does who leaves at once
        without_notice = immediate or self._is_converting()
        earliest = day if without_notice else fields.Date.add(day, days=self.notice_days)
        stop = fields.Date.add(self.next_renewal, days=self._days_paused(day))
        while stop < earliest:
            stop = periods.period_at(self.anchor_date, self._billing(), stop).end
        return stop, day if immediate else fields.Date.subtract(stop, days=1)

    def _cancel(self, reason, note="", immediate=False, fee=True):
        """Cancel: no further charges, benefits end with the paid period or at once.

        Asked again, the dates are those of today; the fee has been charged with the first time.

        :param reason: a ``clinic.cancel.reason``
        :param fee: whether the cancellation fee of the terms is charged
        """
        for membership in self:
            if membership.state in ("cancelled", "ended"):
                raise UserError(self.env._("%s has ended already.", membership.display_name))
            today = membership.company_id._clinic_today()
            membership._leave_pause(today)
            stop, until = membership._cancel_dates(today, immediate)
            documents = membership._bill_cancel_fee() if fee else self.env["account.move"]
            membership.write(
                {
                    "fee_document_ids": [Command.link(document.id) for document in documents],
                    "cancelled_on": today,
                    "no_charge_from": stop,
                    "benefits_until": until,
                    "cancel_reason_id": reason.id,
                    "cancel_note": note,
                }
            )
            if immediate or membership.state == "pending":
                membership._end("cancelled")
            else:
                membership._log("cancel", reason.name)

    def _leave_pause(self, today):
        """Who leaves does not pause: what was frozen can be used until the end, and a planned pause is forgotten."""
        if self.state in self._LIVE and self._pauses_by(today):  # its run comes late
            self._start_pause()
        if self.state == "paused":
            self._resume()
        self.write({"pause_from": False, "pause_until": False})

    def _undo_cancel(self):
        """Take a cancellation back while benefits last."""
        for membership in self:
            membership._check_undo_cancel()
            membership.write(
                {"cancelled_on": False, "no_charge_from": False, "benefits_until": False, "cancel_reason_id": False}
            )
            membership._give_back_cancel_fee()
            membership._log("undo_cancel")

    def _check_undo_cancel(self):
        if not self.cancelled_on or self.state not in self._RUNNING:
            raise UserError(self.env._("%s has no cancellation that could be taken back.", self.display_name))

    # === the fee === #

    def _cancel_fee_due(self):
        """The fee that cancelling today costs: none before the first full period, and none a second time."""
        self.ensure_one()
        before = self.state == "pending" or all(self.period_ids.mapped("is_trial"))
        return 0.0 if before or self.cancelled_on else self.currency_id.round(self.cancel_fee)

    def _bill_cancel_fee(self):
        """Charge the fee now, as a change of plan is charged.

        :return: the posted invoices, none where there is no fee
        """
        fee, product = self._cancel_fee_due(), self.company_id._clinic_fee_product()
        if not fee:
            return self.env["account.move"]
        if not product:
            raise UserError(
                self.env._(
                    "Choose the product of the cancellation fee in the settings of memberships, or waive the fee."
                )
            )
        period = self.current_period_id or self.period_ids.sorted("date_start")[-1:]
        sides = (Side(product, product.display_name, fee),)
        documents = self._bill_sides(period, self.company_id._clinic_today(), sides, purpose="fee")
        period._settle(documents)
        return documents

    def _give_back_cancel_fee(self):
        """The cancellation is taken back, so is its fee: what was paid of it becomes credit."""
        documents = self.fee_document_ids
        today = self.company_id._clinic_today()
        values = [
            {
                "invoice_date": today,
                "date": today,
                "clinic_adjusted_period_id": document.clinic_adjusted_period_id.id,
                "clinic_purpose": document.clinic_purpose,
                "ref": self.env._("Cancellation taken back: %s", document.name),
            }
            for document in documents
        ]
        documents._reverse_moves(values, cancel=True)
        self.fee_document_ids = False
