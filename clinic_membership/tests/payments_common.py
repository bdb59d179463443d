import re
from datetime import date

from odoo.fields import Command

from .common import ClinicCommon

# what two payments, entries or items never share
UNLIKE = {
    "id",
    "create_date",
    "write_date",
    "access_token",
    "sequence_number",
    "move_id",
    "payment_id",
    "origin_payment_id",
    "payment_transaction_id",
    "full_reconcile_id",
    "matching_number",
    "tax_cash_basis_rec_id",
    "tax_cash_basis_origin_move_id",
    "statement_line_id",
    "debit_move_id",
    "credit_move_id",
    "exchange_move_id",
    "draft_caba_move_vals",
}
TRACKED = ("field_id", "old_value_char", "new_value_char", "old_value_integer", "new_value_integer", "new_value_float")


class PaymentsCommon(ClinicCommon):
    """Invoices charged to cards, and what their post-processing leaves behind, to be compared."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._prepare_people()

    @classmethod
    def _prepare_people(cls):
        cls.people = cls.env["res.partner"].create([{"name": f"Member {n}"} for n in range(3)])
        cls.cards = {partner: cls._card(partner) for partner in cls.people}

    # === what is paid === #

    @classmethod
    def invoices(cls, taxes=None, post=True, **values):
        line = {"product_id": cls.facial.id, "price_unit": 99, "tax_ids": [Command.set((taxes or cls.tax).ids)]}
        invoices = cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": date(2026, 3, 1),
                    "invoice_line_ids": [Command.create(line)],
                    **values,
                }
                for partner in cls.people
            ]
        )
        if post:
            invoices.action_post()
        return invoices

    @classmethod
    def charged(cls, invoices, **values):
        """Paid by card, and not in the books."""
        transactions = cls.env["payment.transaction"].sudo()
        for invoice in invoices:
            transaction = invoice._clinic_new_transaction(cls.cards[invoice.partner_id])
            transaction.write({"provider_reference": "pi_1", **values})
            transactions += transaction
        transactions._set_done()
        return transactions

    # === compared === #

    def words(self, text, transaction):
        """A text without the names that are each invoice's own."""
        names = [transaction.reference, transaction.invoice_ids.name, transaction.payment_id.name]
        names += self.caused(transaction).mapped("name")
        for name in sorted(filter(None, names), key=len, reverse=True):
            text = text.replace(name, "#")
        return text

    def value(self, record, field, transaction):
        if field.type in ("char", "text", "html") and record[field.name]:
            return self.words(record[field.name], transaction)
        return record[field.name]

    def values(self, record, transaction):
        """Everything stored, but for what two never share."""
        mine = record._table in ("account_payment", "account_move", "account_move_line")
        kept = ("tax_ids", "tax_tag_ids") if mine else ()
        return {
            name: self.value(record, field, transaction)
            for name, field in record._fields.items()
            if field.store and field.type != "one2many" and name not in UNLIKE
            if field.type != "many2many" or name in kept
        }

    def books(self, transaction):
        """All that a payment leaves behind, in plain values."""
        payment, invoice = transaction.payment_id, transaction.invoice_ids
        lines = invoice.line_ids | payment.move_id.line_ids
        partials = (lines.matched_debit_ids | lines.matched_credit_ids).sorted("id")
        return {
            "transaction": (transaction.state, transaction.is_post_processed, bool(payment)),
            "names": (payment.name == payment.move_id.name, payment.memo == f"{transaction.reference} - pi_1"),
            "payment": self.values(payment, transaction),
            "of": (payment.payment_transaction_id == transaction, payment.invoice_ids == invoice),
            "followers": (payment.message_partner_ids, payment.move_id.message_partner_ids),
            "moves": [
                self.of_move(move, transaction) for move in (payment.move_id, invoice, *self.caused(transaction))
            ],
            "partials": [
                (self.values(p, transaction), bool(p.full_reconcile_id), bool(p.exchange_move_id)) for p in partials
            ],
            "messages": [self.messages(record, transaction) for record in (payment, payment.move_id, invoice)],
        }

    def caused(self, transaction):
        """The entries that the reconciliation makes: exchange differences, taxes that are due now."""
        lines = transaction.invoice_ids.line_ids
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        return (partials.exchange_move_id | transaction.invoice_ids.tax_cash_basis_created_move_ids).sorted("id")

    def of_move(self, move, transaction):
        items = move.line_ids.sorted(lambda item: (item.display_type, item.sequence, item.id))
        matched = [((item.matching_number or "")[:1] == "P", bool(item.full_reconcile_id)) for item in items]
        return self.values(move, transaction), [self.values(item, transaction) for item in items], matched

    def messages(self, record, transaction):
        return [
            (
                re.sub(r"\d+", "0", self.words(message.body, transaction)),
                (message.subtype_id, message.message_type, message.author_id, message.email_from),
                [
                    [self.words(v, transaction) if isinstance(v := tracked[name], str) else v for name in TRACKED]
                    for tracked in message.sudo().tracking_value_ids.sorted("field_id")
                ],
            )
            for message in record.message_ids.sorted("id")
        ]

    def settle(self):
        """What a commit does: field tracking writes its messages."""
        self.env.flush_all()
        self.cr.flush()
        self.env.invalidate_all()

    def ranks(self):
        self.env.invalidate_all()
        return self.people.mapped("customer_rank")

    def check(self, make, together=True):
        """Odoo's way with some, ours with others: the same."""
        core, ours = make(), make()
        self.settle()
        before = self.ranks()
        for transaction in core:
            transaction._post_process()
            self.settle()
        between = self.ranks()
        self.assertEqual(len(ours._clinic_plain()), len(ours) if together else 0)
        ours._clinic_post_process()
        self.settle()
        for start, middle, end in zip(before, between, self.ranks(), strict=True):
            self.assertEqual(middle - start, end - middle)
        for one, other in zip(core, ours, strict=True):
            self.assertEqual(self.books(one), self.books(other))
        numbers = sorted(ours.payment_id.move_id.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(ours))))
        return ours
