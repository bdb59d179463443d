from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicMembershipTier(models.Model):
    """What a member gets: benefits, member price, perks and terms. Its prices are products."""

    _name = "clinic.membership.tier"
    _description = "Membership Tier"
    _inherit = ["clinic.terms", "mail.thread"]
    _order = "rank, sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    rank = fields.Integer(default=1, help="A higher rank is a better tier: moving up is an upgrade.")
    color = fields.Integer()
    description = fields.Html(translate=True, help="What is included, in the words the patient reads.")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    benefit_ids = fields.One2many("clinic.benefit", "tier_id", string="What's Included", copy=True)
    plan_ids = fields.One2many(
        "product.template",
        "membership_tier_id",
        string="Prices",
        domain=[("service_tracking", "=", "membership")],
        context={"default_service_tracking": "membership"},
        help="The ways to pay for this tier: monthly, annual, with a trial...",
    )
    discount = fields.Float(
        string="Member Discount (%)",
        compute="_compute_discount",
        inverse="_inverse_discount",
        help="A simple discount on everything but memberships. It creates the member pricelist.",
    )
    pricelist_id = fields.Many2one(tracking=True)
    membership_ids = fields.One2many("clinic.membership", "tier_id", string="Memberships")
    membership_count = fields.Integer(string="Members", compute="_compute_membership_count")
    price_summary = fields.Char(string="Price", compute="_compute_price_summary")

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers._reserve_pricelists()
        return tiers

    def write(self, vals):
        result = super().write(vals)
        if vals.get("pricelist_id"):
            self._reserve_pricelists()
        return result

    def _reserve_pricelists(self):
        """The pricelist of a tier is for its members."""
        self.pricelist_id.sudo().filtered(
            lambda pricelist: not pricelist.clinic_members_only
        ).clinic_members_only = True

    @api.depends("pricelist_id.item_ids.percent_price", "pricelist_id.item_ids.applied_on")
    def _compute_discount(self):
        for tier in self:
            tier.discount = tier.pricelist_id._simple_percent()

    def _inverse_discount(self):
        """Write the discount as a pricelist. One that members already hold is left alone: theirs stays as sold."""
        for tier in self:
            if not tier.discount:
                tier.pricelist_id = False
            elif tier.pricelist_id and not tier._pricelist_is_held():
                tier.pricelist_id.sudo().item_ids.percent_price = tier.discount
            else:
                tier.pricelist_id = self.env["product.pricelist"].sudo().create(tier._prepare_pricelist())

    def _pricelist_is_held(self):
        return bool(
            self.env["clinic.membership"].sudo().search_count([("pricelist_id", "=", self.pricelist_id.id)], limit=1)
        )

    def _prepare_pricelist(self):
        return {
            "name": self.env._("%s members", self.name),
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "clinic_members_only": True,
            "item_ids": [
                fields.Command.create(
                    {"applied_on": "3_global", "compute_price": "percentage", "percent_price": self.discount}
                )
            ],
        }

    def _compute_membership_count(self):
        counts = dict(
            self.env["clinic.membership"]._read_group(
                [("tier_id", "in", self.ids), ("state", "in", self.env["clinic.membership"]._LIVE)],
                ["tier_id"],
                ["__count"],
            )
        )
        for tier in self:
            tier.membership_count = counts.get(tier, 0)

    @api.depends("plan_ids.list_price", "plan_ids.billing_interval")
    def _compute_price_summary(self):
        for tier in self:
            by_length = tier.plan_ids.sorted(lambda plan: (-plan._billing().monthly_rate(), plan.list_price))
            tier.price_summary = ", ".join(plan._price_per_interval() for plan in by_length)

    def action_view_memberships(self):
        """Open the memberships of this tier."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_membership_action")
        return {**action, "domain": [("tier_id", "in", self.ids)], "context": {}}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sold(self):
        if self.env["clinic.membership"].sudo().search_count([("tier_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("Patients hold this tier. Archive it instead: it is no longer sold, and they keep it.")
            )
