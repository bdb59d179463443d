from odoo import api, fields, models


class ClinicChangePlan(models.TransientModel):
    """Preview a change of plan: every line, date and amount; then do what was shown."""

    _name = "clinic.change.plan"
    _description = "Change the Plan of a Membership"
    _inherit = ["clinic.preview"]
    _check_company_auto = True

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

    @api.depends("membership_id", "plan_id")
    def _compute_when(self):
        for wizard in self:
            membership, plan = wizard.membership_id, wizard.plan_id
            wizard.when = wizard.when or "now"
            if membership and plan:
                price = membership._plan_price(plan, membership.company_id._clinic_today())
                lower = membership._change_event(plan, price) == "downgrade"
                wizard.when = "renewal" if lower and membership.downgrade == "renewal" else "now"

    @api.depends("membership_id", "plan_id", "when")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return bool(self.membership_id and self.plan_id)

    def _describe(self):
        membership = self.membership_id
        if self.when == "renewal":
            day, price = self._day(membership.next_renewal), membership._scheduled_price(self.plan_id)
            return [self.env._("%(plan)s from %(day)s. Nothing is charged before.", plan=self._plan(price), day=day)]
        change = membership._plan_change(self.plan_id)
        self.due = change.due
        if change.period.is_trial:
            end = self._day(change.period._span().end)
            return [self.env._("The trial goes on. From %s the new price is charged.", end)]
        renewal, price = self._day(change.span.end), self._money(change.price)
        next_renewal = self.env._("Next renewal on %(day)s at %(price)s.", day=renewal, price=price)
        return [*self._sides_in_words(change), next_renewal]

    def _plan(self, price):
        interval = self.plan_id.product_tmpl_id._interval_in_words()
        return f"{self.plan_id.membership_tier_id.name}, {self._money(price)} / {interval}"

    def action_confirm(self):
        """Change as shown; a preview of another day is refused."""
        membership = self._confirmed()
        if self.when == "renewal":
            membership._schedule_change(self.plan_id)
        else:
            membership._change_plan(self.plan_id)
        checkout = self.env["clinic.checkout"].browse(self.env.context.get("clinic_checkout_id"))
        return checkout._go_on() if checkout else {"type": "ir.actions.act_window_close"}
