from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ClinicPriceCampaignLine(models.Model):
    """One member in a price campaign: told, then moved by the renewal, or left out for a reason."""

    _name = "clinic.price.campaign.line"
    _description = "Price Change"
    _inherit = ["clinic.job"]
    _order = "effective_date, id"
    _check_company_auto = True

    campaign_id = fields.Many2one("clinic.price.campaign", required=True, readonly=True, index=True, ondelete="cascade")
    campaign_state = fields.Selection(related="campaign_id.state", string="Campaign Status", store=True)
    company_id = fields.Many2one(related="campaign_id.company_id", store=True)
    membership_id = fields.Many2one(
        "clinic.membership", required=True, readonly=True, index=True, check_company=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="membership_id.partner_id", string="Member", store=True)
    tier_id = fields.Many2one(related="membership_id.tier_id", store=True)
    currency_id = fields.Many2one(related="membership_id.currency_id")
    plan_id = fields.Many2one("product.product", required=True, readonly=True, ondelete="restrict")
    old_price = fields.Monetary(readonly=True)
    new_price = fields.Monetary(compute="_compute_new_price", store=True, precompute=True)
    price_change = fields.Monetary(
        string="Difference", compute="_compute_price_change", store=True, help="New price less old price, a period."
    )
    old_total = fields.Monetary(string="Paid Before", compute="_compute_totals", help="Taxes and discount included.")
    new_total = fields.Monetary(string="To Pay", compute="_compute_totals", help="Taxes and discount included.")
    not_before = fields.Date(readonly=True, help="Told late: the notice runs until this day.")
    effective_date = fields.Date(
        string="New Price From",
        compute="_compute_effective_date",
        store=True,
        precompute=True,
        help="The first renewal on or after the campaign's date and the end of the notice.",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("told", "Told"),
            ("moved", "Moved"),
            ("undone", "Undone"),
            ("skipped", "Left Out"),
        ],
        default="planned",
        required=True,
        readonly=True,
        index=True,
        help="Planned: the notice has not been sent. Nobody moves who was not told.",
    )
    reason = fields.Char(readonly=True, help="Why the member was left out, or is not told yet.")
    told_on = fields.Date(readonly=True)

    _member_once = models.Constraint("UNIQUE (campaign_id, membership_id)", "This member is in the campaign already.")
    _one_campaign = models.UniqueIndex(
        "(membership_id) WHERE campaign_state = 'running' AND state IN ('planned', 'told')",
        "Another running campaign moves this member. Undo it there first.",
    )
    _new_price_not_negative = models.Constraint("CHECK (new_price >= 0)", "The price cannot be negative.")

    def write(self, vals):
        """A list that is saved with its campaign sends nothing of its own."""
        if vals and not self.env.su:
            raise AccessError(self.env._("The price changes follow from the campaign and are not edited by hand."))
        return super().write(vals)

    # === what is shown before it starts is what is done: it is worked out until then, and kept from then on === #

    @api.depends("old_price", "campaign_id.price_mode", "campaign_id.amount", "campaign_id.percent", "campaign_id.date")
    def _compute_new_price(self):
        for line in self:
            draft = line.campaign_id.state == "draft"
            line.new_price = line.campaign_id._new_price(line) if draft else line.new_price

    @api.depends("old_price", "new_price")
    def _compute_price_change(self):
        for line in self:
            line.price_change = line.new_price - line.old_price

    @api.depends("membership_id.line_ids.discount", "old_price", "new_price")
    def _compute_totals(self):
        for line in self:
            plan = line.membership_id.sudo().line_ids.filtered("is_plan")
            line.old_total, line.new_total = plan._total_at(line.old_price), plan._total_at(line.new_price)

    @api.depends("campaign_id.date", "not_before")
    def _compute_effective_date(self):
        for line in self:
            if line.state in ("planned", "told") and line.campaign_id.date:
                line.effective_date = line.membership_id.sudo()._first_renewal_from(line._due_from())
            else:
                line.effective_date = line.effective_date

    @api.depends("membership_id", "campaign_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.membership_id.display_name}: {line.campaign_id.name}"

    def _due_from(self):
        """The first day on which the new price may begin."""
        return max(filter(None, (self.campaign_id.date, self.not_before)))

    def _open(self):
        return self.filtered(lambda line: line.state in ("planned", "told"))

    def _changes_nothing(self):
        return self.currency_id.compare_amounts(self.old_price, self.new_price) == 0

    # === left out === #

    def _busy_reason(self):
        """Why this member cannot be in the campaign that starts now: another one has them."""
        others = self.membership_id.price_change_ids - self
        running = others._open().filtered(lambda line: line.campaign_state == "running")
        return running and self.env._("%s moves this member already.", running.campaign_id.name)

    def _why_skipped(self):
        """Why the new price does not concern this member any more; empty while it does."""
        membership = self.membership_id
        plan = membership.line_ids.filtered("is_plan")
        if membership.state in ("cancelled", "ended"):
            return self.env._("The membership has ended.")
        if membership.cancelled_on:
            return self.env._("The membership is cancelled.")
        if plan.product_id != self.plan_id:
            return self.env._("The plan was changed to %s.", plan.product_id.display_name)
        if membership.next_plan_id:
            return self.env._("A change to %s is scheduled.", membership.next_plan_id.display_name)
        if self.currency_id.compare_amounts(plan.price_unit, self.old_price):
            return self.env._("The price was changed to %s.", self.currency_id.format(plan.price_unit))
        return ""

    def _skip(self, reason):
        self.write({"state": "skipped", "reason": reason})

    # === told === #

    @api.model
    def _cron_tell(self, limit=100):
        """Scheduled action: send the notices of running campaigns, leave out who is gone, close what is over."""
        self._work_through(self._today_domain(self._untold_domain), "_tell", limit)
        self._work_through(self._today_domain(self._gone_domain), "_skip_gone", limit)
        self.env["clinic.price.campaign"].search(
            [("state", "=", "running"), ("line_ids", "not any", [("state", "in", ("planned", "told"))])]
        )._close_if_over()

    @api.model
    def _untold_domain(self, company, today):
        """Who has cancelled, or changes plan at the renewal, is told only if that is taken back."""
        return [
            ("state", "=", "planned"),
            ("campaign_state", "=", "running"),
            ("membership_id.cancelled_on", "=", False),
            ("membership_id.next_plan_id", "=", False),
        ]

    @api.model
    def _gone_domain(self, company, today):
        return [
            ("state", "in", ("planned", "told")),
            ("campaign_state", "=", "running"),
            ("membership_id.state", "in", ("cancelled", "ended")),
        ]

    def _skip_gone(self):
        for line in self:
            line._skip(line._why_skipped())
        self._work_succeeded()

    def _tell(self):
        """Send each member the notice; those without an e-mail address are left for staff."""
        told = self.browse()
        for line in self:
            if reason := line._why_skipped():
                line._skip(reason)
            elif not line.membership_id.payer_id.email:
                line._work_failed(UserError(self.env._("No e-mail address: tell the member, then press Told.")))
            else:
                line._send_notice()
                told |= line
        told._set_told()

    def _send_notice(self):
        """Queue the e-mail; it is kept in the chatter of the membership."""
        where = {"model": "clinic.membership", "res_id": self.membership_id.id}
        self.campaign_id.template_id.send_mail(self.id, email_values=where)

    def _send_undone(self):
        """An e-mail to those who had one; a template that was deleted tells nothing."""
        template = self.env.ref("clinic_membership.mail_template_price_undone", raise_if_not_found=False)
        for line in self.filtered(lambda line: template and line.membership_id.payer_id.email):
            where = {"model": "clinic.membership", "res_id": line.membership_id.id}
            template.send_mail(line.id, email_values=where)

    def _set_told(self):
        """The notice runs from today, whenever that is, unless a manager allowed less."""
        for line in self:
            campaign, today = line.campaign_id, line.company_id._clinic_today()
            until = not campaign.short_notice and fields.Date.add(today, days=campaign.notice_days)
            line.write({"state": "told", "told_on": today, "not_before": until, "reason": False})
        self._work_succeeded()

    def _tell_failure(self, reason):
        self.reason = reason

    def action_told(self):
        """Staff has told the member, by letter or by phone."""
        self._check_running()
        if self.filtered(lambda line: line.state != "planned"):
            raise UserError(self.env._("This member was told already."))
        self.sudo()._set_told()

    # === moved, or not === #

    def _due_on(self, day):
        """The changes that a period which starts on ``day`` brings."""
        return self.filtered(
            lambda line: line.state == "told" and line.campaign_state == "running" and line._due_from() <= day
        )

    def _move(self, day):
        """The renewal asks for it: from this period on the member pays the new price."""
        for line in self:
            if reason := line._why_skipped():
                line._skip(reason)
                continue
            line.membership_id.line_ids.filtered("is_plan").price_unit = line.new_price
            line.write({"state": "moved", "effective_date": day})
            line.membership_id._log("price", line._in_words())

    def _in_words(self):
        price = self.currency_id.format
        return f"{price(self.old_price)} → {price(self.new_price)} ({self.campaign_id.name})"

    def _coming_in_words(self):
        return self.env._(
            "%(price)s from %(day)s",
            price=self.currency_id.format(self.new_price),
            day=self.env["ir.qweb.field.date"].value_to_html(self.effective_date, {}),
        )

    def action_undo(self):
        """This member keeps the old price."""
        self._check_running()
        self.sudo()._undo()

    def _undo(self):
        """Keep the old price, and note it where the notice was."""
        for line in self:
            if line.state not in ("planned", "told"):
                raise UserError(
                    self.env._(
                        "%s: only a change that is still to come can be undone.", line.membership_id.display_name
                    )
                )
        announced = self.filtered(lambda line: line.state == "told")
        told = announced.membership_id
        body = self.env._("The announced price change does not take place: the price stays as it was agreed.")
        told._message_log_batch(bodies=dict.fromkeys(told.ids, body))
        announced._send_undone()
        self.write({"state": "undone"})
        self.campaign_id._close_if_over()

    def _check_running(self):
        self.campaign_id.check_access("write")
        if self.filtered(lambda line: line.campaign_state != "running"):
            raise UserError(self.env._("The campaign is not running."))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if self.filtered(lambda line: line.campaign_id.state != "draft"):
            raise UserError(self.env._("The campaign has started: undo the change of this member instead."))
