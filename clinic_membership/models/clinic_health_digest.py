from odoo import api, models


class ClinicHealth(models.AbstractModel):
    """The weekly digest: managers are told what nobody has looked at."""

    _inherit = "clinic.health"

    @api.model
    def _cron_digest(self):
        """Scheduled action: one e-mail a company, only where something is not fine.

        All of them are queued in one transaction, so a run that dies has told nobody and is simply done again.
        """
        companies = self.env["res.company"].search([("clinic_health_digest", "=", True)])
        self.env["mail.mail"].create([values for company in companies for values in self._prepare_digest(company)])

    def _prepare_digest(self, company):
        """The values of the e-mails of one company: one for each language its managers read."""
        by_language = self._digest_users(company).grouped("lang") if self._troubles(company) else {}
        return [
            self.with_context(lang=language)._prepare_digest_mail(company, users)
            for language, users in by_language.items()
        ]

    def _digest_users(self, company):
        """The Membership Managers who work for a company and have an address."""
        group = self.env.ref("clinic_membership.group_membership_manager")
        return (
            self.env["res.users"]
            .search([("all_group_ids", "in", group.ids), ("company_ids", "in", company.ids), ("share", "=", False)])
            .filtered("email")
        )

    def _prepare_digest_mail(self, company, users):
        troubles = self._troubles(company)
        values = {"company": company, "troubles": troubles, "address": f"{company.get_base_url()}{self._page_path()}"}
        return {
            "subject": self.env._(
                "%(company)s: %(count)s things to look at in memberships", company=company.name, count=len(troubles)
            ),
            "body_html": self.env["ir.qweb"]._render("clinic_membership.clinic_health_digest", values),
            "email_from": company.email_formatted or self.env.user.email_formatted,
            "recipient_ids": [(4, partner.id) for partner in users.partner_id],
            "auto_delete": True,
        }

    def _page_path(self):
        return "/odoo/action-clinic_membership.clinic_health_action"
