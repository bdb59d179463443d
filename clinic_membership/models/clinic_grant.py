from odoo import api, fields, models
from odoo.fields import Command

from ..tools import allocation, money, periods, valuation


class ClinicGrant(models.Model):
    """One lot of units of one benefit. What is left of it is the sum of its entries, never a counter of its own."""

    _name = "clinic.grant"
    _description = "Units"
    _inherit = ["clinic.job"]
    _order = "expires_on, id"
    _check_company_auto = True

    kind = fields.Selection(
        [("allowance", "Membership allowance"), ("package", "Package"), ("courtesy", "Courtesy")], required=True
    )
    partner_id = fields.Many2one("res.partner", string="Patient", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    membership_id = fields.Many2one(
        "clinic.membership", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    period_id = fields.Many2one(
        "clinic.membership.period", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    line_id = fields.Many2one(
        "clinic.membership.line", string="Add-on", index="btree_not_null", check_company=True, ondelete="set null"
    )
    package_id = fields.Many2one("clinic.package", index="btree_not_null", check_company=True, ondelete="restrict")
    source_grant_id = fields.Many2one("clinic.grant", string="Carried From", index="btree_not_null")
    product_id = fields.Many2one("product.product", string="Service", check_company=True, ondelete="restrict")
    categ_id = fields.Many2one("product.category", string="Any of Category", ondelete="restrict")
    unit_value = fields.Monetary(string="Stand-alone Unit Value")
    valid_from = fields.Date(required=True)
    expires_on = fields.Date(help="Last day of use. Empty: never expires.")
    entry_ids = fields.One2many("clinic.grant.entry", "grant_id", string="Entries")
    granted = fields.Integer(compute="_compute_totals", store=True)
    remaining = fields.Integer(compute="_compute_totals", store=True)
    value_left = fields.Monetary(
        compute="_compute_totals", store=True, help="The part of the price paid in these units."
    )
    used = fields.Integer(compute="_compute_totals", store=True, help="Redeemed, not counting what was undone.")
    usage = fields.Char(compute="_compute_usage", help="For example: 1 of 2 facials used.")
    service = fields.Char(string="Benefit", compute="_compute_service")

    _remaining_not_negative = models.Constraint("CHECK (remaining >= 0)", "Not enough units left.")
    _value_not_negative = models.Constraint("CHECK (value_left >= 0)", "Not enough value left in these units.")
    _one_scope = models.Constraint(
        "CHECK (num_nonnulls(product_id, categ_id) = 1)", "Units are of one service or of one category."
    )
    _dates_ordered = models.Constraint(
        "CHECK (expires_on IS NULL OR expires_on >= valid_from)", "Units cannot expire before they can be used."
    )
    _open_idx = models.Index("(partner_id, product_id, expires_on) WHERE remaining > 0")
    _expiry_idx = models.Index("(company_id, expires_on) WHERE remaining > 0")

    # === derived from the ledger === #

    @api.depends("entry_ids.quantity", "entry_ids.value", "entry_ids.kind")
    def _compute_totals(self):
        """One query for any number of grants."""
        fields_of = self._totals()
        sums = [f"{column}:sum" for column in fields_of]
        rows = self.env["clinic.grant.entry"]._read_group([("grant_id", "in", self.ids)], ["grant_id"], sums)
        totals = {grant.id: row for grant, *row in rows}
        for grant in self:
            row = totals.get(grant.id, [0] * len(sums))
            grant.update(dict(zip(fields_of.values(), row, strict=True)))

    @api.model
    def _totals(self):
        """What the ledger adds up to: {column of the entries: field of the grant}."""
        return {"quantity": "remaining", "value": "value_left", "granted": "granted", "used": "used"}

    @api.depends("granted", "used", "service")
    def _compute_usage(self):
        for grant in self:
            grant.usage = ", ".join(grant._usage_by_service())

    def _usage_by_service(self):
        """How much of these units is used, a phrase for each service: "1 of 2 Facial used"."""
        return [
            self.env._(
                "%(used)s of %(granted)s %(service)s used",
                used=sum(grants.mapped("used")),
                granted=sum(grants.mapped("granted")),
                service=product.name or categ.name,
            )
            for (product, categ), grants in self.grouped(lambda grant: (grant.product_id, grant.categ_id)).items()
        ]

    @api.depends("product_id", "categ_id")
    def _compute_service(self):
        for grant in self:
            grant.service = grant.product_id.name or self.env._("any of %s", grant.categ_id.name or "")

    @api.depends("service", "kind", "membership_id", "package_id", "expires_on")
    def _compute_display_name(self):
        for grant in self:
            holder = grant.package_id.display_name or grant.membership_id.display_name or self.env._("Courtesy")
            until = grant.expires_on and self.env._(
                "until %s", self.env["ir.qweb.field.date"].value_to_html(grant.expires_on, {})
            )
            grant.display_name = ", ".join(filter(None, [f"{grant.service} ({holder})", until]))

    def _how_they_went(self):
        """What became of the units of a package of which none are left: by the last ones, unless they came back."""
        entries = self.entry_ids.sorted("id")
        rows = [(entry.id, entry.kind, entry.reverses_id.id) for entry in entries if entry.quantity]
        if rows and rows[-1][1] == "refund":
            return "refunded"
        taken_back = {reversed_id for _id, _kind, reversed_id in rows}
        expired = any(kind == "expire" and entry_id not in taken_back for entry_id, kind, _reversed_id in rows)
        return "expired" if expired else "used"

    # === units come === #

    @api.model
    def _issue(self, vals_list, kind):
        """Create grants, each with the entry that fills it.

        :param vals_list: grant values plus ``quantity`` (units) and ``value`` (money they carry, default none)
        :param kind: the kind of the filling entries
        """
        membership, package = self.env["clinic.membership"], self.env["clinic.package"]
        for vals in vals_list:
            holder = membership.browse(vals.get("membership_id")) or package.browse(vals.get("package_id"))
            if holder:
                vals.update(company_id=holder.company_id.id, currency_id=holder.currency_id.id)
            entry = {"kind": kind, "quantity": vals.pop("quantity"), "value": vals.pop("value", 0.0)}
            if "balance" in vals:
                entry["balance"] = vals.pop("balance")
            vals["entry_ids"] = [Command.create({**entry, "date": vals["valid_from"]})]
        return self.create(vals_list)

    # === units end === #

    @api.model
    def _cron_expire(self, limit=1000):
        """Scheduled action: units end the day after their last day of use."""
        self._work_through(
            self._today_domain(self._expired_domain),
            "_expire",
            limit,
        )

    @api.model
    def _expired_domain(self, company, today):
        """Units of a paused membership are frozen: their last day moves when it resumes."""
        thawed = fields.Domain("membership_id", "=", False) | fields.Domain("membership_id.state", "!=", "paused")
        return fields.Domain("remaining", ">", 0) & fields.Domain("expires_on", "<", today) & thawed

    def _expire(self):
        """End the units that are past their last day: what may roll over does, the rest expires."""
        ended = self.filtered(
            lambda grant: grant.remaining and grant.expires_on and grant.expires_on < grant.company_id._clinic_today()
        )
        carried = ended._carry_over()
        ended._end_units(carried)
        self._work_succeeded()

    def _expire_now(self):
        """End the units whatever their last day is; nothing rolls over."""
        self._end_units({})

    def _end_units(self, carried):
        """Take the rest out of the ledger: ``carried`` units (by grant) roll over, the others expire."""
        entries = []
        for grant in self.filtered("remaining"):
            day = min(grant.expires_on or fields.Date.to_date("9999-12-31"), grant.company_id._clinic_today())
            moved = carried.get(grant, 0)
            value = grant._value_of(moved)
            if moved:
                entries.append(grant._prepare_entry("rollover", -moved, -value, day))
            if lost := grant.remaining - moved:
                entries.append(grant._prepare_entry("expire", -lost, value - grant.value_left, day))
        self.env["clinic.grant.entry"].create(entries)

    def _carry_over(self):
        """Create the grants that carry unused allowances into the next period.

        :return: {grant: units that move}
        """
        moves, live = {}, self.env["clinic.membership"]._RUNNING
        allowances = self.filtered(
            lambda g: (
                g.kind == "allowance"
                and g.membership_id.rollover_percent
                and g.membership_id.state in live
                and g.partner_id in g.membership_id._people_on(fields.Date.add(g.expires_on, days=1))
            )
        )
        for key, grants in allowances.grouped(
            lambda g: (g.membership_id, g.partner_id, g.product_id, g.categ_id)
        ).items():
            left = key[0]._units_to_carry(grants)
            for grant in grants.sorted("expires_on"):
                moves[grant] = min(grant.remaining, left)
                left -= moves[grant]
        self._issue([grant._prepare_carried(units) for grant, units in moves.items() if units], kind="rollover")
        return moves

    def _prepare_carried(self, units):
        membership, start = self.membership_id, fields.Date.add(self.expires_on, days=1)
        months = membership.rollover_months
        return {
            "kind": "allowance",
            "partner_id": self.partner_id.id,
            "membership_id": membership.id,
            "source_grant_id": self.id,
            "product_id": self.product_id.id,
            "categ_id": self.categ_id.id,
            "unit_value": self.unit_value,
            "valid_from": start,
            "expires_on": periods.last_day(start, periods.Interval("month", months) if months else None),
            "quantity": units,
            "value": self._value_of(units),
        }

    def _value_of(self, units):
        """The money that the next ``units`` take with them, each its rounded share of what is left."""
        rounding = self.currency_id.rounding
        cents = money.to_cents(self.value_left, rounding)
        return money.to_amount(valuation.value_of_units(cents, self.remaining, units), rounding)

    def _prepare_entry(self, kind, quantity, value, day, **values):
        return {"grant_id": self.id, "kind": kind, "quantity": quantity, "value": value, "date": day, **values}

    # === for the allocation === #

    def _lots(self, patient, product, day):
        """These grants as the allocation sees them for a patient's visit."""
        shared = self.membership_id.filtered(lambda membership: membership.partner_id != patient)
        caps = shared._caps_left(patient, day) if shared else {}
        if not caps:
            return [grant._lot(day) for grant in self]
        return [
            grant._lot(day, cap_left=caps.get(grant.membership_id), cap_group=grant.membership_id) for grant in self
        ]

    def _lot(self, day, **limits):
        """As the allocation sees it.

        :param day: of the visit
        :param limits: what depends on the visit; see :class:`tools.allocation.Lot`
        """
        self.ensure_one()
        return allocation.Lot(
            key=self.id,
            kind=self.kind,
            remaining=self.remaining,
            valid_from=self.valid_from,
            expires_on=self.expires_on or None,
            scope=0 if self.product_id else 1,
            blocked=self._blocked(day),
            **limits,
        )

    def _blocked(self, day):
        """Why these units could not be used on a day: empty, or the state of what they belonged to."""
        if package := self.package_id:
            return "cancelled" if package.cancelled else ""
        membership = self.membership_id
        if not membership:
            return ""
        if not membership._covers(self.partner_id, day):
            return "left"
        state = membership._state_on(day)
        return state if state in ("suspended", "paused", "cancelled", "ended") else ""

    def _usable_on(self, day):
        """Those that belong to a day: begun and not past their last day, used up ones included."""
        return self.filtered(lambda g: g.valid_from <= day and (not g.expires_on or g.expires_on >= day))

    @api.model
    def _usable_domain(self, day):
        """The same, to be searched."""
        return fields.Domain("valid_from", "<=", day) & self._usable_until(day)

    @api.model
    def _usable_until(self, day):
        """Those whose last day is not before a day, to be searched."""
        return fields.Domain("expires_on", "=", False) | fields.Domain("expires_on", ">=", day)
