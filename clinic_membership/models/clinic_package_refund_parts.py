from odoo import models

from ..tools import money, refunds


class ClinicPackage(models.Model):
    """Of which lines of its invoice the price of a package is made, so that a refund takes it off the same lines."""

    _inherit = "clinic.package"

    def _refund_invoice_line(self):
        """The line that this package was invoiced with; of several the last."""
        lines = self._invoice_lines().filtered(lambda line: line.move_id.move_type == "out_invoice")
        return lines.sorted("id")[-1:]

    def _price_parts(self):
        """The price paid as it is on the invoice: the package's own line, and negative its part of each discount.

        :return: {part of the invoice: (cents, a line of it)}; the sum is the price paid
        """
        rounding, parts = self.currency_id.rounding, {}
        for line, cents in self._invoiced_shares().items():
            before = parts.get(line._clinic_part_key(), (0, line))
            parts[line._clinic_part_key()] = (before[0] + cents, before[1])
        if parts:  # the cents that rounding put elsewhere, and what is on another invoice
            rest = money.to_cents(self.price_paid, rounding) - sum(cents for cents, _line in parts.values())
            largest = max(parts, key=lambda key: parts[key][0])
            parts[largest] = (parts[largest][0] + rest, parts[largest][1])
        return parts

    def _invoiced_shares(self):
        """{line of the invoice: cents} that this package bears, its own line included."""
        mine, invoice = self.sudo().sale_line_id, self._refund_invoice_line().move_id
        packages, result = mine.clinic_package_ids.sorted("id"), {}
        for source, weights in mine.order_id._clinic_bearers().items() if invoice else ():
            if mine in weights:
                for line in source._clinic_invoiced().filtered(lambda line: line.move_id == invoice):
                    cents = money.to_cents(-line.amount_currency, invoice.currency_id.rounding)
                    share = money.spread(cents, list(weights.values()))[list(weights).index(mine)]
                    result[line] = money.spread(share, [1] * len(packages))[packages.ids.index(self.id)]
        return result

    def _refund_parts(self):
        """What is left of these parts: less what refunds of this package took, and never more than the invoice has."""
        invoice = self._refund_invoice_line().move_id
        if not invoice:
            return {}
        left, parts = invoice._clinic_parts_left(), self._price_parts()
        for line in self._refunded().credit_note_id.invoice_line_ids:
            if line._clinic_part_key() in parts:
                cents, first = parts[line._clinic_part_key()]
                taken = money.to_cents(line.amount_currency, invoice.currency_id.rounding)
                parts[line._clinic_part_key()] = (cents - taken, first)
        return {key: (refunds.within(cents, left.get(key, (0, None))[0]), line) for key, (cents, line) in parts.items()}

    def _refund_nets(self, net):
        """What a refund before tax takes off which line of the invoice: as ``clinic.refund._refund`` wants it."""
        parts, rounding = list(self._refund_parts().values()), self.currency_id.rounding
        taken = refunds.portion(money.to_cents(net, rounding), [cents for cents, _line in parts])
        return {
            line: money.to_amount(cents, rounding) for cents, (_left, line) in zip(taken, parts, strict=True) if cents
        }
