from odoo import api, fields, models

from ..tools import money, refunds

REST_WAYS = [("credit", "Credit on the account"), ("wallet", "Store credit")]


class ClinicRefund(models.Model):
    """What cannot go back as money, because a gift card or credit paid it, goes out in another way.

    Two refunds, each with its credit note: the money first, and the rest once that is done. If a provider refuses,
    nothing is given back at all.
    """

    _inherit = "clinic.refund"

    rest_id = fields.Many2one(
        "clinic.refund",
        string="The Rest",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="What cannot go back as money: given as credit or store credit once this is done.",
    )
    first_ids = fields.One2many("clinic.refund", "rest_id", string="The Rest Of")

    @api.model
    def _refund(self, invoice, way, reason, amount=0.0, nets=None, key=None, rest_way=None, **values):
        """As before, and:

        :param rest_way: credit or wallet: for what of ``nets`` cannot go back as money
        """
        made = key and self.search([("key", "=", key)])
        parts, rest = self._split(invoice, way, nets, values) if rest_way and not made else (None, None)
        if not rest or not parts:
            return super()._refund(invoice, way, reason, amount, nets, key, **values)
        invoice._clinic_lock_refunds()
        self._check_in_two(invoice, way, reason, parts, rest, rest_way, values)
        aside = ("source_transaction_id", "journal_id")  # where the money goes
        kept = {name: value for name, value in values.items() if name not in aside}
        waiting = self._make(invoice, rest_way, reason, rest, units=True, **{**kept, "net": self._net_of(rest)})
        values.update(net=self._net_of(parts), rest_id=waiting.id)
        refund = self._make(invoice, way, reason, parts, units=True, key=key, **values)
        getattr(refund, f"_give_{way}")()
        return refund

    @api.model
    def _split(self, invoice, way, nets, values):
        """The parts of a refund of these lines that go out as money, and the rest."""
        parts = invoice._clinic_take_lines(nets)
        cents = [cents for cents, _line in parts]
        most = money.to_cents(self._most_as_money(invoice, way, values), invoice.currency_id.rounding)
        first = refunds.portion(min(sum(cents), most), cents)
        return tuple(
            [(part, line) for part, (_cents, line) in zip(some, parts, strict=True) if part]
            for some in (first, [whole - part for whole, part in zip(cents, first, strict=True)])
        )

    @api.model
    def _most_as_money(self, invoice, way, values):
        """What can go back in this way: to a card what it paid, out of a journal what came as money."""
        if way == "card":
            source = self.env["payment.transaction"].browse(values.get("source_transaction_id"))
            return invoice._clinic_card_payments().get(source, 0.0)
        return invoice._clinic_money_left() if way == "bank" else invoice._clinic_refundable()

    @api.model
    def _check_in_two(self, invoice, way, reason, parts, rest, rest_way, values):
        """Refuse what is not possible of both together."""
        whole = invoice._clinic_sum([*parts, *rest])
        self._check_may_refund(invoice, whole)
        self._check_possible(invoice, rest_way, whole, reason, {})
        getattr(self, f"_check_{way}")(invoice, invoice._clinic_sum(parts), values)

    @api.model
    def _net_of(self, parts):
        """What these parts come to before tax."""
        return sum(
            money.to_amount(cents, line.currency_id.rounding) for cents, line in parts if line.display_type != "tax"
        )

    def _awaits_answer(self):
        """Whether a provider has still to agree to it, or to the refund that it is the rest of."""
        transactions = (self | self.first_ids).transaction_id
        return bool(transactions.filtered(lambda transaction: transaction.state != "done"))

    def _after_done(self):
        """The money is out: now the rest; made again where the provider had refused before."""
        result = super()._after_done()
        for rest in self.rest_id.filtered(lambda rest: rest.state != "done"):
            rest._draft_again()
            getattr(rest, f"_give_{rest.way}")()
        return result

    def _after_failed(self):
        """The money did not go back: nor does the rest."""
        result = super()._after_failed()
        for refund in self.filtered("rest_id"):
            rest = refund.rest_id
            note = rest.credit_note_id
            rest.write({"state": "failed", "credit_note_id": False, "refusal": refund.refusal})
            note.unlink()
        return result
