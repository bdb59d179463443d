from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import money


class SaleOrderLine(models.Model):
    """A line that sells a membership or packages."""

    _inherit = "sale.order.line"

    clinic_start_date = fields.Date(
        string="Membership Start",
        compute="_compute_clinic_start_date",
        store=True,
        precompute=True,
        readonly=False,
        help="First day of the membership. It starts when it is paid, but not before this day.",
    )
    clinic_trial = fields.Boolean(
        string="Trial",
        compute="_compute_clinic_trial",
        store=True,
        precompute=True,
        help="The line sells the trial: the patient had none of this tier yet.",
    )
    clinic_membership_ids = fields.One2many("clinic.membership", "sale_line_id", string="Membership")
    clinic_package_ids = fields.One2many("clinic.package", "sale_line_id", string="Packages")

    @api.depends("product_id")
    def _compute_clinic_start_date(self):
        for line in self:
            if line.product_id.service_tracking != "membership":
                line.clinic_start_date = False
            elif not line.clinic_start_date:
                line.clinic_start_date = (line.company_id or self.env.company)._clinic_today()

    @api.depends("product_id", "order_id.partner_id")
    def _compute_clinic_trial(self):
        """One trial per patient and tier."""
        for line in self.filtered(lambda line: line.state in (False, "draft", "sent")):
            product = line.product_id
            offered = product.service_tracking == "membership" and product.trial_length
            line.clinic_trial = offered and not line._clinic_earlier_trial()

    def _clinic_earlier_trial(self):
        """The first day of the trial that this line's patient had, or is about to have, of its tier; False if none."""
        return self.order_id.partner_id._clinic_earlier_trial(self.product_id.membership_tier_id)

    def _check_clinic_one_trial(self):
        """A trial may have begun since the quotation was made: a second one is refused."""
        for line in self.filtered("clinic_trial"):
            patient = line.order_id.partner_id
            patient._clinic_claim()
            if refusal := patient._clinic_trial_refusal(line.product_id.membership_tier_id):
                advice = self.env._("Use 'Update Prices' on the order to sell the membership at its full price.")
                raise UserError(" ".join([refusal, advice]))

    @api.constrains("product_id", "product_uom_qty")
    def _check_clinic_quantity(self):
        for line in self:
            if line.product_id.service_tracking == "membership" and line.product_uom_qty != 1:
                raise ValidationError(
                    self.env._(
                        "%s: a membership is for one patient, so its quantity is 1. "
                        "Add a line (or an order) for each further member.",
                        line.product_id.display_name,
                    )
                )
            if line.product_id.service_tracking == "package" and line.product_uom_qty % 1:
                raise ValidationError(self.env._("%s: packages are sold whole.", line.product_id.display_name))

    # === price: the trial's, or the plan's === #

    def _get_display_price(self):
        """The trial is sold at the price of the trial; what follows is on the description."""
        if self.clinic_trial:
            return self._convert_to_sol_currency(self.product_id.trial_price, self.product_id.currency_id)
        return super()._get_display_price()

    @api.depends("clinic_trial")
    def _compute_price_unit(self):
        super()._compute_price_unit()

    def _clinic_agreed_price(self):
        """What one later period costs: the price of this line, or what the pricelist says when it sells a trial."""
        self.ensure_one()
        if not self.clinic_trial:
            return self.price_unit
        return self._get_pricelist_price()

    def _clinic_renewal_price(self):
        """What one later period costs after the line's discount, before taxes that are added."""
        agreed = self._clinic_agreed_price()
        return agreed if self.clinic_trial else agreed * (1 - self.discount / 100)

    def _clinic_price_as_sold(self):
        """The price of the first period, after the line's discount, before taxes that are added."""
        return self.price_unit * self.product_uom_qty * (1 - self.discount / 100)

    def _clinic_price_paid(self):
        """What is really paid for the first period, promotions of the order taken off too."""
        price = self._clinic_price_as_sold()
        own = price and self._clinic_cents()
        borne = own and self.order_id._clinic_borne(lambda line: [line._clinic_cents()]).get(self, own)
        return price if borne == own else self.currency_id.round(price * max(borne, 0) / own)

    @api.depends("clinic_trial")
    def _compute_name(self):
        super()._compute_name()

    def _get_sale_order_line_multiline_description_sale(self):
        description = super()._get_sale_order_line_multiline_description_sale()
        if not self.clinic_trial:
            return description
        template = self.product_id.product_tmpl_id
        then = self.env._(
            "Trial of %(length)s, then %(price)s",
            length=template._trial_in_words(),
            price=template._price_per_interval(),
        )
        return f"{description}\n{then}"

    # === walk 1: the line prepares what it sells === #

    def _clinic_create_holdings(self):
        """Create the memberships and packages that these confirmed lines sell; start those with nothing to pay."""
        lines = self.filtered(lambda line: not line.display_type and not line.is_downpayment)
        sold = lines.filtered(lambda line: line.product_id.service_tracking == "membership")
        new = sold.filtered(lambda line: not line.clinic_membership_ids)
        for line in new:  # one by one: two lines of one order may not both sell the trial
            line._check_clinic_one_trial()
            self.env["clinic.membership"].sudo().create(line._prepare_clinic_membership())
        packs = lines.filtered(lambda line: line.product_id.service_tracking == "package")
        self.env["clinic.package"].sudo().create(
            [values for line in packs for values in line._prepare_clinic_packages()]
        )
        (sold | packs)._clinic_start_holdings()

    def _prepare_clinic_membership(self):
        """The contract, with the terms as they are today."""
        product, order, trial = self.product_id, self.order_id, self.clinic_trial
        price, discount = self._clinic_agreed_price(), 0.0 if trial else self.discount
        return {
            **product._clinic_membership_values(order.currency_id, price, discount, trial),
            "partner_id": order.partner_id.id,
            "payer_id": order.partner_invoice_id.id,
            "company_id": order.company_id.id,
            "user_id": order.user_id.id,
            "fiscal_position_id": order.fiscal_position_id.id,
            "sale_line_id": self.id,
            "start_date": self.clinic_start_date,
        }

    def _clinic_packages_sold(self):
        return self.clinic_package_ids.filtered(lambda package: not package.cancelled)

    @api.model_create_multi
    def create(self, vals_list):
        """What is added to a confirmed order is sold with it."""
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._clinic_create_holdings()
        return lines

    def write(self, vals):
        """More or fewer packages on a confirmed order are more or fewer for the patient."""
        result = super().write(vals)
        if "product_uom_qty" in vals:
            confirmed = self.filtered(
                lambda line: line.state == "sale" and line.product_id.service_tracking == "package"
            )
            confirmed._clinic_drop_packages()
            confirmed._clinic_create_holdings()
        return result

    def _clinic_drop_packages(self):
        """Cancel the packages that a confirmed line no longer sells.

        :raises UserError: they are started, so they are to be refunded
        """
        for line in self:
            packages = line.sudo()._clinic_packages_sold()
            surplus = len(packages) - int(line.product_uom_qty)
            pending = packages.filtered(lambda package: package.state == "pending")
            if surplus > len(pending):
                raise UserError(
                    self.env._(
                        "%s is the patient's already. Give it back by Process Refund instead of changing the quantity.",
                        (packages - pending)[:1].display_name,
                    )
                )
            if surplus > 0:
                pending[-surplus:]._cancel()

    def _prepare_clinic_packages(self):
        """One package for each unit sold, what was paid spread over them to the cent."""
        missing = int(self.product_uom_qty) - len(self._clinic_packages_sold())
        if missing <= 0:
            return []
        order, rounding = self.order_id, self.currency_id.rounding
        borne = order._clinic_borne(lambda line: [line._clinic_cents()])
        earlier = sum(money.to_cents(package.price_paid, rounding) for package in self._clinic_packages_sold())
        paid = money.to_amount(max(borne.get(self, 0) - earlier, 0), rounding)
        sold = {"partner_id": order.partner_id.id, "user_id": order.user_id.id, "sale_line_id": self.id}
        packages = self.product_id._clinic_package_values(order.company_id, order.currency_id, paid, missing)
        return [{**values, **sold} for values in packages]

    def _clinic_start_holdings(self):
        """Start what needs no payment, or all of it if the clinic activates on confirmation."""
        for line in self:
            if line.company_id.clinic_activation == "confirmation" or line._clinic_is_free():
                line._clinic_holdings_ready()

    def _clinic_is_free(self):
        """Whether there is nothing to pay for it; what a promotion adds is free once the rest is paid."""
        amount = self.order_id.amount_total if self.reward_id else self.price_total
        return self.currency_id.is_zero(amount)

    def _clinic_holdings_ready(self):
        self.sudo().clinic_membership_ids._set_ready()
        self.sudo().clinic_package_ids._set_ready()

    def _clinic_on_paid(self):
        """An invoice of these lines was paid: start what is paid in full."""
        self.filtered(lambda line: line._clinic_is_paid())._clinic_holdings_ready()

    def _clinic_billed_items(self):
        return self.invoice_lines.filtered(lambda item: item.parent_state != "cancel")

    def _clinic_is_paid(self):
        """Whether the line is invoiced in full and all of it is paid; what was credited and billed anew is left out."""
        items = self._clinic_billed_items()
        settled = {move: move._clinic_is_settled() for move in items.move_id}
        credited = items.move_id.filtered(lambda move: move.payment_state == "reversed" and not settled[move])
        items = items.filtered(lambda item: not (item.move_id | item.move_id.reversed_entry_id) & credited)
        billed = sum(-item.move_id.direction_sign * item.quantity for item in items)
        paid = bool(items) and all(settled[move] for move in items.move_id)
        return paid and min(self.qty_invoiced, round(billed, 6)) >= self.product_uom_qty

    def _clinic_posted_invoice(self):
        """The posted invoice of this line, if there is one."""
        return self.invoice_lines.move_id.filtered(lambda move: move.state == "posted")[:1]

    def _clinic_token(self, partners):
        """The card that paid this line and was stored, to charge renewals with."""
        transactions = self.order_id.transaction_ids | self.invoice_lines.move_id.transaction_ids
        tokens = transactions.filtered(lambda tx: tx.state in ("done", "authorized")).token_id
        return tokens.filtered(lambda token: token.active and token.partner_id in partners)[-1:]

    def _clinic_cancel_holdings(self):
        """The order is cancelled: what has not been used goes back."""
        started = self.clinic_membership_ids.filtered(lambda membership: membership.state != "pending")
        if used := self.clinic_package_ids.filtered("units_used"):
            raise UserError(
                self.env._(
                    "%s has been used. Refund what is left instead of cancelling the order.", used[:1].display_name
                )
            )
        if invoiced := self.clinic_package_ids.filtered(lambda package: package._is_invoiced() and package.units_left):
            raise UserError(
                self.env._(
                    "%s is invoiced and has units left. Give them back by Process Refund, then cancel the order.",
                    invoiced[:1].display_name,
                )
            )
        if running := started.filtered(lambda membership: membership.state in membership._RUNNING):
            raise UserError(self.env._("%s is running. Cancel the membership first.", running[:1].display_name))
        (self.clinic_membership_ids - started)._cancel(self.env["clinic.cancel.reason"])
        self.clinic_package_ids._cancel()
