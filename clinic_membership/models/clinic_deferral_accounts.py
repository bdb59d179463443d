from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ResCompany(models.Model):
    """Where prepaid units are kept in the books, and where they go when they are used or expire."""

    _inherit = "res.company"

    clinic_defer = fields.Boolean(
        string="Defer Prepaid Packages",
        compute="_compute_clinic_defer",
        help="Packages are a liability until their units are used or expire. On once its accounts are set.",
    )
    clinic_prepaid_account_id = fields.Many2one(
        "account.account",
        string="Prepaid Services",
        check_company=True,
        domain="[('account_type', 'in', ('liability_current', 'liability_non_current'))]",
        help="Packages are booked here when they are invoiced: what the clinic owes in services.",
    )
    clinic_breakage_account_id = fields.Many2one(
        "account.account",
        string="Breakage",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Income from units that expired unused.",
    )
    clinic_deferred_account_id = fields.Many2one(
        "account.account",
        string="Deferred Memberships",
        check_company=True,
        domain="[('account_type', 'in', ('liability_current', 'liability_non_current'))]",
        help="Quarterly and annual memberships are booked here and earned day by day. Empty: income when invoiced.",
    )
    clinic_deferral_journal_id = fields.Many2one(
        "account.journal", string="Recognition Journal", check_company=True, domain="[('type', '=', 'general')]"
    )

    @api.depends("clinic_prepaid_account_id", "clinic_breakage_account_id", "clinic_deferral_journal_id")
    def _compute_clinic_defer(self):
        for company in self:
            company.clinic_defer = bool(
                company.clinic_prepaid_account_id
                and company.clinic_breakage_account_id
                and company.clinic_deferral_journal_id
            )

    @api.constrains("clinic_deferred_account_id", "clinic_deferral_journal_id")
    def _check_clinic_deferral_journal(self):
        for company in self:
            if company.clinic_deferred_account_id and not company.clinic_deferral_journal_id:
                raise ValidationError(
                    self.env._("Choose the recognition journal, too: what is earned of memberships is posted there.")
                )

    # === value stays on its account === #

    def write(self, vals):
        """Refused where value would be left behind on an account."""
        for company in self:
            company._clinic_check_value_moves(vals)
        return super().write(vals)

    def _clinic_check_value_moves(self, vals):
        """What was sold into an account is earned out of it: another one, or none, has to wait until it is empty.

        Without breakage or a journal nothing would be recognized any more; another one of them is no matter.

        :raises UserError: says how much is there, and what to do
        """
        self.ensure_one()
        company = self.sudo()
        for account, others in (
            ("clinic_prepaid_account_id", ("clinic_breakage_account_id", "clinic_deferral_journal_id")),
            ("clinic_deferred_account_id", ("clinic_deferral_journal_id",)),
        ):
            moves = account in vals and company[account].id != vals[account]
            stops = any(name in vals and not vals[name] and company[name] for name in others)
            if company[account] and (moves or stops):
                company._clinic_check_empty(company[account])

    def _clinic_value_on(self, account):
        """What is on an account, or is still to be earned out of it; the larger where they differ."""
        mine = [("company_id", "=", self.id)]
        items = [*mine, ("account_id", "=", account.id), ("parent_state", "=", "posted")]
        [(balance,)] = self.env["account.move.line"]._read_group(items, [], ["balance:sum"])
        if account == self.clinic_prepaid_account_id:
            grants = [*mine, ("deferred", "=", True), ("balance_left", ">", 0)]
            [(left,)] = self.env["clinic.grant"]._read_group(grants, [], ["balance_left:sum"])
        else:
            [(left,)] = self.env["clinic.deferral"]._read_group([*mine, ("left", "!=", 0)], [], ["left:sum"])
        return max(-balance, balance, left)

    def _clinic_check_empty(self, account):
        value = self._clinic_value_on(account)
        if not self.currency_id.is_zero(value):
            raise UserError(
                self.env._(
                    "%(value)s is on the account %(account)s, for what was sold and is not earned yet. It stays, and "
                    "breakage and the journal with it, until all of that is used, expired, earned or refunded. For "
                    "another number or name, change the account itself in the chart of accounts.",
                    value=self.currency_id.format(value),
                    account=account.display_name,
                )
            )

    def _clinic_deferred_accounts(self):
        """The accounts into which this company sells what it owes in services: of packages, of memberships."""
        company = self.sudo()
        prepaid = company.clinic_prepaid_account_id if company.clinic_defer else company.clinic_prepaid_account_id[:0]
        return prepaid | company.clinic_deferred_account_id

    def action_clinic_propose_accounts(self):
        """Take or create the accounts of deferral, for any chart of accounts, also one that somebody made by hand.

        What is set already stays.
        """
        self.ensure_one()
        journals = self.env["account.journal"]
        self.clinic_deferral_journal_id = self.clinic_deferral_journal_id or journals.search(
            [*journals._check_company_domain(self), ("type", "=", "general")], order="sequence, id", limit=1
        )
        if not self.clinic_deferral_journal_id:
            raise UserError(
                self.env._(
                    "%s has no journal of the type Miscellaneous. Install a chart of accounts first, or create one.",
                    self.name,
                )
            )
        for name, label, kind in (
            ("clinic_prepaid_account_id", self.env._("Prepaid Services"), "liability_current"),
            ("clinic_deferred_account_id", self.env._("Deferred Memberships"), "liability_current"),
            ("clinic_breakage_account_id", self.env._("Breakage Income"), "income_other"),
        ):
            self[name] = self[name] or self._clinic_account(label, kind)

    def _clinic_open_day(self, day):
        """The day itself, or the first one after it on which the recognition journal is not locked."""
        self.ensure_one()
        company = self.sudo()
        while violated := company._get_violated_lock_dates(day, False, company.clinic_deferral_journal_id):
            day = fields.Date.add(violated[-1][0], days=1)
        return day

    def _clinic_account(self, name, kind):
        """A new account beside those of its kind."""
        accounts = self.env["account.account"].with_company(self)
        beside = accounts.search(
            [*accounts._check_company_domain(self), ("account_type", "=", kind)], order="code desc", limit=1
        )
        start = beside.code or {"liability_current": "210000", "income_other": "450000"}[kind]
        return accounts.create(
            {"name": name, "account_type": kind, "code": accounts._search_new_account_code(start), "reconcile": False}
        )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _get_product_accounts(self):
        """A package is sold into the account of prepaid services, by invoice or at the till alike."""
        accounts = super()._get_product_accounts()
        company = self.env.company
        if self.service_tracking == "package" and company.clinic_defer:
            accounts["income"] = company.sudo().clinic_prepaid_account_id
        return accounts


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """A package on an invoice by hand brings nobody units: it is income, as nothing is owed for it."""
        for line in self.invoice_line_ids.filtered(lambda line: line._clinic_is_package_by_hand()):
            line.account_id = line.product_id.product_tmpl_id.with_company(line.company_id)._clinic_earned_account()
        return super()._post(soft=soft)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _clinic_is_package_by_hand(self):
        """Whether this bills, or gives back, a package that was not sold here, into the account of prepaid services."""
        return bool(
            self.move_id.is_sale_document()
            and self.display_type == "product"
            and self.product_id.service_tracking == "package"
            and self.account_id
            and self.account_id == self.company_id.sudo().clinic_prepaid_account_id
            and not self.sudo().sale_line_ids
            and not self.move_id.reversed_entry_id
        )
