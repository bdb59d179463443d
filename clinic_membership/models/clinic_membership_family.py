from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicMembership(models.Model):
    """Who is under the plan: people join and leave, with their units. For staff, and for the holder's portal.

    Nothing here checks who asks: call it with ``sudo()`` after a check of its own.
    """

    _inherit = "clinic.membership"

    # stored, so that two people who are added at once write the same row: the second is tried again and sees it full
    family_count = fields.Integer(
        string="People",
        compute="_compute_family_count",
        store=True,
        help="The holder, and everybody who has joined or will join.",
    )
    holder_usage = fields.Char(string="Used by the Holder", compute="_compute_holder_usage")

    @api.depends("member_ids.date_to")
    def _compute_family_count(self):
        for membership in self:
            membership.family_count = 1 + len(membership.member_ids.filtered(lambda member: not member.date_to))

    @api.depends("grant_ids.used", "partner_id")
    def _compute_holder_usage(self):
        for membership in self:
            membership.holder_usage = membership._usage_in_words().get(membership.partner_id)

    def action_family_add(self):
        """Open the wizard that puts somebody under the plan."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_family_add_action")
        return {**action, "context": {"default_membership_id": self.id}}

    # === joining === #

    def _family_add(self, person, relation="other", cap=0, day=None):
        """Put somebody under the plan.

        With individual allotments they get the units of the running windows at once, each window once: what they had
        of it before, used or not, counts. Somebody whose last day has not passed simply stays.

        :param person: a partner
        :param cap: the personal limit in a pool, 0 for none
        :param day: the first day, today or later; default today
        :return: the ``clinic.membership.member``
        :raises UserError: the plan is full, not running, for one person, or has this person already
        """
        self.ensure_one()
        today = self.company_id._clinic_today()
        day = day or today
        self._check_family_add(person, day, today)
        values = {"relation": relation, "personal_cap": cap, "date_to": False}
        member = self._members_from(day).filtered(lambda row: row.partner_id == person)
        if member:
            member.write(values)
        else:
            self.member_ids.flush_recordset(["date_to"])  # a leaving of the same transaction, before the unique key
            values.update(membership_id=self.id, partner_id=person.id, date_from=day)
            member = self.env["clinic.membership.member"].create(values)
            member._give_units()
        words = self.env._("%(person)s joined, from %(day)s", person=person.display_name, day=self._day_in_words(day))
        self._log("family", words)
        return member

    def _members_from(self, day):
        """Those who are under the plan on a day or join it later."""
        return self.member_ids.filtered(lambda member: not member.date_to or member.date_to >= day)

    def _check_family_add(self, person, day, today):
        self._check_family_open()
        if person == self.partner_id:
            raise UserError(
                self.env._("%s holds this plan and is covered already. Choose somebody else.", person.display_name)
            )
        members = self._members_from(day)
        if members.filtered(lambda member: member.partner_id == person and not member.date_to):
            raise UserError(self.env._("%s is in this plan already.", person.display_name))
        if day < today:
            raise UserError(self.env._("A person joins today or later. Choose another first day."))
        self._check_place(members.partner_id - person - self.partner_id)

    def _check_place(self, others):
        """Refuse a full plan, saying who could leave.

        :param others: the partners who are under it beside the holder
        """
        plan = self.next_plan_id.membership_tier_id.sudo()
        if plan and 1 + len(others) >= plan.family_size:
            raise UserError(
                self.env._(
                    "With the next renewal this plan becomes %(plan)s, which covers %(size)s people, the holder "
                    "included. Take the scheduled change back first.",
                    plan=plan.name,
                    size=plan.family_size,
                )
            )
        if 1 + len(others) >= self.family_size:
            raise UserError(
                self.env._(
                    "%(plan)s covers %(size)s people, the holder included, and all places are taken. "
                    "Remove somebody first (%(names)s), or choose a larger plan.",
                    plan=self.display_name,
                    size=self.family_size,
                    names=", ".join(others.mapped("display_name")),
                )
            )

    def _check_family_open(self):
        """Refuse a plan that takes nobody, saying why."""
        if self.family_size == 1:
            raise UserError(
                self.env._("%s covers one person. Change to a family plan to add somebody.", self.display_name)
            )
        if self.state == "paused":
            raise UserError(self.env._("%s is paused. Resume it first, then add people.", self.display_name))
        if self.state in ("cancelled", "ended"):
            raise UserError(self.env._("%s has ended. Nobody can join it.", self.display_name))

    # === leaving === #

    def _family_remove(self, member, day=None):
        """Let somebody leave the plan.

        They keep no units: what is left of their own ends in the ledger the day after; a pool stays with the others.
        What they used stays in the history.

        :param member: a ``clinic.membership.member`` of this plan
        :param day: the last day under the plan, today or later; default today
        :return: what happened, in words
        :raises UserError: not in this plan, has left already, or a day that has passed
        """
        self.ensure_one()
        member.ensure_one()
        day = day or self.company_id._clinic_today()
        self._check_family_remove(member, day)
        words = member._leaving_in_words(day)
        if member.date_from > day:  # has never been under it
            member._own_grants()._expire_now()
            member.unlink()
        else:
            member._leave(day)
        self._log("family", words)
        return words

    def _check_family_remove(self, member, day):
        """Refuse who is not there, has left already, or a day that has passed."""
        if member.membership_id != self:
            raise UserError(self.env._("%s is not in this plan.", member.display_name))
        if member.date_to and member.date_to <= day:
            raise UserError(
                self.env._(
                    "%(person)s leaves this plan on %(day)s already.",
                    person=member.display_name,
                    day=self._day_in_words(member.date_to),
                )
            )
        if day < self.company_id._clinic_today():
            raise UserError(self.env._("The last day under the plan is today or later. Choose another day."))

    # === usage === #

    def _family_usage(self, day=None):
        """Who used what of the months or periods that run on a day.

        :param day: default today
        :return: a list of dicts, the holder first: ``person`` (partner), ``service`` (str), ``used`` and ``of``
            (units; of the whole pool, or of their own), ``cap`` (personal limit over all services, 0 for none)
        """
        self.ensure_one()
        day = day or self.company_id._clinic_today()
        grants = self.grant_ids.filtered(lambda grant: grant.kind == "allowance")._usable_on(day)
        caps = {member.partner_id: member.personal_cap for member in self.member_ids._current_on(day)}
        by_service = grants.grouped(lambda grant: (grant.product_id, grant.categ_id)).values()
        people = self._people_on(day) | grants.entry_ids.filtered("used").redemption_id.partner_id
        return [
            {**usage, "cap": caps.get(person, 0)}
            for person in people
            for lots in by_service
            if (usage := lots._usage_of(person, pooled=self.sharing == "pool"))
        ]

    def _usage_in_words(self):
        """What each person used in the running months or periods, for the Family tab.

        :return: {partner: "1 of 2 Facial"}; of a pool only what was used, "1 Facial"
        """
        result = {}
        own = self.sharing == "individual"
        for row in self._family_usage():
            if own:
                words = self.env._(
                    "%(used)s of %(of)s %(service)s", used=row["used"], of=row["of"], service=row["service"]
                )
            else:
                words = row["used"] and self.env._("%(used)s %(service)s", used=row["used"], service=row["service"])
            result.setdefault(row["person"], []).append(words)
        return {person: ", ".join(filter(None, words)) for person, words in result.items()}

    def _day_in_words(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})


class ClinicMembershipMember(models.Model):
    """What staff can press beside a person."""

    _inherit = "clinic.membership.member"

    is_here = fields.Boolean(compute="_compute_is_here", help="Under the plan today, or from a later day.")

    @api.depends("date_to")
    def _compute_is_here(self):
        for member in self:
            member.is_here = not member.date_to or member.date_to >= member.company_id._clinic_today()

    def action_remove(self):
        """Open the wizard that previews and confirms how this person leaves."""
        self._check_may_change()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_family_remove_action")
        return {**action, "context": {"default_membership_id": self.membership_id.id, "default_member_id": self.id}}

    def action_own_membership(self):
        """Sell this person a membership of their own, for which they leave the plan."""
        self._check_may_change()
        action = self.partner_id.action_clinic_add_membership()
        defaults = {"default_leaves_member_id": self.id, "default_company_id": self.company_id.id}
        return {**action, "name": self.env._("Own Membership"), "context": {**action["context"], **defaults}}

    def action_make_holder(self):
        """Open the wizard that gives the plan to this person."""
        self._check_may_change()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_make_holder_action")
        return {**action, "context": {"default_membership_id": self.membership_id.id, "default_member_id": self.id}}

    def _check_may_change(self):
        self.check_access("write")
        self.membership_id.check_access("write")
