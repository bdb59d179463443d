from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ClinicActivity(models.TransientModel):
    """What a patient has of packages and memberships: every unit from its beginning, and what is left of it.

    One screen, for who says "I have not used that many". It adds up the movements and says whether they agree with
    the balances that are kept; the lots themselves are described in ``clinic_activity_lot.py``.
    """

    _name = "clinic.activity"
    _description = "Package Activity"

    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    available_product_ids = fields.Many2many("product.product", compute="_compute_available")
    available_package_ids = fields.Many2many("clinic.package", compute="_compute_available")
    available_membership_ids = fields.Many2many("clinic.membership", compute="_compute_available")
    product_id = fields.Many2one(
        "product.product", string="Service", domain="[('id', 'in', available_product_ids)]", help="Empty: all of them."
    )
    package_id = fields.Many2one(
        "clinic.package", domain="[('id', 'in', available_package_ids)]", help="Empty: all of them."
    )
    membership_id = fields.Many2one(
        "clinic.membership", domain="[('id', 'in', available_membership_ids)]", help="Empty: all of them."
    )
    body = fields.Html(compute="_compute_body", sanitize=False)

    _dates_ordered = models.Constraint("CHECK (date_to >= date_from)", "The last day is not before the first.")

    @api.depends("partner_id")
    def _compute_display_name(self):
        for activity in self:
            activity.display_name = self.env._("Package activity of %s", activity.partner_id.display_name)

    @api.model
    def _open_for(self, partner, company, **filters):
        """The action that shows a patient's packages and memberships, or one of them."""
        partner.check_access("read")
        activity = self.with_company(company).create({"partner_id": partner.id, **filters})
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_activity_action")
        return {**action, "name": activity.display_name, "res_id": activity.id}

    # === what there is to show === #

    def _grants(self):
        """The units that the patient has, may use as one of a family, or has used, within the rights of the reader.

        :raises AccessError: when the reader may not see the patient or the company
        """
        self.ensure_one()
        self.partner_id.check_access("read")
        self.company_id.check_access("read")
        used = Domain("entry_ids.redemption_id.partner_id", "=", self.partner_id.id)
        shared = Domain("package_id", "in", self.partner_id.sudo().clinic_shared_package_ids.ids)
        theirs = Domain("partner_id", "=", self.partner_id.id) | used | shared | self._family_domain()
        return self.env["clinic.grant"].search(Domain("company_id", "=", self.company_id.id) & theirs)

    def _family_domain(self):
        """The common units of family plans, of the windows in which the patient is under them."""
        members = self.env["clinic.membership.member"].search([("partner_id", "=", self.partner_id.id)])
        domains = [
            Domain("membership_id", "=", member.membership_id.id)
            & (Domain("expires_on", "=", False) | Domain("expires_on", ">=", member.date_from))
            & (Domain("valid_from", "<=", member.date_to) if member.date_to else Domain.TRUE)
            for member in members
            if member.membership_id.sharing == "pool"
        ]
        return Domain.OR(domains)

    def _packages(self):
        """The patient's packages, those too that have no units yet, and those of others that paid for a visit."""
        mine = [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]
        return (self.env["clinic.package"].search(mine) | self._grants().package_id).sorted(
            lambda package: (package.purchase_date or fields.Date.today(), package.id), reverse=True
        )

    @api.depends("partner_id", "company_id")
    def _compute_available(self):
        for activity in self:
            grants = activity._grants()
            activity.available_product_ids = grants.product_id | grants.entry_ids.redemption_id.product_id
            activity.available_package_ids = activity._packages()
            activity.available_membership_ids = grants.membership_id

    # === filters === #

    def _chosen(self, grants):
        """The grants of the package, membership and service that are asked for; of a plan with all its people."""
        if self.package_id:
            grants = self.package_id.grant_ids
        elif self.membership_id:
            grants = self.membership_id.grant_ids
        service = self.product_id
        if service:
            above = self.env["product.category"].search([("id", "parent_of", service.categ_id.ids)])
            grants = grants.filtered(lambda grant: grant.product_id == service or grant.categ_id in above)
        return grants

    def _lines(self):
        """The movements of the chosen units, whatever their day."""
        grants = self._chosen(self._grants())
        return self.env["clinic.activity.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", grants.partner_id.ids),
                ("grant_id", "in", grants.ids),
            ]
        )

    def _within(self, lines):
        first, last = self.date_from, self.date_to
        return lines.filtered(lambda line: (not first or line.date >= first) and (not last or line.date <= last))

    # === in words === #

    @api.depends("partner_id", "company_id", "date_from", "date_to", "product_id", "package_id", "membership_id")
    def _compute_body(self):
        for activity in self:
            activity.body = self.env["ir.qweb"]._render(
                "clinic_membership.clinic_activity_body", {"doc": activity, "links": True}
            )

    def _sections(self):
        """What is shown: a dict for each package and membership, the newest first.

        ``record`` is the package or membership (none for units given as a courtesy), ``lots`` what
        :meth:`clinic.activity.line._lot_values` says.
        """
        lots = {}
        for lines in self._lines().grouped(lambda line: line._lot()).values():
            shown = self._within(lines)
            if shown:
                record = lines.package_id or lines.membership_id
                lots.setdefault(record, []).append(lines._lot_values(shown))
        empty = {package: [] for package in self._empty_packages() if package not in lots}
        return [
            {"record": record, "lots": sorted(values, key=lambda lot: (lot["begins"], lot["place"]), reverse=True)}
            for record, values in sorted({**lots, **empty}.items(), key=self._place_of, reverse=True)
        ]

    def _empty_packages(self):
        """Packages without units are told, too, unless something else is asked for."""
        if self.product_id or self.membership_id or self.date_from or self.date_to:
            return self.env["clinic.package"]
        return (self.package_id or self._packages()).filtered(lambda package: not package.grant_ids)

    def _place_of(self, item):
        """Packages first, then memberships, then what belongs to neither; each the newest first."""
        record, values = item
        rank = {"clinic.package": 2, "clinic.membership": 1}.get(record._name if record else "", 0)
        begins = max((lot["begins"] for lot in values), default=fields.Date.today())
        return rank, begins, record.id if record else 0

    def _verdict(self, sections):
        """Whether all of it adds up: (True or False, a sentence)."""
        lots = [lot for section in sections for lot in section["lots"]]
        wrong = [lot for lot in lots if lot["problems"]]
        if not lots:
            return True, self.env._("There are no movements of units to show.")
        if wrong:
            return False, self.env._(
                "%(wrong)s of %(all)s lots of units do not add up. They are marked below; show this to a manager.",
                wrong=len(wrong),
                all=len(lots),
            )
        return True, self.env._("All movements add up, and nothing was used beyond what was allowed.")

    # === buttons === #

    def action_print(self):
        """Print what is on the screen."""
        return self.env.ref("clinic_membership.action_report_activity").report_action(self)

    def action_send(self):
        """Write an e-mail to the patient with what is on the screen."""
        self.ensure_one()
        if not self.partner_id.email:
            raise UserError(self.env._("%s has no e-mail address. Print it instead.", self.partner_id.display_name))
        speaking = self.with_context(lang=self.partner_id.lang or self.env.lang)
        body = speaking.env["ir.qweb"]._render("clinic_membership.clinic_activity_mail", {"doc": speaking})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Package Activity"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": "res.partner",
                "default_res_ids": self.partner_id.ids,
                "default_partner_ids": self.partner_id.ids,
                "default_composition_mode": "comment",
                "default_subject": speaking.env._("Your packages and memberships at %s", self.company_id.name),
                "default_body": body,
            },
        }

    def action_movements(self):
        """Open the same movements as a list, to filter, group and export."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_activity_line_action")
        return {**action, "domain": [("id", "in", self._within(self._lines()).ids)]}
