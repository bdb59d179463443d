from datetime import date

from odoo import models


class ClinicGrant(models.Model):
    """A visit of a day before a change of plan that is typed in after it.

    The units that the old plan had on that day pay for it. It counts as used before the change, so what the plan
    after it gave becomes less by as much: nobody draws both tiers' allowances in one period.
    """

    _inherit = "clinic.grant"

    def _given_by_changes(self, product, day):
        """The allowances that came in the place of these by changes of plan after a day.

        :param product: the service of the visit
        :return: a list of (day of the change, its grants), the earliest first
        """
        family, until = self.membership_id.grant_ids.filtered(lambda g: g.kind == "allowance"), self.expires_on
        days = {entry.date for entry in family._changed_entries() if entry.date > day}
        if not days:
            return []
        fitting = family.filtered(lambda g: g.partner_id == self.partner_id and g._is_for(product)) - self
        given = {c: fitting.filtered(lambda g, c=c: g._given_on() == c) for c in days if not until or c <= until}
        return [(changed, grants) for changed, grants in sorted(given.items()) if grants]

    def _given_on(self):
        """The day on which these units came; a pause moves their first day of use, not this one."""
        self.ensure_one()
        return self.entry_ids.filtered(lambda entry: entry.kind == "grant")[:1].date

    def _is_for(self, product):
        """Whether these units can pay for a service at all."""
        scope, categories = self.categ_id, self.env["clinic.membership.period"]._categories(product)
        return self.product_id == product if self.product_id else scope in categories

    def _room_after_changes(self, product, day, units, offered):
        """How many of these units can still be taken: what was drawn of the plans after it stays drawn.

        :param units: at most
        :param offered: {grants of a later plan: units that other lots may take for theirs}; updated
        """
        changes = self._given_by_changes(product, day) if units else ()
        for changed, grants in changes:
            given = sum(grants.mapped("granted")) + sum(grants._lessened(changed).mapped("quantity"))
            left = sum(grants.mapped("remaining")) - sum(grants._ended_since(changed).mapped("quantity"))
            units = min(units, max(left - offered.get(grants, 0), 0)) if left < given else units
        for _changed, grants in changes:
            offered[grants] = offered.get(grants, 0) + units
        return units

    def _lessened(self, changed):
        """The entries by which late visits made the units that a change gave less."""
        return self._changed_entries().filtered(lambda entry: entry.date == changed)

    def _less_after_changes(self, given, day, units):
        """What was used before a change is not given by it.

        :param given: as :meth:`_given_by_changes` answered before the visit
        """
        for changed, grants in given:
            ended = grants._ended_since(changed)
            grants._come_back(ended, day)
            self.env["clinic.grant.entry"].create(grants._prepare_less(changed, units))
            grants._end_again(ended)

    def _prepare_less(self, changed, units):
        """The entries that take units of a late visit, of the grants that end first to begin with."""
        entries = []
        for grant in self.sorted(lambda g: (g.expires_on or date.max, g.id)):
            less = min(units, grant.remaining)
            units -= less
            if less:
                entries.append(grant._prepare_entry("change", -less, -grant._value_of(less), changed))
        return entries
