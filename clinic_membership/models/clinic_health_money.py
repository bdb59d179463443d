from odoo import fields, models


class ClinicHealth(models.AbstractModel):
    """Checks of members' money: cards, charges, invoices, messages that did not go out."""

    _inherit = "clinic.health"

    def _money_checks(self):
        return [
            "_check_unresolved",
            "_check_not_in_the_books",
            "_check_failures",
            "_check_drafts",
            "_check_cards_missing",
            "_check_cards_archived",
            "_check_never_paid",
            "_check_mail",
        ]

    def _ago(self, **time):
        """A moment before now, as databases know it."""
        return fields.Datetime.subtract(fields.Datetime.now(), **time)

    # === charges === #

    def _charges(self, company, domain):
        """Payment transactions that pay memberships, their first invoice and order included."""
        sold = [("service_tracking", "=", "membership")]
        ours = fields.Domain.OR(
            [
                [("invoice_ids.clinic_period_ids", "!=", False)],
                [("invoice_ids.clinic_adjusted_period_id", "!=", False)],
                [("sale_order_ids.order_line.product_id", "any", sold)],
            ]
        )
        mine = fields.Domain("company_id", "=", company.id)
        return self.env["payment.transaction"].search(mine & ours & fields.Domain(domain))

    def _check_unresolved(self, company):
        """While the outcome is unknown, the card is not charged again: it could be charged twice."""
        states = ("draft", "pending", "authorized")
        open_charges = self._charges(
            company, [("state", "in", states), ("create_date", "<", self._ago(days=1))]
        ).filtered(lambda tx: tx.state != "draft" or tx._clinic_is_ours())  # a draft in the portal was abandoned
        if not open_charges:
            return self._fine(self.env._("No charge waits for its outcome"))
        return self._problem(
            self.env._("Charges without an outcome: %s", len(open_charges)),
            self.env._(
                "For more than a day the provider has not said whether these were paid: %s. The member is not charged "
                "again meanwhile. Look the payment up at the provider, then capture, void or settle it.",
                self._names(open_charges.partner_id),
            ),
            open_charges,
            open_charges.invoice_ids,
        )

    def _check_not_in_the_books(self, company):
        """Answered, and the payment was never posted."""
        since = [
            ("state", "=", "done"),
            ("is_post_processed", "=", False),
            ("last_state_change", "<", self._ago(hours=1)),
        ]
        left = self._charges(company, since)
        if not left:
            return self._fine(self.env._("Every charge is in the books"))
        return self._problem(
            self.env._("Paid, but not in the books: %s", len(left)),
            self.env._(
                "The money was taken from %s, and the invoice is still open. The scheduled action 'Payment: "
                "Post-process transactions' books it; if it does not, its error is in the server's log.",
                self._names(left.partner_id),
            ),
            left,
            left.invoice_ids,
        )

    # === renewals === #

    def _check_failures(self, company):
        """A record that failed is tried once a day, and fails again until somebody helps."""
        failed = self.env["clinic.membership"].search(
            [
                ("company_id", "=", company.id),
                *["|", "|", ("failed_on", "!=", False), ("period_ids.failed_on", "!=", False)],
                ("collection_ids.failed_on", "!=", False),
            ]
        )
        if not failed:
            return self._fine(self.env._("Every renewal and charge went through"))
        details = failed[0].period_ids.filtered("failed_on") or failed[0].collection_ids.filtered("failed_on")
        reason = failed[0].failure or details[:1].failure
        return self._problem(
            self.env._("Memberships whose renewal or charge fails: %s", len(failed)),
            self.env._(
                "They are tried again every day and fail until the reason is removed. %(who)s: %(reason)s",
                who=failed[0].partner_id.display_name,
                reason=reason,
            ),
            failed,
        )

    def _check_drafts(self, company):
        """Periods that were given and never asked money for. A cancelled invoice was somebody's decision."""
        periods = self.env["clinic.membership.period"].search(
            [
                *[("company_id", "=", company.id), ("is_first", "=", False), ("amount", ">", 0)],
                *[("membership_id.state", "in", self.env["clinic.membership"]._RUNNING)],
                *["|", ("invoice_id", "=", False), ("invoice_id.state", "=", "draft")],
                ("create_date", "<", self._ago(days=1)),
            ]
        )
        if not periods:
            return self._fine(self.env._("Every renewal is invoiced"))
        return self._problem(
            self.env._("Renewals without a posted invoice: %s", len(periods)),
            self.env._(
                "These periods run, and nobody was asked to pay: %s. Post the draft invoice, or delete it and it is "
                "made anew.",
                self._names(periods.membership_id.partner_id),
            ),
            periods,
        )

    # === cards === #

    def _check_cards_missing(self, company):
        """Whose next renewal cannot be charged."""
        soon = fields.Date.add(company._clinic_today(), days=30)
        renewing = self.env["clinic.membership"].search(
            [
                ("company_id", "=", company.id),
                ("state", "in", self.env["clinic.membership"]._LIVE),
                ("will_renew", "=", True),
                ("next_renewal", "<=", soon),
                ("price", ">", 0),
                "|",  # an archived card has a check of its own
                ("payment_token_id", "=", False),
                ("payment_token_id.active", "=", True),
            ]
        )
        cardless = renewing.filtered(lambda m: not all(m._token_for(payer) for payer, _weight in m._payers()))
        if not cardless:
            return self._fine(self.env._("Everybody who renews in the next 30 days has a card"))
        return self._warning(
            self.env._("Members without a card, due in the next 30 days: %s", len(cardless)),
            self.env._(
                "They get an invoice with a payment link instead of being charged: %s. A card that they save while "
                "paying is used from then on.",
                self._names(cardless.partner_id),
            ),
            cardless,
        )

    def _check_cards_archived(self, company):
        """A card that was removed or has been archived is not charged."""
        members = self.env["clinic.membership"].search(
            [
                ("company_id", "=", company.id),
                ("state", "in", self.env["clinic.membership"]._RUNNING),
                ("payment_token_id.active", "=", False),
                ("payment_token_id", "!=", False),
            ]
        )
        if not members:
            return self._fine(self.env._("No member's card is archived"))
        return self._warning(
            self.env._("Members whose card is archived: %s", len(members)),
            self.env._(
                "The card was removed by the patient or its provider was disabled, so the next renewal cannot be "
                "charged: %s. Choose another card on the membership, or clear it to send payment links.",
                self._names(members.partner_id),
            ),
            members,
        )

    # === what was left lying === #

    def _check_never_paid(self, company):
        """Sold a week ago, never paid, never cancelled."""
        pending = self.env["clinic.membership"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "pending"),
                ("ready", "=", False),
                ("create_date", "<", self._ago(days=7)),
            ]
        )
        if not pending:
            return self._fine(self.env._("No sold membership waits for its first payment"))
        return self._warning(
            self.env._("Sold more than a week ago and never paid: %s", len(pending)),
            self.env._(
                "These memberships start when they are paid: %s. Remind the patient, or cancel them.",
                self._names(pending.partner_id),
            ),
            pending,
        )

    def _check_mail(self, company):
        """What members should have read in the last seven days."""
        failed = self.env["mail.mail"].search(
            [
                ("state", "=", "exception"),
                ("model", "=like", "clinic.%"),
                ("create_date", ">=", self._ago(days=7)),
            ]
        )
        failed = failed.filtered(lambda mail: self._mail_company(mail) == company)
        if not failed:
            return self._fine(self.env._("E-mails to members go out"))
        members = failed.filtered(lambda mail: mail.model == "clinic.membership").mapped("res_id")
        return self._problem(
            self.env._("E-mails to members that were not sent: %s", len(failed)),
            self.env._(
                "In the last seven days: %(subject)s. The reason is '%(reason)s'. Correct the address or the outgoing "
                "mail server, then retry.",
                subject=failed[0].subject,
                reason=failed[0].failure_reason or self.env._("unknown"),
            ),
            failed,
            self.env["clinic.membership"].browse(members).exists(),
        )

    def _mail_company(self, mail):
        """The company of what an e-mail is about; none where that is gone."""
        record = self.env[mail.model].browse(mail.res_id).exists() if mail.model in self.env else mail
        return record.company_id if "company_id" in record else self.env["res.company"]
