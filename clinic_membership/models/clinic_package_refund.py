from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import money, valuation

POLICIES = [("list", "Used units at their list price"), ("average", "Each unit the same")]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    package_refund = fields.Selection(
        POLICIES,
        string="Refund of Unused Units",
        default="list",
        required=True,
        help="List price: what was paid less the used units at their stand-alone price, never below 0. "
        "The same: the part of the price that is left in the units.",
    )

    def _package_terms_values(self, company, currency):
        return {**super()._package_terms_values(company, currency), "refund_policy": self.package_refund}


class ClinicRefund(models.Model):
    _inherit = "clinic.refund"

    package_id = fields.Many2one("clinic.package", readonly=True, index="btree_not_null", ondelete="restrict")
    net = fields.Monetary(readonly=True, help="Of a package: what is given back for its units, before tax.")

    def _after_failed(self):
        """The provider refused: the units come back."""
        result = super()._after_failed()
        for refund in self.filtered("package_id"):
            taken = refund._taken_entries()
            taken._reverse(refund.company_id._clinic_today(), self.env._("Refund refused: %s", refund.name))
        return result

    def _after_done(self):
        """Refused and done all the same: the units go, as far as they are still there."""
        result = super()._after_done()
        for refund in self.filtered("package_id"):
            before = refund._entries()
            if before and not refund._taken_entries():
                refund.package_id._take_units(
                    refund, {entry.grant_id: min(-entry.quantity, entry.grant_id.remaining) for entry in before}
                )
        return result

    def _entries(self):
        """The entries of the units that this refund took, those that came back included."""
        return self.env["clinic.grant.entry"].search([("refund_id", "=", self.id), ("kind", "=", "refund")])

    def _taken_entries(self):
        """The units that this refund took and that have not come back."""
        entries = self._entries()
        return entries - self.env["clinic.grant.entry"].search([("reverses_id", "in", entries.ids)]).reverses_id


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    refund_id = fields.Many2one("clinic.refund", readonly=True, index="btree_not_null", ondelete="restrict")


