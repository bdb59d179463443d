from dataclasses import dataclass

from odoo import api, models


@dataclass(frozen=True)
class Finding:
    """What one check found.

    ``level`` is fine, warning or problem. ``text`` says what it means and what to do. ``records`` are recordsets to
    fix: the first that the reader may see is opened; ``action`` is the XML id of what is opened instead of records.
    """

    level: str
    title: str
    text: str = ""
    records: tuple = ()
    action: str = ""


class ClinicHealth(models.AbstractModel):
    """Everything that can be wrong with a clinic's memberships, each in one check.

    A bridge inherits this model, writes a method like those in ``clinic_health_setup.py`` and
    ``clinic_health_money.py``, and adds its name to :meth:`_checks`. Nothing is stored: whoever asks looks anew.
    """

    _name = "clinic.health"
    _description = "Health Checks"

    @api.model
    def _checks(self):
        """The names of the checks: methods that take a company and return a :class:`Finding`."""
        return [*self._setup_checks(), *self._money_checks()]

    @api.model
    def _look(self, company):
        """Run every check for one company, as the system: who may ask is up to the caller.

        :return: {name of the check: Finding}, problems first
        """
        checks = self.sudo().with_context(allowed_company_ids=company.ids)
        company = company.with_env(checks.env)
        found = {name: getattr(checks, name)(company) for name in self._checks()}
        order = ("problem", "warning", "fine")
        return dict(sorted(found.items(), key=lambda item: order.index(item[1].level)))

    @api.model
    def _troubles(self, company):
        """What is not fine, problems first: a list of :class:`Finding`."""
        return [finding for finding in self._look(company).values() if finding.level != "fine"]

    def _fine(self, title):
        return Finding("fine", title)

    def _warning(self, title, text, *records, action=""):
        return Finding("warning", title, text, records, action)

    def _problem(self, title, text, *records, action=""):
        return Finding("problem", title, text, records, action)

    def _names(self, records, limit=3):
        """Who or what, in words: the first few names, and how many more."""
        names = records[:limit].mapped("display_name")
        if len(records) > limit:
            names.append(self.env._("%s more", len(records) - limit))
        return ", ".join(names)
