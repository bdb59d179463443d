from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicRefund(models.Model):
    """Money of an invoice given back: who, when, why, how much, in which way. Written once, kept for ever.

    This file holds what it is and how it is made. The ways out are in ``clinic_refund_ways.py``, what happens while a
    provider is asked in ``clinic_refund_card.py``, and when the money comes back in ``clinic_refund_return.py``. The
    table of steps is in the README ("Refunds").
    """

    _name = "clinic.refund"
    _description = "Refund"
    _inherit = ["clinic.job", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _UNDER_WAY = ("draft", "sent", "unknown")

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default="New", index="trigram")
    state = fields.Selection(
        [
            ("draft", "Prepared"),
            ("sent", "Waiting for the provider"),
            ("unknown", "Outcome unknown"),
            ("done", "Done"),
            ("returned", "Came Back"),
            ("failed", "Refused"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
        help="Refused: the provider did not agree; nothing was posted and nothing was given back. Came back: it was "
        "booked, and the bank sent the money back.",
    )
    key = fields.Char(
        readonly=True,
        copy=False,
        help="What asked for it; asked for twice, it is made once.",
        groups="base.group_system",
    )
    date = fields.Date(required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, default=lambda self: self.env.user
    )
    reason = fields.Char(required=True, readonly=True)
    invoice_id = fields.Many2one(
        "account.move", required=True, readonly=True, index=True, check_company=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Refunded To", required=True, readonly=True, index=True)
    amount = fields.Monetary(required=True, readonly=True, help="Tax included.")
    way = fields.Selection(
        [
            ("card", "Back to the card"),
            ("credit", "Credit on the account"),
            ("wallet", "Store credit"),
            ("bank", "In cash or by bank"),
        ],
        required=True,
        readonly=True,
    )
    credit_note_id = fields.Many2one(
        "account.move", readonly=True, copy=False, check_company=True, index="btree_not_null", ondelete="restrict"
    )
    source_transaction_id = fields.Many2one(
        "payment.transaction",
        string="Paid By",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The charge that is taken back.",
    )
    transaction_id = fields.Many2one(
        "payment.transaction", string="Refund Transaction", readonly=True, copy=False, ondelete="restrict"
    )
    journal_id = fields.Many2one("account.journal", readonly=True, check_company=True, help="Where it was paid from.")
    payment_id = fields.Many2one("account.payment", readonly=True, copy=False, ondelete="restrict")
    wallet_id = fields.Many2one("loyalty.card", string="eWallet", readonly=True, copy=False, ondelete="restrict")
    wallet_move_id = fields.Many2one(
        "account.move", string="Store Credit Entry", readonly=True, copy=False, ondelete="restrict"
    )
    membership_ids = fields.Many2many("clinic.membership", string="Memberships", readonly=True)
    package_ids = fields.Many2many("clinic.package", string="Packages", readonly=True)
    refusal = fields.Char(string="Why Refused", readonly=True, help="Or why it came back: what the provider said.")

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A refund must be above 0.")
    _documented_when_done = models.Constraint(
        "CHECK (state <> 'done' OR credit_note_id IS NOT NULL)", "A refund that is done has its credit note."
    )
    _key_unique = models.UniqueIndex("(key) WHERE key IS NOT NULL", "This was refunded already.")
    _note_unique = models.UniqueIndex("(credit_note_id)", "A credit note belongs to one refund.")
    _transaction_unique = models.UniqueIndex("(transaction_id)", "A transaction belongs to one refund.")
    _under_way_idx = models.Index("(company_id) WHERE state IN ('draft', 'sent', 'unknown')")

    # === kept as it was === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].sudo().next_by_code(self._name)
        return super().create(vals_list)

    def write(self, vals):
        """What is done is a fact. Only messages and activities come after it."""
        if not self._comes_after(vals) and "done" in self.mapped("state"):
            raise UserError(
                self.env._("A refund that is done is never changed. What was wrong with it is charged again.")
            )
        return super().write(vals)

    @api.model
    def _comes_after(self, vals):
        """Whether these values leave what was done as it was."""
        return all(name.startswith(("message_", "activity_", "failed_on", "failure")) for name in vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Refunds are history and are never deleted."))

    # === making one === #

    @api.model
    def _refund(self, invoice, way, reason, amount=0.0, nets=None, key=None, **values):
        """Refund a part of what was paid for an invoice, or all of it.

        Call it with ``sudo()`` after a check of what the user may read; how much the user may refund is checked here.
        All ways but the card are done when this returns. A card's refund is prepared: commit, then
        :meth:`_proceed` asks the provider.

        :param invoice: a posted customer invoice
        :param way: card, credit, wallet or bank
        :param amount: what is given back, tax included, taken from all lines of the invoice in proportion
        :param nets: instead of it, ``{line of the invoice: amount before tax}``; the taxes come with them. For a
            package whose unused units end with the refund: it is booked off what is owed in services
        :param key: what asks for it; a second call with the same key answers with the first refund
        :param values: ``source_transaction_id`` of a card, ``journal_id`` of cash or bank; more fields of a bridge
        :return: the refund
        :raises UserError: it is more than can be refunded, or not possible in this way; says why
        """
        invoice._clinic_lock_refunds()
        if key and (made := self.search([("key", "=", key)])):
            return made
        parts = invoice._clinic_take_lines(nets) if nets else None
        if parts:
            amount = invoice._clinic_sum(parts)
        amount = invoice.currency_id.round(amount)
        self._check_may_refund(invoice, amount)
        self._check_possible(invoice, way, amount, reason, values)
        parts = parts or invoice._clinic_take(amount)
        refund = self._make(invoice, way, reason, parts, units=bool(nets), key=key, **values)
        getattr(refund, f"_give_{way}")()
        return refund

    def _make(self, invoice, way, reason, parts, units=False, key=None, **values):
        """The record and its draft credit note of these parts, to the cent."""
        refund = self.create(self._prepare(invoice, way, reason, invoice._clinic_sum(parts), key, **values))
        refund.credit_note_id = invoice._clinic_refund_note(parts, reason, units=units)
        refund._check_to_the_cent()
        return refund

    def _prepare(self, invoice, way, reason, amount, key, **values):
        memberships, packages = invoice._clinic_sold()
        return {
            "invoice_id": invoice.id,
            "company_id": invoice.company_id.id,
            "currency_id": invoice.currency_id.id,
            "partner_id": invoice.partner_id.id,
            "date": invoice.company_id._clinic_today(),
            "way": way,
            "reason": reason,
            "amount": amount,
            "key": key,
            "membership_ids": [fields.Command.set(memberships.ids)],
            "package_ids": [fields.Command.set(packages.ids)],
            **values,
        }

    @api.model
    def _check_possible(self, invoice, way, amount, reason, values):
        """Refuse what cannot be refunded, saying what could."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it is refunded."))
        if invoice.move_type != "out_invoice" or invoice.state != "posted":
            raise UserError(self.env._("Only posted customer invoices are refunded."))
        left, currency = invoice._clinic_refundable(), invoice.currency_id
        if currency.is_zero(left):
            raise UserError(
                self.env._("Nothing is left to refund on %s: it is not paid, or was given back.", invoice.name)
            )
        if currency.compare_amounts(amount, 0) <= 0:
            raise UserError(self.env._("Enter the amount to refund. It must be above 0."))
        if currency.compare_amounts(amount, left) > 0:
            raise UserError(
                self.env._(
                    "%(left)s can be refunded on %(invoice)s: what was paid, less what was given back. Enter that "
                    "much or less.",
                    left=currency.format(left),
                    invoice=invoice.name,
                )
            )
        getattr(self, f"_check_{way}")(invoice, amount, values)

    def _check_to_the_cent(self):
        """What is posted is what was shown."""
        if self.currency_id.compare_amounts(self.credit_note_id.amount_total, self.amount):
            raise UserError(
                self.env._(
                    "The taxes of %(invoice)s cannot be divided so that the refund is exactly %(amount)s. Enter a "
                    "slightly different amount.",
                    invoice=self.invoice_id.name,
                    amount=self.currency_id.format(self.amount),
                )
            )

    # === its end === #

    def _finish(self):
        """It is in the books: note it where staff looks, and tell who gets it."""
        for refund in self:
            refund._work_succeeded()
            refund.activity_unlink(["clinic_membership.activity_type_refund"])
            refund.write({"state": "done", "refusal": False})
            refund._note(refund._in_words())
            refund._tell()
            refund._after_done()

    def _note(self, words):
        """On what was sold: staff looks there."""
        self.membership_ids._log("refund", words)
        for record in (*self.membership_ids, *self.package_ids):
            record.message_post(body=words)

    def _tell(self):
        """An e-mail to who gets the money; a template that was deleted tells nothing."""
        template = self.env.ref("clinic_membership.mail_template_refund", raise_if_not_found=False)
        if template and self.company_id.clinic_tell_members and self.partner_id.email:
            template.sudo().send_mail(self.id)

    def _after_done(self):
        """Hook: what else ends with the money."""

    def _after_failed(self):
        """Hook: what was prepared with the refund goes back."""

    # === in words === #

    def _in_words(self):
        """How much, of what, in which way, why."""
        return self.env._(
            "%(amount)s of %(invoice)s, %(way)s: %(reason)s",
            amount=self.currency_id.format(self.amount),
            invoice=self.invoice_id.name,
            way=self._way_in_words(),
            reason=self.reason,
        )

    def _way_in_words(self):
        return dict(self._fields["way"]._description_selection(self.env))[self.way].lower()

    def action_view_credit_note(self):
        """Open the credit note."""
        return self.credit_note_id.get_formview_action()
