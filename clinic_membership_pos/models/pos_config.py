from odoo import models
from odoo.exceptions import AccessError


class PosConfig(models.Model):
    """What tills ask the clinic."""

    _inherit = "pos.config"

    def _get_available_pricelists(self):
        """Member prices are at every till of the clinic; nobody picks them, patients bring them."""
        available = super()._get_available_pricelists()
        tiers = self.env["clinic.membership.tier"].sudo().search([("company_id", "=", self.company_id.id)])
        member = tiers.pricelist_id.filtered(lambda pricelist: pricelist.currency_id == self.currency_id)
        return available | member.with_env(self.env)

    def clinic_redeem_code(self, text, partner_id):
        """Redeem a code that somebody brought to this till. Wrong codes are counted, so nothing is raised for them.

        :return: what the till says: ``problem``, or ``message``
        """
        self.ensure_one()
        self._clinic_check_cashier()
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            return {"problem": self.env._("Choose the patient who redeems the code first.")}
        codes = self.env["clinic.code"].sudo().with_company(self.company_id)
        package, problem = codes._try(text, partner.sudo(), self.company_id.sudo(), f"user {self.env.uid}")
        if problem:
            return {"problem": problem}
        return {
            "message": self.env._(
                "%(who)s has %(package)s now.", who=partner.display_name, package=package.product_id.name
            )
        }

    def _clinic_check_cashier(self):
        """Only who works at the tills of this company asks about patients."""
        self.check_access("read")
        if self.company_id not in self.env.companies or not self.env.user.has_group("point_of_sale.group_pos_user"):
            raise AccessError(self.env._("You do not work at the tills of %s.", self.sudo().company_id.name))
