from odoo import models


class ClinicDeskSale(models.AbstractModel):
    _inherit = "clinic.desk.sale"

    def _journals(self):
        """The cash of a till is counted there: another journal is proposed, where there is one."""
        journals = super()._journals()
        counted = journals.filtered(lambda journal: journal.type == "cash" and journal.sudo().pos_payment_method_ids)
        return journals - counted or journals
