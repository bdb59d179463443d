from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ClinicPriceCampaign(models.Model):
    """A new price for members who were chosen for it. Everybody else keeps the price that was agreed.

    It is told by ``clinic_price_campaign_line.py`` and applied by ``clinic_membership_price.py`` in the renewal.
    """

    _name = "clinic.price.campaign"
    _description = "Price Campaign"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # what members are told may not change any more once the campaign has started
    _TERMS = {
        "company_id",
        "domain",
        "price_mode",
        "amount",
        "percent",
        "date",
        "notice_days",
        "short_notice",
        "template_id",
    }
    _BY_BUTTON = {"state", "started_on"}

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
        help="Running: members are told and move with their renewals. Done: everybody has moved, or was left out.",
    )
    started_on = fields.Date(readonly=True, copy=False)
    # who
    domain = fields.Char(string="Filter", required=True, default="[]", help="Which members get the new price.")
    line_ids = fields.One2many("clinic.price.campaign.line", "campaign_id", string="Chosen Members")
    # what
    price_mode = fields.Selection(
        [
            ("percent", "A change in percent"),
            ("amount", "The same price for all"),
            ("product", "What the plan costs today"),
        ],
        string="New Price",
        required=True,
        default="percent",
        tracking=True,
    )
    percent = fields.Float(
        string="Change (%)", digits="Discount", default=5.0, tracking=True, help="5 is 5 % more, -5 is 5 % less."
    )
    amount = fields.Monetary(string="Price per Period", tracking=True)
    # when
    date = fields.Date(
        string="Effective From",
        required=True,
        default=lambda self: self._default_date(),
        tracking=True,
        help="Each member pays the new price from the first renewal on or after this day.",
    )
    notice_days = fields.Integer(
        string="Notice (days)",
        required=True,
        default=lambda self: self.env.company.clinic_price_notice_days,
        tracking=True,
        help="Members are told at least this long before their price changes.",
    )
    short_notice = fields.Boolean(
        string="Start With Less Notice",
        copy=False,
        tracking=True,
        help="Start although the date is nearer than the notice. Who allowed it is noted below.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Notice E-mail",
        domain=[("model", "=", "clinic.price.campaign.line")],
        default=lambda self: self.env.ref("clinic_membership.mail_template_price_change", raise_if_not_found=False),
        ondelete="restrict",
        help="Empty: the system sends nothing, and you tell the members yourself before you start.",
    )
    # how it goes
    member_count = fields.Integer(string="Members", compute="_compute_counts")
    told_count = fields.Integer(string="Told", compute="_compute_counts")
    moved_count = fields.Integer(string="Moved", compute="_compute_counts")
    open_count = fields.Integer(string="To Come", compute="_compute_counts")
    untold_count = fields.Integer(string="Not Told Yet", compute="_compute_counts")

    _percent_range = models.Constraint("CHECK (percent >= -100)", "A price cannot fall by more than 100 %.")
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "The price cannot be negative.")
    _notice_not_negative = models.Constraint("CHECK (notice_days >= 0)", "The notice cannot be negative.")

    def _default_date(self):
        company = self.env.company
        return fields.Date.add(company._clinic_today(), days=company.clinic_price_notice_days + 1)

    @api.depends("line_ids.state")
    def _compute_counts(self):
        rows = self.env["clinic.price.campaign.line"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "state"], ["__count"]
        )
        counts = {(campaign.id, state): count for campaign, state, count in rows}
        for campaign in self:
            by_state = {state: counts.get((campaign.id, state), 0) for state in ("planned", "told", "moved")}
            campaign.member_count = sum(count for (key, _state), count in counts.items() if key == campaign.id)
            campaign.untold_count, campaign.moved_count = by_state["planned"], by_state["moved"]
            campaign.told_count = by_state["told"]
            campaign.open_count = by_state["planned"] + by_state["told"]

    # === rules === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_by_hand(vals)
        return super().create(vals_list)

    def write(self, vals):
        """What members were told is not changed behind their backs."""
        self._check_by_hand(vals)
        if vals.keys() & self._TERMS and self.filtered(lambda campaign: campaign.state != "draft"):
            raise UserError(
                self.env._("The campaign has started and its members were told. Undo it and make a new one instead.")
            )
        return super().write(vals)

    def _check_by_hand(self, vals):
        if not self.env.su and vals.keys() & self._BY_BUTTON:
            raise AccessError(self.env._("Use the buttons of the campaign to start or undo it."))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if self.filtered(lambda campaign: campaign.state != "draft"):
            raise UserError(self.env._("A campaign that has started is history. Undo it instead."))

    # === who === #

    def action_load(self):
        """Choose the members of the filter anew, and show what each would pay and from when."""
        for campaign in self:
            if campaign.state != "draft":
                raise UserError(self.env._("The campaign has started: its members are chosen."))
            campaign.line_ids.unlink()
            lines = campaign.line_ids.sudo().create(
                [campaign._prepare_line(membership) for membership in campaign._matching()]
            )
            lines.filtered(lambda line: line._changes_nothing()).unlink()
            if not campaign.line_ids:
                raise UserError(
                    self.env._("No running membership matches, or all of them have this price. Change the filter.")
                )

    def _matching(self):
        """The memberships of the filter that will be charged again and that no other campaign moves."""
        self.ensure_one()
        try:
            chosen = fields.Domain(literal_eval(self.domain or "[]"))
            return self.env["clinic.membership"].search(chosen & fields.Domain(self._movable_domain()))
        except (SyntaxError, ValueError, TypeError, KeyError) as error:
            raise UserError(self.env._("The filter cannot be read. Choose its conditions again: %s", error)) from error

    def _movable_domain(self):
        domain = [
            ("company_id", "=", self.company_id.id),
            ("will_renew", "=", True),
            ("state", "!=", "pending"),
            ("cancelled_on", "=", False),
            ("next_plan_id", "=", False),
            ("line_ids.is_plan", "=", True),
            ("price_change_ids", "not any", [("campaign_state", "=", "running"), ("state", "in", ("planned", "told"))]),
        ]
        if self.price_mode == "amount":
            domain.append(("currency_id", "=", self.currency_id.id))
        return domain

    def _prepare_line(self, membership):
        plan = membership.line_ids.filtered("is_plan")
        return {
            "campaign_id": self.id,
            "membership_id": membership.id,
            "plan_id": membership.plan_id.id,
            "old_price": plan.price_unit,
        }

    def _new_price(self, line):
        """What one member would pay for a period."""
        if self.price_mode == "amount":
            return self.amount
        if self.price_mode == "product":
            return line.membership_id.sudo()._plan_price(line.plan_id, self.date)
        return line.currency_id.round(line.old_price * (1 + self.percent / 100))

    # === start and undo === #

    def action_start(self):
        """From now on members are told, and each moves with the first renewal on or after the date."""
        for campaign in self:
            campaign._check_start()
            campaign.sudo()._start()
        self.env.ref("clinic_membership.ir_cron_price_notices").sudo()._trigger()

    def _check_start(self):
        self.check_access("write")
        today = self.company_id._clinic_today()
        if self.state != "draft":
            raise UserError(self.env._("%s has started already.", self.name))
        if not self.line_ids:
            raise UserError(self.env._("Nobody is chosen yet. Load the members, look at the list, then start."))
        if self.date < today:
            raise UserError(self.env._("The date is in the past. Choose today or a later day."))
        earliest = fields.Date.add(today, days=self.notice_days)
        if self.date < earliest and not self.short_notice:
            raise UserError(
                self.env._(
                    "Members are told %(days)s days before, so the earliest date is %(day)s. "
                    "Choose a later date, or tick 'Start With Less Notice'.",
                    days=self.notice_days,
                    day=self._day(earliest),
                )
            )

    def _start(self):
        for line in self.line_ids:
            if reason := line._busy_reason() or line._why_skipped():
                line._skip(reason)
        self.write({"state": "running", "started_on": self.company_id._clinic_today()})
        open_lines = self.line_ids._open()
        if not self.template_id:
            open_lines._set_told()
        note = self.env._("Started for %s members.", len(open_lines))
        if self.short_notice:
            note += " " + self.env._("With less than the notice of %s days.", self.notice_days)
        self.message_post(body=note)
        self._close_if_over()

    def action_undo(self):
        """Everybody who has not moved yet keeps the old price."""
        for campaign in self:
            campaign.check_access("write")
            if campaign.state != "running":
                raise UserError(self.env._("%s is not running: there is nothing to undo.", campaign.name))
            campaign.sudo().line_ids._open()._undo()

    def _close_if_over(self):
        """Done when there is nobody left to move; undone when nobody has."""
        for campaign in self.filtered(lambda campaign: campaign.state == "running"):
            states = set(campaign.line_ids.mapped("state"))
            if not states & {"planned", "told"}:
                campaign.state = "undone" if "undone" in states and "moved" not in states else "done"

    def action_view_lines(self):
        """Open the report of who moved."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_price_campaign_line_action")
        return {**action, "domain": [("campaign_id", "in", self.ids)], "context": {}}

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})