class ClinicPackage(models.Model):
    """The unused part of a package is given back: its units end, and the money goes out in one of the ways."""

    _inherit = "clinic.package"

    refund_policy = fields.Selection(POLICIES, string="Refund", default="list", required=True, readonly=True)

    def _refunded(self):
        """The refunds of units of this package, those under way included."""
        return self.refund_ids.filtered(lambda refund: refund.package_id == self and refund.state != "failed")

    def _paid_for_refund(self):
        """What was paid for the units of this package, before tax."""
        return self.price_paid

    def _units_left(self):
        """Every unit that could be given back: {grant: units}."""
        today = self.company_id._clinic_today()
        lasting = self.grant_ids.filtered(lambda grant: not grant.expires_on or grant.expires_on >= today)
        return {grant: grant.remaining for grant in lasting if grant.remaining}

    def _refund_net(self, policy=None, units=None):
        """What is given back for units, before tax: never more than was paid less earlier refunds.

        :param policy: list or average; by default the one as sold
        :param units: {grant: units}; by default all that are left
        """
        self.ensure_one()
        units, rounding = self._units_left() if units is None else units, self.currency_id.rounding
        paid = money.to_cents(self._paid_for_refund(), rounding)
        refunded = money.to_cents(sum(self._refunded().mapped("net")), rounding)
        most = max(sum(cents for cents, _line in self._refund_parts().values()), 0)
        if (policy or self.refund_policy) == "average":
            value = sum(money.to_cents(grant._value_of(some), rounding) for grant, some in units.items())
            return money.to_amount(min(valuation.refund_by_average(paid, refunded, value), most), rounding)
        used = sum(grant.used * grant.unit_value for grant in self.grant_ids)
        rest = min(valuation.refund_by_list(paid, refunded, money.to_cents(used, rounding)), most)
        lots = [
            valuation.Chosen(left, units.get(grant, 0), grant.unit_value) for grant, left in self._units_left().items()
        ]
        return money.to_amount(valuation.refund_of_chosen(rest, lots), rounding)

    def _check_refund(self, policy=None, units=None):
        """Refuse what has nothing to give back, saying why and what to do."""
        self.ensure_one()
        if not self._units_left():
            raise UserError(
                self.env._(
                    "%s has no units left: they are used, expired or given back. Units that expired can be extended "
                    "by a manager first.",
                    self.display_name,
                )
            )
        if not self._refund_invoice_line():
            raise UserError(
                self.env._(
                    "%s was not invoiced here: it was received from somebody else, or imported. Refund it to who paid "
                    "for it, or give credit for it with 'Give Credit' on the patient.",
                    self.display_name,
                )
            )
        self._check_units(self._units_left() if units is None else units)
        if self.currency_id.is_zero(self._refund_net(policy, units)):
            raise UserError(
                self.env._(
                    "Nothing is to be given back for %(package)s: the used units at their list price come to what was "
                    "paid. A manager can choose to refund by the value of the units left.",
                    package=self.display_name,
                )
            )

    def _check_units(self, units):
        """Refuse units that are not there."""
        for grant, some in units.items():
            if grant.package_id != self or not 0 <= some <= grant.remaining:
                raise UserError(
                    self.env._(
                        "%(left)s units of %(service)s are left. Enter how many of them are given back: that many or "
                        "less, and not less than 0.",
                        left=grant.remaining,
                        service=grant.service,
                    )
                )
        if not any(units.values()):
            raise UserError(self.env._("Enter how many units are given back."))

    def _refund_units(self, way, reason, policy=None, units=None, key=None, **values):
        """Give units back: they end with it, and come back if a provider refuses.

        :param units: {grant: units}; by default all that are left
        :param values: also ``rest_way``: how what cannot go back as money is given
        :return: the ``clinic.refund``; for a card commit, then :meth:`clinic.refund._proceed_safely`
        :raises UserError: nothing to give back, or not possible in this way
        """
        units = self._units_left() if units is None else units
        self._check_refund(policy, units)
        invoice, net = self._refund_invoice_line().move_id, self._refund_net(policy, units)
        refund = self.env["clinic.refund"]._refund(
            invoice, way, reason, nets=self._refund_nets(net), key=key, package_id=self.id, net=net, **values
        )
        if not refund._taken_entries():
            self._take_units(refund, units)
        return refund

    def _take_units(self, refund, units):
        """End these units; what the credit notes took off prepaid services goes with them.

        :param units: {grant: units}
        """
        grants = [grant for grant, some in units.items() if some]
        prepaid, rounding = self.company_id.clinic_prepaid_account_id, self.company_currency_id.rounding
        lines = (refund | refund.rest_id).credit_note_id.invoice_line_ids.filtered(
            lambda line: line.account_id == prepaid
        )
        given = money.to_cents(sum(lines.mapped("balance")), rounding)
        values = [(grant, -units[grant], -grant._value_of(units[grant])) for grant in grants]
        balances = [grant._balance_with(some, value, {}) for grant, some, value in values]
        if not grants:
            return
        weights = [-balance for balance in balances]
        shares = money.spread(given, weights)
        paid = -sum(value for _grant, _some, value in values)
        rate = sum(weights) / paid if paid and lines.currency_id == self.currency_id else 0.0  # of the sale
        then = money.to_cents(sum(lines.mapped("amount_currency")) * rate, rounding)
        exchanges = money.spread(given - then if rate else 0, weights)
        rows = zip(values, balances, shares, exchanges, strict=True)
        self.env["clinic.grant.entry"].create(
            [
                grant._prepare_entry(
                    "refund",
                    some,
                    value,
                    refund.date,
                    balance=balance,
                    refunded=money.to_amount(share, rounding) if grant.deferred else 0.0,
                    exchange=money.to_amount(exchange, rounding) if grant.deferred else 0.0,
                    refund_id=refund.id,
                )
                for (grant, some, value), balance, share, exchange in rows
            ]
        )

    def action_refund(self):
        """Open the wizard that previews and confirms the refund of the unused part."""
        self._check_refund("average")
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_refund_action")
        return {**action, "context": {"default_package_id": self.id}}
