from odoo import models

from ..tools import periods
from .clinic_membership_policy import POLICIES


class ClinicTerms(models.AbstractModel):
    """The terms in words, for whoever has to agree to them."""

    _inherit = "clinic.terms"

    def _terms_in_words(self):
        """What is promised, the same words for a tier and for a contract.

        :return: a list of (heading, text); the text is plain, with line breaks
        """
        self.ensure_one()
        return [
            (self.env._("Auto-renew"), self._auto_renew_in_words()),
            (self.env._("Notice"), self._notice_in_words()),
            (self.env._("Cancellation"), self._cancel_policy_in_words()),
            (self.env._("Cancellation fee"), self._cancel_fee_in_words()),
            (self.env._("Unused benefits"), self._rollover_in_words()),
            (self.env._("People covered"), self._people_in_words()),
            (self.env._("Member prices"), self._member_price_in_words()),
            (self.env._("Perks"), self._perks_in_words()),
            (self.env._("Pause"), self._pause_in_words()),
            (self.env._("If a payment fails"), self._unpaid_in_words()),
        ]

    def _auto_renew_in_words(self):
        if self.auto_renew:
            return self.env._("Yes, at the end of each period until it is cancelled.")
        return self.env._("No. It ends with its first full period.")

    def _notice_in_words(self):
        if not self.notice_days:
            return self.env._("None: charges stop with the next renewal after cancelling.")
        return self.env._(
            "%s days: charges stop with the first renewal that is at least this many days after cancelling.",
            self.notice_days,
        )

    def _cancel_policy_in_words(self):
        if self.cancel_policy == "immediate":
            return self.env._("Benefits end on the day of cancelling.")
        return self.env._("Benefits last until charges stop: to the end of the period that is paid.")

    def _cancel_fee_in_words(self):
        if not self.cancel_fee:
            return ""
        return self.env._(
            "%s before tax, charged when you cancel; not in a trial.", self.currency_id.format(self.cancel_fee)
        )

    def _rollover_in_words(self):
        if not self.rollover_percent:
            return self.env._("Units that are not used expire at the end of their month or period.")
        words = [self.env._("%s %% of the unused units are carried over.", f"{self.rollover_percent:g}")]
        if self.rollover_cap:
            words.append(self.env._("At most %s units of each benefit are carried in total.", self.rollover_cap))
        if self.rollover_months:
            words.append(self.env._("Carried units expire after %s months.", self.rollover_months))
        return " ".join(words)

    def _people_in_words(self):
        if self.family_size == 1:
            return self.env._("The member.")
        if self.sharing == "individual":
            return self.env._("Up to %s, the member included. Each of them has these units.", self.family_size)
        return self.env._("Up to %s, the member included. They share the units.", self.family_size)

    def _member_price_in_words(self):
        pricelist = self.sudo().pricelist_id
        if percent := pricelist._simple_percent():
            return self.env._("%s %% off other services and products.", f"{percent:g}")
        return pricelist and self.env._("By the list '%s'.", pricelist.name) or ""

    def _perks_in_words(self):
        names = [name for name in ("priority_booking", "vip_service") if self[name]]
        perks = [self._fields[name]._description_string(self.env) for name in names]
        return "\n".join([*perks, *filter(None, [self.perks])])

    def _pause_in_words(self):
        """The clinic's policy, which a contract keeps as it was sold."""
        low, high, times = (self._policy(name) for name in ("pause_min_months", "pause_max_months", "pauses_per_year"))
        if not times:
            return self.env._("Not possible.")
        return self.env._(
            "%(low)s to %(high)s months at a time, at most %(times)s times in 12 months. "
            "Nothing is charged meanwhile, and unused units are kept.",
            low=low,
            high=high,
            times=times,
        )

    def _unpaid_in_words(self):
        words = [self.env._("Benefits go on for %s days, then they rest until it is paid.", self._policy("grace_days"))]
        if self._policy("dunning_end") == "cancel":
            words.append(self.env._("After the last attempt to collect it the membership is cancelled."))
        return " ".join(words)

    def _policy(self, name):
        """A policy of the clinic, as it is today; see ``POLICIES``."""
        return self.company_id.sudo()[POLICIES[name]]


class ClinicMembership(models.Model):
    """The whole contract in words: what the patient reads before signing, and what is printed."""

    _inherit = "clinic.membership"

    _CHANGES = ("upgrade", "downgrade", "change", "add_on", "price", "holder")

    def _agreement_in_words(self):
        """Everything that is agreed, from a contract or from one that an order would create.

        :return: a list of (heading, text), those without a text left out
        """
        self.ensure_one()
        first = periods.first_period(self.start_date, self._billing(), self._trial())
        words = [
            (self.env._("Membership"), self.tier_id.name),
            (self.env._("Included"), self._benefits_in_words(self.benefit_ids)),
            (self.env._("Price"), self._price_in_words()),
            (self.env._("Tax"), self._tax_in_words()),
            (self.env._("Trial"), self._trial_in_words(first)),
            (self.env._("In the trial"), self._benefits_in_words(self.trial_benefit_ids)),
            (self.env._("First day"), self._start_in_words()),
            (self.env._("Renewal date"), self._day(self.next_renewal or first.end)),
            *self._terms_in_words(),
        ]
        return [(heading, text) for heading, text in words if text]

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    def _interval_in_words(self):
        intervals = {
            "weekly": self.env._("week"),
            "monthly": self.env._("month"),
            "quarterly": self.env._("quarter"),
            "annual": self.env._("year"),
        }
        return intervals[self.billing_interval]

    def _benefits_in_words(self, benefits):
        month, period = self.env._("month"), self._interval_in_words()
        return "\n".join(
            self.env._(
                "%(units)s each %(interval)s",
                units=benefit.display_name,
                interval=month if benefit.per == "month" else period,
            )
            for benefit in benefits
        )

    def _price_in_words(self):
        """The price of a period, and what it is made of where there are add-ons."""
        price, interval = self.currency_id.format(self.price), self._interval_in_words()
        words = [self.env._("%(price)s each %(interval)s, in advance", price=price, interval=interval)]
        if len(self.line_ids) > 1:
            words += [f"{line.name}: {self.currency_id.format(line.price_subtotal)}" for line in self.line_ids]
        return "\n".join(words)

    def _tax_in_words(self):
        totals = [line._tax_totals() for line in self.line_ids]
        with_tax = sum(total["total_included"] for total in totals)
        if self.currency_id.is_zero(with_tax - sum(total["total_excluded"] for total in totals)):
            return self.env._("None at present.")
        return self.env._("%s with tax, at the rates of today.", self.currency_id.format(with_tax))

    def _trial_in_words(self, first):
        """The trial, if there is one.

        :param first: the period the contract begins with
        """
        if not self.trial_length:
            return ""
        return self.env._(
            "Until %(day)s for %(price)s, tax included. It then becomes the full membership by itself; "
            "cancelled before, nothing more is charged.",
            day=self._day(first.last_day),
            price=self.currency_id.format(self.sudo().sale_line_id.price_total),
        )

    def _start_in_words(self):
        day = self._day(self.start_date)
        return day if self.ready else self.env._("%s, or the day it is paid if that is later", day)

    # === what the print shows beside the terms === #

    def _signed_order(self):
        """The order that the patient signed, read for whoever may read the contract."""
        return self.sudo().sale_order_id.filtered("signature")

    def _changes_since_signed(self):
        """What was agreed after the signature: those terms were not signed with the order."""
        return self.sudo().log_ids.filtered(lambda event: event.event in self._CHANGES).sorted("id")
