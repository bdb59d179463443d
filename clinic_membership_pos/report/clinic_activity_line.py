from odoo import models


class ClinicActivityLine(models.Model):
    """Behind a movement may be the ticket of a till: it sold the units, took them, or gave them back."""

    _inherit = "clinic.activity.line"

    def _ticket(self):
        entry = self.entry_id
        if entry.pos_refund_line_id or entry.redemption_id:
            return entry.pos_refund_line_id.order_id or entry.redemption_id.pos_order_id
        return self.package_id.pos_order_id if self.kind == "grant" else self.package_id.pos_order_id.browse()

    def _documents(self):
        """The ticket beside the rest: after the redemption, before the invoice."""
        documents = super()._documents()
        place = len(self.entry_id.redemption_id)
        return [*documents[:place], *self._ticket(), *documents[place:]]

    def _why(self):
        return super()._why() or (self.entry_id.pos_refund_line_id and self.env._("Given back at the till")) or ""
