from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicPackageRoll(models.TransientModel):
    """Preview a package whose value pays a membership, then do what was shown, all of it or nothing.

    It is the sale of a membership, before which the units left become credit by the refund policy as sold. The credit
    pays debts that are due, as any refund to credit, then the first invoice; the rest waits for the renewals.
    """

    _name = "clinic.package.roll"
    _description = "Roll a Package Into a Membership"
    _inherit = ["clinic.sell"]

    package_id = fields.Many2one("clinic.package", required=True, readonly=True)
    units_left = fields.Integer(related="package_id.units_left")
    reason = fields.Char(required=True, default=lambda self: self.env._("Rolled into a membership"))
    rolled = fields.Monetary(
        string="Becomes Credit",
        compute="_compute_rolled",
        store=True,
        precompute=True,
        help="What the units left are worth by the refund policy as sold, tax included.",
    )
    problem = fields.Text(compute="_compute_preview")
    refund_id = fields.Many2one("clinic.refund", readonly=True)

    def _package(self):
        return self.package_id.sudo()._origin

    def _sold_by(self):
        """The invoice that sold the package: who paid it has the credit."""
        return self._package()._refund_invoice_line().move_id

    @api.depends("package_id")
    def _compute_payer_id(self):
        """Who paid the package, as the credit is theirs."""
        for wizard in self:
            wizard.payer_id = wizard._sold_by().partner_id

    @api.depends("package_id")
    def _compute_rolled(self):
        """What was shown; what it is worth when it is confirmed must be the same."""
        for wizard in self:
            wizard.rolled = wizard._package()._roll_value() if wizard.package_id else 0.0

    # === what will happen === #

    @api.depends("package_id", "rolled")
    def _compute_preview(self):
        super()._compute_preview()
        for wizard in self:
            wizard.problem = False
            if not wizard.product_id:
                continue
            try:
                wizard._check_roll()
            except UserError as error:
                wizard.problem, wizard.preview = str(error), False
                continue
            credit, debts, first = wizard.rolled, wizard._debts(), wizard.amount_due
            pays = min(credit - debts, first)
            wizard.amount_due = first - pays
            wizard.preview = "\n".join([*wizard._describe_credit(credit, debts, pays), wizard.preview])

    def _debts(self):
        """What of the credit pays invoices that are due already."""
        invoice, today = self._sold_by(), self.company_id._clinic_today()
        due = invoice._clinic_due_from(invoice.partner_id, self.company_id, self.package_id.currency_id)
        due = due.filtered(lambda move: move.invoice_date_due <= today)
        return min(self.rolled, sum(due.mapped("amount_residual")))

    def _describe_credit(self, credit, debts, pays):
        money, rest = self.package_id.currency_id.format, credit - debts - pays
        lines = [
            self.env._(
                "%(units)s units of %(package)s end: %(amount)s become credit.",
                units=self.units_left,
                package=self.package_id.name,
                amount=money(credit),
            )
        ]
        if debts:
            lines.append(self.env._("%s of it pay what is due already.", money(debts)))
        lines.append(self.env._("%s of it pay the first invoice of the membership.", money(pays)))
        if not self.package_id.currency_id.is_zero(rest):
            lines.append(self.env._("%s wait as credit and pay the next renewals.", money(rest)))
        return lines

    # === what is refused === #

    def _check_roll(self):
        """Refuse what cannot be rolled, saying what to do."""
        package, refunds, invoice = self._package(), self.env["clinic.refund"].sudo(), self._sold_by()
        if self.company_id != package.company_id:
            raise UserError(self.env._("The package is of %s, so the membership is, too.", package.company_id.name))
        package._check_refund()
        refunds._check_may_refund(invoice, self.rolled)
        refunds._check_possible(invoice, "credit", self.rolled, self.reason, {})
        if self.payer_id.commercial_partner_id != invoice.commercial_partner_id:
            raise UserError(
                self.env._(
                    "The credit is of %s, who paid the package, so they pay the membership, too.",
                    invoice.partner_id.display_name,
                )
            )
        if self._draft_order().currency_id != package.currency_id:
            raise UserError(
                self.env._(
                    "The package was paid in %(paid)s and the membership is in another currency. Refund the package "
                    "and sell the membership instead.",
                    paid=package.currency_id.name,
                )
            )

    # === doing it === #

    def action_sell(self):
        """Turn the units into credit and sell the membership with it; pressed twice, it is done once."""
        self.ensure_one()
        if self.order_id:
            return self._open_result(self._sold())
        self.package_id.check_access("read")
        if self.currency_id.compare_amounts(self.rolled, self._package()._roll_value()):
            raise UserError(self.env._("Units of %s were used meanwhile. Open it again.", self.package_id.display_name))
        self._check_roll()
        key = f"{self._name},{self.id}"
        self.refund_id = self._package()._refund_units("credit", self.reason, key=key)
        return super().action_sell()

    def _invoice(self, order):
        """The credit pays before anything else does."""
        invoice = super()._invoice(order)
        credit = self.refund_id.sudo()
        invoice._clinic_apply_credit(credit._receivable(credit.credit_note_id))
        return invoice

    def _confirmed(self, order):
        """On the package and on the membership, what became what."""
        super()._confirmed(order)
        for membership in order.order_line.clinic_membership_ids:
            membership.sudo().message_post(body=self._in_words(self.package_id.display_name))
            self._package().message_post(body=self._in_words(membership.display_name))

    def _in_words(self, other):
        return self.env._("%(amount)s rolled over: %(other)s", amount=self.currency_id.format(self.rolled), other=other)
