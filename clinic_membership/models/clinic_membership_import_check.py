import re

from odoo import api, fields, models

from ..tools import periods


class ClinicMembershipImport(models.Model):
    """What is wrong with a row, in words that say what to do."""

    _inherit = "clinic.membership.import"

    @api.depends(
        *("member", "plan", "start_date", "anchor_date", "next_renewal", "price", "free", "remaining_units", "card"),
        *(
            "currency",
            "currency_id",
            "invoiced_to",
            "status",
            "expires_on",
            "value_left",
            "reference",
            "company_id",
            "membership_id",
        ),
        *("partner_id", "payer_id", "product_id", "payment_token_id", "package_id"),
    )
    def _compute_problem(self):
        """Looked at when the row is written; the button looks again, as today and the other rows count too."""
        for row in self:
            row.problem = "\n".join(filter(None, row._problems())) or False

    def _problems(self):
        """One sentence for each thing that is wrong; empty ones are fine."""
        if self.membership_id or self.package_id:
            return []
        words = [self._check_member(), self._check_payer(), self._check_product(), self._check_card()]
        words.append(self._check_currency())
        if self.product_id:
            words.append(self._units_left()[1])
            is_plan = self.product_id.service_tracking == "membership"
            words += self._check_membership() if is_plan else self._check_package()
        return words

    # === who, what, how it is paid === #

    def _check_member(self):
        if not self.partner_id:
            return self._not_found(self.env._("Member"), self.member, self._people_named(self.member))
        return ""

    def _check_payer(self):
        if self.invoiced_to and not self.payer_id:
            return self._not_found(self.env._("Invoiced To"), self.invoiced_to, self._people_named(self.invoiced_to))
        return ""

    def _check_product(self):
        if not self.product_id:
            return self._not_found(self.env._("Plan or Package"), self.plan, self._products_named(self.plan))
        return ""

    def _check_card(self):
        if self.card and not self.payment_token_id:
            return self._not_found(self.env._("Card Reference"), self.card, self._cards_named(self.card))
        return ""

    def _check_currency(self):
        if not self.currency_id:
            return self.env._(
                "Currency: '%s' is not in use. Correct it, or activate the currency first.", self.currency
            )
        return ""

    def _not_found(self, column, text, matches):
        """Why a text did not become a record."""
        if not text:
            return self.env._("%s: nothing is written. Fill it in.", column)
        if matches:
            return self.env._(
                "%(column)s: '%(text)s' fits %(count)s records. Choose one of them beside it.",
                column=column,
                text=text,
                count=len(matches),
            )
        return self.env._(
            "%(column)s: there is no '%(text)s'. Correct it, or create it first.", column=column, text=text
        )

    # === units === #

    def _included(self):
        """The benefits that the plan or the package has, in their order."""
        product = self.product_id.sudo()
        return product.membership_tier_id.benefit_ids or product.package_benefit_ids

    def _units_left(self):
        """Read "Facial: 1; Massage: 2".

        :return: (units for each of the included benefits, in their order; what is wrong or empty)
        """
        benefits = self._included()
        left = [0] * len(benefits)
        named = set()
        for part in filter(None, map(str.strip, re.split(r"[;\n]", self.remaining_units or ""))):
            name, _colon, units = (text.strip() for text in part.rpartition(":"))
            at = self._benefit_named(benefits, name)
            if at is None:
                return left, self._unknown_service(name or part, benefits)
            if not units.isdigit() or at in named:
                return left, self.env._(
                    "Remaining Units: '%s' cannot be read. Write each service once with a whole number, 0 or more: "
                    "Facial: 1; Massage: 2",
                    part,
                )
            named.add(at)
            left[at] = int(units)
        return left, ""

    def _benefit_named(self, benefits, name):
        """The place of the benefit that a name means, or None."""
        for at, benefit in enumerate(benefits):
            names = (benefit.product_id.name, benefit.product_id.default_code, benefit.categ_id.name)
            if name.lower() in [known.lower() for known in (*names, benefit._scope_name()) if known]:
                return at
        return None

    def _unknown_service(self, name, benefits):
        return self.env._(
            "Remaining Units: '%(name)s' is not included in %(product)s. It has: %(services)s.",
            name=name,
            product=self.product_id.display_name,
            services=", ".join(benefit._scope_name() for benefit in benefits) or self.env._("nothing"),
        )

    # === memberships === #

    def _check_membership(self):
        dates = self._check_dates()
        price = self.price < 0 or (not self.price and not self.free)
        return [
            dates,
            "" if dates else self._check_anchor(),
            self.env._("Agreed Price: write what a billing period costs, or tick Free of Charge.") if price else "",
            self._check_running(),
        ]

    def _check_dates(self):
        today = self.company_id._clinic_today()
        if not self.start_date or not self.next_renewal:
            return self.env._("Start Date and Next Renewal: both are needed.")
        if self.start_date > today:
            return self.env._("Start Date: it has not come yet. Sell a membership that starts later with an order.")
        if self.next_renewal <= self.start_date:
            return self.env._("Next Renewal: it must be after the start date.")
        if self.next_renewal < today:
            return self.env._(
                "Next Renewal: it has passed. Write the first day that is not paid yet, today or later; "
                "what is owed from before stays in the old system."
            )
        if self.next_renewal > fields.Date.add(today, years=5):
            return self.env._("Next Renewal: it is more than five years away. Check the year.")
        return ""

    def _anchor(self):
        """The day from which periods are counted, so that one of them starts with the next renewal."""
        if self.anchor_date:
            return self.anchor_date
        return self.start_date if self._renews_from(self.start_date) else self.next_renewal

    def _renews_from(self, anchor):
        """Whether the next renewal is a period's first day, counted from an anchor."""
        billing = self.product_id.product_tmpl_id._billing()
        return periods.period_at(anchor, billing, self.next_renewal).start == self.next_renewal

    def _check_anchor(self):
        if not self.anchor_date or (self.anchor_date.year > 1900 and self._renews_from(self.anchor_date)):
            return ""
        return self.env._(
            "Billing Anchor: counted from it, no billing period starts with the next renewal. "
            "Correct one of the two, or leave the anchor empty."
        )

    def _check_running(self):
        """One membership of a tier for each patient: in the books already, or in a row above."""
        tier = self.product_id.membership_tier_id
        same = [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]
        memberships = self.env["clinic.membership"].sudo()
        running = memberships.search(
            [*same, ("tier_id", "=", tier.id), ("state", "in", ("pending", *memberships._RUNNING))], limit=1
        )
        if self.partner_id and running:
            return self.env._(
                "%(member)s has %(membership)s running. Delete this row, or cancel that membership first.",
                member=self.partner_id.display_name,
                membership=running.display_name,
            )
        return self._check_row_above([*same, ("product_id.membership_tier_id", "=", tier.id)])

    def _check_row_above(self, same):
        """The second of two rows that say the same is a mistake until somebody says otherwise."""
        above = [*same, ("id", "<", self._origin.id)] if self._origin.id else same
        if not self.partner_id or not self.search_count(above, limit=1):
            return ""
        if self.product_id.service_tracking == "membership":
            return self.env._(
                "Another row has this membership for %s. Delete one of them.", self.partner_id.display_name
            )
        return self.env._(
            "Another row has this package for %s. Delete one of them, or write their old numbers if both are real.",
            self.partner_id.display_name,
        )

    # === packages === #

    def _package_end(self):
        """The last day of use: as written, else by the validity of the product; None is for ever."""
        validity = self.product_id.product_tmpl_id._validity()
        return self.expires_on or periods.last_day(self.start_date, validity)

    def _check_package(self):
        same = [
            *(("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)),
            *(("product_id", "=", self.product_id.id), ("reference", "=", self.reference)),
            ("start_date", "=", self.start_date),
        ]
        units, unreadable = self._units_left()
        value = self.value_left < 0 or (not self.value_left and not self.free)
        none = not unreadable and not any(units)
        return [
            self._check_validity(),
            self.env._("Remaining Units: nothing is left of this package. Delete the row.") if none else "",
            self.env._("Value Left: write what the units left are worth, or tick Free of Charge.") if value else "",
            self._check_row_above(same),
        ]

    def _check_validity(self):
        today = self.company_id._clinic_today()
        if not self.start_date or self.start_date > today:
            return self.env._("Start Date: write the day the package was bought, today or earlier.")
        end = self._package_end()
        if end and end < self.start_date:
            return self.env._("Expiration Date: it is before the start date.")
        if end and end < today:
            return self.env._("Expiration Date: this package has expired. Delete the row, or write a later day.")
        return ""
