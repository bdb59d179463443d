from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..tools import money


class ClinicMembershipPayer(models.Model):
    """One of several who pay for a membership: each gets an own invoice over their share of every period."""

    _name = "clinic.membership.payer"
    _description = "Payer of a Membership"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    membership_id = fields.Many2one("clinic.membership", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", string="Payer", required=True, index=True)
    percent = fields.Float(string="Share (%)", digits="Discount", help="Of shares by percentage; they add up to 100.")
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Stored Card",
        domain="[('partner_id', '=', partner_id), ('company_id', '=', company_id)]",
        help="Charged with this payer's share. Without one the invoice is sent with a payment link.",
    )

    _percent_range = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A share must be between 0 and 100 %."
    )
    _payer_unique = models.Constraint("UNIQUE (membership_id, partner_id)", "Each payer has one share.")

    @api.model_create_multi
    def create(self, vals_list):
        memberships = self.env["clinic.membership"].browse(
            filter(None, (vals.get("membership_id") for vals in vals_list))
        )
        with memberships._trying_new_cards(any(vals.get("payment_token_id") for vals in vals_list)):
            return super().create(vals_list)

    def write(self, vals):
        with self.membership_id._trying_new_cards(vals.get("payment_token_id")):
            return super().write(vals)

    @api.constrains("payment_token_id", "partner_id")
    def _check_card(self):
        for payer in self:
            token = payer.sudo().payment_token_id
            payer.membership_id._check_company_of_card(token)
            if token and token.partner_id.commercial_partner_id != payer.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "The card %(card)s does not belong to %(payer)s.",
                        card=token.display_name,
                        payer=payer.partner_id.display_name,
                    )
                )


