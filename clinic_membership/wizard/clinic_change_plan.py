from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicChangePlan(models.TransientModel):
    """Preview a change of plan: every line, date and amount; then do what was shown."""

    _name = "clinic.change.plan"
    _description = "Change the Plan of a Membership"
    _check_company_auto = True

    membership_id = fields.Many2one("clinic.membership", required=True)
    company_id = fields.Many2one(related="membership_id.company_id")
    currency_id = fields.Many2one(related="membership_id.currency_id")
    current_plan_id = fields.Many2one(related="membership_id.plan_id", string="Now")
    plan_id = fields.Many2one(
        "product.product",
        string="Change To",
        required=True,
        check_company=True,
        domain="[('service_tracking', '=', 'membership'), ('sale_ok', '=', True), ('id', '!=', current_plan_id)]",
    )
    when = fields.Selection(
        [("now", "Today, prorated"), ("renewal", "With the next renewal")],
        compute="_compute_when",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    day = fields.Date(default=lambda self: self.env.company._clinic_today(), required=True)
    due = fields.Monetary(string="Difference Before Tax", compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("membership_id", "plan_id")
    def _compute_when(self):
        for wizard in self:
            membership, plan = wizard.membership_id, wizard.plan_id
            wizard.when = wizard.when or "now"
            if membership and plan:
                price = membership._plan_price(plan, membership.company_id._clinic_today())
                lower = membership._change_event(plan, price) == "downgrade"
                wizard.when = "renewal" if lower and membership.company_id.clinic_downgrade == "renewal" else "now"

    @api.depends("membership_id", "plan_id", "when")
    def _compute_preview(self):
        for wizard in self:
            wizard.due, wizard.preview = 0.0, False
            if wizard.plan_id and wizard.membership_id:
                wizard._describe()

    def _describe(self):
        membership = self.membership_id
        if self.when == "renewal":
            day = membership.current_period_id._day(membership.next_renewal)
            self.preview = self.env._("%(plan)s from %(day)s. Nothing is charged before.", plan=self._plan(), day=day)
            return
        try:
            change = membership._plan_change(self.plan_id)
        except UserError as refusal:
            self.preview = str(refusal)
            return
        self.due = change.due
        self.preview = "\n".join(self._change_lines(membership, change))

    def _plan(self):
        return f"{self.plan_id.membership_tier_id.name}, {self.plan_id.product_tmpl_id._price_per_interval()}"

    def _change_lines(self, membership, change):
        money, period = membership.currency_id.format, change.period
        if period.is_trial:
            return [self.env._("The trial goes on. From %s the new price is charged.", period._day(period._span().end))]
        lines = [
            self.env._(
                "Credit for %(plan)s from %(day)s: %(amount)s",
                plan=membership.plan_id.display_name,
                day=period._day(change.day),
                amount=money(change.credit),
            ),
            self.env._(
                "%(plan)s, %(dates)s: %(amount)s",
                plan=change.plan.display_name,
                dates=period._span_in_words(change.span),
                amount=money(change.debit),
            ),
        ]
        if not change.credit:
            lines.append(self.env._("This period is not paid yet, so there is no credit for it."))
        if change.due < 0:
            lines.append(self.env._("The difference stays as credit and pays the next renewal."))
        lines.append(
            self.env._(
                "Next renewal on %(day)s at %(price)s.", day=period._day(change.span.end), price=money(change.price)
            )
        )
        return lines

    def action_confirm(self):
        """Change as shown; a preview of another day is refused."""
        self.ensure_one()
        membership = self.membership_id
        membership.check_access("write")
        if self.day != membership.company_id._clinic_today():
            raise UserError(self.env._("This preview is of another day. Open it again."))
        if self.when == "renewal":
            membership.sudo()._schedule_change(self.plan_id)
        else:
            membership.sudo()._change_plan(self.plan_id)
        return {"type": "ir.actions.act_window_close"}
