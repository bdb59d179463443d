from odoo import fields, models


class ResPartner(models.Model):
    """One trial for each patient and tier."""

    _inherit = "res.partner"

    def _clinic_trials(self):
        """The trials that these patients had, or are about to have.

        The history knows the tier of a trial, whatever plan the membership has moved to since.

        :return: {(patient, tier): first day}
        """
        mine = fields.Domain("partner_id", "in", self.ids)
        waiting = mine & fields.Domain("state", "=", "pending") & fields.Domain("trial_length", ">", 0)
        found = [
            *self.env["clinic.membership"].sudo()._read_group(waiting, ["partner_id", "tier_id"], ["start_date:min"]),
            *self.env["clinic.membership.log"]
            .sudo()
            ._read_group(mine & fields.Domain("event", "=", "trial"), ["partner_id", "tier_id"], ["date:min"]),
        ]
        return {(partner.id, tier.id): day for partner, tier, day in found}

    def _clinic_earlier_trial(self, tier):
        """The first day of this patient's trial of a tier; None if there was none."""
        return self._clinic_trials().get((self._origin.id, tier._origin.id))

    def _clinic_trial_refusal(self, tier):
        """Why this patient gets no trial of a tier, in words; empty where they do."""
        earlier = self._clinic_earlier_trial(tier)
        if not earlier:
            return ""
        return self.env._(
            "%(patient)s had a trial of %(tier)s from %(day)s, and there is one for each patient.",
            patient=self.display_name,
            tier=tier.name,
            day=self.env["ir.qweb.field.date"].value_to_html(earlier, {}),
        )
