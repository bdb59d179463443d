from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """A membership that starts later may be charged on its first day: then the order does not bill it."""

    _inherit = "sale.order.line"

    def _clinic_charge_at_start(self):
        """Whether this line sells a membership that is charged on its first day, by the policy of today."""
        self.ensure_one()
        company = self.company_id or self.env.company
        later = self.clinic_start_date and self.clinic_start_date > company._clinic_today()
        return bool(later) and company.clinic_future_start == "start"

    def _prepare_clinic_membership(self):
        return {**super()._prepare_clinic_membership(), "charge_at_start": self._clinic_charge_at_start()}

    def _clinic_start_holdings(self):
        """What is charged on its first day is ready with the confirmation."""
        later = self.filtered(lambda line: line.sudo().clinic_membership_ids.charge_at_start)
        later._clinic_holdings_ready()
        super(SaleOrderLine, self - later)._clinic_start_holdings()

    def _clinic_bills_itself(self):
        """Whether the membership bills this line, so that the order has no reason to."""
        membership = self.sudo().clinic_membership_ids
        left_to_order = any(membership.period_ids.mapped("is_first"))
        return membership.charge_at_start and not self.qty_invoiced and not left_to_order

    @api.depends("clinic_membership_ids.charge_at_start")
    def _compute_invoice_status(self):
        """A period is left to the order by its invoice, and ``qty_invoiced`` says so; periods alone change nothing."""
        super()._compute_invoice_status()
        for line in self.filtered(lambda line: line.invoice_status == "to invoice"):
            if line._clinic_bills_itself():
                line.invoice_status = "no"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_invoiceable_lines(self, final=False):
        """Other lines are invoiced without those that bill themselves; these alone can still be invoiced by hand."""
        lines = super()._get_invoiceable_lines(final)
        others = lines.filtered(lambda line: line.display_type or not line._clinic_bills_itself())
        return others if others.filtered(lambda line: not line.display_type) else lines


class ClinicMembership(models.Model):
    """A start in the future that is charged on its day, as a renewal is."""

    _inherit = "clinic.membership"

    charge_at_start = fields.Boolean(
        string="Charged on Its First Day",
        readonly=True,
        copy=False,
        help="The first period is billed when it starts, not at the sale. Fixed at the sale.",
    )

    def _start_charge_is_due(self):
        """Whether the first day will charge the first period: not if somebody has invoiced the order before."""
        self.ensure_one()
        waits = self.state == "pending" and self.ready and self.charge_at_start
        return waits and not self.sudo().sale_line_id.qty_invoiced

    @api.depends("ready", "charge_at_start", "sale_line_id.qty_invoiced")
    def _compute_will_renew(self):
        super()._compute_will_renew()
        for membership in self.filtered(lambda m: m._start_charge_is_due()):
            membership.will_renew = True

    @api.depends("charge_at_start", "sale_line_id.price_total", "sale_line_id.qty_invoiced")
    def _compute_next_amount(self):
        super()._compute_next_amount()
        for membership in self.filtered(lambda m: m._start_charge_is_due()):
            membership.next_amount = membership.sudo().sale_line_id.price_total

    def _set_ready(self):
        """Until it starts, the first day is the one on which it is charged next."""
        for membership in self.filtered(lambda m: m.state == "pending" and m.charge_at_start):
            membership.next_renewal = membership.start_date
        super()._set_ready()

    def _start_values(self):
        """The first period is billed as a renewal is, unless the order's invoice does it."""
        values = super()._start_values()
        if not self.charge_at_start:
            return values
        own = self.sudo().sale_line_id._clinic_price_as_sold()  # promotions are of the order's own invoices
        return {**values, "is_first": False, "invoice_id": False, "amount": own}

    def _start_in_words(self):
        if not self.charge_at_start:
            return super()._start_in_words()
        return self.env._("%s, on which the first payment is due", self._day(self.start_date))


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    def _charges_start(self):
        """Whether this is a first period that the membership bills, not its order."""
        membership = self.membership_id
        return membership.charge_at_start and not self.is_first and self.date_start == membership.start_date

    def _bill(self):
        """A first period that somebody has invoiced from the order is not billed again."""
        ordered = self.filtered(lambda p: p._charges_start() and p.membership_id.sudo().sale_line_id.qty_invoiced)
        for period in ordered:
            invoice = period.membership_id.sudo().sale_line_id._clinic_posted_invoice()
            period.write({"is_first": True, "invoice_id": invoice.id})
        ordered._take_shares()
        ordered._work_succeeded()
        return super(ClinicMembershipPeriod, self - ordered)._bill()

    def _prepare_invoice_line(self, line):
        """The first period costs what the order says, and its invoice is the order's."""
        values = super()._prepare_invoice_line(line)
        sold = self.membership_id.sudo().sale_line_id
        if not line.is_plan or line.product_id != sold.product_id or not self._charges_start():
            return values
        return {**sold._prepare_invoice_line(), "name": values["name"], "quantity": sold.product_uom_qty}