class ClinicMembership(models.Model):
    """Separate billing: one invoice to the holder, or one to each payer."""

    _inherit = "clinic.membership"

    billing_split = fields.Selection(
        [("one", "One invoice"), ("equal", "Equal shares"), ("percent", "By percentage")],
        string="Billing",
        required=True,
        default="one",
        copy=False,
        tracking=True,
        help="Renewals, prorations, and the first payment where it is not invoiced yet.",
    )
    payer_ids = fields.One2many("clinic.membership.payer", "membership_id", string="Payers")

    def write(self, vals):
        with self._trying_new_cards(vals.get("payment_token_id")):
            return super().write(vals)

    @contextmanager
    def _trying_new_cards(self, given=True):
        """What is due is charged at once where it has another card afterwards; other cards are left alone.

        By the scheduled action, which starts when the card is durable: who stores it does not wait for the provider.

        :param given: whether a card may be new at all
        """
        running = self.filtered(lambda m: given and m.state in ("active", "past_due", "suspended")).sudo()
        cards = {collection: collection._card() for collection in running._overdue_periods()._collections()}
        yield
        for collection, card in cards.items():
            if collection.state != "paused" and collection._card() not in (card, card.browse()):
                collection._again_today()
                self.env.ref("clinic_membership.ir_cron_collect").sudo()._trigger()

    @api.constrains("billing_split", "payer_ids")
    def _check_shares(self):
        for membership in self:
            shares = membership.payer_ids.mapped("percent")
            if refusal := self._shares_refusal(membership.billing_split, shares, membership.display_name):
                raise ValidationError(refusal)

    @api.model
    def _shares_refusal(self, split, shares, name):
        """Why a membership cannot be paid in these shares; None if it can."""
        if split != "one" and len(shares) < 2:
            return self.env._("Name at least two payers, or choose one invoice.")
        if split == "percent" and (round(sum(shares), 2) != 100 or not all(shares)):
            return self.env._("The shares of %s must be above 0 and add up to 100 %%.", name)
        return None

    def _check_company_of_card(self, token):
        """A branch may use the provider of its main company, another clinic may not."""
        if token and token.company_id not in self.company_id.parent_ids:
            raise ValidationError(
                self.env._(
                    "The card %(card)s is stored with another company than %(company)s. Choose one stored there.",
                    card=token.display_name,
                    company=self.company_id.display_name,
                )
            )

    def _shares(self):
        """Who pays which part of each invoice.

        :return: [(partner, weight)]; empty for one invoice
        """
        if self.billing_split == "one":
            return []
        equal = self.billing_split == "equal"
        return [(payer.partner_id, 1 if equal else payer.percent) for payer in self.payer_ids]

    def _token_for(self, partner):
        """The card that pays the invoices of a payer, where it may be charged."""
        payer = self.sudo().payer_ids.filtered(lambda payer: payer.partner_id == partner)
        token = self.sudo().payment_token_id
        if self.billing_split != "one" and partner in self.payer_ids.partner_id:
            token = payer.payment_token_id or token.filtered(lambda card: card.partner_id == partner)
        return token._clinic_usable()

    def _keep_token(self, token, partner, declined):
        """A card that somebody saved while paying is the one for their next invoice, unless they have one that works.

        :param declined: cards that did not pay the same invoice; what paid it instead takes their place
        """
        payer = self.payer_ids.filtered(lambda payer: payer.partner_id == partner and self.billing_split != "one")
        owner = payer or self
        mine = partner if payer else self.partner_id | self.payer_id
        if token.partner_id in mine and not (owner.payment_token_id - declined)._clinic_usable():
            owner.payment_token_id = token

    # === one document for each === #

    def _split(self, values, shares, head):
        """One document for each payer, whose lines add up exactly to those of the whole.

        :param values: the values of the document, lines included, as for one payer
        :param shares: as :meth:`_shares` answers
        :param head: what else the document of a payer says, by the payer
        :return: a list of values
        """
        lines = [line for _command, _id, line in values["invoice_line_ids"]]
        weights = [weight for _partner, weight in shares]
        parts = [self._spread_line(line, weights) for line in lines] if shares else []
        totals = [sum(column) for column in zip(*parts, strict=True)]
        if not shares or min(totals) < 0:  # a cent the wrong way round: nobody is invoiced a negative amount
            return [values]
        quantities = [self._spread_quantity(line, weights) for line in lines]
        columns = zip(shares, zip(*parts, strict=True), zip(*quantities, strict=True), totals, strict=True)
        return [
            {
                **values,
                **head(partner),
                "invoice_line_ids": [
                    Command.create(self._prepare_share(line, partner, cents, quantity))
                    for line, cents, quantity in zip(lines, column, numbers, strict=True)
                ],
            }
            for (partner, _weight), column, numbers, total in columns
            if total
        ]

    def _spread_line(self, line, weights):
        """The amount of a line for each weight, in cents."""
        rounding = self.currency_id.rounding
        amount = line["quantity"] * line.get("price_unit", 0.0) * (1 - line.get("discount", 0.0) / 100)
        return money.spread(money.to_cents(amount, rounding), weights)

    def _spread_quantity(self, line, weights):
        """The quantity on each document: parts of a line of a sales order, where Odoo adds them up, else 1."""
        if not line.get("sale_line_ids"):
            return [1.0] * len(weights)
        steps = 10 ** self.env["decimal.precision"].precision_get("Product Unit")
        whole = round(line["quantity"] * steps)
        parts = money.spread(whole, weights)
        if not all(parts):  # a share below the smallest quantity
            parts = [part + 1 for part in money.spread(whole - len(weights), weights)]
        return [part / steps for part in parts]

    def _prepare_share(self, line, partner, cents, quantity):
        """The line of one payer; sections and notes are everybody's."""
        if line.get("display_type") in ("line_section", "line_subsection", "line_note"):
            return line
        return {
            **line,
            "name": self.env._("%(name)s\nShare of %(payer)s", name=line["name"], payer=partner.name),
            "quantity": quantity,
            "price_unit": money.to_amount(cents, self.currency_id.rounding) / quantity,
            "discount": 0.0,
            "extra_tax_data": False,
        }


class ClinicMembershipPeriod(models.Model):
    _inherit = "clinic.membership.period"

    def _split(self, values):
        """One document of this period for each payer, as :meth:`clinic.membership._split`."""

        def head(partner):
            return {
                **self._payer_values(partner, values["invoice_date"]),
                "clinic_adjusted_period_id": self.id,
                "clinic_purpose": values.get("clinic_purpose", "share"),
            }

        return self.membership_id._split(values, self.membership_id._shares(), head)

    def _billed_shares(self):
        """The shares of this period that are billed: where one was deleted, only that is billed again."""
        return self.adjustment_ids.filtered(lambda move: move.clinic_purpose == "share" and move.state != "cancel")
