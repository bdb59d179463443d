from odoo import fields, models
from odoo.exceptions import UserError


class ClinicMembership(models.Model):
    """A dependent becomes a holder: of a membership of their own, or of the plan that covers them."""

    _inherit = "clinic.membership"

    leaves_member_id = fields.Many2one(
        "clinic.membership.member",
        string="Leaves Family Plan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The place in a family plan that ends when this membership starts.",
    )

    # === a membership of their own === #

    def _find_previous(self):
        """The family plan that the patient leaves for this membership comes before any older one."""
        return self.leaves_member_id.membership_id or super()._find_previous()

    def _leave_family_plans(self):
        """These have started: who holds them leaves the family plan the day before."""
        for membership in self.filtered("leaves_member_id"):
            member, plan = membership.leaves_member_id, membership.leaves_member_id.membership_id
            last_day = fields.Date.subtract(membership.start_date, days=1)
            membership._log("family", self.env._("Was covered by %s", plan.display_name))
            if member.date_to and member.date_to <= last_day:
                continue
            member._leave(last_day)
            words = self.env._(
                "%(person)s left for a membership of their own, %(name)s",
                person=member.display_name,
                name=membership.name,
            )
            plan._log("family", words)

    # === the plan itself === #

    def _check_new_holder(self, member):
        """Refuse who cannot take the plan over, saying why."""
        self.ensure_one()
        if self.state not in self._RUNNING:
            raise UserError(self.env._("%s is not running: there is nothing to take over.", self.display_name))
        if member not in self.member_ids._current_on(self.company_id._clinic_today()):
            raise UserError(
                self.env._(
                    "%s is not under this plan today. The new holder is somebody whom it covers.", member.display_name
                )
            )

    def _card_of(self, holder, payer):
        """The stored card, if it may be charged when these two are holder and payer; else none."""
        token = self.sudo().payment_token_id
        owners = (holder | payer).commercial_partner_id
        return token.filtered(lambda card: card.partner_id.commercial_partner_id in owners)

    def _make_holder(self, member, payer, stays=True):
        """Give the contract to somebody it covers; periods, price and renewals go on.

        A pool goes along with its units, individual allotments stay with their people. The stored card is kept only
        where it is still a card of the holder or of who pays.

        :param member: a ``clinic.membership.member`` who is under the plan today
        :param payer: who is invoiced from now on, an adult
        :param stays: whether the old holder stays under the plan
        :raises UserError: not running, or not under the plan
        """
        self._check_new_holder(member)
        today, old, new = self.company_id._clinic_today(), self.partner_id, member.partner_id
        pool = self._pool_grants(today)
        card = self._card_of(new, payer)
        # the place ends with yesterday; who joined today has it for today, and is counted once
        member.write(
            {
                "date_to": max(fields.Date.subtract(today, days=1), member.date_from),
                "units_ended": True,  # they stay covered, as the holder
            }
        )
        self.write({"partner_id": new.id, "payer_id": payer.id, "payment_token_id": card.id})
        pool.partner_id = new
        self._old_holder(old, member.relation, today, stays)
        words = f"{old.display_name} → {new.display_name}"
        self._log("holder", words)
        self.message_post(body=self.env._("The plan has a new holder: %s", words))

    def _pool_grants(self, day):
        """The shared units: what is left, and what of the running windows may come back by an undo."""
        if self.sharing != "pool":
            return self.grant_ids.browse()
        return self.grant_ids.filtered(
            lambda grant: (
                grant.kind == "allowance" and (grant.remaining or not grant.expires_on or grant.expires_on >= day)
            )
        )

    def _old_holder(self, old, relation, today, stays):
        """Stays as a family member, or leaves; then what is left of their own units ends."""
        if stays:
            mirrored = {"child": "parent", "parent": "child"}.get(relation, relation)
            self.env["clinic.membership.member"].create(
                {"membership_id": self.id, "partner_id": old.id, "relation": mirrored, "date_from": today}
            )
        elif self.sharing == "individual":
            own = self.grant_ids.filtered(lambda grant: grant.kind == "allowance" and grant.partner_id == old)
            own._expire_now()
