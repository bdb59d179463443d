from odoo import fields, models

from ..tools import money


class ClinicPackage(models.Model):
    """What was paid for a package, as the books have it."""

    _inherit = "clinic.package"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    balance_paid = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="The price paid in the company's currency, at the rate of its invoice.",
    )
    deferred = fields.Boolean(readonly=True, help="Its price is in the account of prepaid services.")

    def _set_ready(self):
        """What was invoiced is what was paid, whatever the order said."""
        for package in self.filtered(lambda package: package.state == "pending"):
            package._take_price()
        return super()._set_ready()

    def _take_price(self):
        """Price and balance from the invoice; without one, from the order at today's rate.

        What promotions take off the whole order is taken off here, as far as it concerns this package.
        """
        company, today = self.company_id, self.company_id._clinic_today()
        lines = self._invoice_lines()
        if lines and lines.currency_id == self.currency_id:
            self.price_paid = self._borne(lambda line: -line.amount_currency, self.currency_id)
        if lines:
            self.deferred = lines.account_id == company.sudo().clinic_prepaid_account_id
            booked = self._booked_lines()
            self.balance_paid = (
                self._share(max(-sum(booked.mapped("balance")), 0.0), company.currency_id)
                if self.deferred
                else self._borne(lambda line: -line.balance, company.currency_id)
            )
        else:
            self.balance_paid = self.currency_id._convert(self.price_paid, company.currency_id, company, today)
            self.deferred = company.clinic_defer

    def _invoice_lines(self):
        return self.sudo().sale_line_id._clinic_invoiced()

    def _booked_lines(self):
        """What the account of prepaid services has for this order line, its part of discounts included."""
        items = self.sudo().sale_line_id.invoice_lines.filtered(lambda line: line.parent_state == "posted")
        return items.filtered(lambda line: line.account_id == self.company_id.sudo().clinic_prepaid_account_id)

    def _borne(self, amount_of, currency):
        """What of the invoices is this package's, after the order's promotions.

        :param amount_of: a function that answers with the amount of an invoice line
        """
        order = self.sale_line_id.order_id.sudo()
        cents = order._clinic_borne(
            lambda source: [money.to_cents(amount_of(line), currency.rounding) for line in source._clinic_invoiced()]
        )
        return self._share(money.to_amount(max(cents.get(self.sudo().sale_line_id, 0), 0), currency.rounding), currency)

    def _sold_together(self):
        """The packages that were sold by the same line, this one included."""
        return self.sale_line_id._clinic_packages_sold() | self

    def _share(self, amount, currency):
        """The part of an order line's amount that is this package's: cents go to the last ones."""
        packages = self._sold_together().sorted("id")
        cents = money.spread(money.to_cents(amount, currency.rounding), [1] * len(packages))
        return money.to_amount(cents[packages.ids.index(self.id)], currency.rounding)

    def _prepare_grants(self):
        """The balance is spread over the contents as the price is."""
        grants = super()._prepare_grants()
        rounding = self.company_currency_id.rounding
        weights = [values["value"] for values in grants]
        if grants:
            shares = money.spread(money.to_cents(self.balance_paid, rounding), weights)
            for values, share in zip(grants, shares, strict=True):
                values.update(balance=money.to_amount(share, rounding), deferred=self.deferred)
        return grants
