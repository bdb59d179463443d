from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicWriteOff(models.TransientModel):
    """Preview what forgiving debts posts, then post what was shown."""

    _name = "clinic.write.off"
    _description = "Forgive What Is Open"

    invoice_ids = fields.Many2many("account.move", string="Invoices", required=True, readonly=True)
    kind = fields.Selection(
        [("small", "Small balance"), ("forgiven", "Courtesy"), ("bad_debt", "Bad debt")],
        string="As",
        required=True,
        compute="_compute_kind",
        store=True,
        precompute=True,
        readonly=False,
        help="Small balance: a rounding or transfer difference, its tax stays. Courtesy: the clinic does without it. "
        "Bad debt: nobody will pay it. Of both the tax is taken back, too.",
    )
    reason = fields.Text(required=True)
    preview = fields.Text(string="What Happens", compute="_compute_preview")
    shown = fields.Json(
        compute="_compute_shown",
        store=True,
        precompute=True,
        readonly=False,  # the form sends what was open when it was opened
        help="What was open of each invoice.",
    )

    @api.model
    def _open(self, invoices):
        """Open it for those of the invoices that are due.

        :raises UserError: none is
        """
        due = invoices.filtered(lambda move: move._clinic_is_due())
        if not due:
            raise UserError(self.env._("Nothing is open here."))
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_write_off_action")
        return {**action, "context": {"default_invoice_ids": [fields.Command.set(due.ids)]}}

    @api.depends("invoice_ids")
    def _compute_kind(self):
        for wizard in self:
            small = all(
                invoice.amount_residual_signed <= invoice.company_id.sudo().clinic_write_off_limit
                for invoice in wizard.invoice_ids
            )
            wizard.kind = "small" if small else "forgiven"

    @api.depends("invoice_ids")
    def _compute_shown(self):
        for wizard in self:
            wizard.shown = {str(invoice.id): invoice.amount_residual for invoice in wizard.invoice_ids._origin.sudo()}

    @api.depends("invoice_ids", "kind")
    def _compute_preview(self):
        for wizard in self:
            invoices = wizard.invoice_ids._origin.sudo().filtered(lambda move: move._clinic_is_due())
            try:
                wizard.preview = "\n".join(wizard._describe(invoice) for invoice in invoices)
            except UserError as refusal:
                wizard.preview = str(refusal)

    def _describe(self, invoice):
        """What is posted for an invoice, or why it cannot be."""
        if not self.kind:
            return ""
        invoice._clinic_check_write_off(self.kind)
        money = invoice.currency_id.format
        words = {"invoice": invoice.name, "patient": invoice.partner_id.name, "open": money(invoice.amount_residual)}
        if self.kind == "small":
            account = invoice.company_id._clinic_write_off_account().display_name
            return self.env._("%(invoice)s, %(patient)s: %(open)s to %(account)s.", account=account, **words)
        shares = invoice._clinic_open_by_taxes()
        tax = sum(taxes._clinic_tax_within(share, invoice.currency_id) for taxes, share in shares.items())
        return self.env._(
            "%(invoice)s, %(patient)s: a credit note over %(open)s, %(tax)s of it tax.", tax=money(tax), **words
        )

    def action_confirm(self):
        """Forgive as shown. What was paid meanwhile is left alone, so a second press does nothing."""
        self.ensure_one()
        self.invoice_ids.check_access("read")
        for invoice in self.invoice_ids.sudo():
            shown = self.shown.get(str(invoice.id), 0.0)
            if invoice.currency_id.compare_amounts(invoice.amount_residual, shown) > 0:
                raise UserError(
                    self.env._(
                        "More is open on %(invoice)s than was shown: %(amount)s. Open it again.",
                        invoice=invoice.name,
                        amount=invoice.currency_id.format(invoice.amount_residual),
                    )
                )
        self.invoice_ids.sudo()._clinic_write_off(self.kind, self.reason)
        return {"type": "ir.actions.act_window_close"}
