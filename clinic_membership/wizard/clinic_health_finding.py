from dataclasses import replace

from odoo import api, fields, models

LEVELS = [("problem", "Problem"), ("warning", "Warning"), ("fine", "OK")]


class ClinicHealthFinding(models.TransientModel):
    """A card of the page Health Check: which check it shows, in which order.

    What the check says is computed each time the card is read, so nothing on the page can be out of date. The card
    without a check sums up the others.
    """

    _name = "clinic.health.finding"
    _description = "Health Check"
    _order = "id"

    check = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    level = fields.Selection(LEVELS, compute="_compute_finding")
    title = fields.Char(compute="_compute_finding")
    text = fields.Text(string="Explanation", compute="_compute_finding")
    can_open = fields.Boolean(compute="_compute_finding")
    needs_help = fields.Boolean(
        compute="_compute_finding", help="There is something to open, and only administrators or accountants may."
    )

    @api.model
    def _open_page(self):
        """Look at the current company and show what was found, worst first.

        :raises AccessError: for everybody but Membership Managers
        """
        self.check_access("create")
        company = self.env.company
        self.search([]).unlink()  # pylint: disable=no-search-all
        checks = ["", *self.env["clinic.health"]._look(company)]
        cards = self.create([{"check": name, "company_id": company.id} for name in checks])
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_health_finding_action")
        return {**action, "domain": [("id", "in", cards.ids)]}

    @api.depends("check", "company_id")
    @api.depends_context("lang", "uid")
    def _compute_finding(self):
        for company, cards in self.grouped("company_id").items():
            found = self.env["clinic.health"]._look(company)
            for card in cards:
                finding = found[card.check] if card.check in found else card._sum_up(list(found.values()))
                card.update({"level": finding.level, "title": finding.title, "text": finding.text})
                card.can_open = bool(card._action(finding))
                card.needs_help = bool(finding.records or finding.action) and not card.can_open

    def _sum_up(self, findings):
        """One finding about all others."""
        health = self.env["clinic.health"]
        levels = [finding.level for finding in findings]
        problems, warnings = levels.count("problem"), levels.count("warning")
        if not problems + warnings:
            text = self.env._("%(count)s checks of %(company)s.", count=len(findings), company=self.company_id.name)
            return replace(health._fine(self.env._("Everything is fine")), text=text)
        counts = [
            self.env._("Problems: %s", problems) if problems else "",
            self.env._("Warnings: %s", warnings) if warnings else "",
        ]
        level = health._problem if problems else health._warning
        text = self.env._("Start at the top. A card turns green when its cause is gone.")
        return level(" · ".join(filter(None, counts)), text)

    def _action(self, finding):
        """The window action that opens what is to be fixed; None where this user may not see it."""
        if finding.action:
            action = self.env["ir.actions.act_window"]._for_xml_id(finding.action)
            return action if self.env[action["res_model"]].has_access("read") else None
        for records in finding.records:
            mine = records.with_env(self.env)
            if mine and mine.has_access("read"):
                return self._records_action(mine, finding.title)
        return None

    def _records_action(self, records, title):
        single = len(records) == 1
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": records._name,
            "res_id": single and records.id,
            "domain": [("id", "in", records.ids)],
            "views": [(False, "form")] if single else [(False, "list"), (False, "form")],
            "context": {"active_test": False, "create": False},
        }

    def action_open(self):
        """Open exactly what is to be fixed."""
        self.ensure_one()
        finding = self.env["clinic.health"]._look(self.company_id).get(self.check)
        return finding and self._action(finding)
