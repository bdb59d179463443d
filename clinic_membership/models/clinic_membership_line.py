from odoo import api, fields, models


class ClinicMembershipLine(models.Model):
    """What a membership bills each period: its plan, and any recurring add-on."""

    _name = "clinic.membership.line"
    _description = "Membership Billing Line"
    _order = "is_plan desc, id"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    currency_id = fields.Many2one(related="membership_id.currency_id")
    product_id = fields.Many2one("product.product", required=True, check_company=True, ondelete="restrict")
    is_plan = fields.Boolean(string="Plan", help="The line that pays for the tier.")
    name = fields.Char(string="Description", required=True)
    quantity = fields.Float(default=1.0, digits="Product Unit", help="How many a billing period.")
    units = fields.Integer(string="Each Month", help="Of an add-on: how many a month; weekly members: a week.")
    gives_units = fields.Boolean(help="The member gets what is billed as units, to be used like the tier's benefits.")
    changes = fields.Boolean(string="Changes With the Renewal", help="Another number is agreed from then on.")
    next_units = fields.Integer(string="From the Next Renewal", help="0: it ends with the period.")
    active = fields.Boolean(default=True)
    price_unit = fields.Monetary(string="Agreed Price", help="Kept until a price campaign moves the member.")
    discount = fields.Float(string="Discount (%)", digits="Discount")
    price_subtotal = fields.Monetary(string="Amount", compute="_compute_price_subtotal", store=True)

    _quantity_positive = models.Constraint("CHECK (quantity >= 0)", "The quantity cannot be negative.")
    _price_not_negative = models.Constraint("CHECK (price_unit >= 0)", "The price cannot be negative.")
    _one_add_on = models.UniqueIndex(
        "(membership_id, product_id) WHERE active AND NOT COALESCE(is_plan, FALSE)",
        "The membership has this service already: change its number.",
    )
    _one_plan = models.UniqueIndex("(membership_id) WHERE is_plan", "A membership has one plan.")

    @api.depends("quantity", "price_unit", "discount")
    def _compute_price_subtotal(self):
        for line in self:
            line.price_subtotal = line.quantity * line.price_unit * (1 - line.discount / 100)

    def _taxes(self):
        """The taxes of today's product for this member."""
        self.ensure_one()
        taxes = self.product_id.sudo().taxes_id._filter_taxes_by_company(self.company_id)
        return self.membership_id.sudo().fiscal_position_id.map_tax(taxes)

    def _next_price(self):
        """The price that the next renewal charges."""
        return self.price_unit

    def _next_quantity(self):
        """How many the next renewal charges."""
        return self.quantity

    def _next_discount(self):
        """The discount of the next renewal, in percent."""
        return self.discount

    def _tax_totals(self):
        """Untaxed and taxed amount of this line, as the next invoice computes them."""
        self.ensure_one()
        price = self._next_price() * (1 - self._next_discount() / 100)
        return self.membership_id._with_taxes(self._taxes(), self.product_id, price, self._next_quantity())


class ClinicMembership(models.Model):
    """What the lines come to: the next payment, before credit."""

    _inherit = "clinic.membership"

    @api.depends("line_ids.price_subtotal", "state", "ready", "will_renew", "next_plan_id", "next_price")
    def _compute_next_amount(self):
        for membership in self:
            if membership.state == "pending" and not membership.ready:
                membership.next_amount = membership.sudo().sale_line_id.price_total
            else:
                charged = membership.will_renew or membership.state == "pending" and membership.auto_renew
                membership.next_amount = membership._renewal_total() if charged else 0.0

    def _renewal_total(self):
        """Price and taxes of one renewal, as the invoice will have them."""
        self.ensure_one()
        lines, plan = self.line_ids, self.next_plan_id
        total = 0.0
        if plan:
            lines -= self._plan_line()
            total = self._plan_total(plan, self.next_price * self._offer_factor())
        return total + sum(line._tax_totals()["total_included"] for line in lines)

    def _offer_factor(self):
        """What is left of a price of the next renewal."""
        return 1.0

    def _with_taxes(self, taxes, product, price, quantity=1.0):
        """Untaxed and taxed amount of a price, as an invoice to the payer computes them."""
        return taxes.compute_all(
            price, currency=self.currency_id, quantity=quantity, product=product, partner=self.payer_id
        )
