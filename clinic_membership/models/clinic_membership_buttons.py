from odoo import models
from odoo.exceptions import UserError


class ClinicMembership(models.Model):
    """What staff can press on a membership."""

    _inherit = "clinic.membership"

    def action_view_invoices(self):
        """Open the invoices of this membership."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {**action, "domain": [("id", "in", self._documents().ids)], "context": {"create": False}}

    def action_view_redemptions(self):
        """Open the redemptions that drew on this membership."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_redemption_action")
        return {**action, "domain": [("membership_ids", "in", self.ids)], "context": {"create": False}}

    def action_cancel(self):
        """Open the wizard that previews and confirms a cancellation."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_cancel_action")
        return {**action, "context": {"default_membership_id": self.id}}

    def action_win_back(self):
        """Offer the same plan again to somebody who left."""
        action = self.partner_id.action_clinic_add_membership()
        plan = self.plan_id.filtered("sale_ok")
        return {**action, "context": {**action["context"], "default_product_id": plan.id}}

    def action_undo_cancel(self):
        """Open the wizard that previews and confirms that the cancellation is taken back."""
        return self._step_back_action("undo_cancel", self.env._("Undo Cancellation"))

    def action_change_plan(self):
        """Open the wizard that previews and confirms another plan."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_change_plan_action")
        return {**action, "context": {"default_membership_id": self.id}}

    def action_add_service(self):
        """Open the wizard that previews and confirms another number of a recurring add-on."""
        return self._add_on_action()

    def _add_on_action(self, **defaults):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_add_on_action")
        values = {"membership_id": self.id, **defaults}
        return {**action, "context": {f"default_{name}": value for name, value in values.items()}}

    def action_forget_change(self):
        """Take a scheduled change of plan back."""
        self.check_access("write")
        self.sudo()._forget_scheduled_change()

    def action_pause(self):
        """Open the wizard that previews and confirms a pause."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_pause_action")
        return {**action, "context": {"default_membership_id": self.id}}

    def action_cancel_pause(self):
        """Forget a planned pause."""
        self.check_access("write")
        self.sudo()._cancel_planned_pause()

    def action_resume(self):
        """Open the wizard that previews and confirms that the pause ends today."""
        return self._step_back_action("resume", self.env._("Resume Membership"))

    def _step_back_action(self, step, name):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_step_back_action")
        return {**action, "name": name, "context": {"default_membership_id": self.id, "default_step": step}}

    def action_redeem(self):
        """Open the redemption wizard for the holder."""
        return self.partner_id._clinic_redeem_action(self.company_id)

    def action_charge_now(self):
        """Charge what is overdue to the stored card now."""
        self.check_access("write")
        collections = self.sudo()._overdue_periods()._collections()
        if not collections:
            raise UserError(self.env._("Nothing is due on %s.", self.display_name))
        if not any(collection._card() for collection in collections):
            raise UserError(
                self.env._("There is no stored card that may be charged. Choose another one, or send the invoice.")
            )
        collections._charge_now()
