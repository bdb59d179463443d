from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import money, periods, valuation


class ClinicPackage(models.Model):
    """A package that somebody owns: units paid in advance."""

    _name = "clinic.package"
    _description = "Package"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "purchase_date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(string="Number", readonly=True, copy=False, default="New", index="trigram")
    partner_id = fields.Many2one("res.partner", string="Patient", required=True, index=True, tracking=True)
    product_id = fields.Many2one(
        "product.product",
        string="Package",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain=[("service_tracking", "=", "package")],
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    user_id = fields.Many2one("res.users", string="Sold By", default=lambda self: self.env.user)
    sale_line_id = fields.Many2one("sale.order.line", readonly=True, copy=False, index="btree_not_null")
    sale_order_id = fields.Many2one(related="sale_line_id.order_id", string="Sales Order")
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("active", "Active"),
            ("used", "Used Up"),
            ("expired", "Expired"),
            ("refunded", "Refunded"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
        group_expand=True,
        help="Pending: sold, not yet paid.",
    )
    cancelled = fields.Boolean(copy=False, readonly=True)
    purchase_date = fields.Date(copy=False, help="The day it was paid and its validity began.")
    expires_on = fields.Date(string="Expiration Date", copy=False, tracking=True, help="Last day of use.")
    validity_length = fields.Integer()
    validity_unit = fields.Selection([("day", "Days"), ("month", "Months"), ("year", "Years")], default="month")
    price_paid = fields.Monetary(readonly=True, help="Net of tax and of every discount.")
    benefit_ids = fields.One2many("clinic.benefit", "package_id", string="Contents as Sold")
    grant_ids = fields.One2many("clinic.grant", "package_id", string="Lots")
    services = fields.Char(string="Services Included", compute="_compute_services")
    usage_summary = fields.Char(string="Services Used", compute="_compute_balance", store=True)
    units_total = fields.Integer(string="Units", compute="_compute_balance", store=True)
    units_used = fields.Integer(compute="_compute_balance", store=True)
    units_left = fields.Integer(string="Remaining Balance", compute="_compute_balance", store=True)
    value_left = fields.Monetary(string="Value Remaining", compute="_compute_balance", store=True)
    redemption_count = fields.Integer(string="Redemptions", compute="_compute_redemption_count")

    _price_not_negative = models.Constraint("CHECK (price_paid >= 0)", "The price paid cannot be negative.")
    _dates_ordered = models.Constraint(
        "CHECK (expires_on IS NULL OR purchase_date IS NULL OR expires_on >= purchase_date)",
        "A package cannot expire before it was bought.",
    )

    # === derived from the ledger === #

    @api.depends(
        "grant_ids.granted", "grant_ids.remaining", "grant_ids.used", "grant_ids.value_left", "benefit_ids.quantity"
    )
    def _compute_balance(self):
        for package in self:
            rows = [(grant.granted, grant.remaining, grant.used, grant.value_left) for grant in package.grant_ids]
            total, left, used, value = map(sum, zip(*rows, strict=True)) if rows else (0, 0, 0, 0)
            total = total or sum(package.benefit_ids.mapped("quantity"))
            package.update({"units_total": total, "units_left": left, "units_used": used, "value_left": value})
            package.usage_summary = self.env._("%(used)s of %(total)s used", used=used, total=total)

    @api.depends("purchase_date", "cancelled", "grant_ids.remaining", "grant_ids.entry_ids.kind")
    def _compute_state(self):
        """Once nothing is left, by how the last units went: given back, expired or used."""
        ended = self.filtered(lambda package: not any(package.grant_ids.mapped("remaining")))
        ended.grant_ids.entry_ids.fetch(["kind", "quantity", "reverses_id"])
        over = set(ended._ids)
        for package in self:
            if package.cancelled:
                package.state = "cancelled"
            elif not package.purchase_date:
                package.state = "pending"
            elif package.id not in over:
                package.state = "active"
            else:
                package.state = package.grant_ids._how_they_went()

    @api.depends("benefit_ids.display_name")
    def _compute_services(self):
        for package in self:
            package.services = ", ".join(package.benefit_ids.mapped("display_name"))

    def _compute_redemption_count(self):
        counts = dict(
            self.env["clinic.redemption"]._read_group(
                [("package_ids", "in", self.ids), ("state", "=", "done")], ["package_ids"], ["__count"]
            )
        )
        for package in self:
            package.redemption_count = counts.get(package, 0)

    @api.depends("name", "product_id")
    def _compute_display_name(self):
        for package in self:
            package.display_name = f"{package.name} {package.product_id.name or ''}".strip()

    # === rules === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                vals["name"] = self.env["ir.sequence"].sudo().next_by_code(self._name)
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_pending(self):
        if self.filtered(lambda package: package.grant_ids or package._is_invoiced()):
            raise UserError(
                self.env._(
                    "A package that was invoiced or paid is part of the books and cannot be deleted. Refund it, or "
                    "credit its invoice and cancel the order."
                )
            )

    def _is_invoiced(self):
        """Whether it was sold by an invoice that is posted and not taken back, by a credit note of all of it either."""
        items = self.sudo().sale_line_id._clinic_invoiced()
        charged = any(move.payment_state != "reversed" for move in items.move_id)
        return charged and not (sum(items.mapped("quantity")) and self._is_credited(items))

    def _is_credited(self, items):
        """Whether credit notes that somebody made by hand come to what was invoiced."""
        notes = items.filtered(lambda item: item.move_id.move_type == "out_refund")
        by_currency = items.grouped("currency_id").items()  # at whichever rate
        return bool(notes) and all(
            currency.is_zero(sum(some.mapped("amount_currency"))) for currency, some in by_currency
        )

    # === walk 1, its end: paid -> active === #

    def _set_ready(self):
        """The sale is paid, or need not be: the units are the patient's from today.

        Safe to call again: only pending packages are filled.
        """
        filled = self.filtered(lambda package: package.state == "pending")
        grants = []
        for package in filled:
            today = package.company_id._clinic_today()
            package.purchase_date = today
            package.expires_on = package._last_day(today)
            grants += package._prepare_grants()
        self.env["clinic.grant"]._issue(grants, kind="grant")

    def _last_day(self, begun):
        """The last day of use where the validity began on a day; False: there is none."""
        return periods.last_day(begun, self._validity()) or False

    def _validity(self):
        if not self.validity_length:
            return None
        return periods.Interval(self.validity_unit, self.validity_length)

    def _prepare_grants(self):
        """One grant a line of the package, the price spread over them by stand-alone value."""
        benefits, rounding = self.benefit_ids, self.currency_id.rounding
        contents = [valuation.Content(benefit.quantity, benefit.unit_value) for benefit in benefits]
        shares = valuation.spread_price(money.to_cents(self.price_paid, rounding), contents) if contents else []
        return [
            {
                **benefit._grant_values(),
                "kind": "package",
                "partner_id": self.partner_id.id,
                "package_id": self.id,
                "valid_from": self.purchase_date,
                "expires_on": self.expires_on,
                "value": money.to_amount(share, rounding),
            }
            for benefit, share in zip(benefits, shares, strict=True)
        ]

    def _cancel(self):
        """Take back what is left, because the sale was cancelled."""
        self.grant_ids._expire_now()
        self.cancelled = True

    # === buttons === #

    def action_redeem(self):
        """Open the redemption wizard for the owner."""
        return self.partner_id._clinic_redeem_action(self.company_id)

    def action_view_redemptions(self):
        """Open the redemptions that drew on this package."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_redemption_action")
        return {**action, "domain": [("package_ids", "in", self.ids)], "context": {"create": False}}
