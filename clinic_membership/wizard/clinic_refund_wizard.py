from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicRefundWizard(models.TransientModel):
    """Preview a refund, then do what was shown."""

    _name = "clinic.refund.wizard"
    _description = "Refund an Invoice"

    available_invoice_ids = fields.Many2many("account.move", compute="_compute_available_invoice_ids")
    membership_id = fields.Many2one("clinic.membership", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    invoice_id = fields.Many2one(
        "account.move",
        required=True,
        compute="_compute_invoice_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('id', 'in', available_invoice_ids)]",
    )
    company_id = fields.Many2one(related="invoice_id.company_id")
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    paid = fields.Monetary(compute="_compute_left")
    refunded = fields.Monetary(string="Given Back Before", compute="_compute_left", help="Credit notes included.")
    refundable = fields.Monetary(compute="_compute_left")
    shown = fields.Monetary(
        compute="_compute_shown", store=True, precompute=True, help="What could be refunded when this was shown."
    )
    amount = fields.Monetary(
        string="Refund",
        compute="_compute_amount",
        store=True,
        precompute=True,
        readonly=False,
        help="Tax included.",
    )
    way = fields.Selection(
        selection=lambda self: self.env["clinic.refund"]._fields["way"].selection,
        string="In Which Way",
        required=True,
        compute="_compute_way",
        store=True,
        precompute=True,
        readonly=False,
    )
    available_payment_ids = fields.Many2many("account.payment", compute="_compute_available_payment_ids")
    payment_id = fields.Many2one(
        "account.payment",
        string="Card",
        compute="_compute_payment_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('id', 'in', available_payment_ids)]",
        context={"clinic_name_card": True},
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Paid From",
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
    )
    reason = fields.Char(required=True)
    problem = fields.Text(compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.model
    def _open(self, **defaults):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_refund_wizard_action")
        return {**action, "context": {f"default_{name}": value for name, value in defaults.items()}}

    # === what is asked === #

    @api.depends("membership_id", "partner_id")
    def _compute_available_invoice_ids(self):
        """The paid invoices to choose from, the latest first."""
        for wizard in self:
            wizard.available_invoice_ids = wizard._candidates().filtered(lambda move: move.sudo()._clinic_refundable())

    def _candidates(self):
        if self.membership_id:
            sold = self.membership_id.sudo().sale_line_id.invoice_lines.move_id
            return (self.membership_id._documents() | sold.with_env(self.env)).sorted("id", reverse=True)
        mine = [("commercial_partner_id", "=", self.partner_id.commercial_partner_id.id)]
        posted = [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        company = [("company_id", "in", self.env.companies.ids)]
        return (
            self.env["account.move"].search([*mine, *posted, *company], order="id desc")
            if self.partner_id
            else (self.invoice_id._origin)
        )

    @api.depends("available_invoice_ids")
    def _compute_invoice_id(self):
        for wizard in self:
            wizard.invoice_id = wizard.invoice_id or wizard.available_invoice_ids[:1]._origin

    @api.depends("invoice_id")
    def _compute_left(self):
        for wizard in self:
            invoice = wizard.invoice_id.sudo()._origin
            wizard.paid = invoice._clinic_paid() if invoice else 0.0
            wizard.refundable = invoice._clinic_refundable() if invoice else 0.0
            wizard.refunded = wizard.paid - wizard.refundable

    @api.depends("invoice_id")
    def _compute_shown(self):
        for wizard in self:
            wizard.shown = wizard.refundable

    @api.depends("invoice_id", "way", "payment_id")
    def _compute_amount(self):
        """All that can go back in this way."""
        for wizard in self:
            wizard.amount = wizard._most()

    def _most(self):
        invoice = self.invoice_id.sudo()._origin
        if not invoice:
            return 0.0
        if self.way == "card":
            return invoice._clinic_card_payments().get(self._transaction(), 0.0)
        return invoice._clinic_money_left() if self.way == "bank" else invoice._clinic_refundable()

    def _transaction(self):
        """The charge that is taken back."""
        return self.payment_id.sudo()._origin.payment_transaction_id

    @api.depends("invoice_id")
    def _compute_available_payment_ids(self):
        for wizard in self:
            cards = wizard.invoice_id.sudo()._origin._clinic_card_payments() if wizard.invoice_id else {}
            wizard.available_payment_ids = self.env["account.payment"].browse(
                transaction.payment_id.id for transaction, left in cards.items() if left
            )

    @api.depends("available_payment_ids")
    def _compute_payment_id(self):
        for wizard in self:
            wizard.payment_id = wizard.available_payment_ids[:1]._origin

    @api.depends("available_payment_ids")
    def _compute_way(self):
        for wizard in self:
            wizard.way = "card" if wizard.available_payment_ids else "credit"

    # === what will happen === #

    @api.depends("invoice_id", "amount", "way", "payment_id", "journal_id")
    def _compute_preview(self):
        """What is posted, or why it cannot be."""
        for wizard in self:
            wizard.problem = wizard.preview = False
            if not wizard.invoice_id:
                wizard.problem = self.env._("There is no paid invoice to refund.")
                continue
            try:
                invoice = wizard.invoice_id.sudo()._origin
                wizard._check_shown(invoice)
                wizard.preview = "\n".join(wizard._describe(invoice))
            except UserError as error:
                wizard.problem = str(error)

    def _check_shown(self, invoice):
        """Refuse what cannot be done as it is shown."""
        refunds = self.env["clinic.refund"].sudo()
        refunds._check_may_refund(invoice, self.amount)
        refunds._check_possible(invoice, self.way, self.amount, self._why(), self._values())

    def _why(self):
        """The reason, which may be said at the end."""
        return self.reason or self.env._("to be said")

    def _values(self):
        """What the way needs to know."""
        if self.way == "card":
            return {"source_transaction_id": self._transaction().id}
        return {"journal_id": self.journal_id._origin.id} if self.way == "bank" else {}

    def _describe(self, invoice):
        lines = [
            self.env._(
                "A credit note for %(invoice)s over %(amount)s:", invoice=invoice.name, amount=self._money(self.amount)
            )
        ]
        for cents, line in self._taken(invoice):
            name = (line.name or line.tax_line_id.name or "").partition("\n")[0]
            lines.append(f"   {name}: {self._money(cents * self.currency_id.rounding)}")
        return [*lines, *self._describe_way(), *self._describe_rest(invoice)]

    def _describe_way(self):
        """Where the money goes."""
        return [getattr(self, f"_describe_{self.way}")(self.amount)]

    def _taken(self, invoice):
        """What is taken off which lines of the invoice."""
        return invoice._clinic_take(self.amount)

    def _describe_card(self, amount):
        card = self._transaction()._clinic_card_in_words()
        return self.env._(
            "%(amount)s goes back to %(card)s. If the provider refuses, nothing is posted.",
            amount=self._money(amount),
            card=card,
        )

    def _describe_credit(self, amount):
        return self.env._(
            "%s pays what is due now, oldest first; what is left of it waits for the next invoice.", self._money(amount)
        )

    def _describe_wallet(self, amount):
        company = self.company_id.sudo()
        words = self.env._(
            "The eWallet of %(patient)s is raised by %(amount)s: for new orders and at the till, not for renewals.",
            patient=self.invoice_id.partner_id.display_name,
            amount=self._money(amount),
        )
        if self.currency_id != company.currency_id:
            points = self.currency_id._convert(amount, company.currency_id, company, company._clinic_today())
            words += " " + self.env._("That is %s today.", company.currency_id.format(points))
        return words

    def _describe_bank(self, amount):
        return self.env._(
            "%(amount)s is paid out of %(journal)s.",
            amount=self._money(amount),
            journal=self.journal_id.display_name,
        )

    def _describe_rest(self, invoice):
        lines = []
        if self.currency_id.compare_amounts(invoice.amount_residual, 0) > 0:
            lines.append(self.env._("%s of this invoice is still to be paid.", self._money(invoice.amount_residual)))
        sold = invoice.invoice_line_ids.sale_line_ids
        if invoice.clinic_period_ids or invoice.clinic_adjusted_period_id or sold.clinic_membership_ids:
            lines.append(
                self.env._(
                    "The membership goes on as it is, its benefits and renewals too. Cancel it, if that is meant."
                )
            )
        if sold.clinic_package_ids:
            lines.append(self.env._("The package keeps its units; what is given back is taken off income."))
        return lines

    def _money(self, amount):
        return self.currency_id.format(amount)

    # === doing it === #

    def action_confirm(self):
        """Refund as shown; pressed twice, it is refunded once."""
        self.ensure_one()
        self.invoice_id.check_access("read")
        refund = self._confirmed()
        if refund.state == "draft":
            self.env["ir.cron"]._commit_progress()  # all of it is durable before money can move
            refund._proceed_safely()
        return refund.with_env(self.env)._notify()

    def _confirmed(self):
        """The refund, made now or with an earlier press."""
        refunds, invoice, key = self.env["clinic.refund"].sudo(), self.invoice_id.sudo(), f"{self._name},{self.id}"
        made = refunds.search([("key", "=", key)])
        if not made and self.currency_id.compare_amounts(self.shown, invoice._clinic_refundable()):
            raise UserError(
                self.env._("Something was paid or refunded on %s meanwhile. Open the refund again.", invoice.name)
            )
        return made or refunds._refund(invoice, self.way, self.reason, self.amount, key=key, **self._values())
