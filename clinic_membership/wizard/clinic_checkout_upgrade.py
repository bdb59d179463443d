from odoo import api, fields, models

from ..tools import offers


class ClinicCheckout(models.TransientModel):
    """A member who would pay less today on a higher plan is told so, and can change to it at once."""

    _inherit = "clinic.checkout"

    upgrade_plan_id = fields.Many2one("product.product", compute="_compute_upgrade")
    upgrade_words = fields.Char(string="Upgrade", compute="_compute_upgrade")

    @api.depends(
        "partner_id", "company_id", "line_ids.product_id", "line_ids.quantity", "line_ids.choice", "line_ids.is_sold"
    )
    def _compute_upgrade(self):
        for wizard in self:
            membership, plan, saved = wizard._best_upgrade()
            wizard.upgrade_plan_id = plan
            wizard.upgrade_words = wizard._upgrade_in_words(membership, plan, saved) if plan else False

    def _best_upgrade(self):
        """The plan that saves most of today's visit: (membership, plan, what it saves), nothing where none does."""
        lines = self._could_be_cheaper()
        ways = {plan.id: (membership, plan) for membership, plan in self._upgrades()} if lines else {}
        found = [self._as_upgrade(membership, plan, lines) for membership, plan in ways.values()]
        for offer, saved in offers.worth_it(lines._as_services(), found, most=1):
            return (*ways[offer.key], saved)
        return self.env["clinic.membership"], self.env["product.product"], 0.0

    def _upgrades(self):
        """[(membership, plan)]: what the patient holds and could change from today, and each plan above it."""
        held = self.partner_id.with_company(self.company_id).clinic_current_membership_ids.filtered(
            lambda membership: (
                membership.partner_id == self.partner_id
                and membership._can_change()
                and membership.current_period_id
                and not membership.in_trial
            )
        )
        tiers = held and self.env["clinic.membership.tier"].sudo().search([("company_id", "=", self.company_id.id)])
        return [(membership, plan) for membership in held for plan in self._plans_above(membership, tiers)]

    @api.model
    def _plans_above(self, membership, tiers):
        """The smallest plan of each higher tier for as many people, billed as often."""
        above = tiers.filtered(
            lambda tier: tier.rank > membership.tier_id.rank and tier.family_size >= membership.family_size
        )
        plans = above.plan_ids.filtered(
            lambda plan: plan.sale_ok and plan.billing_interval == membership.billing_interval
        )
        by_tier = plans.sorted("list_price").grouped("membership_tier_id").values()
        return [some[0].product_variant_id.with_env(self.env) for some in by_tier]

    @api.model
    def _as_upgrade(self, membership, plan, lines):
        """What the plan would pay for beyond what there is, and what the rest would cost with it."""
        services = lines.product_id
        had = membership.benefit_ids.filtered(lambda benefit: not benefit.line_id)._pools(services)
        pools = offers.beyond(plan._clinic_benefits()._pools(services), had)
        return offers.Offer(plan.id, pools, lines._prices_with(plan.membership_tier_id.sudo()))

    def _upgrade_in_words(self, membership, plan, saved):
        plain = offers.cost(self._could_be_cheaper()._as_services())
        return self.env._(
            "With %(tier)s instead of %(now)s this visit costs %(rest)s instead of %(plain)s. The change is %(due)s "
            "today, then %(price)s.",
            tier=plan.membership_tier_id.sudo().name,
            now=membership.tier_id.name,
            rest=self.currency_id.format(plain - saved),
            plain=self.currency_id.format(plain),
            due=membership.currency_id.format(membership._plan_change(plan).due),
            price=plan.product_tmpl_id._price_per_interval(),
        )

    def action_upgrade(self):
        """Show what the change of plan does; once it is confirmed, the checkout goes on with the new plan."""
        self.ensure_one()
        membership, plan, _saved = self._best_upgrade()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_change_plan_action")
        defaults = {"default_membership_id": membership.id, "default_plan_id": plan.id}
        return {**action, "context": {**defaults, "clinic_checkout_id": self.id}}

    def _go_on(self):
        """Open the checkout again, with what the patient has now."""
        self._services()._compute_choice()
        self._compute_offer_ids()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_checkout_action")
        return {**action, "res_id": self.id}
