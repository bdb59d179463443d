from odoo import api, fields, models
from odoo.exceptions import UserError


class PosOrderLine(models.Model):
    """A till line that sells the trial of a plan: it costs what the trial costs."""

    _inherit = "pos.order.line"

    clinic_trial = fields.Boolean(string="Trial", help="The till says so; the server checks it.")
    clinic_trial_words = fields.Char(string="Trial Terms", help="Until when, and what follows, as the receipt says.")

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "clinic_trial", "clinic_trial_words"]

    def _check_clinic_trial(self, patient):
        """A trial may have begun since the till asked, or the plan may have none any more.

        :raises UserError: the trial was paid for all the same
        """
        patient._clinic_claim()
        if refusal := self.product_id._clinic_no_trial(patient):
            advice = self.env._("Refund this line, and sell the membership at its full price.")
            raise UserError(" ".join([refusal, advice]))

    def _clinic_agreed_price(self):
        """What a later period costs, and the discount off it: the line's, or what the price list says after a trial."""
        if not self.clinic_trial:
            return self.price_unit, self.discount
        order = self.order_id
        price = order.pricelist_id._get_product_price(
            self.product_id, 1.0, currency=order.currency_id, date=order.date_order
        )
        return price, 0.0


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _clinic_no_trial(self, patient):
        """Why a patient gets no trial of this plan, in words; empty where they do."""
        if not self.trial_length:
            return self.env._("%s is sold without a trial.", self.name)
        return patient._clinic_trial_refusal(self.membership_tier_id.sudo())


class ProductTemplate(models.Model):
    _inherit = "product.template"

    clinic_till_trial = fields.Json(
        string="Trial at the Till",
        compute="_compute_clinic_till_trial",
        help="What tills need to sell a plan's trial without a connection.",
    )

    @api.depends("service_tracking", "trial_length", "trial_unit", "trial_price", "membership_tier_id")
    @api.depends("billing_interval")
    @api.depends_context("lang")
    def _compute_clinic_till_trial(self):
        for template in self:
            offered = template.service_tracking == "membership" and template.trial_length
            template.clinic_till_trial = offered and {
                "tier": template.membership_tier_id.id,
                "length": template.trial_length,
                "unit": template.trial_unit,
                "price": template.trial_price,
                "per": template._interval_in_words(),
            }

    @api.model
    def _load_pos_data_fields(self, config_id):
        return [*super()._load_pos_data_fields(config_id), "clinic_till_trial"]

    def _process_pos_ui_product_product(self, products, config_id):
        """In the currency of the till, as its other prices are."""
        super()._process_pos_ui_product_product(products, config_id)
        company, today = self.env.company, fields.Date.today()
        for trial in filter(None, (product.get("clinic_till_trial") for product in products)):
            trial["price"] = company.currency_id._convert(trial["price"], config_id.currency_id, company, today)
