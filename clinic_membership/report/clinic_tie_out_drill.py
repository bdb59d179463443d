from odoo import models


class ClinicTieOut(models.TransientModel):
    """From a figure to the entries that it is made of, and from there to their documents."""

    _inherit = "clinic.tie.out"

    def action_print(self):
        """The report as a PDF."""
        return self.env.ref("clinic_membership.clinic_tie_out_report").report_action(self)

    def action_open_units(self):
        """What the value is made of: movements of units, or of deferred memberships."""
        action = super().action_open_units()
        if self.subject == "packages":
            return action
        lines = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_deferred_line_action")
        return {**lines, "domain": action["domain"], "context": action["context"]}

    def action_open_movements(self):
        """What moved within the span of the roll-forward: each cell opens its entries."""
        action = super().action_open_movements()
        return {**action, "domain": [*action["domain"], ("date", ">=", self.date_from)]}

    def action_open_brought(self):
        """The opening balances."""
        return self._open_lines([("movement", "=", "opening")])

    def action_open_not_posted(self):
        """Units that are gone, whose journal entry is of a later day or still to come."""
        late = ["|", ("recognition_move_id", "=", False), ("recognition_move_id.date", ">", self.date)]
        return self._open_lines([("to_post", "!=", 0), *late])

    def action_open_sold(self):
        """The orders of packages whose invoice and units are not both there.

        Context: ``clinic_sign``, 1 for those that are invoiced and not started, -1 for the others.
        """
        orders = self.env["sale.order.line"].sudo().browse(self._of_sign(self.sudo()._sold_lines())).order_id
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return {**action, "domain": [("id", "in", orders.ids)], "context": {}}

    def _of_sign(self, amounts):
        """The keys of the figure that was clicked; all without one.

        :param amounts: {key: amount}
        """
        sign = self.env.context.get("clinic_sign", 0)
        return [key for key, amount in amounts.items() if key and amount * sign >= 0]

    def action_open_credit_notes(self):
        """The credit notes on the account."""
        action = self.action_open_account()
        return {**action, "domain": [*action["domain"], ("move_id.move_type", "=", "out_refund")]}

    def action_open_posted_later(self):
        """The months that were earned by the day and posted later."""
        late = ("recognition_move_id.date", ">", self.date)
        return self._open_lines([("movement", "=", "earned"), late])

    def action_open_waiting(self):
        """What was sold and had not begun."""
        return self._open_lines([("deferral_id", "in", self.sudo()._waiting().ids)])

    def action_open_unposted(self):
        """What the scheduled action has still to post."""
        return self._open_lines([("deferral_id", "in", self.sudo()._behind().ids)])

    def _open_lines(self, domain):
        action = self.action_open_units()
        return {**action, "domain": [*action["domain"], *domain], "context": {}}
