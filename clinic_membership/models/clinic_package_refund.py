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


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _clinic_package_values(self, company, currency, paid, count):
        packages = super()._clinic_package_values(company, currency, paid, count)
        return [{**values, "refund_policy": self.package_refund} for values in packages]


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
        for refund in self.filtered(lambda refund: refund.package_id and not refund._taken_entries()):
            refund.package_id._take_units(refund)
        return result

    def _taken_entries(self):
        """The units that this refund took and that have not come back."""
        entries = self.env["clinic.grant.entry"].search([("refund_id", "=", self.id), ("kind", "=", "refund")])
        return entries - self.env["clinic.grant.entry"].search([("reverses_id", "in", entries.ids)]).reverses_id


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    refund_id = fields.Many2one("clinic.refund", readonly=True, index="btree_not_null", ondelete="restrict")


class ClinicPackage(models.Model):
    """The unused part of a package is given back: its units end, and the money goes out in one of the ways."""

    _inherit = "clinic.package"

    refund_policy = fields.Selection(POLICIES, string="Refund", default="list", required=True, readonly=True)

    def _refunded_net(self):
        """What was given back for units of this package before, or is under way."""
        return sum(self.refund_ids.filtered(lambda r: r.package_id == self and r.state != "failed").mapped("net"))

    def _paid_for_refund(self):
        """What was paid for the units of this package, before tax."""
        return self.price_paid

    def _refund_net(self, policy=None):
        """What is given back for the units left, before tax: never more than was paid less earlier refunds.

        :param policy: list or average; by default the one as sold
        """
        self.ensure_one()
        rounding = self.currency_id.rounding
        paid, refunded, left = (
            money.to_cents(amount, rounding)
            for amount in (self._paid_for_refund(), self._refunded_net(), self.value_left)
        )
        if (policy or self.refund_policy) == "average":
            return money.to_amount(valuation.refund_by_average(paid, refunded, left), rounding)
        used = sum(grant.used * grant.unit_value for grant in self.grant_ids)
        return money.to_amount(valuation.refund_by_list(paid, refunded, money.to_cents(used, rounding)), rounding)

    def _refund_invoice_line(self):
        """The line of the posted invoice that sold it."""
        lines = self._invoice_lines().filtered(lambda line: line.move_id.move_type == "out_invoice")
        return lines.sorted("id")[-1:]

    def _check_refund(self, policy=None):
        """Refuse what has nothing to give back, saying why and what to do."""
        self.ensure_one()
        if not self.units_left:
            raise UserError(
                self.env._(
                    "%s has no units left: they are used, expired or given back. Units that expired can be extended "
                    "by a manager first.",
                    self.display_name,
                )
            )
        if not self._refund_invoice_line():
            raise UserError(self.env._("%s was not invoiced here, so there is nothing to refund.", self.display_name))
        if self.currency_id.is_zero(self._refund_net(policy)):
            raise UserError(
                self.env._(
                    "Nothing is to be given back for %(package)s: the used units at their list price come to what was "
                    "paid. A manager can choose to refund by the value of the units left.",
                    package=self.display_name,
                )
            )

    def _refund_units(self, way, reason, policy=None, key=None, **values):
        """Give the unused part back: all units left end with it, and come back if a provider refuses.

        :return: the ``clinic.refund``; for a card commit, then :meth:`clinic.refund._proceed_safely`
        :raises UserError: nothing to give back, or not possible in this way
        """
        self._check_refund(policy)
        line, net = self._refund_invoice_line(), self._refund_net(policy)
        refund = self.env["clinic.refund"]._refund(
            line.move_id, way, reason, nets={line: net}, key=key, package_id=self.id, net=net, **values
        )
        if not refund._taken_entries():
            self._take_units(refund)
        return refund

    def _take_units(self, refund):
        """End the units that are left; what the credit note took off prepaid services goes with them."""
        grants = self.grant_ids.filtered("remaining")
        lines = refund.credit_note_id.invoice_line_ids
        given = money.to_cents(abs(sum(lines.mapped("balance"))), self.company_currency_id.rounding)
        weights = [grant.balance_left for grant in grants]
        shares = money.spread(given, weights) if grants else []
        self.env["clinic.grant.entry"].create(
            [
                grant._prepare_entry(
                    "refund",
                    -grant.remaining,
                    -grant.value_left,
                    refund.date,
                    balance=-grant.balance_left,
                    refunded=money.to_amount(share, self.company_currency_id.rounding) if grant.deferred else 0.0,
                    refund_id=refund.id,
                )
                for grant, share in zip(grants, shares, strict=True)
            ]
        )

    def action_refund(self):
        """Open the wizard that previews and confirms the refund of the unused part."""
        self._check_refund("average")
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_refund_action")
        return {**action, "context": {"default_package_id": self.id}}
