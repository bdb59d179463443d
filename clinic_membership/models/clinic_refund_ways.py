from odoo import fields, models
from odoo.exceptions import UserError


class ClinicRefund(models.Model):
    """The ways out: what each needs, and what becomes of its credit note.

    ``_check_<way>`` refuses what is not possible, ``_give_<way>`` does it.
    """

    _inherit = "clinic.refund"

    def _post_credit_note(self):
        self.credit_note_id._post(soft=False)

    def _receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def _check_money(self, invoice, amount):
        """What credit paid does not become money."""
        left = invoice._clinic_money_left()
        if invoice.currency_id.compare_amounts(amount, left) > 0:
            raise UserError(
                self.env._(
                    "%s of it can go back as money. What was paid with credit goes back as credit or store credit.",
                    invoice.currency_id.format(left),
                )
            )

    # === credit on the account === #

    def _check_credit(self, _invoice, _amount, _values):
        """Always possible."""

    def _give_credit(self):
        """An open credit note: it pays what is due, oldest first, and the rest waits for the next invoice."""
        self._post_credit_note()
        self._pay_what_is_due()
        self._finish()

    def _pay_what_is_due(self):
        due = self.env["account.move"]._clinic_due_from(self.partner_id, self.company_id, self.currency_id)
        due = due.filtered(lambda invoice: invoice.invoice_date_due <= self.company_id._clinic_today())
        due._clinic_apply_credit(self._receivable(self.credit_note_id))

    # === in cash, by bank === #

    def _check_bank(self, invoice, amount, values):
        self._check_money(invoice, amount)
        journal = self.env["account.journal"].browse(values.get("journal_id"))
        if journal.type not in ("bank", "cash") or journal.company_id != invoice.company_id:
            raise UserError(self.env._("Choose the cash or bank journal that the money comes from."))
        if not journal.outbound_payment_method_line_ids:
            raise UserError(self.env._("%s has no way to pay out. Add one on the journal.", journal.display_name))

    def _give_bank(self):
        """A payment out of the journal, reconciled with the credit note."""
        self._post_credit_note()
        note = self.credit_note_id
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=note.ids)
        self.payment_id = wizard.create(
            {"journal_id": self.journal_id.id, "payment_date": self.date, "communication": self.name}
        )._create_payments()
        self._finish()

    # === store credit === #

    def _check_wallet(self, invoice, _amount, _values):
        program = invoice.company_id.clinic_wallet_program_id
        if program and program.currency_id != invoice.company_id.currency_id:
            raise UserError(
                self.env._(
                    "The eWallet program %s is in another currency than the clinic. Choose another in the settings.",
                    program.display_name,
                )
            )

    def _give_wallet(self):
        """The debt of the credit note becomes a balance that the patient can spend.

        What is spent is booked to the income account of the eWallet's product; so what is given is, too, and that
        account always equals what is left on the cards.
        """
        self._post_credit_note()
        company, credit = self.company_id, self._receivable(self.credit_note_id)
        program = company._clinic_wallet_program()
        self.wallet_move_id = self.env["account.move"].create(self._prepare_wallet_entry(program, credit))
        self.wallet_move_id._post(soft=False)
        (credit + self._receivable(self.wallet_move_id)).reconcile()
        self._load_wallet(program, -sum(credit.mapped("balance")))
        self._finish()

    def _prepare_wallet_entry(self, program, credit):
        label = self.env._("Store credit %s", self.name)
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.company_id._clinic_wallet_journal().id,
            "date": self.credit_note_id.date,
            "ref": label,
            "line_ids": [
                fields.Command.create(
                    {
                        "name": label,
                        "partner_id": self.partner_id.commercial_partner_id.id,
                        "currency_id": self.currency_id.id,
                        **values,
                    }
                )
                for values in (
                    {
                        "account_id": credit.account_id.id,
                        "amount_currency": -sum(credit.mapped("amount_currency")),
                        "balance": -sum(credit.mapped("balance")),
                    },
                    {
                        "account_id": self.company_id._clinic_wallet_account(program).id,
                        "amount_currency": sum(credit.mapped("amount_currency")),
                        "balance": sum(credit.mapped("balance")),
                    },
                )
            ],
        }

    def _load_wallet(self, program, points):
        """Raise the balance of the payer's eWallet, made with the first refund, and note it in its history."""
        wallet = self.env["loyalty.card"].search(
            [("program_id", "=", program.id), ("partner_id", "=", self.partner_id.id)], limit=1
        )
        if not wallet:
            wallet = wallet.create({"program_id": program.id, "partner_id": self.partner_id.id})
        wallet.points += points
        self.env["loyalty.history"].create(
            {
                "card_id": wallet.id,
                "description": self.env._(
                    "Refund %(refund)s of %(invoice)s", refund=self.name, invoice=self.invoice_id.name
                ),
                "issued": points,
                "order_model": self._name,
                "order_id": self.id,
            }
        )
        self.wallet_id = wallet

    # === back to the card === #

    def _check_card(self, invoice, amount, values):
        self._check_money(invoice, amount)
        source = self.env["payment.transaction"].browse(values.get("source_transaction_id"))
        left = invoice._clinic_card_payments().get(source, 0.0)
        if not source or invoice.currency_id.is_zero(left):
            raise UserError(
                self.env._("%s was not paid by a card that can be refunded. Choose another way.", invoice.name)
            )
        if invoice.currency_id.compare_amounts(amount, left) > 0:
            raise UserError(
                self.env._(
                    "%(left)s can go back to %(card)s: what it paid of this invoice, less what went back. Refund the "
                    "rest in another way.",
                    left=invoice.currency_id.format(left),
                    card=source._clinic_card_in_words(),
                )
            )
        if source._clinic_refunds_in_full_only() and invoice.currency_id.compare_amounts(amount, source.amount):
            raise UserError(
                self.env._(
                    "%(provider)s refunds whole payments only: %(amount)s. Choose that amount or another way.",
                    provider=source.provider_id.name,
                    amount=invoice.currency_id.format(source.amount),
                )
            )

    def _give_card(self):
        """The draft credit note and the draft transaction that refunds it, to be committed before they are sent."""
        self.transaction_id = self.source_transaction_id._clinic_new_refund(self)
