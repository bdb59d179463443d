from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import periods


class ClinicMembership(models.Model):
    """The contract: who, which tier, at what price, on which terms, until when.

    This file holds what it is. What happens to it: ``clinic_membership_life.py`` (start, past due, cancel; walk 1
    ends there), ``clinic_membership_renewal.py`` (walk 2); its buttons are in ``clinic_membership_buttons.py``.
    """

    _name = "clinic.membership"
    _description = "Membership"
    _inherit = ["clinic.terms", "clinic.job", "mail.thread", "mail.activity.mixin"]
    _order = "next_renewal, id"
    _check_company_auto = True

    _mail_post_access = "read"
    _LIVE = ("active", "past_due")
    _RUNNING = ("active", "past_due", "suspended", "paused")
    # all that staff may write by hand; the rest of the contract changes through its buttons, which leave a trace
    _BY_HAND = {
        "user_id",
        "payment_token_id",
        "payer_id",
        "billing_split",
        "payer_ids",
        "member_ids",
        "cancel_note",
    }

    name = fields.Char(string="Number", readonly=True, copy=False, default="New", index="trigram")
    partner_id = fields.Many2one("res.partner", string="Member", required=True, index=True, tracking=True)
    payer_id = fields.Many2one("res.partner", string="Invoiced To", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    tier_id = fields.Many2one(
        "clinic.membership.tier",
        string="Membership Tier",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    plan_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain=[("service_tracking", "=", "membership")],
        help="The product that bills this tier: its interval, trial and income account.",
    )
    sale_line_id = fields.Many2one("sale.order.line", string="Sold By", readonly=True, copy=False)
    previous_id = fields.Many2one(
        "clinic.membership",
        string="Was a Member Before",
        readonly=True,
        copy=False,
        help="Left, and was won back; or was covered by it.",
    )
    sale_order_id = fields.Many2one(related="sale_line_id.order_id", string="Sales Order")
    fiscal_position_id = fields.Many2one("account.fiscal.position", check_company=True)
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("active", "Active"),
            ("past_due", "Past Due"),
            ("suspended", "Suspended"),
            ("paused", "Paused"),
            ("cancelled", "Cancelled"),
            ("ended", "Ended"),
        ],
        default="pending",
        required=True,
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
        help="Pending: sold, not yet paid or not yet started. Past due: unpaid, benefits go on for the grace days. "
        "Suspended: unpaid beyond grace. Paused: no charge, units frozen. Ended: it did not renew.",
    )
    # terms as sold, beside those of clinic.terms
    benefit_ids = fields.One2many("clinic.benefit", "membership_id", string="What's Included")
    line_ids = fields.One2many("clinic.membership.line", "membership_id", string="Billed per Period")
    billing_interval = fields.Selection(
        selection=lambda self: self.env["product.template"]._fields["billing_interval"].selection,
        string="Billing Frequency",
        required=True,
        default="monthly",
    )
    trial_length = fields.Integer()
    trial_unit = fields.Selection([("day", "Days"), ("month", "Months")], default="day")
    ready = fields.Boolean(readonly=True, copy=False, help="Paid for: it starts on its first day.")
    # dates: contract days of the clinic
    start_date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_today(), tracking=True, help="First day of use."
    )
    anchor_date = fields.Date(copy=False, help="Every period is counted from this day.")
    next_renewal = fields.Date(
        string="Renewal Date", copy=False, help="First day of the next period, on which it is charged."
    )
    cancelled_on = fields.Date(copy=False, readonly=True)
    no_charge_from = fields.Date(string="No Further Charge From", copy=False, tracking=True)
    benefits_until = fields.Date(copy=False, tracking=True, help="Last day on which benefits can be used.")
    cancel_reason_id = fields.Many2one("clinic.cancel.reason", copy=False, tracking=True)
    cancel_note = fields.Text(copy=False)
    past_due_since = fields.Date(copy=False, readonly=True)
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Stored Card",
        copy=False,
        domain="[('partner_id', 'in', (partner_id, payer_id)), ('company_id', '=', company_id)]",
        groups="base.group_user",
        help="Charged at each renewal. Without one the invoice is sent with a payment link.",
    )
    member_ids = fields.One2many("clinic.membership.member", "membership_id", string="Family Members")
    period_ids = fields.One2many("clinic.membership.period", "membership_id", string="Periods")
    grant_ids = fields.One2many("clinic.grant", "membership_id", string="Allowances")
    # read from the above
    price = fields.Monetary(string="Price per Period", compute="_compute_price", store=True)
    monthly_value = fields.Monetary(compute="_compute_price", store=True, help="Recurring value of a month.")
    next_amount = fields.Monetary(
        string="Next Payment", compute="_compute_next_amount", help="What the next renewal charges, tax included."
    )
    will_renew = fields.Boolean(
        compute="_compute_will_renew", store=True, help="Whether the next period is charged: not after a cancellation."
    )
    discount = fields.Float(string="Discount (%)", compute="_compute_discount", help="Off the prices, as sold.")
    in_trial = fields.Boolean(compute="_compute_current")
    current_period_id = fields.Many2one("clinic.membership.period", compute="_compute_current")

    _due_idx = models.Index("(company_id, next_renewal) WHERE state IN ('active', 'past_due')")
    _sale_line_unique = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL", "This order line has its membership already."
    )
    _anchored_when_running = models.Constraint(
        "CHECK (state IN ('pending', 'cancelled', 'ended') OR num_nulls(anchor_date, next_renewal) = 0)",
        "A running membership needs its anchor and its next renewal.",
    )

    # === what is read from other records === #

    @api.depends("line_ids.price_subtotal", "billing_interval")
    def _compute_price(self):
        for membership in self:
            membership.price = sum(membership.line_ids.mapped("price_subtotal"))
            membership.monthly_value = membership.price * membership._billing().monthly_rate()

    @api.depends("state", "no_charge_from", "next_renewal", "auto_renew", "period_ids.is_trial")
    def _compute_will_renew(self):
        for membership in self:
            running = membership.state in membership._RUNNING
            membership.will_renew = running and membership._renews_on(membership.next_renewal)

    @api.depends("period_ids.date_start", "period_ids.date_end", "state")
    def _compute_current(self):
        for membership in self:
            today = membership.company_id._clinic_today()
            current = membership.period_ids.filtered_domain([("date_start", "<=", today), ("date_end", ">=", today)])
            membership.current_period_id = current[:1]
            membership.in_trial = current[:1].is_trial

    @api.depends("pricelist_id.item_ids.percent_price")
    def _compute_discount(self):
        for membership in self:
            membership.discount = membership.pricelist_id._simple_percent()

    @api.depends("name", "tier_id")
    def _compute_display_name(self):
        for membership in self:
            membership.display_name = f"{membership.name} {membership.tier_id.name or ''}".strip()

    # === rules === #

    @api.model_create_multi
    def create(self, vals_list):
        numbers = iter(self._next_numbers(vals_list))
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                vals["name"] = next(numbers)
            vals.setdefault("payer_id", vals.get("partner_id"))
        return super().create(vals_list)

    def _next_numbers(self, vals_list):
        wanted = sum(vals.get("name", "New") == "New" for vals in vals_list)
        sequence = self.env["ir.sequence"].sudo()
        return [sequence.next_by_code(self._name) for _number in range(wanted)]

    def write(self, vals):
        """Staff writes only what is theirs."""
        self._check_by_hand(vals)
        return super().write(vals)

    def _check_by_hand(self, vals):
        contract = {name for name in vals if name in self._fields and not name.startswith(("message_", "activity_"))}
        if not self.env.su and (locked := contract - self._BY_HAND):
            labels = sorted(self._fields[name]._description_string(self.env) for name in locked)
            raise AccessError(
                self.env._(
                    "%s: use the buttons of the membership; a contract is not edited by hand.", ", ".join(labels)
                )
            )

    @api.constrains("payment_token_id", "partner_id", "payer_id")
    def _check_card(self):
        """Only a card of the member or of who pays is ever charged, by a provider of the clinic's own company."""
        for membership in self:
            payers = (membership.partner_id | membership.payer_id).commercial_partner_id
            token = membership.sudo().payment_token_id
            membership._check_company_of_card(token)
            if token and token.partner_id.commercial_partner_id not in payers:
                raise ValidationError(
                    self.env._(
                        "The card %s belongs to somebody else. Choose a card of the member or of who is invoiced.",
                        token.display_name,
                    )
                )

    @api.constrains("member_ids", "family_size")
    def _check_family_size(self):
        for membership in self:
            today = membership.company_id._clinic_today()
            people = len(membership._people_on(today))
            if people > membership.family_size:
                raise ValidationError(
                    self.env._(
                        "%(tier)s covers %(size)s people, the holder included, and this would be %(people)s. "
                        "Remove somebody or choose a larger plan.",
                        tier=membership.tier_id.name,
                        size=membership.family_size,
                        people=people,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_pending(self):
        if self.filtered(lambda membership: membership.state != "pending" or membership.period_ids):
            raise UserError(self.env._("A membership that has started is part of the books. Cancel it instead."))

    @api.model
    def _live_for(self, partners, company, paused=False):
        """The memberships each of these partners enjoys now, as holder or as family member.

        :param paused: whether those that are paused count
        :return: {partner: memberships}, only for partners who have one
        """
        states = [*self._LIVE, "paused"] if paused else self._LIVE
        live = [("state", "in", states), ("company_id", "=", company.id)]
        today = company._clinic_today()
        result = {}
        for membership in self.search([*live, ("partner_id", "in", partners.ids)]):
            result[membership.partner_id] = result.get(membership.partner_id, self.browse()) | membership
        family = self.env["clinic.membership.member"].search(
            [("partner_id", "in", partners.ids), *[(f"membership_id.{name}", op, value) for name, op, value in live]]
        )
        for member in family._current_on(today):
            result[member.partner_id] = result.get(member.partner_id, self.browse()) | member.membership_id
        return result

    def _billing(self):
        """The billing interval, as the tools take it."""
        return periods.BILLING[self.billing_interval or "monthly"]

    def _trial(self):
        """The trial, as the tools take it, or None."""
        return periods.Interval(self.trial_unit, self.trial_length) if self.trial_length else None

    def _people_on(self, day):
        """Everybody the membership covers on a day: the holder and the family members."""
        self.ensure_one()
        return self.partner_id | self.member_ids._current_on(day).partner_id

    def _covers(self, person, day):
        """Whether the membership covers somebody on a day; who holds it is not looked up among the family."""
        return person == self.partner_id or person in self._people_on(day)

    def _renews_on(self, day):
        """Whether a period that starts on ``day`` is charged: not after a cancellation, and only if it renews."""
        self.ensure_one()
        if self.no_charge_from and day and day >= self.no_charge_from:
            return False
        return self.auto_renew or all(self.period_ids.mapped("is_trial"))
