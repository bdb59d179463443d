from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ClinicGrant(models.Model):
    """Units that are set aside for a code: nobody else uses them, until the code is called back or ends."""

    _inherit = "clinic.grant"

    code_line_ids = fields.One2many("clinic.code.line", "grant_id", string="Codes")
    reserved = fields.Integer(
        compute="_compute_reserved", store=True, help="Of the units left, those set aside for a code."
    )

    _reserved_are_left = models.Constraint(
        "CHECK (remaining >= reserved)", "These units are set aside for a code. Call it back first."
    )

    @api.depends("code_line_ids.units", "code_line_ids.code_id.state")
    def _compute_reserved(self):
        for grant in self:
            held = grant.code_line_ids.filtered(lambda line: line.code_id.state == "ready")
            grant.reserved = sum(held.mapped("units"))

    def _free(self):
        """The units that are left and not set aside."""
        self.ensure_one()
        return self.remaining - self.reserved

    def _as_benefit(self, units):
        """The content of a package that has so many of these units."""
        scope = {"product_id": self.product_id.id, "categ_id": self.categ_id.id}
        return {**scope, "quantity": units, "unit_value": self.unit_value}

    def _lot(self, day, **limits):
        lot = super()._lot(day, **limits)
        if not self.reserved:
            return lot
        held = "" if self._free() else self.env._("given away by a code; call it back to use them")
        return replace(lot, remaining=self._free(), blocked=lot.blocked or held)

    def _end_units(self, carried):
        """What expires, expires for who has the code too."""
        self.filtered("reserved").code_line_ids.code_id._end()
        return super()._end_units(carried)


class ClinicCode(models.Model):
    _inherit = "clinic.code"

    def write(self, vals):
        """Units are free again in the database before anything is taken out of it, as it checks both."""
        result = super().write(vals)
        if "state" in vals:
            self.line_ids.grant_id.flush_recordset(["reserved"])
        return result


class ClinicPackage(models.Model):
    """A package, or a part of it, given to somebody else."""

    _inherit = "clinic.package"

    state = fields.Selection(selection_add=[("transferred", "Given Away"), ("cancelled",)])
    code_ids = fields.One2many("clinic.code", "package_id", string="Codes")
    source_code_ids = fields.One2many("clinic.code", "received_package_id", string="Received By Code")
    code_count = fields.Integer(compute="_compute_code_count", compute_sudo=True)
    units_reserved = fields.Integer(string="Set Aside for Codes", compute="_compute_units_reserved")

    @api.depends("code_ids")
    def _compute_code_count(self):
        for package in self:
            package.code_count = len(package.code_ids)

    @api.depends("grant_ids.reserved")
    def _compute_units_reserved(self):
        for package in self:
            package.units_reserved = sum(package.grant_ids.mapped("reserved"))

    @api.depends("code_ids.state")
    def _compute_state(self):
        super()._compute_state()
        for package in self.filtered(lambda package: package.state == "used" and not package.units_used):
            if "redeemed" in package.code_ids.mapped("state"):
                package.state = "transferred"

    def _set_ready(self):
        """Codes that waited for the payment are worth something from now on."""
        result = super()._set_ready()
        self.filtered(lambda package: package.state == "active").code_ids._make_ready()
        return result

    def _cancel(self):
        self.code_ids.filtered(lambda code: code.state in ("waiting", "ready"))._call_back()
        return super()._cancel()

    # === given === #

    def _make_codes(self, purpose, **values):
        """A code for all of each of these packages, as bulk orders and gifts have it; worthless until it is paid.

        :param purpose: bulk or gift
        :param values: recipient, message, day of delivery
        """
        made = self.env["clinic.code"].create(
            [{"package_id": package.id, "purpose": purpose, **values} for package in self]
        )
        made.filtered(lambda code: code.package_id.state == "active")._make_ready()
        return made

    def _give(self, purpose, units, **values):
        """Set units aside, and make the code that somebody else takes them with.

        :param purpose: transfer or gift
        :param units: {grant: units}
        :param values: recipient, message, day of delivery
        :return: the ``clinic.code``
        :raises UserError: not transferable (quotes the terms), or not so many units are free
        """
        self.ensure_one()
        self._check_give(units)
        code = self.env["clinic.code"].create({"package_id": self.id, "purpose": purpose, **values})
        code._hold(units)
        return code

    def _check_transferable(self):
        if not self.transferable:
            raise UserError(
                self.env._(
                    "%(package)s was sold as not transferable. Its terms: %(terms)s",
                    package=self.display_name,
                    terms=" ".join(self._terms_in_words()),
                )
            )

    def _check_give(self, units):
        self._check_transferable()
        if self.state != "active":
            raise UserError(self.env._("%s has no units that could be given away.", self.display_name))
        if not any(units.values()) or min(units.values()) < 0:
            raise UserError(self.env._("Give at least one unit away."))
        for grant, count in units.items():
            if count > grant._free() or grant.package_id != self:
                raise UserError(
                    self.env._(
                        "%(package)s has %(free)s %(service)s to give away, not %(count)s.",
                        package=self.display_name,
                        free=grant._free(),
                        service=grant.service,
                        count=count,
                    )
                )

    # === received === #

    def _copy_for(self, partner, units):
        """The package of whoever takes these units: the same product, terms and last day; still empty."""
        values = {
            "partner_id": partner.id,
            "user_id": self.env.uid,
            "purchase_date": self.purchase_date,
            "expires_on": self.expires_on,
            "first_used_on": self.first_used_on,
            "price_paid": sum(grant._value_of(count) for grant, count in units.items()),
            "balance_paid": 0.0,
            "benefit_ids": [Command.create(grant._as_benefit(count)) for grant, count in units.items()],
            "blackout_ids": [Command.create(values) for values in self.blackout_ids._copy_values()],
        }
        if self.first_used_on:  # its validity has begun, whoever uses it next
            values["validity_start"] = "purchase"
        return self.with_context(mail_create_nolog=True).copy(values)

    def _receive(self, units):
        """Move units into this package: out of the giver's, in here, at the same value, in one transaction."""
        today = self.company_id._clinic_today()
        out = self.env["clinic.grant.entry"].create(
            [grant._prepare_entry("transfer", -count, -grant._value_of(count), today) for grant, count in units.items()]
        )
        self.balance_paid = -sum(out.mapped("balance"))
        self.env["clinic.grant"]._issue([entry._prepare_received(self) for entry in out], kind="transfer")
        given = out.grant_id.package_id
        self.message_post(
            body=self.env._("From %(package)s of %(who)s.", package=given.name, who=given.partner_id.display_name)
        )

    def action_give(self):
        """Open the wizard that gives units to somebody else."""
        self._check_transferable()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_give_action")
        return {**action, "context": {"default_package_id": self.id}}

    def action_view_codes(self):
        """Open the codes of this package."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_code_action")
        return {**action, "domain": [("package_id", "in", self.ids)], "context": {"create": False}}


class ClinicGrantEntry(models.Model):
    _inherit = "clinic.grant.entry"

    def _prepare_received(self, package):
        """The grant that takes in what this entry took out."""
        grant = self.grant_id
        return {
            "kind": "package",
            "partner_id": package.partner_id.id,
            "package_id": package.id,
            "source_grant_id": grant.id,
            "product_id": grant.product_id.id,
            "categ_id": grant.categ_id.id,
            "unit_value": grant.unit_value,
            "valid_from": self.date,
            "expires_on": grant.expires_on,
            "deferred": grant.deferred,
            "quantity": -self.quantity,
            "value": -self.value,
            "balance": -self.balance,
        }
