from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    clinic_membership_ids = fields.One2many("clinic.membership", "partner_id", string="Memberships")
    clinic_family_ids = fields.One2many("clinic.membership.member", "partner_id", string="Family Plans")
    clinic_package_ids = fields.One2many("clinic.package", "partner_id", string="Packages")
    clinic_grant_ids = fields.One2many("clinic.grant", "partner_id", string="Units")
    clinic_membership_count = fields.Integer(string="Membership Count", compute="_compute_clinic_counts")
    clinic_package_count = fields.Integer(string="Package Count", compute="_compute_clinic_counts")
    clinic_redemption_count = fields.Integer(string="Redemption Count", compute="_compute_clinic_counts")
    clinic_current_membership_ids = fields.Many2many(
        "clinic.membership", string="Current Memberships", compute="_compute_clinic_current_membership_ids"
    )

    @api.depends("clinic_membership_ids.state", "clinic_family_ids.date_to", "clinic_membership_ids.pricelist_id")
    def _compute_product_pricelist(self):
        """Also when a membership starts or ends: its price list is the patient's while it is live."""
        super()._compute_product_pricelist()

    def _clinic_claim(self):
        """Of two that are about to do the same for these partners, the second waits, fails and is done again by Odoo.

        It sees the first then: what there is once, or up to a limit, for a patient or for their account.
        """
        self.env.cr.execute("UPDATE res_partner SET active = active WHERE id IN %s", [tuple(self.ids)])

    def _compute_clinic_counts(self):
        counts = {}
        for model, domain in (
            ("clinic.membership", []),
            ("clinic.package", []),
            ("clinic.redemption", [("state", "=", "done")]),
        ):
            counts[model] = dict(
                self.env[model]._read_group([("partner_id", "in", self.ids), *domain], ["partner_id"], ["__count"])
            )
        for partner in self:
            partner.clinic_membership_count = counts["clinic.membership"].get(partner, 0)
            partner.clinic_package_count = counts["clinic.package"].get(partner, 0)
            partner.clinic_redemption_count = counts["clinic.redemption"].get(partner, 0)

    @api.depends("clinic_membership_ids.state", "clinic_family_ids.date_to")
    @api.depends_context("company")
    def _compute_clinic_current_membership_ids(self):
        """What the patient enjoys now in this company, a family plan included."""
        live = self.env["clinic.membership"]._live_for(self, self.env.company)
        for partner in self:
            partner.clinic_current_membership_ids = live.get(partner, False)

    def _clinic_open_grants(self, company, domain=(), day=None, since=None):
        """Every grant with units left that this patient might use, valid today or not. One query.

        :param day: of the visit; of one in the past, those that have ended since are among them
        :param since: those that ended since this day, too
        """
        self.ensure_one()
        grants = self.env["clinic.grant"]
        left = fields.Domain("company_id", "=", company.id) & self._clinic_open_domain(company, since or day)
        left &= fields.Domain(domain)
        # each found by its own index: joined by OR, PostgreSQL looks at every grant of the clinic
        found = [grants.sudo()._search(left & theirs).select() for theirs in self._clinic_units_domains(company, day)]
        return grants.search_fetch([("id", "in", SQL("(%s)", SQL(" UNION ").join(found)))])

    def _clinic_open_domain(self, company, day=None):
        return fields.Domain("remaining", ">", 0)

    def _clinic_units_domains(self, company, day=None):
        """Whose units this patient may use: their own, those of family pools, of packages that others share."""
        family = self.env["clinic.membership.member"]._current_domain(self, day or company._clinic_today())
        return [
            fields.Domain("partner_id", "=", self.id),
            fields.Domain("membership_id", "any", [("sharing", "=", "pool"), ("member_ids", "any", family)]),
            fields.Domain("package_id", "any", [("sharer_ids", "in", self.ids)]),
        ]

    def _clinic_grants(self, product, company, day=None, since=None):
        """Those of the open grants that could pay for a product.

        :param day: of the visit, where it is not today
        :param since: those that ended since this day, too
        """
        by_category = fields.Domain("categ_id", "parent_of", product.categ_id.ids)
        return self._clinic_open_grants(company, fields.Domain("product_id", "=", product.id) | by_category, day, since)

    def _clinic_redeem_action(self, company, **defaults):
        """The redemption wizard for this patient."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_redeem_action")
        values = {"partner_id": self.id, "company_id": company.id, **defaults}
        return {**action, "context": {f"default_{name}": value for name, value in values.items()}}

    def action_clinic_redeem(self):
        """Redeem button on the patient."""
        return self._clinic_redeem_action(self.env.company)

    def action_clinic_add_membership(self):
        """Add Membership button on the patient."""
        return self._clinic_sell_action("membership", self.env._("Add Membership"))

    def action_clinic_sell_package(self):
        """Sell Package button on the patient."""
        return self._clinic_sell_action("package", self.env._("Sell Package"))

    def _clinic_sell_action(self, kind, title):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_sell_action")
        context = {"default_partner_id": self.id, "default_kind": kind}
        return {**action, "name": title, "context": context}

    def _clinic_view(self, xml_id):
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return {**action, "domain": [("partner_id", "=", self.id)], "context": {"default_partner_id": self.id}}

    def action_clinic_view_memberships(self):
        """Open the patient's memberships."""
        return self._clinic_view("clinic_membership.clinic_membership_action")

    def action_clinic_view_packages(self):
        """Open the patient's packages."""
        return self._clinic_view("clinic_membership.clinic_package_action")

    def action_clinic_view_redemptions(self):
        """Open the patient's redemptions."""
        return self._clinic_view("clinic_membership.clinic_redemption_action")
