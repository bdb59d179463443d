from odoo import api, fields, models


class ClinicStepBack(models.TransientModel):
    """Preview the end of a pause or a cancellation that is taken back, then do what was shown."""

    _name = "clinic.step.back"
    _description = "Resume a Membership"
    _inherit = ["clinic.preview"]

    step = fields.Selection([("resume", "Resume"), ("undo_cancel", "Undo the cancellation")], required=True)

    @api.depends("membership_id", "step")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return bool(self.membership_id and self.step)

    def _describe(self):
        return getattr(self, f"_describe_{self.step}")()

    def _describe_resume(self):
        membership, day, today = self.membership_id, self._day, self.company_id._clinic_today()
        membership._check_resume()
        days = membership._days_paused(today)
        words = {"start": day(membership.pause_from), "end": day(membership.pause_until), "days": days}
        lines = [
            self.env._("The pause from %(start)s ends today, after %(days)s days, instead of on %(end)s.", **words),
            self.env._("The last days of unused benefits move by the %s days paused.", days),
            *self._renewal_in_words(fields.Date.add(membership.next_renewal, days=days)),
        ]
        if membership.amount_overdue:
            overdue = self._money(membership.amount_overdue)
            lines.append(self.env._("The overdue %s are followed up again from today.", overdue))
        return lines

    def _describe_undo_cancel(self):
        membership = self.membership_id
        membership._check_undo_cancel()
        until = self._day(membership.benefits_until)
        lines = [
            self.env._("Benefits go on after %s.", until),
            *self._renewal_in_words(membership.next_renewal),
        ]
        documents = membership.sudo().fee_document_ids
        if fee := sum(documents.mapped("amount_total")):
            lines.append(self.env._("The cancellation fee of %s is taken back.", self._money(fee)))
        if paid := fee - sum(documents.mapped("amount_residual")):
            lines.append(self.env._("What was paid of it, %s, stays as credit.", self._money(paid)))
        return lines

    def _renewal_in_words(self, day):
        """When it renews, and what that charges."""
        membership, words = self.membership_id.sudo(), {"day": self._day(day)}
        if not membership.auto_renew:
            return [self.env._("It does not renew: it ends before %(day)s.", **words)]
        amount = self._money(membership._renewal_total())
        return [
            self.env._(
                "The next renewal is on %(day)s and charges %(amount)s, less any credit.", amount=amount, **words
            )
        ]

    def action_confirm(self):
        """Do what was shown."""
        membership = self._confirmed()
        (membership._resume if self.step == "resume" else membership._undo_cancel)()
        return {"type": "ir.actions.act_window_close"}
