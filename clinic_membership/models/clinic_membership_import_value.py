from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import deferral, money
from ..tools.deferral import DEFERRED


class ClinicMembershipImport(models.Model):
    """What a row is worth in the books, and taking a row back."""

    _inherit = "clinic.membership.import"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    opening_value = fields.Monetary(
        string="Opening Balance",
        currency_field="company_currency_id",
        compute="_compute_opening_value",
        help="What goes from the account of opening balances into prepaid services or deferred memberships: the value "
        "of the units left, or of the days of a quarter or year that are paid, from the go-live day on, without tax.",
    )

    @api.depends("product_id", "value_left", "price", "paid", "start_date", "anchor_date", "next_renewal", "state")
    def _compute_opening_value(self):
        for row in self:
            if row.state == "done":
                row.opening_value = row.sudo()._brought()
            else:
                row.opening_value = 0.0 if row.state == "problem" else row.sudo()._opening_value()

    def _brought(self):
        """What was booked."""
        if package := self.package_id:
            return package.balance_paid if package.deferred else 0.0
        opening = [("membership_id", "=", self.membership_id.id), ("is_opening", "=", True)]
        return self.env["clinic.deferral"].search(opening).amount

    def _opening_day(self):
        """The day of the opening balance of what is imported now."""
        return self.company_id._clinic_opening_day(self.company_id._clinic_today())

    def _opening_value(self):
        company, product = self.company_id, self.product_id
        if product.service_tracking == "package" and company._clinic_brings_packages():
            value = self.value_left
        elif product.billing_interval in DEFERRED and company._clinic_brings_memberships():
            value = self._unearned_value()
        else:
            return 0.0
        return self.currency_id._convert(value, company.currency_id, company, self._opening_day())

    def _unearned_value(self):
        """Of what was paid elsewhere for the running period: the part of its days from the opening day on."""
        values, day = self._prepare_opening_period(), self._opening_day()
        first, last = values["date_start"], values["date_end"]
        paid = self._net_of(values["amount"])
        yesterday = fields.Date.subtract(day, days=1)
        return paid - deferral.earned(paid, first, last, yesterday, self.currency_id.rounding)

    def _net_of(self, amount):
        """A price without the taxes that it includes."""
        payer = self.payer_id or self.partner_id
        taxes = self.product_id.taxes_id._filter_taxes_by_company(self.company_id)
        taxes = self.env["account.fiscal.position"]._get_fiscal_position(payer).map_tax(taxes)
        totals = taxes.compute_all(amount, currency=self.currency_id, product=self.product_id, partner=payer)
        return totals["total_excluded"]

    # === into the books === #

    def _prepare_package(self):
        """Its value in the books is that of the opening day."""
        company = self.company_id
        balance = self.currency_id._convert(self.value_left, company.currency_id, company, self._opening_day())
        return {**super()._prepare_package(), "balance_paid": balance, "deferred": company._clinic_brings_packages()}

    def _prepare_package_grants(self, package):
        """The balance is spread over the units as their value is."""
        grants = super()._prepare_package_grants(package)
        rounding = package.company_currency_id.rounding
        cents = money.to_cents(package.balance_paid, rounding)
        shares = money.spread(cents, [values["value"] for values in grants]) if grants else []
        return [
            {**values, "balance": money.to_amount(share, rounding), "deferred": package.deferred}
            for values, share in zip(grants, shares, strict=True)
        ]

    def _post_openings(self):
        """Post what these rows brought: for a company one journal entry of units, and one of memberships."""
        self.package_id.grant_ids.entry_ids._recognize()
        for company, rows in self.filtered("membership_id").grouped("company_id").items():
            amounts = {row.membership_id: row._opening_value() for row in rows}
            self.env["clinic.deferral"].with_company(company)._bring(company, company._clinic_today(), amounts)

    # === taken back === #

    def action_undo(self):
        """Take back what these rows created, as long as nothing has happened with it; then they can be corrected."""
        self.check_access("write")
        for row in self.filtered(lambda row: row.state == "done"):
            row.sudo().with_company(row.company_id)._undo()

    def _undo(self):
        holder = self.membership_id or self.package_id
        self._check_undo(holder)
        today, note = self.company_id._clinic_today(), self.env._("Import taken back")
        holder.grant_ids.entry_ids.filtered(lambda entry: entry.kind == "opening")._reverse(today, note)._recognize()
        if self.membership_id:
            holder._undo_import(note)
        else:
            holder.cancelled = True
        self.write({"membership_id": False, "package_id": False})

    def _check_undo(self, holder):
        """Refuse what has a history here, saying what to do instead."""
        touched = any(grant.remaining != grant.granted for grant in holder.grant_ids)
        if self.membership_id:
            periods = holder.period_ids
            touched = touched or not all(periods.mapped("is_opening")) or periods.adjustment_ids
            touched = touched or holder.state in ("cancelled", "ended")
        if touched:
            raise UserError(
                self.env._(
                    "%s has been used, billed or changed since its import. Undo that first, or cancel it instead.",
                    holder.display_name,
                )
            )


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def _undo_import(self, note):
        """It was a mistake: nothing is charged, and what it brought into the books goes back."""
        today = self.company_id._clinic_today()
        dates = {"cancelled_on": today, "no_charge_from": today, "benefits_until": today}
        self.write({**dates, "state": "cancelled", "cancel_note": note, "pause_from": False, "pause_until": False})
        self._log("undo_import", note)
        self.env["clinic.deferral"].search([("membership_id", "=", self.id)])._take_back()
