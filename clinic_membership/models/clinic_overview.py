from odoo import api, fields, models


class ClinicMembership(models.Model):
    """What the screens say about a membership beside its own fields."""

    _inherit = "clinic.membership"

    usage_summary = fields.Char(string="Benefits Used", compute="_compute_usage_summary")
    payment_scheduled = fields.Char(compute="_compute_payment_scheduled")
    invoice_count = fields.Integer(string="Invoices", compute="_compute_counts", compute_sudo=True)
    redemption_count = fields.Integer(string="Redemptions", compute="_compute_counts", compute_sudo=True)
    amount_overdue = fields.Monetary(
        compute="_compute_overdue", compute_sudo=True, help="Open on the invoices of its renewals."
    )
    next_attempt = fields.Date(
        compute="_compute_overdue", compute_sudo=True, help="The day on which the stored card is charged again."
    )
    last_failure = fields.Char(
        compute="_compute_overdue", compute_sudo=True, help="Why the last charge or renewal failed."
    )

    @api.depends("grant_ids.used", "grant_ids.granted", "grant_ids.expires_on")
    def _compute_usage_summary(self):
        for membership in self:
            usable = membership.grant_ids._usable_on(membership.company_id._clinic_today())
            membership.usage_summary = ", ".join(usable._usage_by_service())

    @api.depends("payment_token_id", "state", "ready", "next_amount", "billing_split", "payer_ids")
    def _compute_payment_scheduled(self):
        for membership in self:
            membership.payment_scheduled = membership._payment_in_words()

    def _payment_in_words(self):
        if self.currency_id.is_zero(self.next_amount):
            return self.env._("Paid by credit") if self.credit_to_use else self.env._("Nothing to charge")
        if self.state == "pending" and not self.ready:
            return self.env._("Waiting for the first payment")
        if self.state == "suspended":
            return self.env._("When the overdue invoice is paid")
        if self.billing_split != "one":
            return self.env._("Shared by %s payers", len(self.payer_ids))
        if token := self.sudo().payment_token_id._clinic_usable():
            return self.env._("Card %s", token.display_name)
        return self.env._("Invoice with payment link")

    def _compute_counts(self):
        redeemed = dict(
            self.env["clinic.redemption"]._read_group(
                [("membership_ids", "in", self.ids), ("state", "=", "done")], ["membership_ids"], ["__count"]
            )
        )
        for membership in self:
            membership.invoice_count = len(membership._documents())
            membership.redemption_count = redeemed.get(membership, 0)

    def _documents(self):
        """The invoices and credit notes of these memberships."""
        credited = self.credit_ids.move_id.filtered(lambda move: move.move_type == "out_refund")
        return self.period_ids.invoice_id | self.period_ids.adjustment_ids | credited

    @api.depends("period_ids.payment_state", "period_ids.collection_ids.charge_on", "failure")
    def _compute_overdue(self):
        for membership in self:
            due = membership._overdue_periods()
            invoices = due._due_invoices()
            failed = invoices.transaction_ids.filtered(lambda tx: tx.state in ("error", "cancel")).sorted("id")[-1:]
            membership.amount_overdue = sum(invoices.mapped("amount_residual"))
            membership.next_attempt = min(due.filtered("charge_on").mapped("charge_on"), default=False)
            membership.last_failure = membership.failure or failed.state_message

    @api.depends("partner_id.name")
    @api.depends_context("clinic_name_person")
    def _compute_display_name(self):
        """In calendars and breadcrumbs it is the person that counts, not the number."""
        super()._compute_display_name()
        if self.env.context.get("clinic_name_person"):
            for membership in self:
                membership.display_name = f"{membership.partner_id.name or ''} · {membership.tier_id.name or ''}"

    def action_view_sale_order(self):
        """Open the sales order that sold this membership."""
        return self.sale_order_id.get_formview_action()


class ClinicPackage(models.Model):
    """What the screens say about a package beside its own fields."""

    _inherit = "clinic.package"

    @api.depends("partner_id.name")
    @api.depends_context("clinic_name_person")
    def _compute_display_name(self):
        """In calendars and breadcrumbs it is the person that counts, not the number."""
        super()._compute_display_name()
        if self.env.context.get("clinic_name_person"):
            for package in self:
                package.display_name = f"{package.partner_id.name or ''} · {package.product_id.name or ''}"

    def action_view_sale_order(self):
        """Open the sales order that sold this package."""
        return self.sale_order_id.get_formview_action()
