from odoo import api, fields, models

from ..tools import offers


class ClinicCheckoutLine(models.TransientModel):
    """One service or product of today: paid with units, charged, or left for later; or something that is sold."""

    _name = "clinic.checkout.line"
    _description = "Checkout: Line"
    _order = "id"

    wizard_id = fields.Many2one("clinic.checkout", required=True, ondelete="cascade")
    visit_line_id = fields.Many2one("clinic.visit.line", readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Service or Product", required=True, domain="[('sale_ok', '=', True)]"
    )
    quantity = fields.Integer(default=1, required=True)
    is_sold = fields.Boolean(compute="_compute_is_sold", help="A membership or a package.")
    choice = fields.Selection(
        [("apply", "Apply"), ("charge", "Charge"), ("later", "Later")],
        string="Units",
        compute="_compute_choice",
        store=True,
        readonly=False,
        help="Apply to the patient's package or membership, charge it, or decide later.",
    )
    grant_ids = fields.Many2many("clinic.grant", compute="_compute_coverage")
    preferred_grant_id = fields.Many2one(
        "clinic.grant",
        string="Use First",
        domain="[('id', 'in', grant_ids)]",
        help="Empty: the clinic's order decides.",
    )
    proposal = fields.Char(
        string="Why", compute="_compute_coverage", help="What would pay for it, or why nothing does."
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    price = fields.Monetary(string="To Pay", compute="_compute_price", help="Before tax.")
    order_line_id = fields.Many2one("sale.order.line", readonly=True)
    waits_for_id = fields.Many2one("clinic.checkout.line", readonly=True)

    @api.depends("product_id")
    def _compute_is_sold(self):
        for line in self:
            line.is_sold = line.product_id.service_tracking in ("membership", "package")

    @api.depends(
        "product_id",
        "quantity",
        "wizard_id.line_ids.product_id",
        "wizard_id.line_ids.quantity",
        "wizard_id.line_ids.preferred_grant_id",
    )
    def _compute_coverage(self):
        for wizard, lines in self.grouped("wizard_id").items():
            found = wizard._coverage()
            for line in lines:
                grants, answer, sold = found.get(line, (self.env["clinic.grant"], None, None))
                line.grant_ids = grants.filtered(lambda grant, answer=answer: grant.id not in answer.refused)
                line.proposal = line._in_words(grants, answer, sold)

    def _in_words(self, grants, answer, sold):
        if sold:
            return self.env._("from the %s sold here", sold.product_id.name)
        if not answer:
            return False
        if not answer.missing:
            return grants._proposed_in_words(answer)
        return grants._refused_in_words(answer)

    @api.depends("product_id", "quantity")
    def _compute_choice(self):
        """Units pay where they can, the patient's or those sold here, unless somebody says otherwise."""
        for wizard, lines in self.grouped("wizard_id").items():
            found = wizard._coverage()
            for line in lines:
                _grants, answer, sold = found.get(line, (None, None, None))
                line.choice = "apply" if answer and (sold or not answer.missing) else "charge"

    @api.depends("product_id", "quantity", "choice", "wizard_id.partner_id")
    def _compute_price(self):
        for wizard, lines in self.grouped("wizard_id").items():
            prices = wizard._prices()
            for line in lines:
                line.price = prices.get(line, 0.0)

    def _as_services(self):
        """These lines at the patient's price, as the offers see them."""
        return [
            offers.Service(
                line.product_id.id,
                max(line.quantity, 0),
                line.wizard_id._patient_price(line.product_id, line.quantity),
            )
            for line in self
        ]

    def _prices_with(self, tier):
        """What a tier would make the price of one: {id of the product: price}."""
        if not tier.pricelist_id:
            return {}
        price = tier.pricelist_id._get_product_price
        return {line.product_id.id: price(line.product_id, line.quantity) for line in self}

    def _prepare_order_line(self):
        return {"product_id": self.product_id.id, "product_uom_qty": self.quantity}
