from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import deferral


class ResCompany(models.Model):
    """Where the value of packages and paid memberships comes from that were sold before this system was used."""

    _inherit = "res.company"

    clinic_opening_account_id = fields.Many2one(
        "account.account",
        string="Opening Balances",
        check_company=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable', 'off_balance'))]",
        help="What imported packages and memberships are worth is booked from here into prepaid services and deferred "
        "memberships, so that it is earned when it is used. Empty: what was sold elsewhere is not deferred.",
    )
    clinic_opening_date = fields.Date(
        string="Go-live Day", help="The date of those entries. Once it has passed, or empty: the day of the import."
    )

    def _clinic_opening_day(self, day):
        """The day of the opening balance of what was imported on a day."""
        self.ensure_one()
        return max(day, self.sudo().clinic_opening_date or day)

    def _clinic_brings_packages(self):
        """Whether the value of imported packages goes into the books."""
        return bool(self.clinic_defer and self.sudo().clinic_opening_account_id)

    def _clinic_brings_memberships(self):
        """Whether what was paid elsewhere for quarterly and annual memberships goes into the books."""
        company = self.sudo()
        journal, deferred = company.clinic_deferral_journal_id, company.clinic_deferred_account_id
        return bool(journal and deferred and company.clinic_opening_account_id)


class ClinicGrantEntry(models.Model):
    """Opening balances of units go the way of all value of units, from the account of opening balances."""

    _inherit = "clinic.grant.entry"

    def _is_of_opening(self):
        return "opening" in (self.kind, self.reverses_id.kind)

    def _recognition_day(self):
        day = super()._recognition_day()
        return self.company_id._clinic_opening_day(day) if self._is_of_opening() else day

    def _income_account(self):
        if self.kind != "opening":
            return super()._income_account()
        account = self.company_id.sudo().clinic_opening_account_id
        if not account:
            raise UserError(self.env._("Choose the account of opening balances in the settings of memberships."))
        return account

    def _recognition_label(self, day):
        if all(entry._is_of_opening() for entry in self):
            return self.env._("Opening balance of packages, %s", self.env["ir.qweb.field.date"].value_to_html(day, {}))
        return super()._recognition_label(day)


class ClinicDeferral(models.Model):
    """The rest of a period that was paid in another system: the line is one of its opening entry."""

    _inherit = "clinic.deferral"

    is_opening = fields.Boolean(readonly=True)

    def _period(self):
        if self.is_opening:
            return self.membership_id.period_ids.filtered("is_opening")[:1]
        return super()._period()

    def _is_of_rest(self):
        return self.is_opening or super()._is_of_rest()

    # === brought in, and taken back === #

    def _bring(self, company, day, amounts):
        """Post the opening balance of memberships, and earn it from then on.

        :param day: of the import
        :param amounts: {membership: what was paid elsewhere and is not earned, in the company's currency}
        :return: the deferrals
        """
        amounts = {membership: amount for membership, amount in amounts.items() if amount}
        if not amounts:
            return self
        move = self.env["account.move"].create(self._prepare_opening(company, day, amounts))
        move._post(soft=False)
        lines = move.line_ids.filtered(lambda line: line.balance < 0).sorted("id")
        return self.create(
            [
                {
                    "move_line_id": line.id,
                    "product_id": membership.plan_id.id,
                    "membership_id": membership.id,
                    "amount": -line.balance,
                    "income_account_id": membership.plan_id.product_tmpl_id._clinic_earned_account().id,
                    "post_on": deferral.month_end(line.date),
                    "is_opening": True,
                }
                for line, membership in zip(lines, amounts, strict=True)
            ]
        )

    def _take_back(self):
        """The import was undone: what is left of these goes back to where it came from."""
        for company, records in self.grouped("company_id").items():
            left = {record: record.left for record in records if not record.currency_id.is_zero(record.left)}
            records.post_on = False
            if left:
                today = company._clinic_today()
                amounts = {record.membership_id: -amount for record, amount in left.items()}
                move = self.env["account.move"].create(self._prepare_opening(company, today, amounts))
                move._post(soft=False)
                self.env["clinic.deferral.posting"].create(
                    [record._prepare_taken_back(move, amount) for record, amount in left.items()]
                )

    def _prepare_taken_back(self, move, amount):
        return {
            "deferral_id": self.id,
            "earned_on": move.date,
            "date": move.date,
            "amount": amount,
            "move_id": move.id,
            "taken_back": True,
        }

    def _prepare_opening(self, company, day, amounts):
        """One journal entry, with a line for each membership: negative amounts go back."""
        label = self.env._("Opening balance of memberships")
        deferred, opening = company.sudo().clinic_deferred_account_id, company.sudo().clinic_opening_account_id
        lines = [
            {
                "account_id": deferred.id,
                "name": f"{label}: {membership.display_name}",
                "partner_id": membership.partner_id.id,
                "balance": -amount,
            }
            for membership, amount in amounts.items()
        ]
        lines.append({"account_id": opening.id, "name": label, "balance": sum(amounts.values())})
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company.sudo().clinic_deferral_journal_id.id,
            "date": company._clinic_open_day(company._clinic_opening_day(day)),
            "ref": label,
            "line_ids": [Command.create(line) for line in lines],
        }


class ClinicDeferralPosting(models.Model):
    _inherit = "clinic.deferral.posting"

    taken_back = fields.Boolean(readonly=True, help="Not earned: the import that brought it was undone.")
