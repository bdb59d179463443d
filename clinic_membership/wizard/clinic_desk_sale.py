from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context


class ClinicDeskSale(models.AbstractModel):
    """A sale at the desk in one step: order, invoice, payment, all native."""

    _name = "clinic.desk.sale"
    _description = "Sale at the Desk"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    payer_id = fields.Many2one(
        "res.partner",
        string="Paid By",
        compute="_compute_payer_id",
        store=True,
        readonly=False,
        help="Who is invoiced. A minor needs an adult: a parent, or the holder of the family plan.",
    )
    payment = fields.Selection(
        [("card", "Stored card"), ("journal", "Cash or bank"), ("link", "Send the invoice with a payment link")],
        required=True,
        default="journal",
    )
    token_id = fields.Many2one(
        "payment.token",
        string="Card",
        compute="_compute_token_id",
        store=True,
        readonly=False,
        domain="[('partner_id', 'in', (partner_id, payer_id)), ('company_id', '=', company_id)]",
        help="Also charged at each renewal of a membership.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Paid Into",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        check_company=True,
        domain="[('type', 'in', ('cash', 'bank')), ('company_id', '=', company_id)]",
    )
    order_id = fields.Many2one("sale.order", readonly=True, help="What was sold here.")

    @api.depends("partner_id", "company_id")
    def _compute_payer_id(self):
        for wizard in self:
            wizard.payer_id = wizard.partner_id and wizard.partner_id._clinic_payer(wizard.company_id)

    @api.depends("partner_id", "payer_id", "company_id", "payment")
    def _compute_token_id(self):
        """A card of who pays, else one of the patient."""
        for wizard in self:
            people = wizard.payer_id | wizard.partner_id
            tokens = self.env["payment.token"].search(
                [("partner_id", "in", people.ids), ("company_id", "=", wizard.company_id.id)]
            )
            theirs = tokens.filtered_domain([("partner_id", "=", wizard.payer_id.id)])
            wizard.token_id = (theirs or tokens)[:1]

    @api.depends("company_id")
    def _compute_journal_id(self):
        for wizard in self:
            wizard.journal_id = wizard._journals()[:1]

    def _journals(self):
        """Where money at the desk usually goes, cash first."""
        return self.env["account.journal"].search(
            [("type", "in", ("cash", "bank")), ("company_id", "=", self.company_id.id)], order="type desc, sequence"
        )

    # === the order === #

    def _draft_order(self):
        """The order as it would be, not saved."""
        return self.env["sale.order"].with_company(self.company_id).new(self._prepare_order())

    def _prepare_order(self):
        """The values of the order that is sold."""
        return {
            **self._invoice_address(),
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
        }

    def _invoice_address(self):
        """The order knows the patient's own; that of somebody else who pays is given."""
        if not self.payer_id or self.payer_id == self.partner_id:
            return {}
        return {"partner_invoice_id": self.payer_id.address_get(["invoice"])["invoice"]}

    def _make_order(self):
        return self.env["sale.order"].with_company(self.company_id).create(self._prepare_order())

    def _sell(self):
        """Check, order, confirm, invoice, and take the payment; asked again, nothing is sold again.

        :return: the order
        """
        if self.order_id:
            return self._sold()
        self = self._without_defaults()
        self._check_payment()
        order = self.order_id = self._make_order()
        order.action_confirm()
        self._confirmed(order)
        if self._is_charged_now(order):
            self._take_payment(order)
        return order

    def _sold(self):
        """What was sold here before, with its money in the books.

        Charging a card commits. When something collides after that, the server does the whole request again.
        """
        self.order_id.sudo().invoice_ids.clinic_collection_ids._book_now()
        return self.order_id

    def _without_defaults(self):
        """The wizard's defaults are not the documents'."""
        return self.with_env(self.env(context=clean_context(self.env.context)))

    def _is_charged_now(self, order):
        return True

    def _confirmed(self, order):
        """What is remembered of the sale before any money moves, as it is not done again after that."""
        self._keep_card(order)

    def _keep_card(self, order):
        """The card that pays is charged for the renewals, too."""
        if self.payment == "card":
            order.sudo().order_line.clinic_membership_ids.payment_token_id = self.token_id

    # === the payment === #

    def _check_payment(self):
        """Refuse a way to pay that is not there, before anything is sold."""
        payer = self.payer_id or self.partner_id
        if minors := payer._clinic_minors(self.company_id):
            raise UserError(minors._clinic_minor_refusal())
        if self.payment == "card":
            self._check_card()
        if self.payment == "journal" and not self.journal_id:
            raise UserError(self.env._("Choose the cash or bank journal that takes the payment."))

    def _check_card(self):
        if not self.token_id:
            raise UserError(
                self.env._(
                    "%s has no stored card. Choose another way to pay: with a payment link the patient "
                    "pays online and can save the card for the renewals.",
                    self.partner_id.display_name,
                )
            )
        if self.token_id.partner_id.commercial_partner_id not in self._who_may_pay():
            raise UserError(self.env._("This card belongs to somebody else. Choose a card of the patient."))

    def _who_may_pay(self):
        return (self.partner_id | self.payer_id).commercial_partner_id

    def _take_payment(self, order):
        if due := self._invoice(order).filtered("amount_residual"):
            getattr(self, f"_pay_by_{self.payment}")(due)

    def _invoice(self, order):
        """The posted invoice of the order, or those of several payers; a free trial has one of 0, for the books."""
        invoice = order._create_invoices()
        invoice.sudo().invoice_date = self.company_id._clinic_today()
        invoice.sudo().action_post()
        return invoice.sudo()

    def _pay_by_journal(self, invoice):
        self.env["account.payment.register"].sudo().with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {"journal_id": self.journal_id.id, "payment_date": self.company_id._clinic_today()}
        ).action_create_payments()

    def _pay_by_card(self, invoice):
        memberships = invoice.invoice_line_ids.sale_line_ids.clinic_membership_ids
        self.env["clinic.collection"].sudo().create(
            {
                "invoice_id": invoice.id,
                "membership_id": memberships[:1].id,
                "token_id": self.token_id.id,
                "charge_on": self.company_id._clinic_today(),
            }
        )._collect()

    def _pay_by_link(self, invoice):
        invoice._clinic_send()

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})
