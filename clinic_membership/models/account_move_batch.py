from odoo import api, models
from odoo.fields import Command

# Odoo copies these with an invoice, too, but each invoice has its own
OWN = {"move_id", "partner_id", "no_followup"}
# Odoo does not copy these; they need not be computed again either
TOTALS = {"price_subtotal", "price_total"}
# what of an invoice's own values does not decide about its journal items
WORDS = {
    "partner_id",
    "clinic_adjusted_period_id",
    "clinic_purpose",
    "invoice_origin",
    "invoice_line_ids",
    "invoice_user_id",
}


class AccountMove(models.Model):
    """Many invoices that differ in their customer only, as renewals of one plan do.

    Odoo computes taxes and due dates of each. Here it does so for the first of a kind, and the others are created
    with the same journal items, all of them given. Odoo still checks that each is balanced.
    """

    _inherit = "account.move"

    @api.model
    def _clinic_create_invoices(self, vals_list):
        """Create draft invoices quickly.

        :param vals_list: invoice values with ``partner_id``, ``company_id``, ``currency_id``, ``fiscal_position_id``
            (or False) and ``invoice_line_ids`` (create commands, complete)
        :return: the invoices, in the order of ``vals_list``; in the books they equal those of :meth:`create`
        """
        kinds = {}
        for position, kind in enumerate(self._clinic_kinds(vals_list)):
            kinds.setdefault(kind, []).append(position)
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        firsts = quiet.create([vals_list[positions[0]] for positions in kinds.values()])
        created = dict(zip((positions[0] for positions in kinds.values()), firsts.ids, strict=True))
        alike = {}
        for first, (_first, *positions) in zip(firsts, kinds.values(), strict=True):
            items = positions and [item._clinic_copy_values() for item in first.line_ids.sorted("id")]
            alike.update((position, first._clinic_alike(vals_list[position], items)) for position in positions)
        others = quiet.with_context(skip_invoice_sync=True).create(list(alike.values()))
        created.update(zip(alike, others.ids, strict=True))
        return quiet.browse(created[position] for position in range(len(vals_list)))

    @api.model
    def _clinic_kinds(self, vals_list):
        """For each invoice what decides about its journal items, their texts aside: those with the same are alike."""
        if self.env["account.analytic.distribution.model"].sudo().search_count([], limit=1):
            return range(len(vals_list))  # the analytic distribution may go by the customer: nobody is like another
        partners = self.env["res.partner"].browse(vals["partner_id"] for vals in vals_list).sudo()
        return [self._clinic_kind(vals, partner) for vals, partner in zip(vals_list, partners, strict=True)]

    @api.model
    def _clinic_kind(self, vals, partner):
        partner = partner.with_company(vals["company_id"])
        account, terms = partner.property_account_receivable_id, partner.property_payment_term_id
        lines = [sorted({**line, "name": ""}.items()) for _command, _id, line in vals["invoice_line_ids"]]
        own = sorted((name, value) for name, value in vals.items() if name not in WORDS)
        # Odoo does not copy the link to a line of an order: whoever shares one has a document of their own
        alone = partner.id if any("sale_line_ids" in dict(line) for line in lines) else 0
        return repr((own, lines, account.id, terms.id, partner.lang, alone))

    def _clinic_alike(self, vals, items):
        """The values of another invoice with the journal items of this one, its product lines with their own words."""
        partner = self.env["res.partner"].browse(vals["partner_id"]).commercial_partner_id
        names = iter(line["name"] for _command, _id, line in vals["invoice_line_ids"])
        lines = [
            {
                **item,
                "partner_id": partner.id,
                "name": next(names) if item["display_type"] == "product" else item["name"],
            }
            for item in items
        ]
        head = {name: value for name, value in vals.items() if name != "invoice_line_ids"}
        return {**head, "journal_id": self.journal_id.id, "line_ids": [Command.create(line) for line in lines]}

    def _clinic_post(self):
        """Post complete invoices: nothing is left to synchronise, and their numbers follow one on the other.

        In a foreign currency Odoo looks again: posting may move the date, and with it the rate.
        """
        self.partner_id.mapped("user_ids")  # Odoo looks at each alone, when it becomes a customer
        complete = all(move.currency_id == move.company_currency_id for move in self)
        self.with_context(skip_invoice_sync=complete, clinic_number_formats={})._post(soft=False)

    def _get_next_sequence_format(self):
        """Of a batch only the first number is looked up: it locks the sequence, and Odoo counts on from there."""
        formats = self.env.context.get("clinic_number_formats")
        if formats is None:
            return super()._get_next_sequence_format()
        key = (self.journal_id.id, self.date, self.move_type)
        if key not in formats:
            formats[key] = super()._get_next_sequence_format()
        number_format, values = formats[key]
        return number_format, dict(values)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_copy_values(self):
        """What Odoo copies with an invoice, and the totals."""
        copied = (name for name, field in self._fields.items() if field.store and field.copy and name not in OWN)
        return {name: self._fields[name].convert_to_write(self[name], self) for name in (*copied, *TOTALS)}
