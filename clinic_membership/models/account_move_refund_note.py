from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import money, refunds

# what a document is made of, beside what the patient owes; the other items of it add up to nothing
COUNTED = ("product", "rounding", "tax")


class AccountMove(models.Model):
    """The credit note of a refund: its parts are those of the invoice, to the cent."""

    _inherit = "account.move"

    def _clinic_parts(self):
        """What this document is made of, in cents, with the sign of what was charged; gift cards pay, and are no part.

        :return: {key: (cents, a line of it)}; lines alike are one, and each tax is one
        """
        result, sign = {}, -1 if self.move_type == "out_invoice" else 1
        counted = self.line_ids.filtered(lambda line: line.display_type in COUNTED and not line._clinic_is_voucher())
        for line in counted.sorted("id"):
            cents = money.to_cents(sign * line.amount_currency, self.currency_id.rounding)
            before = result.get(line._clinic_part_key(), (0, line))
            result[line._clinic_part_key()] = (before[0] + cents, before[1])
        return result

    def _clinic_parts_left(self):
        """The parts of this invoice less those of its credit notes; lines first, then taxes."""
        parts = self._clinic_parts()
        for note in self._clinic_credit_notes():
            for found, (cents, _line) in note._clinic_parts().items():
                for key, share in self._clinic_part_of(found, cents, parts):
                    whole, line = parts[key]
                    rest = whole - share
                    parts[key] = (rest if rest * whole > 0 else 0, line)
        return dict(sorted(parts.items(), key=lambda item: bool(item[0][0])))

    def _clinic_part_of(self, found, cents, parts):
        """Which parts of the invoice a line of a credit note takes from: its own, else those with the same taxes.

        A debt that was forgiven is credited with a line of its own, and its tax with the tax of the invoice.

        :return: [(key of a part, cents)]
        """
        if found in parts:
            return [(found, cents)]
        alike = [key for key in parts if not found[0] and not key[0] and key[3] == found[3]]
        shares = money.spread(cents, [abs(parts[key][0]) for key in alike]) if alike else []
        return list(zip(alike, shares, strict=True))

    def _clinic_take(self, amount):
        """Divide a refund, tax included, over what is left of the invoice.

        :return: [(cents, line of the invoice)], without what gets nothing
        """
        parts = list(self._clinic_parts_left().values())
        cents = money.to_cents(amount, self.currency_id.rounding)
        taken = refunds.portion(cents, [part for part, _line in parts])
        return [(part, line) for part, (_left, line) in zip(taken, parts, strict=True) if part]

    def _clinic_sum(self, parts):
        """What these parts come to, tax included."""
        return money.to_amount(sum(cents for cents, _line in parts), self.currency_id.rounding)

    def _clinic_take_lines(self, nets):
        """A refund of certain lines of the invoice, with the taxes on them.

        :param nets: {line of the invoice: amount before tax, negative of a discount}
        :return: as :meth:`_clinic_take`
        :raises UserError: more than is left of a line
        """
        left, rounding, taken = self._clinic_parts_left(), self.currency_id.rounding, {}
        for line, amount in nets.items():
            key = line._clinic_part_key()
            taken[key] = taken.get(key, 0) + money.to_cents(amount, rounding)
        for key, cents in taken.items():
            whole = left[key][0] if key in left else 0
            if not min(whole, 0) <= cents <= max(whole, 0):
                raise UserError(self.env._("There is not that much left to refund of these lines of %s.", self.name))
        for key, (cents, _line) in left.items():
            if key[0]:  # a tax: of its base, the same share
                based = [k for k in left if not k[0] and key[0] in k[3]]
                base, part = sum(left[k][0] for k in based), sum(taken.get(k, 0) for k in based)
                taken[key] = money.whole(money.exact(cents) * part / base) if base else 0
        return [(taken[key], line) for key, (_cents, line) in left.items() if taken.get(key)]

    def _clinic_refund_note(self, parts, reason, units=False):
        """Draft the credit note of these parts, to the cent.

        :param parts: as :meth:`_clinic_take` answers
        :param units: prepaid units go with it, so that what is owed in services becomes less: by the discounts on
            them too, which the invoice had moved there
        """
        today = self.company_id._clinic_today()
        lines = [(cents, line) for cents, line in parts if line.display_type != "tax"]
        prepaid = self.company_id.clinic_prepaid_account_id
        if not units or prepaid not in [line.account_id for _cents, line in lines]:
            prepaid = None
        note = self.create(
            {
                "move_type": "out_refund",
                "reversed_entry_id": self.id,
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "journal_id": self.journal_id.id,
                "currency_id": self.currency_id.id,
                "fiscal_position_id": self.fiscal_position_id.id,
                "invoice_user_id": self.invoice_user_id.id,
                "invoice_origin": self.name,
                "invoice_date": today,
                "invoice_payment_term_id": False,
                "invoice_date_due": today,
                "ref": reason,
                "invoice_line_ids": [
                    fields.Command.create(
                        line._clinic_refund_values(cents, prepaid or line._clinic_refund_account(units))
                    )
                    for cents, line in lines
                ],
            }
        )
        taxes = [(cents, line) for cents, line in parts if line.display_type == "tax"]
        note._clinic_fit_taxes({line._clinic_part_key(): (cents, line) for cents, line in taxes})
        return note

    def _clinic_fit_taxes(self, taxes):
        """Odoo computes the taxes of a part anew; here they are its share of those that were paid.

        :param taxes: {key of a tax: (cents, its line on the invoice)}
        """
        rounding, changes, parts = self.currency_id.rounding, [], self._clinic_parts()
        for line in self.line_ids.filtered(lambda line: line.display_type == "tax").sorted("id", reverse=True):
            key = line._clinic_part_key()
            wanted, _line = taxes.pop(key, (parts[key][0], line))
            if wanted != parts[key][0]:
                amount = line.amount_currency + money.to_amount(wanted - parts[key][0], rounding)
                changes.append(fields.Command.update(line.id, {"amount_currency": amount}))
                parts[key] = (wanted, line)
        if changes:
            self.line_ids = changes
        self.invoice_line_ids = [
            fields.Command.create(
                {
                    "name": line.name,
                    "account_id": line.account_id.id,
                    "price_unit": money.to_amount(cents, rounding),
                    "tax_ids": [fields.Command.clear()],
                }
            )
            for cents, line in taxes.values()  # a few cents of tax on less than Odoo computes any on
        ]

    # === a credit note that waits for the provider === #

    def _clinic_check_waiting(self):
        """A credit note is posted when the provider has agreed to the refund, and belongs to it until then."""
        waiting = self.env["clinic.refund"].sudo().search([("credit_note_id", "in", self.ids)])
        for refund in waiting.filtered(lambda refund: refund.state in refund._UNDER_WAY):
            if refund._awaits_answer():
                raise UserError(
                    self.env._(
                        "This credit note belongs to refund %(refund)s, which waits for the provider's answer. "
                        "It is posted when the provider agrees, and goes away when it refuses.",
                        refund=refund.name,
                    )
                )

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """A refund gives back what was paid: it does not pay what is still open on the same invoice."""
        ours = self.env["clinic.refund"].sudo().search([("credit_note_id", "in", reverse_moves.ids)]).credit_note_id
        if not ours:
            return super()._reconcile_reversed_moves(reverse_moves, move_reverse_cancel)
        others = reverse_moves - ours
        return super(AccountMove, others.reversed_entry_id)._reconcile_reversed_moves(others, move_reverse_cancel)

    def _post(self, soft=True):
        self.filtered(lambda move: move.move_type == "out_refund")._clinic_check_waiting()
        return super()._post(soft=soft)

    def button_cancel(self):
        """Refused while it waits for the provider."""
        self._clinic_check_waiting()
        return super().button_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_clinic_waiting(self):
        self._clinic_check_waiting()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_part_key(self):
        """What of a document this is a part of: (tax, product, or account without one, taxes)."""
        if self.display_type == "tax":
            return (self.tax_line_id.id, 0, 0, ())
        return (
            0,
            self.product_id.id,
            0 if self.product_id else self.account_id.id,
            tuple(sorted(self.tax_ids.flatten_taxes_hierarchy().ids)),
        )

    def _clinic_refund_account(self, units):
        """Where the refund is booked: as the line was; off income where a prepaid package keeps its units."""
        prepaid = self.company_id.clinic_prepaid_account_id
        if units or not prepaid or self.account_id != prepaid:
            return self.account_id
        product = self.product_id.with_company(self.company_id)
        return (
            product.property_account_income_id
            or product.categ_id.property_account_income_categ_id
            or self.company_id.income_account_id
            or self.company_id.clinic_breakage_account_id
        )

    def _clinic_refund_values(self, cents, account):
        """The line of a credit note that gives back so much of this line, before tax, booked to an account."""
        currency = self.currency_id
        net = money.to_amount(cents, currency.rounding)
        totals = self.tax_ids.with_context(round=False).compute_all(
            net, currency, product=self.product_id, partner=self.partner_id, handle_price_include=False
        )
        included = sum(tax["amount"] for tax in totals["taxes"] if tax["price_include"])
        return {
            "product_id": self.product_id.id,
            "name": self.name,
            "quantity": 1.0,
            "price_unit": net + included,
            "discount": 0.0,
            "product_uom_id": self.product_uom_id.id,
            "account_id": account.id,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
        }
