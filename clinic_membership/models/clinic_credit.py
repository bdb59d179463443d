from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .res_company_credit import WITHIN_DAYS


class ClinicCredit(models.Model):
    """What the clinic gave away: credit, free renewals, debts forgiven. Who, how much and why; never deleted."""

    _name = "clinic.credit"
    _description = "Credit"
    _order = "id desc"
    _check_company_auto = True

    _GIVEN = ("courtesy", "promotional")

    date = fields.Date(required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, default=lambda self: self.env.user
    )
    by_user = fields.Boolean(readonly=True, help="Given by a Membership User, so it counts towards their limit.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", required=True, readonly=True, index=True)
    membership_id = fields.Many2one(
        "clinic.membership", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    kind = fields.Selection(
        [
            ("courtesy", "Courtesy credit"),
            ("promotional", "Promotional credit"),
            ("free", "Free renewals"),
            ("small", "Small balance"),
            ("forgiven", "Debt forgiven"),
            ("bad_debt", "Bad debt"),
        ],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(required=True, readonly=True, help="What the patient got, tax included.")
    renewals = fields.Integer(readonly=True, help="Of free renewals: how many.")
    reason = fields.Text(required=True, readonly=True)
    move_id = fields.Many2one(
        "account.move",
        string="Document",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    invoice_id = fields.Many2one(
        "account.move",
        string="Forgiven On",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The invoice that was not paid in full.",
    )
    taken_back_on = fields.Date(readonly=True)
    taken_back_by_id = fields.Many2one("res.users", readonly=True)
    renewals_left = fields.Integer(compute="_compute_left")
    left = fields.Monetary(compute="_compute_left", help="Not used yet.")
    used = fields.Monetary(compute="_compute_left")

    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "What is given cannot be negative.")
    _document_unique = models.UniqueIndex(
        "(move_id) WHERE move_id IS NOT NULL", "This document has its reason already."
    )

    @api.depends("kind", "move_id")
    def _compute_display_name(self):
        for credit in self:
            kind = credit._kind_in_words()
            credit.display_name = f"{kind} {credit.sudo().move_id.name}" if credit.move_id else kind

    @api.depends("move_id.amount_residual", "membership_id.free_periods", "taken_back_on")
    def _compute_left(self):
        """Of credit what its credit note has open; of free renewals those to come, the oldest used first."""
        free = self.membership_id._free_renewals_left()
        for credit in self:
            credit.renewals_left = free.get(credit, 0)
            credit.left = 0.0
            if credit.kind == "free":
                credit.left = credit.amount * credit.renewals_left / (credit.renewals or 1)
            elif credit.kind in self._GIVEN and not credit.taken_back_on:
                credit.left = abs(credit.sudo().move_id.amount_residual)
            credit.used = 0.0 if credit.taken_back_on else credit.amount - credit.left

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was given away is history and is never deleted. Take it back instead."))

    def _kind_in_words(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind] if self.kind else ""

    # === giving === #

    @api.model
    def _give(self, kind, partner, amount, reason, company, currency=None, membership=None):
        """Post a credit note over ``amount``, tax included. It pays what is due now, and the rest waits.

        :param kind: ``courtesy`` or ``promotional``
        :param partner: who is invoiced, and so gets the credit
        :param membership: the ``clinic.membership`` it is about, if any
        :return: the ``clinic.credit``
        :raises UserError: not this amount, not by this user, or not today; says why
        """
        membership = membership or self.env["clinic.membership"]
        currency = currency or membership.currency_id or company.currency_id
        self._check_given(partner, amount, reason, company, currency)
        company._clinic_check_books_open()
        lines = self._prepare_lines(kind, amount, partner, company, currency, membership)
        values = {**self._prepare_note(partner, company, currency), "invoice_line_ids": lines}
        note = self.env["account.move"].with_company(company)._clinic_credit_note(amount, values)
        credit = self._record(kind, partner, amount, reason, company, currency, membership, move_id=note.id)
        due = note._clinic_due_from(partner, company, currency)
        due.clinic_collection_ids.lock_for_update()  # nobody is charged for what is paid now
        due._clinic_apply_credit(note.line_ids.filtered(lambda line: line.display_type == "payment_term"))
        return credit

    @api.model
    def _check_given(self, partner, amount, reason, company, currency):
        """Refuse no amount, no reason, and what is beyond the limit of who gives it."""
        if currency.compare_amounts(amount, 0.0) <= 0:
            raise UserError(self.env._("Enter the amount that the patient gets, tax included."))
        self._check_reason(reason)
        partner.commercial_partner_id._clinic_claim()  # whichever of its contacts gets it, the limit is the account's
        company._clinic_check_limit(amount, currency, self._given_lately(partner, company))

    @api.model
    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason: it is kept, with your name."))

    @api.model
    def _given_lately(self, partner, company):
        """What a patient's account got from users within 30 days, in the company's currency."""
        today = company._clinic_today()
        lately = self.sudo().search(
            [
                ("partner_id.commercial_partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
                ("by_user", "=", True),
                ("taken_back_on", "=", False),
                ("date", ">", fields.Date.subtract(today, days=WITHIN_DAYS)),
            ]
        )
        return sum(
            credit.currency_id._convert(credit.amount, company.currency_id, company, credit.date) for credit in lately
        )

    @api.model
    def _prepare_note(self, partner, company, currency):
        """The head of a credit note."""
        today = company._clinic_today()
        return {
            "partner_id": partner.id,
            "company_id": company.id,
            "currency_id": currency.id,
            "invoice_user_id": self.env.uid,
            "invoice_date": today,
            "date": today,
            "invoice_date_due": today,
            "invoice_payment_term_id": False,
        }

    @api.model
    def _prepare_lines(self, kind, amount, partner, company, currency, membership):
        """The line of the clinic's product for this kind of credit, at the price that comes to ``amount``."""
        product = company._clinic_credit_product(kind)
        taxes = self._taxes_of(product, partner, company, membership)
        return [
            Command.create(
                {
                    "product_id": product.id,
                    "name": product.display_name,
                    "quantity": 1.0,
                    "price_unit": taxes._clinic_price_within(amount, currency),
                    "tax_ids": [Command.set(taxes.ids)],
                }
            )
        ]

    @api.model
    def _taxes_of(self, product, partner, company, membership):
        positions = self.env["account.fiscal.position"].sudo().with_company(company)
        position = membership.sudo().fiscal_position_id or positions._get_fiscal_position(partner)
        return position.map_tax(product.sudo().taxes_id._filter_taxes_by_company(company)).with_company(company)

    @api.model
    def _record(self, kind, partner, amount, reason, company, currency, membership, **values):
        """Keep who gave what, and tell it on the membership."""
        manager = self.env.user.has_group("clinic_membership.group_membership_manager")
        credit = self.create(
            {
                "kind": kind,
                "date": company._clinic_today(),
                "by_user": not manager and kind != "small",
                "partner_id": partner.id,
                "amount": amount,
                "reason": reason.strip(),
                "company_id": company.id,
                "currency_id": currency.id,
                "membership_id": membership.id,
                **values,
            }
        )
        credit._tell({"free": "free", **dict.fromkeys(self._GIVEN, "credit")}.get(kind, "write_off"))
        return credit

    def _tell(self, event):
        """Write it into the history of the membership and onto its page."""
        words = self.env._(
            "%(kind)s, %(amount)s: %(reason)s",
            kind=self._kind_in_words(),
            amount=self.currency_id.format(self.amount),
            reason=self.reason,
        )
        for document in self.move_id | self.invoice_id:
            document.message_post(body=words)
        if self.membership_id:
            self.membership_id._log(event, words)
            self.membership_id.message_post(body=words)

    # === taking it back === #

    def action_take_back(self):
        """Take credit back that was not used yet: who gave it, or a manager."""
        self.check_access("read")
        user = self.env.user
        if not user.has_group("clinic_membership.group_membership_user"):
            raise UserError(self.env._("Only staff with access to memberships can do this."))
        if not user.has_group("clinic_membership.group_membership_manager") and self.user_id != user:
            raise UserError(self.env._("Somebody else gave this. Ask them, or a manager, to take it back."))
        self.sudo()._take_back()

    def _take_back(self):
        """Reverse credit, or forget free renewals, that nothing has used yet. What is taken back stays so."""
        for credit in self.filtered(lambda credit: not credit.taken_back_on):
            credit._check_take_back()
            if credit.kind == "free":
                credit.membership_id.free_periods -= credit.renewals
            else:
                credit.move_id._reverse_moves([credit._prepare_reversal()], cancel=True)
            today = credit.company_id._clinic_today()
            credit.write({"taken_back_on": today, "taken_back_by_id": self.env.uid})
            credit._tell("undo_credit")

    def _prepare_reversal(self):
        today = self.company_id._clinic_today()
        return {
            "invoice_date": today,
            "date": today,
            "invoice_date_due": today,
            "ref": self.env._("Taken back: %s", self.move_id.name),
        }

    def _check_take_back(self):
        if self.kind not in (*self._GIVEN, "free"):
            raise UserError(self.env._("A debt that was forgiven stays forgiven. Invoice the patient again instead."))
        if self.currency_id.compare_amounts(self.left, self.amount) or self.renewals_left < self.renewals:
            raise UserError(
                self.env._(
                    "%(used)s of it is used already, so it cannot be taken back.",
                    used=self.currency_id.format(self.used),
                )
            )
        if self.kind != "free":
            self.company_id._clinic_check_books_open()

    def action_open_document(self):
        """Open the credit note; of what was forgiven, the invoice."""
        return (self.invoice_id or self.move_id)._clinic_open()
