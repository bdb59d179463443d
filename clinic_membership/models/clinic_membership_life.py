from odoo import models

from ..tools import allocation, periods


class ClinicMembership(models.Model):
    """What happens to a contract between its sale and its end."""

    _inherit = "clinic.membership"

    # === walk 1, its end: paid -> active === #

    def _set_ready(self):
        """The sale is paid, or need not be: start now, or on the first day if that is later."""
        self.filtered(lambda membership: membership.state == "pending").ready = True
        self._activate()

    def _activate(self):
        """Start the pending memberships that are ready and whose first day has come.

        Safe to call again: only pending memberships start, and a first period exists once.
        """
        starting = self.filtered(
            lambda m: m.state == "pending" and m.ready and m.start_date <= m.company_id._clinic_today()
        )
        periods_values = [membership._start_values() for membership in starting]
        started = self.env["clinic.membership.period"].create(periods_values)
        started._take_shares()
        started._issue_grants()
        if unbilled := started.filtered(lambda period: not period.is_first):
            unbilled._bill()
        in_trial = starting.filtered("trial_length")
        in_trial._log("trial")
        back = (starting - in_trial).filtered(lambda m: m.previous_id and not m.leaves_member_id)
        back._log("win_back")
        (starting - in_trial - back)._log("new")
        starting._leave_family_plans()

    def _start_values(self):
        """Become active and return the values of the first period."""
        start = max(self.start_date, self.company_id._clinic_today())
        trial = self._trial()
        first = periods.first_period(start, self._billing(), trial)
        token = self.payment_token_id or self.sudo().sale_line_id._clinic_token(self.partner_id | self.payer_id)
        self.write(
            {
                "state": "active",
                "start_date": start,
                "anchor_date": first.end if trial else start,
                "previous_id": self._find_previous().id,
                "next_renewal": first.end,
                "payment_token_id": token.id,
            }
        )
        return {
            "membership_id": self.id,
            "date_start": first.start,
            "date_end": first.last_day,
            "is_trial": bool(trial),
            "is_first": True,
            "amount": self.sudo().sale_line_id._clinic_price_paid(),
            "invoice_id": self.sudo().sale_line_id._clinic_posted_invoice().id,
        }

    def _find_previous(self):
        """The membership that this patient had before, so that winning somebody back keeps the history."""
        return self.search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("cancelled", "ended")),
                ("anchor_date", "!=", False),
            ],
            order="start_date desc, id desc",
            limit=1,
        )

    # === paid and unpaid === #

    def _set_past_due(self):
        """A payment failed or is late: benefits go on for the grace days."""
        for membership in self.filtered(lambda m: m.state == "active"):
            membership.write({"state": "past_due", "past_due_since": membership.company_id._clinic_today()})
            membership._log("past_due", membership._decline_in_words())

    def _set_paid_up(self):
        """Nothing is overdue any more: back to active. Periods that passed while suspended are not billed."""
        paid_up = self.filtered(lambda membership: not membership._overdue_periods())
        paid_up.activity_unlink(["clinic_membership.activity_type_payment"])
        for membership in paid_up.filtered(lambda m: m.state in ("past_due", "suspended")):
            if membership.state == "suspended":
                membership._skip_missed()
            membership.write({"state": "active", "past_due_since": False})
            membership._log("paid")

    def _tell_decline(self, transaction, again_on):
        """Tell the member that the card was declined, and when it is tried again."""
        template = self.env.ref("clinic_membership.mail_template_payment_failed", raise_if_not_found=False)
        for membership in self:
            membership.message_post(
                body=self.env._("The card was declined: %s", transaction.state_message or transaction.state),
            )
            if template:
                invoice = transaction.invoice_ids[:1]
                told = {"again_on": again_on, "invoice": invoice, "pays": invoice.partner_id}
                told["to_confirm"] = transaction.clinic_code == "authentication_required"
                template.with_context(**told).send_mail(membership.id)

    def _overdue_periods(self):
        return self.period_ids.filtered(lambda period: period.payment_state == "due")

    def _skip_missed(self):
        """Move the renewal to the first period that has not started without its benefits."""
        today = self.company_id._clinic_today()
        if self.next_renewal <= today:
            self.next_renewal = periods.period_at(self.anchor_date, self._billing(), today).start
            self._pause_not_before(self.next_renewal)

    # === the end === #

    def _end(self, state):
        """Benefits are over: what is left of the allowances expires now."""
        self.write({"state": state, "pause_from": False, "pause_until": False})
        self._log(state)
        self.grant_ids.filtered("remaining")._expire_now()

    # === rollover === #

    def _units_to_carry(self, ending):
        """How many units of one benefit roll over, within the cap, when the grants ``ending`` end."""
        alive = self.grant_ids.filtered(
            lambda grant: (
                grant.source_grant_id
                and grant.remaining
                and grant not in ending
                and (grant.partner_id, grant.product_id, grant.categ_id)
                == (ending[:1].partner_id, ending[:1].product_id, ending[:1].categ_id)
            )
        )
        return allocation.carry_over(
            sum(ending.mapped("remaining")),
            self.rollover_percent,
            self.rollover_cap,
            carried=sum(alive.mapped("remaining")),
        )
