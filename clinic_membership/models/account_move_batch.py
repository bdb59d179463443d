from odoo import api, models
from odoo.fields import Command

# what every invoice has of its own; all else on a line is copied from the first of its kind
OWN = {"move_id", "partner_id", "amount_residual", "amount_residual_currency", "reconciled", "matching_number"}


class AccountMove(models.Model):
    """Many invoices that differ in their customer only, as renewals of one plan do.

    Odoo computes taxes and due dates of each. Here it does so for the first of a kind, and the others are created
    with the same journal items, all of them given. Odoo still checks that each is balanced.
    """

    _inherit = "account.move"

    @api.model
    def _clinic_create_invoices(self, vals_list):
        """Create draft invoices quickly.

        :param vals_list: invoice values with ``partner_id``, ``company_id`` and ``invoice_line_ids`` (create commands)
        :return: the invoices, in the order of ``vals_list``; in the books they equal those of :meth:`create`
        """
        kinds = {}
        for position, vals in enumerate(vals_list):
            kinds.setdefault(self._clinic_kind(vals), []).append(position)
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        firsts = quiet.create([vals_list[positions[0]] for positions in kinds.values()])
        created = dict(zip((positions[0] for positions in kinds.values()), firsts.ids, strict=True))
        alike = {
            position: first._clinic_alike(vals_list[position])
            for first, positions in zip(firsts, kinds.values(), strict=True)
            for position in positions[1:]
        }
        others = quiet.with_context(skip_invoice_sync=True).create(list(alike.values()))
        created.update(zip(alike, others.ids, strict=True))
        return quiet.browse(created[position] for position in range(len(vals_list)))

    @api.model
    def _clinic_kind(self, vals):
        """What decides about the journal items of an invoice, its texts aside."""
        partner = self.env["res.partner"].browse(vals["partner_id"]).with_company(vals["company_id"])
        lines = [{**line, "name": ""} for _command, _id, line in vals["invoice_line_ids"]]
        own = {"partner_id", "invoice_origin", "invoice_line_ids", "invoice_user_id"}
        return repr(
            (
                sorted((name, value) for name, value in vals.items() if name not in own),
                [sorted(line.items()) for line in lines],
                partner.property_account_receivable_id.id,
                partner.property_payment_term_id.id,
            )
        )

    def _clinic_alike(self, vals):
        """The values of another invoice with the same journal items as this one."""
        names = [line["name"] for _command, _id, line in vals["invoice_line_ids"]]
        texts = dict(zip(self.invoice_line_ids.sorted("id"), names, strict=True))
        items = [
            Command.create({**line._clinic_copy_values(), "name": texts.get(line, line.name)}) for line in self.line_ids
        ]
        return {**{name: value for name, value in vals.items() if name != "invoice_line_ids"}, "line_ids": items}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_copy_values(self):
        """Everything stored on this journal item that does not belong to its invoice."""
        values = {}
        for name, field in self._fields.items():
            if (
                not field.store
                or field.related
                or field.type == "one2many"
                or name in OWN
                or name in models.MAGIC_COLUMNS
            ):
                continue
            if value := self[name]:
                values[name] = field.convert_to_write(value, self)
        return values
