from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import money, periods, valuation


class ClinicMembershipImport(models.Model):
    """What a good row becomes: a running contract whose paid time is known, and no invoice."""

    _inherit = "clinic.membership.import"

    def action_create_memberships(self):
        """Check every row, then create what the good ones say. Rows that are done are left alone.

        Without a selection, all rows that are left.
        """
        self.check_access("write")
        rows = self or self.search([("company_id", "in", self.env.companies.ids)])
        rows = rows.filtered(lambda row: row.state != "done")
        rows.sudo()._compute_problem()
        good = rows.filtered(lambda row: not row.problem)
        for row in good:
            row.sudo().with_company(row.company_id)._create_safely()
        good.filtered(lambda row: row.state == "done").sudo()._post_openings()
        return rows._tell_result()

    def _create_safely(self):
        """All of a row or nothing of it: what refuses is noted, the other rows go on."""
        try:
            with self.env.cr.savepoint():
                if self.product_id.service_tracking == "membership":
                    self._create_membership()
                else:
                    self._create_package()
        except UserError as error:
            self.problem = str(error)

    def _tell_result(self):
        created = len(self.filtered(lambda row: row.state == "done"))
        bad = len(self) - created
        words = self.env._("%(created)s created, %(bad)s to correct.", created=created, bad=bad)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if bad else "success",
                "message": words if self else self.env._("There is nothing to create."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _post_openings(self):
        """Hook: what was created is worth something in the books."""

    # === a membership === #

    def _create_membership(self):
        """The contract, the period that is paid, and what is left of its units; it renews with the next renewal."""
        membership = self.env["clinic.membership"].create(self._prepare_membership())
        day, left = self._running_day(), self._units_left()[0]
        values = {**self._prepare_opening_period(), "membership_id": membership.id}
        period = self.env["clinic.membership.period"].create(values)
        period.used_before = period._used_in_old_system(day, left)
        self.env["clinic.grant"]._issue(period._prepare_opening_grants(day, left), kind="opening")
        membership._log("import", self.reference or "")
        self.membership_id = membership

    def _prepare_membership(self):
        """The contract with the tier's terms of today and the agreed price."""
        product, payer = self.product_id, self.payer_id or self.partner_id
        tier = product.membership_tier_id
        fiscal_position = self.env["account.fiscal.position"]._get_fiscal_position(payer)
        line = {"is_plan": True, "product_id": product.id, "name": product.display_name, "price_unit": self.price}
        return {
            **tier._terms_values(self.currency_id),
            "partner_id": self.partner_id.id,
            "payer_id": payer.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": fiscal_position.id,
            "tier_id": tier.id,
            "plan_id": product.id,
            "state": "active",
            "ready": True,
            "billing_interval": product.billing_interval,
            "start_date": self.start_date,
            "anchor_date": self._anchor(),
            "next_renewal": self.next_renewal,
            "payment_token_id": self.payment_token_id.id,
            "benefit_ids": [Command.create(values) for values in self._included()._copy_values()],
            "line_ids": [Command.create(line)],
            **self._cancelled_values(),
        }

    def _cancelled_values(self):
        if self.status != "cancelled":
            return {}
        return {
            "cancelled_on": self.company_id._clinic_today(),
            "no_charge_from": self.next_renewal,
            "benefits_until": fields.Date.subtract(self.next_renewal, days=1),
        }

    def _running_day(self):
        """A day of the running period: today, or its last one."""
        return min(self.company_id._clinic_today(), fields.Date.subtract(self.next_renewal, days=1))

    def _prepare_opening_period(self):
        """From the renewal before to the next one, at the agreed price if it is paid: it is never billed here."""
        anchor, billing = self._anchor(), self.product_id.product_tmpl_id._billing()
        renewed = periods.period_at(anchor, billing, self._running_day()).start
        span = periods.Period(renewed, self.next_renewal)
        intervals = len(list(periods.starting_within(anchor, billing, span)))
        return {
            "date_start": max(renewed, self.start_date),
            "date_end": span.last_day,
            "is_opening": True,
            "intervals": intervals,
            "amount": 0.0 if self.paid == "no" else self.price * intervals,
        }

    # === a package === #

    def _create_package(self):
        """The package with what is left in it; more than the value left was never paid here, so never refunded."""
        package = self.env["clinic.package"].create(self._prepare_package())
        self.env["clinic.grant"]._issue(self._prepare_package_grants(package), kind="opening")
        self.package_id = package

    def _prepare_package(self):
        product = self.product_id
        return {
            "partner_id": self.partner_id.id,
            "product_id": product.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            **product.product_tmpl_id._package_terms_values(self.company_id, self.currency_id),
            "validity_start": "purchase",  # its last day is known
            "purchase_date": self.start_date,
            "expires_on": self._package_end(),
            "price_paid": self.value_left,
            "benefit_ids": [Command.create(values) for values in self._included()._copy_values()],
        }

    def _prepare_package_grants(self, package):
        """What is left of each service, the value left spread over it by stand-alone value."""
        rounding = package.currency_id.rounding
        left = [(b, units) for b, units in zip(package.benefit_ids, self._units_left()[0], strict=True) if units]
        contents = [valuation.Content(units, benefit.unit_value) for benefit, units in left]
        shares = valuation.spread_price(money.to_cents(self.value_left, rounding), contents)
        return [
            {
                **benefit._grant_values(),
                "quantity": units,
                "kind": "package",
                "partner_id": self.partner_id.id,
                "package_id": package.id,
                "valid_from": self.company_id._clinic_today(),
                "expires_on": package.expires_on,
                "value": money.to_amount(share, rounding),
            }
            for (benefit, units), share in zip(left, shares, strict=True)
        ]
