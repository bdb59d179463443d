from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import visits


class ClinicPackage(models.Model):
    """What the terms as sold say to a visit, and who may use the package besides its owner."""

    _inherit = "clinic.package"

    sharer_ids = fields.Many2many(
        "res.partner",
        "clinic_package_sharer_rel",
        string="Shared With",
        readonly=True,
        copy=False,
        tracking=True,
        help="They may use the units too.",
    )

    @api.constrains("sharer_ids", "shareable")
    def _check_shareable(self):
        for package in self:
            if package.sharer_ids and not package.shareable:
                raise ValidationError(package._not_shareable())

    def _not_shareable(self):
        return self.env._(
            "%(package)s was sold as not shareable. Its terms: %(terms)s",
            package=self.display_name,
            terms=" ".join(self._terms_in_words()),
        )

    def _share_with(self, people):
        """These people, and no others, may use the units besides the owner.

        :raises UserError: not shareable, or nothing is left
        """
        self.ensure_one()
        if people and not self.shareable:
            raise UserError(self._not_shareable())
        if people and self.state not in ("pending", "active"):
            raise UserError(self.env._("%s has no units left to share.", self.display_name))
        self.sharer_ids = people - self.partner_id

    def action_share(self):
        """Open the wizard that names the people who share this package."""
        if not self.shareable:
            raise UserError(self._not_shareable())
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_package_share_action")
        return {**action, "context": {"default_package_id": self.id}}

    def _validity_in_words(self):
        """How long it was sold for; empty where it has no end of its own."""
        if not self.validity_length:
            return ""
        units = dict(self._fields["validity_unit"]._description_selection(self.env))
        words = {"length": self.validity_length, "unit": units[self.validity_unit or "month"].lower()}
        if self.validity_start == "first_use":
            return self.env._("sold as valid for %(length)s %(unit)s from the first visit", **words)
        return self.env._("sold as valid for %(length)s %(unit)s from the purchase", **words)

    # === the rules for a visit === #

    _OF_A_VISIT = ("cancelled", "restricted", "visit_rules", "min_days_between", "max_per_visit")
    """What it is judged by."""

    def _visits(self, patient, day):
        """{package: {day: units}} that a patient used, near enough to a day to matter for the rules."""
        found = defaultdict(lambda: defaultdict(int))
        limited = self.filtered(lambda package: package.min_days_between or package.max_per_visit)
        if limited:
            near = max(limited.mapped("min_days_between"))
            domain = [
                ("grant_id.package_id", "in", limited.ids),
                ("kind", "=", "redeem"),
                ("redemption_id.state", "=", "done"),
                ("redemption_id.partner_id", "=", patient.id),
                ("date", ">=", fields.Date.subtract(day, days=near)),
                ("date", "<=", fields.Date.add(day, days=near)),
            ]
            rows = self.env["clinic.grant.entry"]._read_group(
                domain, ["grant_id.package_id", "date:day"], ["quantity:sum"]
            )
            for package, visit, units in rows:
                found[package][fields.Date.to_date(visit)] -= units
        return found

    def _forbidden(self, product, day, visited):
        """Why the terms rule out a visit, in words; empty when they do not."""
        rules = self.visit_rules or {"only": [], "closed": []}
        if rules["only"] and product.id not in rules["only"]:
            return self._services_in_words()
        if visits.is_closed(rules["closed"], day):
            return self.env._("sold as not to be used on %s", self.blackout_ids._covers(day)[:1].display_name)
        if near := visits.too_near(visited, day, self.min_days_between):
            words = self.env["ir.qweb.field.date"].value_to_html
            return self.env._(
                "sold with at least %(days)s days between two visits, and there is one on %(visit)s; "
                "next from %(next)s",
                days=self.min_days_between,
                visit=words(near, {}),
                next=words(visits.next_day(visited, day, self.min_days_between), {}),
            )
        return ""

    def _limits(self, product, day, visited):
        """What the terms say to a visit, as the allocation takes it."""
        limits = {"forbidden": self._forbidden(product, day, visited)}
        if self.max_per_visit:
            limits.update(cap_left=max(self.max_per_visit - visited.get(day, 0), 0), cap_group=self)
        return limits


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _lots(self, patient, product, day):
        """The terms of packages have their say."""
        packages = self.package_id
        packages.fetch(packages._OF_A_VISIT)  # of many packages all columns take longer than all the rest
        restricted = packages.filtered("restricted")
        if not restricted:
            return super()._lots(patient, product, day)
        visited = restricted._visits(patient, day)
        ruled = self.filtered(lambda grant: grant.package_id in restricted)
        return super(ClinicGrant, self - ruled)._lots(patient, product, day) + [
            grant._lot(day, **grant.package_id._limits(product, day, visited[grant.package_id])) for grant in ruled
        ]

    def _cap_in_words(self):
        package = self.package_id
        if package.max_per_visit:
            return self.env._("sold with at most %s units a visit", package.max_per_visit)
        return super()._cap_in_words()


class ResPartner(models.Model):
    _inherit = "res.partner"

    clinic_shared_package_ids = fields.Many2many(
        "clinic.package", "clinic_package_sharer_rel", string="Packages of Others", readonly=True
    )
