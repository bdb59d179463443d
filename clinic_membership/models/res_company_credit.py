from odoo import fields, models
from odoo.exceptions import UserError

WITHIN_DAYS = 30
SPENT = "[('account_type', 'in', ('expense', 'expense_other', 'income', 'income_other'))]"


class ResCompany(models.Model):
    """What staff may give away, and how that is booked."""

    _inherit = "res.company"

    clinic_user_credit_limit = fields.Monetary(
        string="Staff May Give",
        default=50.0,
        help="What a Membership User may give a patient at once, and within 30 days. Managers may give any amount.",
    )
    clinic_courtesy_product_id = fields.Many2one(
        "product.product",
        string="Courtesy Credit Product",
        check_company=True,
        help="Its income account and taxes are those of courtesy credit.",
    )
    clinic_promotional_product_id = fields.Many2one(
        "product.product",
        string="Promotional Credit Product",
        check_company=True,
        help="Its income account and taxes are those of promotional credit.",
    )
    clinic_write_off_limit = fields.Monetary(
        string="Small Balance", default=1.0, help="What every Membership User may write off; 0: nothing."
    )
    clinic_write_off_auto = fields.Boolean(
        string="Write Off Small Balances by Itself",
        help="What is left open of an invoice of memberships or packages, a week after it was due.",
    )
    clinic_write_off_account_id = fields.Many2one(
        "account.account",
        string="Write-Off Account",
        check_company=True,
        domain=SPENT,
        help="Where small balances go. Empty: the account of cash differences.",
    )
    clinic_bad_debt_account_id = fields.Many2one(
        "account.account",
        string="Bad Debt Account",
        check_company=True,
        domain=SPENT,
        help="Where debts go that nobody will pay, less their tax. Empty: the write-off account.",
    )

    _clinic_credit_limits_not_negative = models.Constraint(
        "CHECK (clinic_user_credit_limit >= 0 AND clinic_write_off_limit >= 0)",
        "What staff may give or write off cannot be negative.",
    )

    # === limits === #

    def _clinic_check_limit(self, amount, currency, given=0.0):
        """Refuse what a Membership User may not give away; a manager may give any amount.

        :param amount: what is given now, in ``currency``
        :param given: what the same patient got from users within 30 days, in the company's currency
        :raises UserError: it is more than the limit
        """
        self.ensure_one()
        if self.env.user.has_group("clinic_membership.group_membership_manager"):
            return
        limit, mine = self.sudo().clinic_user_credit_limit, self.currency_id
        amount = currency._convert(amount, mine, self, self._clinic_today())
        if mine.compare_amounts(amount + given, limit) > 0:
            raise UserError(
                self.env._(
                    "This is %(amount)s, and the patient got %(given)s within %(days)s days. You may give %(limit)s "
                    "in that time; ask a manager to give more.",
                    amount=mine.format(amount),
                    given=mine.format(given),
                    days=WITHIN_DAYS,
                    limit=mine.format(limit),
                )
            )

    # === how it is booked === #

    def _clinic_credit_product(self, kind):
        """The product of a kind of credit: that of the settings, else the standard one.

        :param kind: ``courtesy`` or ``promotional``
        :raises UserError: there is none any more
        """
        self.ensure_one()
        standard = self.env.ref(f"clinic_membership.product_{kind}_credit", raise_if_not_found=False)
        product = self.sudo()[f"clinic_{kind}_product_id"] or standard
        if not product:
            raise UserError(self.env._("Choose the products of credit in the settings of memberships."))
        return product.sudo().with_company(self)

    def _clinic_write_off_account(self):
        """Where small balances go; the chart's own account for differences where none was chosen."""
        company = self.sudo()
        account = (
            company.clinic_write_off_account_id
            or company.default_cash_difference_expense_account_id
            or company.account_journal_early_pay_discount_loss_account_id
        )
        if not account:
            raise UserError(self.env._("Choose the write-off account in the settings of memberships."))
        return account

    def _clinic_bad_debt_account(self):
        return self.sudo().clinic_bad_debt_account_id or self._clinic_write_off_account()

    def _clinic_write_off_journal(self):
        """The journal of entries that are no invoices."""
        domain = [*self.env["account.journal"]._check_company_domain(self), ("type", "=", "general")]
        journal = self.env["account.journal"].sudo().search(domain, limit=1)
        if not journal:
            raise UserError(self.env._("%s has no journal for miscellaneous operations.", self.name))
        return journal

    def _clinic_check_books_open(self):
        """Refuse to book today where today is locked."""
        locks = self.sudo()._get_lock_date_violations(self._clinic_today(), purchase=False)
        if locks:
            raise UserError(
                self.env._(
                    "The books of %(company)s are closed for today: %(locks)s. Ask your accountant to open them.",
                    company=self.name,
                    locks=self._format_lock_dates(locks),
                )
            )
