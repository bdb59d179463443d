from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicRefund(models.Model):
    """A refund to a card that was booked, and whose money came back: the card's bank did not take it.

    What was posted stays, as the money went out. It came back to the clinic, and the patient has not got it: a manager
    gives it as credit. That posts a payment in and opens the credit note again, which pays invoices or is paid out in
    another way.
    """

    _inherit = "clinic.refund"

    returned_on = fields.Date(string="Came Back On", readonly=True, copy=False)
    return_payment_id = fields.Many2one(
        "account.payment",
        string="Payment Back",
        readonly=True,
        copy=False,
        check_company=True,
        ondelete="restrict",
        help="The money that came back.",
    )

    @api.model
    def _comes_after(self, vals):
        """That the money came back, too, leaves what was done as it was."""
        return super()._comes_after(vals) or vals.keys() == {"state", "returned_on", "refusal"}

    # === the provider says so === #

    def _answered(self):
        """Also when the provider takes back what it had agreed to."""
        super()._answered()
        for refund in self.filtered(lambda refund: refund.state == "done" and refund.way == "card"):
            if refund.transaction_id._clinic_came_back():
                refund._came_back()

    def _came_back(self):
        """Note it where staff looks, and ask a manager to deal with it; told again it is known."""
        reason = self.transaction_id.state_message or self.transaction_id.provider_id.name
        today = self.company_id._clinic_today()
        self.write({"state": "returned", "returned_on": today, "refusal": reason})
        words = self._returned_in_words()
        self._note(words)
        self.invoice_id.message_post(body=words)
        if manager := self.company_id._clinic_manager(self.user_id):
            self.activity_schedule("clinic_membership.activity_type_returned", user_id=manager.id, note=words)

    def _returned_in_words(self):
        return self.env._(
            "Refund %(refund)s of %(amount)s came back: %(reason)s. %(who)s has not got the money. Give it as credit; "
            "the credit note can then be paid out in another way.",
            refund=self.name,
            amount=self.currency_id.format(self.amount),
            reason=(self.refusal or "").rstrip("."),
            who=self.partner_id.display_name,
        )

    # === a manager deals with it === #

    def action_give_as_credit(self):
        """Give as Credit button, for managers: what came back is owed to the patient again."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("clinic_membership.group_membership_manager"):
            raise UserError(self.env._("A manager decides what becomes of a refund that came back."))
        if self.state != "returned":
            raise UserError(self.env._("%s did not come back, or was given as credit already.", self.name))
        self.sudo()._give_again()
        return self._notify()

    def _give_again(self):
        """As credit, in the books and in what is told."""
        self.return_payment_id = self._book_return()
        self.write({"state": "done", "way": "credit"})
        self.activity_feedback(["clinic_membership.activity_type_returned"])
        self._pay_what_is_due()
        self._note(self._in_words())
        self._tell()

    def _book_return(self):
        """The money is back where it was paid from, and the credit note is open again.

        :return: the payment in; none where the payment out has no entry, or was cancelled by Odoo: then it is cancelled
        """
        out = self.payment_id
        if not out.move_id or out.state == "canceled":
            out.filtered(lambda payment: payment.state != "canceled").action_cancel()
            return self.env["account.payment"]
        back = self.env["account.payment"].create(self._prepare_return(out))
        back.action_post()
        self._receivable(out.move_id).remove_move_reconcile()
        self._receivable(out.move_id | back.move_id).reconcile()
        return back

    def _prepare_return(self, out):
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": out.partner_id.id,
            "amount": out.amount,
            "currency_id": out.currency_id.id,
            "company_id": out.company_id.id,
            "journal_id": out.journal_id.id,
            "payment_method_line_id": out.payment_method_line_id.id,
            "destination_account_id": out.destination_account_id.id,
            "date": self.company_id._clinic_today(),
            "memo": self.env._("%s came back", self.name),
        }
