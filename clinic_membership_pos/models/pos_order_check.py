import math

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class DryRun(Exception):
    """Ends a trial of what is undone with it."""


class PosOrder(models.Model):
    """The strict check before a payment, for tills that have a connection."""

    _inherit = "pos.order"

    @api.model
    def clinic_check(self, config_id, partner_id, lines):
        """Whether an order may be paid as it is; nothing is kept of the trial.

        :param lines: [{uuid, product_id, qty, clinic_redeem, clinic_grant_key, clinic_trial}]
        :return: {"problems": [{uuid, problem}], "words": {uuid: what the receipt says}}
        """
        config = self.env["pos.config"].browse(config_id)
        config._clinic_check_cashier()
        partner = self.env["res.partner"].browse(partner_id or []).exists().sudo()
        trial = self.sudo().with_company(config.company_id)
        answer = {"problems": [], "words": {}}
        try:
            with self.env.cr.savepoint():
                for line in lines:
                    trial._clinic_try_line(config.company_id.sudo(), partner, line, answer)
                raise DryRun
        except DryRun:
            return answer
        return answer

    def _clinic_try_line(self, company, partner, line, answer):
        product = self.env["product.product"].browse(line["product_id"])
        try:
            if line.get("clinic_redeem"):
                preferred = self.env["clinic.grant"].browse(line.get("clinic_grant_key") or [])
                redemption = self.env["clinic.redemption"]._redeem(
                    partner, product, math.ceil(line["qty"]), company._clinic_today(), company, preferred=preferred
                )
                answer["words"][line["uuid"]] = redemption._receipt_words()
            else:
                self._clinic_check_sale(company, partner, product, line["qty"])
                self._clinic_check_trial(partner, product, line)
        except UserError as error:
            answer["problems"].append({"uuid": line["uuid"], "problem": str(error)})

    def _clinic_check_sale(self, company, partner, product, quantity):
        """Refuse what could not be given after the payment."""
        if not partner:
            raise UserError(self.env._("Choose the patient before %s is paid.", product.name))
        if quantity % 1:
            raise UserError(self.env._("%s: packages are sold whole.", product.name))
        if product.service_tracking == "membership" and quantity > 1:
            raise UserError(self.env._("%s: a membership is for one patient, so its quantity is 1.", product.name))
        if product.service_tracking == "membership" and not partner._clinic_payer(company):
            raise UserError(partner._clinic_minor_refusal())

    def _clinic_check_trial(self, partner, product, line):
        """Refuse a second trial: the till then sells the membership itself."""
        if line.get("clinic_trial") and (refusal := product._clinic_no_trial(partner)):
            advice = self.env._("The membership is on the order at its full price now.")
            raise UserError(" ".join([refusal, advice]))

    @api.model
    def clinic_refund_check(self, line_ids):
        """Why lines cannot be given back at the till, in words; empty when they can."""
        lines = self.env["pos.order.line"].browse(line_ids).sudo()
        used = lines.clinic_package_ids.filtered_domain(
            Domain("units_used", ">", 0) | Domain("code_ids", "!=", False) | Domain("state", "!=", "active")
        )
        if used:
            return self.env._(
                "%s has been used or given away, so it is not refunded at the till. In the back office, open "
                "Memberships > Packages, choose the package and 'Process Refund': it computes what is left.",
                used[:1].display_name,
            )
        if memberships := lines.clinic_membership_ids:
            return self.env._(
                "%s is not refunded at the till. In the back office, open Memberships > All Memberships, choose it and "
                "'Cancel': it computes what is given back.",
                memberships[:1].display_name,
            )
        return ""
