"""The units of a random life: all accounted for, and nobody has more at a time than a plan gives."""

from odoo.fields import Domain


class LifeUnits:
    """The ledger adds up; the running month or period has the units of one plan, once for each who has their own."""

    def _units_begin(self):
        self.allowed = {}  # {service: [(from when, how many for each or for all, for how many)]}
        self._allow(self.facial, self.plan.membership_tier_id.benefit_ids.quantity)

    def _allow(self, service, units):
        tier = self.plan.membership_tier_id
        people = tier.family_size if tier.sharing == "individual" else 1
        self.allowed.setdefault(service, []).append((self.day, units, people))

    def _check_units(self):
        grants = self.membership.grant_ids
        self._check_entries(grants)
        for service, lots in grants.grouped("product_id").items():
            direct = lots.filtered(lambda grant: not grant.source_grant_id)._usable_on(self.day)
            self._check_window(service, direct)
        self._check_carried(grants.filtered(lambda grant: grant.source_grant_id and grant.remaining))
        if self.membership.state in ("cancelled", "ended"):
            self.assertFalse(grants.filtered("remaining"), "nothing is left after the end")

    def _check_entries(self, grants):
        """What was granted is used, or gone, or left."""
        columns = ["quantity:sum", "granted:sum", "used:sum"]
        gone = Domain("used", "=", 0) & Domain("granted", "=", 0) & Domain("grant_id", "in", grants.ids)
        entries = self.env["clinic.grant.entry"]
        sums = {row[0]: row[1:] for row in entries._read_group([("grant_id", "in", grants.ids)], ["grant_id"], columns)}
        ended = dict(entries._read_group(gone, ["grant_id"], ["quantity:sum"]))
        for grant in grants:
            left, granted, used = sums[grant]
            self.assertEqual((grant.remaining, grant.granted, grant.used), (left, granted, used))
            self.assertEqual(granted, used - ended.get(grant, 0) + left, "every unit is accounted for")

    def _check_window(self, service, lots):
        """Used and left of what runs today: never more than the largest number agreed since it began."""
        if not lots:
            return
        begun = min(lots.mapped("valid_from"))
        agreed = self.allowed.get(service, [])
        agreed = [row for row in agreed if row[0] <= begun][-1:] + [row for row in agreed if row[0] > begun]
        if self.plan.membership_tier_id.sharing == "pool":
            units = sum(lots.mapped("used")) + sum(lots.mapped("remaining"))
            self.assertLessEqual(units, max(units * people for _day, units, people in agreed), service.name)
            return
        most = max(units for _day, units, _people in agreed)
        for person, own in lots.grouped("partner_id").items():
            used = sum(e.used for e in lots.entry_ids if e.redemption_id.partner_id == person)
            self.assertLessEqual(sum(own.mapped("remaining")), max(most - used, 0), f"{service.name}, {person.name}")

    def _check_carried(self, carried):
        cap = max(tier.rollover_cap for tier in self.plans.membership_tier_id)
        for grants in carried.grouped(lambda grant: (grant.partner_id, grant.product_id)).values():
            self.assertLessEqual(sum(grants.mapped("remaining")), cap, "never more than the cap")
