from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicPreview(models.AbstractModel):
    """A wizard that shows what a change of a membership does before it is confirmed, to the cent."""

    _name = "clinic.preview"
    _description = "Preview of a Change"

    membership_id = fields.Many2one("clinic.membership", required=True)
    company_id = fields.Many2one(related="membership_id.company_id")
    currency_id = fields.Many2one(related="membership_id.currency_id")
    day = fields.Date(
        compute="_compute_day",
        store=True,
        precompute=True,
        readonly=False,  # the form sends the day on which it was opened
        required=True,
        help="Of what is shown.",
    )
    instead_of_id = fields.Many2one(
        "clinic.cancel.reason", string="Instead of Cancelling", help="Why the member wanted to leave."
    )
    due = fields.Monetary(string="Difference Before Tax", compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.depends("membership_id")
    def _compute_day(self):
        for wizard in self:
            wizard.day = (wizard.membership_id.company_id or self.env.company)._clinic_today()

    @api.depends("membership_id")
    def _compute_preview(self):
        """The preview, or why it cannot be done."""
        for wizard in self:
            wizard.due, wizard.preview = 0.0, False
            if wizard._is_complete():
                try:
                    wizard.preview = "\n".join(wizard._describe())
                except UserError as refusal:
                    wizard.preview = str(refusal)

    def _is_complete(self):
        """Hook: whether enough is entered to work it out."""
        return bool(self.membership_id)

    def _describe(self):
        """Hook: what happens, a list of sentences; sets ``due``."""
        raise NotImplementedError

    def _sides_in_words(self, change):
        """The lines of the document that a change makes, as they are posted."""
        lines = [self._side_in_words(side) for side in change.sides]
        if change.period.payment_state == "due":
            lines.append(self.env._("What is not paid of this period yet gives no credit."))
        if change.due < 0:
            lines.append(self.env._("The difference stays as credit and pays the next renewal."))
        return lines

    def _side_in_words(self, side):
        words, amount = side.name.replace("\n", ", "), self._money(abs(side.amount))
        if side.amount < 0:
            return self.env._("Credit for %(what)s: %(amount)s", what=words, amount=amount)
        return self.env._("%(what)s: %(amount)s", what=words, amount=amount)

    def _day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    def _money(self, amount):
        return self.currency_id.format(amount)

    def _confirmed(self):
        """The membership, for a change that was previewed today by somebody who may do it."""
        self.ensure_one()
        self.membership_id.check_access("write")
        if self.day != self.company_id._clinic_today():
            raise UserError(self.env._("This preview is of another day. Open it again."))
        membership = self.membership_id.sudo()
        if self.instead_of_id:
            membership._stays(self.instead_of_id, self._description_in_words())
        return membership

    def _description_in_words(self):
        return self.env["ir.model"]._get(self._name).name
