from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ProductTemplate(models.Model):
    _inherit = "product.template"

    package_extension_fee = fields.Monetary(
        string="Extension Fee",
        help="What a later last day costs, before tax; a manager may charge less or nothing. 0: it is free.",
    )

    _extension_fee_not_negative = models.Constraint(
        "CHECK (package_extension_fee >= 0)", "The fee of an extension cannot be negative."
    )

    def _package_terms_values(self, company, currency):
        fee = self.currency_id._convert(self.package_extension_fee, currency, company, company._clinic_today())
        return {**super()._package_terms_values(company, currency), "extension_fee": fee}


class ResCompany(models.Model):
    _inherit = "res.company"

    clinic_extension_product_id = fields.Many2one(
        "product.product",
        string="Extension Fee Product",
        check_company=True,
        help="Its income account and taxes are those of the fee.",
    )
    clinic_offer_extension = fields.Boolean(
        string="Offer Extensions",
        default=True,
        help="Reminders say that the package can be extended, and for how much.",
    )

    def _clinic_extension_product(self):
        """The product that bills extensions; empty if the clinic has deleted it."""
        self.ensure_one()
        standard = self.env.ref("clinic_membership.product_package_extension", raise_if_not_found=False)
        return self.clinic_extension_product_id or standard or self.env["product.product"]


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clinic_extension_product_id = fields.Many2one(related="company_id.clinic_extension_product_id", readonly=False)
    clinic_offer_extension = fields.Boolean(related="company_id.clinic_offer_extension", readonly=False)


class ClinicExtension(models.Model):
    _inherit = "clinic.extension"

    invoice_id = fields.Many2one(
        "account.move",
        string="Fee",
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: a courtesy.",
    )


class ClinicPackage(models.Model):
    """More time for a fee: invoiced natively, once, and collected like any other invoice."""

    _inherit = "clinic.package"

    extension_fee = fields.Monetary(readonly=True, help="As sold, before tax. 0: extensions are free.")
    extension_offer = fields.Char(compute="_compute_extension_offer")

    _extension_fee_not_negative = models.Constraint(
        "CHECK (extension_fee >= 0)", "The fee of an extension cannot be negative."
    )

    @api.depends("extension_fee", "company_id.clinic_offer_extension")
    @api.depends_context("lang")
    def _compute_extension_offer(self):
        """What a reminder says of more time; nothing where the clinic does not offer it."""
        for package in self:
            offered, price = package.company_id.sudo().clinic_offer_extension, package._extension_price_in_words()
            package.extension_offer = offered and self.env._("Not enough time? We can extend it %s.", price)

    def _extension_price_in_words(self):
        price = self._extension_price(self.extension_fee)
        return self.env._("for %s", self.currency_id.format(price)) if price else self.env._("free of charge")

    def _extension_price(self, fee):
        """A fee with the taxes that are added to it."""
        product, payer = self._extension_product(), self._extension_payer()
        position = self.env["account.fiscal.position"].with_company(self.company_id).sudo()
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        taxes = position._get_fiscal_position(payer).map_tax(taxes)
        return taxes.compute_all(fee, self.currency_id, product=product, partner=payer)["total_included"]

    def _extension_product(self):
        return self.company_id.sudo()._clinic_extension_product()

    def _extension_payer(self):
        """Who is invoiced: the owner, or the adult who pays for them."""
        payer = self.partner_id._clinic_payer(self.company_id)
        return payer.browse(payer.address_get(["invoice"])["invoice"]) if payer else payer

    # === billing === #

    def _check_extension_fee(self, fee):
        """Refuse a fee that cannot be invoiced, saying what to do."""
        self.ensure_one()
        if self.currency_id.compare_amounts(fee, 0) < 0:
            raise UserError(self.env._("The fee of an extension cannot be negative. Enter 0 for a courtesy."))
        if self.currency_id.is_zero(fee):
            return
        if not self._extension_product():
            raise UserError(
                self.env._("Choose the product of the extension fee in the settings of memberships, or charge no fee.")
            )
        if not self._extension_payer():
            raise UserError(
                self.env._(
                    "%s is a minor, and no adult pays for them. Set a parent on the contact, or charge no fee.",
                    self.partner_id.display_name,
                )
            )

    def _bill_extension(self, fee, until):
        """Invoice the fee of an extension: posted, and paid with outstanding credit as far as there is any.

        :param fee: before tax
        :param until: the new last day, which the invoice names
        :return: the invoice; none without a fee
        :raises UserError: it cannot be invoiced; says what to do
        """
        self._check_extension_fee(fee)
        moves = self.env["account.move"].with_company(self.company_id)
        if self.currency_id.is_zero(fee):
            return moves
        invoice = moves.create(self._prepare_extension_invoice(self.currency_id.round(fee), until))
        invoice._post(soft=False)
        invoice._clinic_apply_credit()
        price = self.currency_id.format(invoice.amount_total)
        self.message_post(
            body=self.env._("Extension charged: %(invoice)s over %(price)s", invoice=invoice.name, price=price)
        )
        return invoice

    def _prepare_extension_invoice(self, fee, until):
        product, today = self._extension_product(), self.company_id._clinic_today()
        day = self.env["clinic.extension"]._day(until)
        line = {
            "product_id": product.id,
            "name": self.env._(
                "%(fee)s: %(package)s until %(day)s", fee=product.name, package=self.display_name, day=day
            ),
            "price_unit": fee,
        }
        return {
            "move_type": "out_invoice",
            "partner_id": self._extension_payer().id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_origin": self.name,
            "invoice_user_id": self.env.uid,
            "invoice_date": today,
            "invoice_payment_term_id": False,
            "invoice_date_due": today,
            "invoice_line_ids": [Command.create(line)],
        }
