from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clinic_tz = fields.Selection(related="company_id.clinic_tz", readonly=False)
    clinic_activation = fields.Selection(related="company_id.clinic_activation", readonly=False, required=True)
    clinic_future_start = fields.Selection(related="company_id.clinic_future_start", readonly=False, required=True)
    clinic_missed_periods = fields.Selection(related="company_id.clinic_missed_periods", readonly=False, required=True)
    clinic_packages_first = fields.Boolean(related="company_id.clinic_packages_first", readonly=False)
    clinic_manual_pricelist_wins = fields.Boolean(related="company_id.clinic_manual_pricelist_wins", readonly=False)
    clinic_join_price = fields.Boolean(related="company_id.clinic_join_price", readonly=False)
    clinic_grace_days = fields.Integer(related="company_id.clinic_grace_days", readonly=False)
    clinic_tell_members = fields.Boolean(related="company_id.clinic_tell_members", readonly=False)
    clinic_package_reminder_days = fields.Char(related="company_id.clinic_package_reminder_days", readonly=False)
    clinic_reminder_days = fields.Integer(related="company_id.clinic_reminder_days", readonly=False)
    clinic_trial_end = fields.Selection(related="company_id.clinic_trial_end", readonly=False, required=True)
    clinic_downgrade = fields.Selection(related="company_id.clinic_downgrade", readonly=False, required=True)
    clinic_age_of_majority = fields.Integer(related="company_id.clinic_age_of_majority", readonly=False)
    clinic_pause_min_months = fields.Integer(related="company_id.clinic_pause_min_months", readonly=False)
    clinic_pause_max_months = fields.Integer(related="company_id.clinic_pause_max_months", readonly=False)
    clinic_pauses_per_year = fields.Integer(related="company_id.clinic_pauses_per_year", readonly=False)
    clinic_price_notice_days = fields.Integer(related="company_id.clinic_price_notice_days", readonly=False)
    clinic_fee_product_id = fields.Many2one(related="company_id.clinic_fee_product_id", readonly=False)
    clinic_user_refund_limit = fields.Monetary(related="company_id.clinic_user_refund_limit", readonly=False)
    clinic_wallet_program_id = fields.Many2one(related="company_id.clinic_wallet_program_id", readonly=False)
    clinic_dunning_end = fields.Selection(related="company_id.clinic_dunning_end", readonly=False, required=True)
    clinic_prepaid_account_id = fields.Many2one(related="company_id.clinic_prepaid_account_id", readonly=False)
    clinic_deferred_account_id = fields.Many2one(related="company_id.clinic_deferred_account_id", readonly=False)
    clinic_breakage_account_id = fields.Many2one(related="company_id.clinic_breakage_account_id", readonly=False)
    clinic_deferral_journal_id = fields.Many2one(related="company_id.clinic_deferral_journal_id", readonly=False)
    clinic_offer_percent = fields.Float(related="company_id.clinic_offer_percent", readonly=False)
    clinic_offer_periods = fields.Integer(related="company_id.clinic_offer_periods", readonly=False)
    clinic_health_digest = fields.Boolean(related="company_id.clinic_health_digest", readonly=False)
    clinic_retry_days = fields.Char(related="company_id.clinic_retry_days", readonly=False)
    clinic_user_credit_limit = fields.Monetary(related="company_id.clinic_user_credit_limit", readonly=False)
    clinic_courtesy_product_id = fields.Many2one(related="company_id.clinic_courtesy_product_id", readonly=False)
    clinic_promotional_product_id = fields.Many2one(related="company_id.clinic_promotional_product_id", readonly=False)
    clinic_write_off_limit = fields.Monetary(related="company_id.clinic_write_off_limit", readonly=False)
    clinic_write_off_auto = fields.Boolean(related="company_id.clinic_write_off_auto", readonly=False)
    clinic_write_off_account_id = fields.Many2one(related="company_id.clinic_write_off_account_id", readonly=False)
    clinic_bad_debt_account_id = fields.Many2one(related="company_id.clinic_bad_debt_account_id", readonly=False)

    def action_clinic_propose_accounts(self):
        """Take or create the accounts of deferral."""
        self.company_id.action_clinic_propose_accounts()
        return self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.res_config_settings_action")
