from odoo import models


class ClinicActivityLine(models.Model):
    """The movements of one lot, in words: how much of it is used, and whether they add up."""

    _inherit = "clinic.activity.line"

    def _lot_values(self, shown):
        """What the screen says about a lot of which these are all the movements.

        :param shown: those of them that are shown
        :return: ``title``, ``usage`` ("6 of 6 used, 0 left"), ``sums`` (how the movements add up), ``problems`` (in
            sentences; empty when they agree with what is kept), ``opening`` (units left before the first one shown),
            ``lines``, and ``begins`` and ``place`` to sort by
        """
        grants = self.grant_id
        used, granted = sum(self.mapped("used")), sum(self.mapped("granted"))
        left = sum(self.mapped("quantity"))
        return {
            "title": self._title(),
            "usage": self.env._("%(used)s of %(of)s used, %(left)s left", used=used, of=granted, left=left),
            "sums": self._sums(granted, left),
            "problems": self._problems(used, left),
            "opening": shown[0].units_left - shown[0].quantity if shown[0] != self[0] else None,
            "lines": shown,
            "begins": max(grants.mapped("valid_from")),
            "place": self[0].sequence,
        }

    def _title(self):
        """The service; of a membership its window, and whose units they are where that is not the holder."""
        grant = self.grant_id[:1]
        if self.package_id:
            return grant.service
        someone = grant.partner_id if grant.partner_id != self.membership_id.partner_id else grant.partner_id.browse()
        return ", ".join(filter(None, (grant.service, grant._window_in_words(), someone.display_name)))

    def _sums(self, granted, left):
        """The movements as a sum: "6 granted − 4 used − 2 expired = 0 left"."""
        words = {
            "redeem": self.env._("used"),
            "expire": self.env._("expired"),
            "rollover": self.env._("carried over"),
            "transfer": self.env._("transferred"),
            "refund": self.env._("refunded"),
            "change": self.env._("ended by a change of plan"),
        }
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        parts = [self.env._("%s granted", granted)]
        for cause, lines in self.grouped("cause").items():
            moved = sum(lines.mapped("quantity")) - sum(lines.mapped("granted"))
            if moved:
                word = words.get(cause) or kinds.get(cause, cause).lower()
                parts.append(f"{'+' if moved > 0 else '−'} {abs(moved)} {word}")
        return self.env._("%(movements)s = %(left)s left", movements=" ".join(parts), left=left)

    def _problems(self, used, left):
        """What does not agree, in sentences; nothing, as the database refuses all of it."""
        grants, problems = self.grant_id, []
        kept, counted = sum(grants.mapped("remaining")), sum(grants.mapped("used"))
        if kept != left:
            problems.append(
                self.env._("The balance says %(kept)s left, the movements come to %(left)s.", kept=kept, left=left)
            )
        if counted != used:
            problems.append(
                self.env._("The balance says %(kept)s used, the movements come to %(used)s.", kept=counted, used=used)
            )
        if min(self.mapped("units_left")) < 0:
            problems.append(self.env._("At one time more was used than there was."))
        return problems + [
            self.env._(
                "%(redemption)s is about %(wanted)s units, and takes %(taken)s.",
                redemption=redemption.name,
                wanted=redemption._units_due(),
                taken=sum(redemption.entry_ids.mapped("used")),
            )
            for redemption in self.redemption_id
            if redemption._units_due() != sum(redemption.entry_ids.mapped("used"))
        ]


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    def _units_due(self):
        """The units that its entries should come to: none once it is undone."""
        return self.quantity if self.state == "done" else 0
