from datetime import datetime

import pytz

from odoo import fields, models

from ..tools.deferral import DEFERRED


class ClinicHealth(models.AbstractModel):
    """Checks of how the clinic is set up: providers, accounts, scheduled actions, time zone."""

    _inherit = "clinic.health"

    def _setup_checks(self):
        return [
            "_check_test_mode",
            "_check_tokenization",
            "_check_webhook",
            "_check_income_accounts",
            "_check_tax_accounts",
            "_check_journals",
            "_check_actions_off",
            "_check_actions_late",
            "_check_time_zone",
        ]

    # === payment providers === #

    def _providers(self, company):
        """The providers that patients and scheduled actions can use."""
        return self.env["payment.provider"].search([("company_id", "=", company.id), ("state", "!=", "disabled")])

    def _check_test_mode(self, company):
        """Patients who pay in test mode have paid nothing."""
        testing = self._providers(company).filtered(lambda provider: provider.state == "test")
        billed = [("company_id", "=", company.id), ("invoice_id.state", "=", "posted")]
        if not testing or not self.env["clinic.membership.period"].search_count(billed, limit=1):
            return self._fine(self.env._("No payment provider is in test mode"))
        return self._warning(
            self.env._("Payment provider in test mode: %s", self._names(testing)),
            self.env._(
                "Real invoices of memberships are in the books, but what is charged through this provider is only "
                "played: invoices are marked as paid and no money comes. Enable it for real, or disable it."
            ),
            testing,
        )

    def _check_tokenization(self, company):
        """Without a provider that stores cards nothing can be charged by itself."""
        providers = self._providers(company)
        if providers.filtered("allow_tokenization"):
            return self._fine(self.env._("A payment provider stores cards"))
        return self._warning(
            self.env._("No payment provider stores cards"),
            self.env._(
                "Renewals cannot be charged by themselves; each is sent as an invoice with a payment link. "
                "Enable a provider and tick 'Allow Saving Payment Methods' in its configuration."
            ),
            providers or self.env["payment.provider"].search([("company_id", "=", company.id)]),
        )

    def _webhook_secrets(self):
        """The field of ``payment.provider`` that holds the secret of webhooks: {code of the provider: field}."""
        ending = "_webhook_secret"
        names = [name for name in self.env["payment.provider"]._fields if name.endswith(ending)]
        return {name.removesuffix(ending): name for name in names}

    def _check_webhook(self, company):
        """An empty secret accepts what anybody sends."""
        secrets = self._webhook_secrets()
        open_doors = self._providers(company).filtered(lambda p: p.code in secrets and not p[secrets[p.code]])
        if not open_doors:
            return self._fine(self.env._("Messages of payment providers are verified"))
        return self._problem(
            self.env._("Webhook secret missing: %s", self._names(open_doors)),
            self.env._(
                "Without it anybody can tell this database that an invoice was paid, and answers of the provider that "
                "come late may be lost. Create the webhook at the provider and enter its secret."
            ),
            open_doors,
        )

    # === accounting === #

    def _check_income_accounts(self, company):
        """An invoice line needs an account: of the product, of its category, or the company's default."""
        sold = self.env["product.template"].search(
            [("service_tracking", "in", ("membership", "package")), ("company_id", "in", (False, company.id))]
        )
        missing = sold.filtered(lambda product: not product._get_product_accounts()["income"])
        if not missing:
            return self._fine(self.env._("Every membership and package has its income account"))
        return self._problem(
            self.env._("No income account: %s", self._names(missing)),
            self.env._(
                "Invoices of these products cannot be posted, so their renewals fail. Set the account on the product, "
                "on its category, or as the default of the company."
            ),
            missing,
        )

    def _check_tax_accounts(self, company):
        """The tax of what is deferred has an account of its own: else it is booked with the price as owed services."""
        deferred = self.env["product.template"].search(
            [
                ("company_id", "in", (False, company.id)),
                "|",
                ("service_tracking", "=", "package"),
                "&",
                ("service_tracking", "=", "membership"),
                ("billing_interval", "in", DEFERRED),
            ]
        )
        taxes = deferred.taxes_id.filtered(lambda tax: tax.company_id == company).flatten_taxes_hierarchy()
        lost = taxes.filtered(lambda tax: any(map(self._is_booked_with_the_price, tax.repartition_line_ids)))
        if not lost or not company._clinic_deferred_accounts():
            return self._fine(self.env._("Taxes are kept apart from what is owed in services"))
        return self._problem(
            self.env._("Taxes without an account: %s", self._names(lost)),
            self.env._(
                "They are booked together with the price into the accounts of prepaid services and deferred "
                "memberships, so that these no longer agree with the units. Set the tax's account, on its lines "
                "for invoices and refunds, and move what is booked already."
            ),
            lost,
        )

    def _is_booked_with_the_price(self, line):
        return line.repartition_type == "tax" and line.factor_percent and not line.account_id

    def _check_journals(self, company):
        """Invoices need a sales journal, payments a bank or cash journal."""
        journals = self.env["account.journal"].search([("company_id", "=", company.id)])
        types = set(journals.mapped("type"))
        missing = [
            name
            for name, wanted in (
                (self.env._("sales journal"), {"sale"}),
                (self.env._("bank or cash journal"), {"bank", "cash"}),
            )
            if not types & wanted
        ]
        if not missing:
            return self._fine(self.env._("Journals for invoices and payments are there"))
        return self._problem(
            self.env._("Missing: %s", ", ".join(missing)),
            self.env._("Memberships cannot be invoiced or paid without it. Create it, or install a chart of accounts."),
            action="account.action_account_journal_form",
        )

    # === scheduled actions === #

    def _scheduled_actions(self):
        """The scheduled actions of memberships and their bridges, and those of Odoo that they rely on."""
        names = self.env["ir.model.data"].search([("model", "=", "ir.cron"), ("module", "=like", "clinic_membership%")])
        others = (
            "mail.ir_cron_mail_scheduler_action",
            "account.ir_cron_account_move_send",
            "payment.cron_post_process_payment_tx",
        )
        found = [self.env.ref(name, raise_if_not_found=False) for name in others]
        ids = names.mapped("res_id") + [cron.id for cron in found if cron]
        return self.env["ir.cron"].with_context(active_test=False).search([("id", "in", ids)], order="id")

    def _check_actions_off(self, company):
        """What is switched off does not happen at all."""
        off = self._scheduled_actions().filtered(lambda cron: not cron.active)
        if not off:
            return self._fine(self.env._("All scheduled actions are on"))
        return self._problem(
            self.env._("Scheduled actions are off: %s", self._names(off, limit=10)),
            self.env._(
                "What they do does not happen: without them nothing renews, is charged, expires or is sent by itself. "
                "Odoo also switches an action off that has failed for a week. Switch them on again."
            ),
            off,
        )

    def _check_actions_late(self, company):
        """Two intervals late, or failed the last time."""
        now = fields.Datetime.now()
        late = self._scheduled_actions().filtered(
            lambda cron: cron.active and (cron.failure_count or self._two_intervals_after(cron) < now)
        )
        if not late:
            return self._fine(self.env._("Scheduled actions run on time"))
        return self._problem(
            self.env._("Scheduled actions are late or fail: %s", self._names(late, limit=10)),
            self.env._(
                "They should have run before now, or their last run broke off. Look at the server's log, and whether "
                "the server runs scheduled actions at all (its setting max_cron_threads)."
            ),
            late,
        )

    def _two_intervals_after(self, cron):
        return fields.Datetime.add(cron.nextcall, **{cron.interval_type: 2 * cron.interval_number})

    # === time zone === #

    def _check_time_zone(self, company):
        """UTC is what it is when nobody has thought of it."""
        zones = pytz.country_timezones.get(company.country_id.code or "", [])
        if (company.clinic_tz or "UTC") != "UTC" or not zones or any(map(self._is_utc, zones)):
            return self._fine(self.env._("The clinic's days begin and end in its time zone"))
        return self._warning(
            self.env._("Time zone: UTC, in %s", company.country_id.name),
            self.env._(
                "Memberships start, renew and expire at midnight in UTC, which is another hour of the day in your "
                "country. Choose the time zone of the clinic, for example %s.",
                zones[0],
            ),
            action="clinic_membership.res_config_settings_action",
        )

    def _is_utc(self, zone):
        """Whether clocks there show UTC, summer and winter."""
        year = fields.Date.today().year
        return not any(pytz.timezone(zone).utcoffset(datetime(year, month, 1)) for month in (1, 7))
