from odoo import api, fields, models
from odoo.fields import Command

from ..tools import offers


class ClinicCheckoutOffer(models.TransientModel):
    """A membership or a package that would make today's visit cheaper, in words to say to the patient."""

    _name = "clinic.checkout.offer"
    _description = "Checkout: Offer"

    wizard_id = fields.Many2one("clinic.checkout", required=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True)
    words = fields.Char(readonly=True)
    kind = fields.Selection(related="product_id.service_tracking")
    taken = fields.Boolean(string="Sell", help="Sell it in this checkout: its units pay what they can of today.")

    @api.model
    def _find(self, wizard):
        """The values of the best offers for what is charged today."""
        open_lines = wizard._could_be_cheaper()
        if not open_lines:
            return []
        services = open_lines._as_services()
        products = self._could_be_sold(wizard)
        found = [self._as_offer(product, open_lines) for product in products]
        plain = offers.cost(services)
        return [
            {"product_id": offer.key, "words": self._in_words(wizard, products.browse(offer.key), plain, saved)}
            for offer, saved in offers.worth_it(services, found)
        ]

    @api.model
    def _could_be_sold(self, wizard):
        """Packages, and to who is no member the smallest plan of each tier; members change their plan instead."""
        products = self.env["product.product"].search(
            [
                ("service_tracking", "in", ("membership", "package")),
                ("sale_ok", "=", True),
                ("company_id", "in", (False, wizard.company_id.id)),
            ]
        )
        packages = products.filtered(lambda product: product.service_tracking == "package")
        if wizard.partner_id.with_company(wizard.company_id).clinic_current_membership_ids:
            return packages
        plans = (products - packages).filtered(lambda product: product.sudo().membership_tier_id.active)
        by_tier = plans.sorted("list_price").grouped("membership_tier_id").values()
        return packages.concat(*(some[0] for some in by_tier))

    @api.model
    def _as_offer(self, product, lines):
        """What it would pay for at once, and what the rest would cost with it."""
        tier, joins = product.sudo().membership_tier_id, lines.wizard_id.company_id.clinic_join_price
        pools = product._clinic_benefits()._pools(lines.product_id)
        return offers.Offer(product.id, pools, lines._prices_with(tier) if joins else {})

    @api.model
    def _in_words(self, wizard, product, plain, saved):
        money = wizard.currency_id.format
        values = {"name": product.name, "rest": money(plain - saved), "plain": money(plain)}
        if product.service_tracking == "membership":
            plan = product.product_tmpl_id
            trial = plan.trial_length and not wizard.partner_id._clinic_earlier_trial(plan.membership_tier_id)
            price = plan._price_from_trial() if trial else plan._price_per_interval()
            return self.env._(
                "With %(name)s this visit costs %(rest)s instead of %(plain)s; it is %(price)s.", price=price, **values
            )
        price, value = wizard._patient_price(product), product.package_value
        if value <= price:
            return self.env._("With %(name)s at %(price)s today's visit costs %(rest)s.", price=money(price), **values)
        return self.env._(
            "%(name)s saves %(savings)s: %(price)s instead of %(value)s, and today's visit costs %(rest)s.",
            savings=money(value - price),
            price=money(price),
            value=money(value),
            **values,
        )


class ClinicCheckout(models.TransientModel):
    _inherit = "clinic.checkout"

    @api.onchange("offer_ids")
    def _onchange_offer_ids(self):
        """What the patient takes is sold here, and pays for what it can."""
        if taken := self.offer_ids.filtered("taken").product_id:
            self.line_ids = [Command.create({"product_id": product.id, "quantity": 1}) for product in taken]
            self._services()._compute_choice()
