from datetime import datetime

import pytz

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get


class ResCompany(models.Model):
    _inherit = "res.company"

    clinic_tz = fields.Selection(
        _tz_get,
        string="Clinic Time Zone",
        compute="_compute_clinic_tz",
        store=True,
        readonly=False,
        help="Contract days begin and end at midnight here.",
    )
    clinic_activation = fields.Selection(
        [("payment", "When they are paid"), ("confirmation", "When the order is confirmed")],
        string="Activate Memberships and Packages",
        required=True,
        default="payment",
    )
    clinic_future_start = fields.Selection(
        [("sale", "At the sale"), ("start", "On its first day")],
        string="Memberships That Start Later Are Charged",
        required=True,
        default="sale",
    )
    clinic_missed_periods = fields.Selection(
        [
            ("each", "Bill each missed period"),
            ("one", "Bill the current period, skip the missed ones"),
            ("forgive", "Forgive the missed time, bill the next period"),
        ],
        string="After Missed Renewals",
        required=True,
        default="each",
    )
    clinic_packages_first = fields.Boolean(
        string="Use Packages Before Allowances",
        help="By default a visit is paid by the membership's allowance first, then by packages.",
    )
    clinic_manual_pricelist_wins = fields.Boolean(
        string="A Pricelist Set by Hand Wins",
        help="By default a member gets the member price even if another pricelist is set on the contact.",
    )
    clinic_paused_price = fields.Boolean(
        string="Member Price While Paused", help="By default a paused member pays the ordinary price."
    )
    clinic_join_price = fields.Boolean(
        string="Member Price From the First Order",
        default=True,
        help="A membership in an order gives its member price to the other lines of the same order.",
    )
    clinic_grace_days = fields.Integer(
        string="Grace Days", default=7, help="Days past due during which benefits go on. Then allowances are suspended."
    )
    clinic_tell_members = fields.Boolean(
        string="E-mail Members",
        default=True,
        help="Members are told when their membership starts, changes, pauses, goes on, is cancelled or ends.",
    )
    clinic_package_reminder_days = fields.Char(
        string="Remind of Packages (days before)",
        default="30, 14, 3",
        help="Days before a package expires on which patients with units left are reminded, separated by commas.",
    )
    clinic_reminder_days = fields.Integer(
        string="Remind Members (days)",
        default=14,
        help="How long before a renewal, or the end of a trial or a membership, members are reminded. 0: never.",
    )
    clinic_trial_end = fields.Selection(
        [
            ("invoice", "Invoice it and wait for the payment"),
            ("pause", "Pause the membership for a month at a time"),
            ("cancel", "Cancel the membership"),
        ],
        string="Trial Ends Without a Card",
        required=True,
        default="invoice",
    )
    clinic_downgrade = fields.Selection(
        [("now", "Today, with the difference credited"), ("renewal", "With the next renewal")],
        string="Downgrades Take Effect",
        required=True,
        default="now",
    )
    clinic_age_of_majority = fields.Integer(
        string="Age of Majority",
        default=18,
        help="Younger patients can be covered by a membership, but an adult pays for it.",
    )
    clinic_pause_min_months = fields.Integer(string="Shortest Pause (months)", default=1)
    clinic_pause_max_months = fields.Integer(string="Longest Pause (months)", default=6)
    clinic_pauses_per_year = fields.Integer(
        string="Pauses per Year", default=2, help="How often a member may pause within 12 months."
    )
    clinic_price_notice_days = fields.Integer(
        string="Notice of a New Price (days)",
        default=30,
        help="How long before it members are told that a price campaign changes their price.",
    )
    clinic_fee_product_id = fields.Many2one(
        "product.product",
        string="Cancellation Fee Product",
        check_company=True,
        help="Its income account and taxes are those of the fee.",
    )
    clinic_user_refund_limit = fields.Monetary(
        string="Refunds by Users Up To",
        currency_field="currency_id",
        help="How much Membership Users may refund to a patient within 30 days. 0: only Membership Managers refund.",
    )
    clinic_wallet_program_id = fields.Many2one(
        "loyalty.program",
        string="Store Credit",
        domain="[('program_type', '=', 'ewallet'), ('company_id', 'in', (False, id))]",
        help="The eWallet that refunds are paid into. Without one it is made with the first refund.",
    )
    clinic_dunning_end = fields.Selection(
        [("suspend", "Leave the membership suspended"), ("cancel", "Cancel the membership")],
        string="After the Last Attempt",
        required=True,
        default="suspend",
        help="When every attempt was made and the grace days are over. The debt stays either way.",
    )
    clinic_offer_percent = fields.Float(
        string="Discount for Members Who Want to Leave (%)", default=20.0, help="What staff can offer instead."
    )
    clinic_offer_periods = fields.Integer(string="For How Many Renewals", default=3)
    clinic_health_digest = fields.Boolean(
        string="Weekly Health Digest",
        default=True,
        help="Membership Managers get an e-mail once a week where a health check has found something.",
    )
    clinic_retry_days = fields.Char(
        string="Retry Declined Cards After (days)",
        default="3, 3, 3",
        help="Days between the attempts to charge a declined card, separated by commas.",
    )

    _clinic_pause_limits = models.Constraint(
        "CHECK (clinic_pause_min_months >= 1 AND clinic_pause_max_months >= clinic_pause_min_months)",
        "A pause lasts at least one month, and the longest is not shorter than the shortest.",
    )
    _clinic_grace_not_negative = models.Constraint(
        "CHECK (clinic_grace_days >= 0)", "The grace days cannot be negative."
    )

    _clinic_refund_limit_not_negative = models.Constraint(
        "CHECK (clinic_user_refund_limit >= 0)", "The limit of refunds cannot be negative."
    )

    _clinic_majority_not_negative = models.Constraint(
        "CHECK (clinic_age_of_majority >= 0)", "The age of majority cannot be negative."
    )

    _clinic_price_notice_not_negative = models.Constraint(
        "CHECK (clinic_price_notice_days >= 0)", "The notice of a new price cannot be negative."
    )

    _clinic_offer_limits = models.Constraint(
        "CHECK (clinic_offer_percent >= 0 AND clinic_offer_percent <= 100 AND clinic_offer_periods >= 0)",
        "The offered discount must be between 0 and 100 %, for 0 or more renewals.",
    )
    _clinic_reminder_not_negative = models.Constraint(
        "CHECK (clinic_reminder_days >= 0)", "The days of the reminder cannot be negative; 0 sends none."
    )

    @api.depends("partner_id.tz")
    def _compute_clinic_tz(self):
        for company in self:
            company.clinic_tz = company.clinic_tz or company.partner_id.tz or "UTC"

    @api.constrains("clinic_retry_days", "clinic_package_reminder_days")
    def _check_clinic_days(self):
        for company in self:
            company._clinic_retry_schedule()
            company._clinic_package_reminders()

    def _clinic_retry_schedule(self):
        """The days between attempts, as integers.

        :raises ValidationError: when the setting cannot be read
        """
        self.ensure_one()
        return self._clinic_days(self.clinic_retry_days)

    def _clinic_package_reminders(self):
        """How many days before a package expires its patient is reminded."""
        self.ensure_one()
        return self._clinic_days(self.clinic_package_reminder_days)

    def _clinic_days(self, text):
        parts = [part.strip() for part in (text or "").split(",") if part.strip()]
        if not all(part.isdigit() and int(part) for part in parts):
            raise ValidationError(
                self.env._("Write the days as whole numbers separated by commas, for example: 3, 3, 3")
            )
        return [int(part) for part in parts]

    def _clinic_fee_product(self):
        """The product that bills cancellation fees; empty if the clinic has deleted it."""
        self.ensure_one()
        standard = self.env.ref("clinic_membership.product_cancellation_fee", raise_if_not_found=False)
        return self.clinic_fee_product_id or standard or self.env["product.product"]

    def _clinic_today(self):
        """Today at the clinic.

        Only the system itself may live on another day, set in the context: demo data has a past. No user can,
        as ``uid`` does not change with ``sudo()``.
        """
        self.ensure_one()
        if self.env.uid == SUPERUSER_ID and (day := self.env.context.get("clinic_today")):
            return fields.Date.to_date(day)
        return datetime.now(pytz.timezone(self.clinic_tz or "UTC")).date()

    def _clinic_manager(self, preferred=None):
        """The manager who is asked to decide something: the one who knows of it, else one of this clinic.

        :return: a user, or none where the clinic has no manager
        """
        self.ensure_one()
        managers = self.env.ref("clinic_membership.group_membership_manager").all_user_ids
        here = managers.filtered(lambda user: user.active and self in user.company_ids)
        people = here.filtered(lambda user: user._is_internal() and not user._is_superuser()) or here
        return preferred if preferred and preferred in people else people.sorted("id")[:1]
