from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..tools import allocation


class ClinicRedemption(models.Model):
    """Walk 3: one service rendered to one patient, and the entries that paid for it."""

    _name = "clinic.redemption"
    _description = "Redemption"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(string="Number", readonly=True, copy=False, default="New")
    partner_id = fields.Many2one("res.partner", string="Patient", required=True, index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Service", required=True, readonly=True, check_company=True, ondelete="restrict"
    )
    quantity = fields.Integer(string="Units", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, help="The day of the visit.")
    state = fields.Selection(
        [("done", "Redeemed"), ("undone", "Undone")], required=True, default="done", readonly=True, tracking=True
    )
    source_key = fields.Char(readonly=True, help="The line of a document that asked for it; it is paid for once.")
    sale_line_id = fields.Many2one("sale.order.line", readonly=True, index="btree_not_null", ondelete="set null")
    entry_ids = fields.One2many("clinic.grant.entry", "redemption_id", string="Entries", readonly=True)
    membership_ids = fields.Many2many("clinic.membership", string="Memberships", readonly=True)
    package_ids = fields.Many2many("clinic.package", string="Packages", readonly=True)
    explanation = fields.Text(readonly=True, help="Which units paid, and which others could have.")
    user_id = fields.Many2one("res.users", string="By", default=lambda self: self.env.user, readonly=True)

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A redemption takes at least one unit.")
    _source_unique = models.UniqueIndex(
        "(source_key) WHERE state = 'done' AND source_key IS NOT NULL", "Units have paid for this already."
    )

    @api.model
    def _redeem(self, partner, product, quantity, day, company, source=None, preferred=None):
        """Pay for a visit with the patient's units, by the clinic's order or with the grants that staff picked.

        Asked again for the same source line, it answers with the redemption that is there.

        :param day: the day of the visit; it decides which units are valid
        :param source: a document line (record) or None
        :param preferred: grants to use first
        :raises UserError: not enough units; says what there is and why the rest does not qualify
        """
        key = source and f"{source._name},{source.id}"
        if key and (found := self.search([("source_key", "=", key), ("state", "=", "done")])):
            return found
        if quantity <= 0:
            raise UserError(self.env._("Redeem at least one unit."))
        grants = partner._clinic_grants(product, company, day)
        answer = grants._allocate(partner, product, day, quantity, preferred)
        if answer.missing:
            since = fields.Date.subtract(day, months=3)  # what ended lately
            grants = partner._clinic_grants(product, company, day, since)
            answer = grants._allocate(partner, product, day, quantity, preferred)
            raise UserError(grants._refusal(partner, product, quantity, day, answer))
        return self._record(partner, product, quantity, day, company, grants, answer, source)

    @api.model
    def _record(self, partner, product, quantity, day, company, grants, answer, source):
        taken = grants.browse(take.key for take in answer.takes)
        redemption = self.with_context(mail_create_nolog=True).create(
            {
                "name": self.env["ir.sequence"].sudo().next_by_code(self._name),
                "partner_id": partner.id,
                "company_id": company.id,
                "product_id": product.id,
                "quantity": quantity,
                "date": day,
                "source_key": source and f"{source._name},{source.id}",
                **self._source_values(source),
                "membership_ids": [Command.set(taken.membership_id.ids)],
                "package_ids": [Command.set(taken.package_id.ids)],
                "explanation": grants._explanation(answer),
            }
        )
        entries = []
        for take in answer.takes:
            grant = grants.browse(take.key)
            value = grant._value_of(take.quantity)
            entries.append(grant._prepare_entry("redeem", -take.quantity, -value, day, redemption_id=redemption.id))
        self.env["clinic.grant.entry"].create(entries)
        return redemption

    @api.model
    def _source_values(self, source):
        """The link to the line of a document that asked for it; other documents add theirs."""
        return {"sale_line_id": source.id} if source and source._name == "sale.order.line" else {}

    def _source(self):
        """The line of a document that asked for it, empty or None where there was none."""
        if not self.source_key:
            return None
        model, number = self.source_key.split(",")
        return self.env[model].browse(int(number)).exists()

    def _undo(self):
        """Put the units back and free the source line."""
        for redemption in self:
            if redemption.state == "undone":
                raise UserError(self.env._("%s is undone already: its units are back.", redemption.name))
            taken = redemption.entry_ids.filtered(lambda entry: entry.kind == "redeem")
            taken._reverse(redemption.company_id._clinic_today())
            redemption.state = "undone"
            redemption.sale_line_id._clinic_units_returned()

    def action_undo(self):
        """Undo button, for whoever may redeem."""
        self._check_may_redeem()
        self.sudo()._undo()

    @api.model
    def _check_may_redeem(self, company=None):
        """Redemptions are written by the system alone; this says who may ask it to.

        :param company: the clinic whose units are to be redeemed
        :raises AccessError: not a membership user, or another company
        """
        self.check_access("read")
        if company and company not in self.env.companies:
            raise AccessError(self.env._("You do not work for %s.", company.sudo().name))
        if not self.env.user.has_group("clinic_membership.group_membership_user"):
            raise AccessError(self.env._("Only membership users redeem units and take it back."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Redemptions are history and are never deleted. Undo them instead."))


class ClinicGrant(models.Model):
    """The words and the choice of a redemption, over the grants it could draw on."""

    _inherit = "clinic.grant"

    def _allocate(self, patient, product, day, quantity, preferred=None):
        """Which of these grants pay for a patient's visit; see :func:`tools.allocation.allocate`."""
        policy = allocation.Policy(packages_first=self.company_id[:1].clinic_packages_first)
        lots = self._lots(patient, product, day)
        return allocation.allocate(lots, day, quantity, policy, preferred=tuple(preferred.ids) if preferred else ())

    def _proposed_in_words(self, answer):
        """What pays by an answer, shortly: "6-Pack Facials, then 3 of 6 left"."""
        words = []
        for take in answer.takes:
            grant = self.browse(take.key)
            values = {"holder": grant._holder_name(), "left": take.left, "all": grant.granted}
            words.append(self.env._("%(holder)s, then %(left)s of %(all)s left", **values))
        return "; ".join(words)

    def _holder_name(self):
        """What the units belong to, as patients know it."""
        return self.package_id.product_id.name or self.membership_id.tier_id.name or self.env._("Courtesy")

    def _refused_in_words(self, answer):
        """Why units that the patient has do not pay, shortly; what is used up or still to come is no news."""
        known = (allocation.EMPTY, allocation.NOT_YET)
        reasons = {grant: reason for grant, reason in self._refused(answer).items() if reason not in known}
        return "; ".join(f"{grant.display_name}: {grant._why_not(reason)}" for grant, reason in reasons.items())

    def _explanation(self, answer):
        """What was chosen and what else qualified, in words staff can read out."""
        lines = [
            self.env._("%(units)s from %(grant)s", units=take.quantity, grant=self.browse(take.key).display_name)
            for take in answer.takes
        ]
        if answer.others:
            others = self.browse(answer.others).mapped("display_name")
            lines.append(self.env._("Could also be used: %s", "; ".join(others)))
        return "\n".join(lines)

    def _why_not(self, reason):
        """A reason of the allocation, in words."""
        self.ensure_one()
        day = self.env["ir.qweb.field.date"].value_to_html
        return {
            allocation.NOT_YET: self.env._("can be used from %s", day(self.valid_from, {})),
            allocation.EXPIRED: self._expired_in_words(),
            allocation.EMPTY: self.env._("used up"),
            allocation.CAP_REACHED: self._cap_in_words(),
            "left": self.env._("no longer in the family plan"),
            "cancelled": self.env._("cancelled"),
            "ended": self.env._("the membership has ended"),
            "paused": self.env._("the membership is paused"),
            "suspended": self.env._("the membership is suspended until its renewal is paid"),
        }.get(reason, reason)

    def _expired_in_words(self):
        """When they expired; of a package also the term as sold."""
        words = self.env._("expired on %s", self.expires_on and self._day_in_words(self.expires_on))
        sold = self.package_id._validity_in_words()
        return self.env._("%(words)s (%(sold)s)", words=words, sold=sold) if sold else words

    def _cap_in_words(self):
        return self.env._("the personal limit of the family plan is reached")

    def _refused(self, answer):
        """The grants that do not qualify and why; of months to come only the next is worth a word."""
        refused = {self.browse(key): reason for key, reason in answer.refused.items()}
        later = [grant for grant, reason in refused.items() if reason == allocation.NOT_YET]
        later.sort(key=lambda grant: (grant.valid_from, grant.id))
        nearest = {(grant.membership_id, grant.package_id): grant for grant in reversed(later)}.values()
        return {grant: reason for grant, reason in refused.items() if grant not in later or grant in nearest}

    def _refusal(self, partner, product, quantity, day, answer):
        """Why a visit cannot be paid with units, what there is, and what to do."""
        message = self.env._(
            "%(patient)s has %(available)s of the %(quantity)s units of %(service)s that are needed on %(day)s.",
            patient=partner.display_name,
            available=quantity - answer.missing,
            quantity=quantity,
            service=product.display_name,
            day=self.env["ir.qweb.field.date"].value_to_html(day, {}),
        )
        capped = self.browse(take.key for take in answer.takes if self.browse(take.key).remaining > take.quantity)
        refused = {**dict.fromkeys(capped, allocation.CAP_REACHED), **self._refused(answer)}
        reasons = [f"- {grant.display_name}: {grant._why_not(reason)}" for grant, reason in refused.items()]
        hint = self.env._("Redeem fewer units, or charge the service at the member price.")
        return "\n".join([message, *reasons, hint])
