from collections import defaultdict

from odoo import api, fields, models

from odoo.addons.clinic_membership.tools import allocation


class ResPartner(models.Model):
    """What a till knows of a patient: kept in the browser with the contact, for when there is no connection."""

    _inherit = "res.partner"

    clinic_till = fields.Json(
        string="At the Till",
        compute="_compute_clinic_till",
        groups="point_of_sale.group_pos_user",
        help="Tiers, units in the order they pay, credit, and the tiers they had a trial of, as of now.",
    )

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "clinic_till"]

    @api.depends_context("company", "lang")
    def _compute_clinic_till(self):
        """A few queries for any number of patients; nothing for who has nothing."""
        company = self.env.company
        partners = self.sudo()
        memberships = partners._clinic_till_memberships(company)
        grants = partners._clinic_till_grants(company)
        credit = partners._clinic_till_credit(company)
        trials = defaultdict(list)
        for patient, tier in partners._clinic_trials():
            trials[patient].append(tier)
        for partner in self:
            known = {
                "tiers": [membership._till_values() for membership in memberships.get(partner.id, ())],
                "grants": [grant._till_values() for grant in grants.get(partner.id, ())],
                "credit": credit.get(partner.commercial_partner_id.id, 0.0),
                "trials": trials[partner.id],
            }
            partner.clinic_till = known if any(known.values()) else False

    def _clinic_till_memberships(self, company):
        """{id of a patient: memberships they have now, paused ones too, or are covered by}."""
        memberships = self.env["clinic.membership"]
        found = defaultdict(memberships.browse)
        running = [("partner_id", "in", self.ids), ("company_id", "=", company.id)]
        for membership in memberships.search([*running, ("state", "in", memberships._RUNNING)]):
            found[membership.partner_id.id] |= membership
        for partner, live in memberships._live_for(self, company).items():
            found[partner.id] |= live
        return found

    def _clinic_till_grants(self, company):
        """{id of a patient: usable units today, in the order they pay}."""
        today = company._clinic_today()
        family = self.env["clinic.membership.member"].search([("partner_id", "in", self.ids)])._current_on(today)
        pooled = family.filtered(lambda member: member.membership_id.sharing == "pool")
        shared = self.env["clinic.package"].search([("sharer_ids", "in", self.ids)])
        mine = fields.Domain("partner_id", "in", self.ids)
        mine |= fields.Domain("membership_id", "in", pooled.membership_id.ids)
        mine |= fields.Domain("package_id", "in", shared.ids)
        left = fields.Domain("company_id", "=", company.id) & fields.Domain("remaining", ">", 0)
        found = defaultdict(self.env["clinic.grant"].browse)
        for grant in self.env["clinic.grant"].search(left & mine):
            users = grant.partner_id | grant.package_id.sharer_ids
            users |= pooled.filtered(lambda member, grant=grant: member.membership_id == grant.membership_id).partner_id
            for partner in users & self:
                found[partner.id] |= grant
        return {partner: grants._in_order_of_use(today) for partner, grants in found.items()}

    def _clinic_till_credit(self, company):
        """{id of a commercial partner: credit that waits for the next invoice}."""
        lines = self.env["account.move"]._clinic_credit_of(self, company)
        return {
            partner.id: -sum(some.mapped("amount_residual")) for partner, some in lines.grouped("partner_id").items()
        }

    def clinic_till_refresh(self, config_id):
        """What a till should know of a patient now: units, and the price list that membership brings.

        :return: values of this contact as tills load them
        """
        config = self.env["pos.config"].browse(config_id)
        config._clinic_check_cashier()
        here = self.with_company(config.company_id)
        here.invalidate_recordset(["clinic_till", "property_product_pricelist"])
        return here.read(["clinic_till", "property_product_pricelist"], load=False)


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def _till_values(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "name": self.tier_id.name,
            "state": self.state,
            "status": states[self.state],
            "renewal": self.will_renew and fields.Date.to_string(self.next_renewal),
            "until": fields.Date.to_string(self.benefits_until),
        }


class ClinicGrant(models.Model):
    _inherit = "clinic.grant"

    def _in_order_of_use(self, day):
        """Those that can be used on a day, as the allocation takes them; the rules of a visit are not asked."""
        lots = [lot for lot in (grant._lot(day) for grant in self) if not allocation.why_not(lot, day)]
        policy = allocation.Policy(packages_first=self.company_id[:1].clinic_packages_first)
        return self.browse(lot.key for lot in allocation.order(lots, policy))

    def _till_values(self):
        return {
            "id": self.id,
            "name": self._holder_name(),
            "kind": self.kind,
            "service": self.service,
            "product_id": self.product_id.id,
            "categ_id": self.categ_id.id,
            "left": self._free(),
            "granted": self.granted,
            "expires_on": fields.Date.to_string(self.expires_on),
        }
