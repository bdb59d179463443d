from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicExtension(models.Model):
    """Who moved which last day, when, from when to when, and why. Written once, never changed."""

    _name = "clinic.extension"
    _description = "Extension"
    _order = "id desc"
    _check_company_auto = True

    date = fields.Date(required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, default=lambda self: self.env.user
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Patient", required=True, readonly=True, index=True)
    membership_id = fields.Many2one(
        "clinic.membership", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    package_id = fields.Many2one(
        "clinic.package", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    grant_id = fields.Many2one(
        "clinic.grant",
        string="Units",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Empty: the membership itself, with its next renewal.",
    )
    old_date = fields.Date(string="Until", required=True, readonly=True)
    new_date = fields.Date(string="Extended Until", required=True, readonly=True)
    last_entry_id = fields.Many2one(
        "clinic.grant.entry",
        readonly=True,
        ondelete="restrict",
        help="The newest movement of the units before it: its place in their history.",
    )
    units_back = fields.Integer(string="Units Given Back", readonly=True, help="They had expired.")
    reason = fields.Char(required=True, readonly=True)

    _forward_only = models.Constraint("CHECK (new_date > old_date)", "An extension ends later than what it extends.")

    def write(self, vals):  # pylint: disable=method-required-super
        """An extension is a fact; a wrong one is followed by another."""
        raise UserError(self.env._("Extensions are never changed. Extend again if it was not enough."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Extensions are history and are never deleted."))

    @api.depends("membership_id", "package_id", "grant_id", "new_date")
    def _compute_display_name(self):
        for extension in self:
            what = extension.grant_id or extension.membership_id
            extension.display_name = f"{what.display_name}: {extension._day(extension.new_date)}"

    @api.model
    def _check_day(self, company, last, until):
        """Refuse a new last day that is none, saying why."""
        today = company._clinic_today()
        if not until:
            raise UserError(self.env._("Choose the new last day."))
        if until < today:
            raise UserError(self.env._("%s is in the past. Choose today or a later day.", self._day(until)))
        if until <= last:
            raise UserError(self.env._("It lasts until %s already. Choose a later day.", self._day(last)))
        if until > fields.Date.add(today, years=10):
            raise UserError(self.env._("%s is more than 10 years away. Check the year.", self._day(until)))

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason: it is kept with the extension."))

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})


class ClinicGrant(models.Model):
    """Units that can be used for longer. Nothing is made from nothing: what expired comes back by its own entry."""

    _inherit = "clinic.grant"

    extension_ids = fields.One2many("clinic.extension", "grant_id", string="Extensions", readonly=True)

    def _end_as_given(self):
        """The last day of use, before it was extended."""
        return min([*self.extension_ids.mapped("old_date"), self.expires_on])

    def _extend(self, until, reason, **values):
        """Move the last day of use; units that have expired meanwhile are given back.

        :param until: the new last day of use
        :param reason: kept with the extension, and on the entries that give units back
        :param values: more to keep with it, as the ``invoice_id`` of its fee
        :raises UserError: these units cannot be extended, or not to this day; says why
        """
        self._check_extend(until)
        extensions = self.env["clinic.extension"]
        extensions._check_reason(reason)
        extensions = extensions.create([{**grant._prepare_extension(until, reason), **values} for grant in self])
        for grant in self:
            grant._expired_entries()._reverse(grant.company_id._clinic_today(), note=reason)
            grant.expires_on = until
        for package in self.package_id:
            package.expires_on = max(package.grant_ids.mapped("expires_on"))
        self._note_extension(until, reason)
        return extensions

    def _prepare_extension(self, until, reason):
        return {
            "date": self.company_id._clinic_today(),
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "membership_id": self.membership_id.id,
            "package_id": self.package_id.id,
            "grant_id": self.id,
            "old_date": self.expires_on,
            "new_date": until,
            "last_entry_id": max(self.entry_ids.ids, default=False),
            "units_back": self._units_expired(),
            "reason": reason,
        }

    def _expired_entries(self):
        """The entries that ended these units and were not reversed."""
        entries = self.entry_ids
        return entries.filtered(lambda entry: entry.kind == "expire") - entries.reverses_id

    def _units_expired(self):
        return -sum(self._expired_entries().mapped("quantity"))

    def _check_extend(self, until):
        if not self:
            raise UserError(self.env._("There are no units that could be extended."))
        for grant in self:
            if reason := grant._why_not_extended():
                raise UserError(self.env._("%(service)s: %(reason)s", service=grant.service, reason=reason))
            self.env["clinic.extension"]._check_day(grant.company_id, grant.expires_on, until)

    def _why_not_extended(self):
        """Why these units cannot be extended, whatever the day; empty when they can."""
        state = self.membership_id.state
        if state == "paused":
            return self.env._("the membership is paused, and its units are frozen. Resume it first.")
        if state == "suspended":
            return self.env._("the membership is suspended. Collect what is overdue first.")
        if state in ("cancelled", "ended"):
            return self.env._("the membership has ended, and its units with it.")
        if self.package_id.cancelled:
            return self.env._("the package is cancelled.")
        if not self.expires_on:
            return self.env._("these units never expire.")
        if not self.remaining and not self._units_expired():
            return self.env._("nothing is left of these units.")
        return ""

    def _extendable(self):
        return self.filtered(lambda grant: not grant._why_not_extended())

    def _note_extension(self, until, reason):
        """Tell it where staff looks: on the membership and its history, on the package."""
        for package in self.package_id:
            grants = self.filtered(lambda grant, package=package: grant.package_id == package)
            package.message_post(body=grants._extension_in_words(until, reason))
        for membership in self.membership_id:
            grants = self.filtered(lambda grant, membership=membership: grant.membership_id == membership)
            note = grants._extension_in_words(until, reason)
            membership.message_post(body=note)
            membership._log("extend", note)

    def _extension_in_words(self, until, reason):
        return self.env._(
            "%(units)s until %(day)s: %(reason)s",
            units=", ".join(f"{grant.remaining} {grant.service}" for grant in self),
            day=self.env["clinic.extension"]._day(until),
            reason=reason,
        )

    def action_extend(self):
        """Open the wizard that previews and confirms a later last day of these units."""
        return self.env["clinic.extend"]._open(what="units", grant_ids=[fields.Command.set(self.ids)])


class ClinicPackage(models.Model):
    _inherit = "clinic.package"

    extension_ids = fields.One2many("clinic.extension", "package_id", string="Extensions", readonly=True)

    def action_extend(self):
        """Open the wizard that previews and confirms a later last day of all units left."""
        return self.env["clinic.extend"]._open(what="units", package_id=self.id)
