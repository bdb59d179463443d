from odoo import models
from odoo.fields import Command

from ..tools import money


class ProductProduct(models.Model):
    """What a plan and a package are when they are sold, by order or at the till: their terms as they are today."""

    _inherit = "product.product"

    def _clinic_membership_values(self, currency, price_unit, discount=0.0, trial=False):
        """The contract that this plan sells; who holds and pays it is up to the document that sells it.

        :param price_unit: the agreed price of a period, after ``discount`` percent
        :param trial: whether it begins with the plan's trial
        """
        self.ensure_one()
        tier = self.membership_tier_id.sudo()
        line = {
            "is_plan": True,
            "product_id": self.id,
            "name": self.display_name,
            "price_unit": price_unit,
            "discount": discount,
        }
        return {
            **tier._terms_values(currency),
            "currency_id": currency.id,
            "tier_id": tier.id,
            "plan_id": self.id,
            "billing_interval": self.billing_interval,
            "trial_length": trial and self.trial_length,
            "trial_unit": self.trial_unit,
            "benefit_ids": [Command.create(values) for values in tier.benefit_ids._copy_values()],
            "trial_benefit_ids": self._clinic_trial_benefits(),
            "line_ids": [Command.create(line)],
        }

    def _clinic_package_values(self, company, currency, paid, count):
        """``count`` packages of this product, what was paid spread over them to the cent.

        :param paid: for all of them, net of tax and of every discount
        """
        self.ensure_one()
        cents = money.spread(max(money.to_cents(paid, currency.rounding), 0), [1] * count)
        return [
            {
                "product_id": self.id,
                "company_id": company.id,
                "currency_id": currency.id,
                **self.product_tmpl_id._package_terms_values(company, currency),
                "price_paid": money.to_amount(share, currency.rounding),
                "benefit_ids": [Command.create(values) for values in self.package_benefit_ids._copy_values(currency)],
            }
            for share in cents
        ]

    def _clinic_benefits(self):
        """What is included when this is sold."""
        return self.membership_tier_id.sudo().benefit_ids or self.package_benefit_ids
