from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import offers


class ClinicCheckout(models.TransientModel):
    """The end of a visit on one screen: what units pay, what is charged, what is sold; then the payment."""

    _name = "clinic.checkout"
    _description = "Checkout"
    _inherit = ["clinic.desk.sale"]

    event_id = fields.Many2one("calendar.event", string="Appointment", readonly=True)
    visit_id = fields.Many2one("calendar.event", readonly=True, help="The appointment, or the walk-in that was made.")
    date = fields.Date(compute="_compute_date", help="The day of the visit: it decides which units are valid.")
    line_ids = fields.One2many(
        "clinic.checkout.line", "wizard_id", string="Today", compute="_compute_line_ids", store=True, readonly=False
    )
    offer_ids = fields.One2many(
        "clinic.checkout.offer", "wizard_id", compute="_compute_offer_ids", store=True, readonly=False
    )
    credit = fields.Monetary(string="Credit Available", compute="_compute_credit")
    use_credit = fields.Boolean(string="Use the Credit", default=True)
    send_receipt = fields.Boolean(
        string="E-mail the Receipt",
        compute="_compute_send_receipt",
        store=True,
        readonly=False,
        help="The invoice of what is charged, and what units paid with what is left of them.",
    )
    amount_due = fields.Monetary(string="To Pay Now", compute="_compute_amount_due")

    @api.depends("event_id", "company_id")
    def _compute_date(self):
        for wizard in self:
            event = wizard.event_id
            wizard.date = event._clinic_day() if event else wizard.company_id._clinic_today()

    @api.depends("event_id")
    def _compute_line_ids(self):
        """What is still to be paid for at the appointment."""
        for wizard in self:
            open_lines = wizard.event_id.clinic_line_ids.filtered(lambda line: line.state == "open")
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {"visit_line_id": line.id, "product_id": line.product_id.id, "quantity": line.quantity}
                    )
                    for line in open_lines
                ),
            ]

    @api.depends("partner_id")
    def _compute_send_receipt(self):
        for wizard in self:
            wizard.send_receipt = bool(wizard.partner_id.email)

    @api.depends("payer_id", "partner_id", "company_id")
    def _compute_credit(self):
        for wizard in self:
            payer = wizard.payer_id or wizard.partner_id
            lines = self.env["account.move"].sudo()._clinic_credit_of(payer, wizard.company_id) if payer else ()
            mine = [line for line in lines if line.currency_id == wizard.currency_id]
            wizard.credit = -sum(line.amount_residual_currency for line in mine)

    @api.depends("line_ids.choice", "line_ids.quantity", "line_ids.product_id", "use_credit", "credit", "payer_id")
    def _compute_amount_due(self):
        for wizard in self:
            total = wizard._total() if wizard.partner_id and wizard._charged() else 0.0
            wizard.amount_due = max(total - (wizard.credit if wizard.use_credit else 0.0), 0.0)

    def _total(self):
        """What the order comes to, tax included, in the clinic's currency."""
        order = self._draft_order()
        return self._from_order(order, order.amount_total)

    def _prices(self):
        """What is to pay for each line that is charged, before tax, in the clinic's currency: as the order has it."""
        charged = self._charged() if self.partner_id else self.line_ids.browse()
        if not charged:
            return {}
        order = self._draft_order()
        prices = order.order_line.mapped("price_subtotal")
        return {line: self._from_order(order, price) for line, price in zip(charged, prices, strict=True)}

    def _patient_price(self, product, quantity=1):
        """The patient's price of one, member price included."""
        pricelist = self.partner_id.with_company(self.company_id).property_product_pricelist
        if not pricelist:
            return product.lst_price
        return pricelist._get_product_price(product, quantity, currency=self.currency_id)

    def _from_order(self, order, amount):
        today = self.company_id._clinic_today()
        return order.currency_id._convert(amount, self.currency_id, self.company_id, today)

    @api.depends("partner_id", "company_id", "line_ids.product_id", "line_ids.quantity")
    def _compute_offer_ids(self):
        for wizard in self:
            found = wizard.partner_id and self.env["clinic.checkout.offer"]._find(wizard)
            wizard.offer_ids = [Command.clear(), *(Command.create(values) for values in found or ())]

    # === what is covered === #

    def _services(self):
        """The lines that units could pay for: all but what is sold."""
        return self.line_ids.filtered(lambda line: line.product_id and not line.is_sold)

    def _could_be_cheaper(self):
        """The services of today that are charged, as long as nothing is sold that may pay for them."""
        charged = self._services().filtered(lambda line: line.choice != "apply")
        return charged.browse() if self.line_ids.filtered("is_sold") else charged

    def _charged(self):
        return self.line_ids.filtered(lambda line: line.product_id and (line.is_sold or line.choice == "charge"))

    def _coverage(self):
        """What would pay for each service: the patient's units, else what is sold here.

        :return: {line: (grants, answer of the allocation, line that sells what would pay, or None)}
        """
        if not self.partner_id:
            return {}
        lines = self._services()
        wanted = [(line.product_id, max(line.quantity, 0)) for line in lines]
        picked = [tuple(line.preferred_grant_id.ids) for line in lines]
        covers = self.partner_id._clinic_cover(wanted, self.date, self.company_id, picked)
        found = dict(zip(lines, covers, strict=True))
        sold = self._sold_coverage(lines.filtered(lambda line: found[line][1].missing))
        return {line: (grants, answer, sold.get(line)) for line, (grants, answer) in found.items()}

    def _sold_coverage(self, open_lines):
        """Which of these lines what is sold here would pay for: {line: line that is sold}."""
        products = open_lines.product_id
        pools = [
            (pool, sold)
            for sold in self.line_ids.filtered("is_sold")
            for pool in sold.product_id._clinic_benefits()._pools(products, sold.quantity)
        ]
        wanted = [offers.Service(line.product_id.id, max(line.quantity, 0)) for line in open_lines]
        payers = offers.paid_by(wanted, [pool for pool, _sold in pools])
        found = zip(open_lines, payers, strict=True)
        return {line: pools[payer][1] for line, payer in found if payer is not None}

    # === the order === #

    def _prepare_order(self):
        lines = [Command.create(line._prepare_order_line()) for line in self._charged()]
        return {**super()._prepare_order(), "order_line": lines}

    def action_confirm(self):
        """Redeem, charge and sell as chosen. What is sold is paid first, then its units pay what waits for them.

        Pressed twice, it is done once.
        """
        self.ensure_one()
        if self.visit_id or self.order_id:
            return self._open_result(self._sold())
        self = self._without_defaults()
        self.env["clinic.redemption"]._check_may_redeem(self.company_id)
        self._check_event()
        self._check_lines()
        coverage, services = self._coverage(), self._services()
        self._make_visit(services)
        for line in services.filtered(lambda line: line.choice == "apply"):
            _grants, _answer, line.waits_for_id = coverage[line]
            if not line.waits_for_id:
                line.visit_line_id.sudo()._apply(line.preferred_grant_id)
        self.visit_id.sudo().clinic_state = "done"
        told = self._send_receipt(services)  # with the visit, before a card is asked
        order = self._sell() if self._charged() else self.env["sale.order"]
        self._send_receipt(services, told)
        return self._open_result(order)

    def _send_receipt(self, services, told=None):
        """E-mail what units paid in this checkout; those of what was bought in it pay last.

        :param told: the redemptions of which the patient was told
        :return: those of which the patient is told now
        """
        redemptions = services.visit_line_id.sudo().redemption_id
        redemptions -= told or redemptions.browse()
        if self.send_receipt and redemptions:
            self.visit_id.sudo()._clinic_send_receipt(redemptions)
        return redemptions

    def _check_event(self):
        """The wizard is about its own appointment, which is to be paid for, and about nobody else's."""
        event = self.event_id
        if self.line_ids.visit_line_id - event.clinic_line_ids:
            raise UserError(self.env._("A service is of another appointment. Open the checkout again."))
        if event:
            event._clinic_check_checkout()
            if (event.clinic_patient_id, event.clinic_company_id) != (self.partner_id, self.company_id):
                raise UserError(self.env._("The appointment is of somebody else. Open the checkout again."))

    def _check_lines(self):
        """Refuse what cannot be confirmed, before anything is done."""
        if not self.line_ids.filtered("product_id"):
            raise UserError(self.env._("Add what is used or sold today."))
        for line in self.line_ids:
            if line.quantity < 1:
                raise UserError(self.env._("%s: enter a quantity of at least 1.", line.product_id.display_name))
            if line.visit_line_id and line.visit_line_id.state != "open":
                raise UserError(self.env._("%s is settled already.", line.product_id.display_name))
            if line.visit_line_id and line.product_id != line.visit_line_id.product_id:
                raise UserError(
                    self.env._(
                        "The appointment is for %s. Charge another service on a line of its own.",
                        line.visit_line_id.product_id.display_name,
                    )
                )

    def _make_visit(self, services):
        """The appointment, or a walk-in, with each service of today; none where something is only sold."""
        self.visit_id = self.event_id
        if not self.visit_id and services:
            now = fields.Datetime.now()
            values = {"clinic_patient_id": self.partner_id.id, "clinic_company_id": self.company_id.id}
            times = {"start": now, "stop": fields.Datetime.add(now, minutes=30), "clinic_state": "arrived"}
            self.visit_id = self.env["calendar.event"].sudo().create({**values, **times, "user_id": self.env.uid})
        for line in services.filtered(lambda line: not line.visit_line_id):
            values = {"event_id": self.visit_id.id, "product_id": line.product_id.id, "quantity": line.quantity}
            line.visit_line_id = self.env["clinic.visit.line"].sudo().create(values)
        for line in services:
            line.visit_line_id.sudo().quantity = line.quantity

    def _make_order(self):
        """Each line knows what it is for, before the payment asks."""
        order = super()._make_order()
        for line, sold in zip(self._charged(), order.order_line, strict=True):
            line.order_line_id = sold
            line.visit_line_id.sudo().sale_line_id = sold
        for line in self.line_ids.filtered("waits_for_id"):
            line.visit_line_id.sudo().waits_for_id = line.waits_for_id.order_line_id
        return order

    def _invoice(self, order):
        """Credit pays first, where the patient wants it."""
        invoice = super()._invoice(order)
        if self.use_credit:
            invoice._clinic_apply_credit()
        if self.send_receipt and self.payment != "link":
            invoice._clinic_send()
        return invoice

    def _open_result(self, order):
        """Say what was done; where money is still missing, open the invoice to take it in another way."""
        invoice = order.sudo().invoice_ids.filtered("amount_residual")[:1]
        if invoice and self.payment != "link":
            action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
            return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": invoice.id}
        params = {"type": "success", "message": " ".join(self._done_in_words(order))}
        params["next"] = {"type": "ir.actions.act_window_close"}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def _done_in_words(self, order):
        paid = self._services().visit_line_id.redemption_id
        if paid:
            yield self.env._("%s paid with units.", ", ".join(paid.product_id.mapped("name")))
        if order and self.payment == "link":
            yield self.env._("The invoice is sent with a payment link.")
        elif order:
            yield self.env._("%s paid.", order.currency_id.format(order.amount_total))
