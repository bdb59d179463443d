from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon

MODELS = [
    "clinic.membership.tier",
    "clinic.benefit",
    "clinic.membership",
    "clinic.membership.line",
    "clinic.membership.member",
    "clinic.membership.period",
    "clinic.membership.log",
    "clinic.package",
    "clinic.grant",
    "clinic.grant.entry",
    "clinic.redemption",
]
FURTHER = [
    "clinic.activity.line",
    "clinic.blackout",
    "clinic.code",
    "clinic.code.attempt",
    "clinic.code.line",
    "clinic.membership.payer",
    "clinic.visit.line",
]
# accountants without rights to sales open these nowhere: Odoo's own forms want more
OF_ODOO = ("sale.order", "calendar.event")


@tagged("post_install", "-at_install")
@freeze_time("2026-01-31 10:00:00")
class TestSecurity(ClinicCommon):
    """What each group and a stranger can and cannot do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
            cls.package = cls._sell(cls.six_pack)
            cls.redemption = cls._redeem()
        cls.accountant = new_test_user(cls.env, "clinic_accountant", "account.group_account_user")
        cls.employee = new_test_user(cls.env, "clinic_employee", "base.group_user")
        cls.portal = new_test_user(cls.env, "clinic_portal", "base.group_portal")

    def _records(self, model):
        """One of this company: committed tests leave records of others."""
        records = self.env[model].search([])
        return records.filtered(lambda record: "company_id" not in record or record.company_id <= self.company)[:1]

    def test_strangers_see_nothing(self):
        public = self.env.ref("base.public_user")
        for user in (self.employee, self.portal, public):
            for model in (*MODELS, *FURTHER):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).check_access("read")

    def test_codes_are_for_who_redeems(self):
        sales = new_test_user(self.env, "clinic_sales", "sales_team.group_sale_salesman_all_leads")
        for user in (sales, self.accountant):
            for model in ("clinic.code", "clinic.code.line", "clinic.code.attempt"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).check_access("read")

    def test_accountant_reads_and_changes_nothing(self):
        for model in MODELS:
            record = self._records(model).with_user(self.accountant)
            record.check_access("read")
            for operation in ("write", "create", "unlink"):
                with self.subTest(model=model, operation=operation), self.assertRaises(AccessError):
                    record.check_access(operation)

    def test_nobody_writes_the_ledger(self):
        for user in (self.receptionist, self.manager):
            for model in (
                "clinic.grant",
                "clinic.grant.entry",
                "clinic.redemption",
                "clinic.membership.period",
                "clinic.membership.log",
            ):
                record = self._records(model).with_user(user)
                record.check_access("read")
                for operation in ("write", "create", "unlink"):
                    with self.subTest(model=model, operation=operation), self.assertRaises(AccessError):
                        record.check_access(operation)

    def test_receptionist_does_not_edit_contracts(self):
        membership = self.membership.with_user(self.receptionist)
        for vals in ({"state": "ended"}, {"next_renewal": date(2030, 1, 1)}, {"line_ids": [Command.clear()]}):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "use the buttons"):
                membership.write(vals)
        with self.assertRaises(AccessError):
            membership.line_ids.price_unit = 1
        with self.assertRaises(AccessError):
            self.env["clinic.membership"].with_user(self.receptionist).create({"partner_id": self.patient.id})
        membership.payment_token_id = self._card(self.patient)

    def test_receptionist_does_not_configure(self):
        for record in (self.gold, self.six_pack.package_benefit_ids, self.reason):
            with self.assertRaises(AccessError):
                record.with_user(self.receptionist).check_access("write")
            record.with_user(self.manager).check_access("write")

    def test_accountant_does_not_redeem(self):
        with self.assertRaises(AccessError):
            self.redemption.with_user(self.accountant).action_undo()
        with self.assertRaises(AccessError):
            self.env["clinic.redeem"].with_user(self.accountant).create(
                {"partner_id": self.patient.id, "product_id": self.facial.id}
            )

    def test_receptionist_works_without_accounting_rights(self):
        """Sells, reads the amounts, redeems, undoes, cancels and posts on the chatter."""
        membership = self.membership.with_user(self.receptionist)
        membership.invalidate_recordset()
        self.assertEqual((membership.next_amount, membership.usage_summary), (113.85, "1 of 2 Facial used"))
        self.assertEqual(membership.invoice_count, 1)
        with Form(membership.period_ids.invoice_id) as invoice:
            self.assertEqual(invoice.partner_id, self.patient)
        self.package.with_user(self.receptionist).message_post(body="Called")
        self.redemption.with_user(self.receptionist).action_undo()
        wizard = self.env["clinic.cancel"].with_user(self.receptionist)
        wizard.create({"membership_id": membership.id, "reason_id": self.reason.id}).action_confirm()
        self._confirm(membership.action_undo_cancel(), self.receptionist)
        self.assertFalse(membership.no_charge_from)

    def test_the_card_of_somebody_else_is_never_charged(self):
        stranger = self._card(self.env["res.partner"].create({"name": "Stranger"}))
        with self.assertRaisesRegex(ValidationError, "belongs to somebody else"):
            self.membership.with_user(self.receptionist).payment_token_id = stranger
        wizard = self.env["clinic.sell"].with_user(self.receptionist)
        values = {"partner_id": self.patient.id, "product_id": self.monthly.id, "payment": "card"}
        with self.assertRaisesRegex(UserError, "belongs to somebody else"):
            wizard.create({**values, "token_id": stranger.id}).action_sell()

    def test_units_of_another_company_are_not_redeemed(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere_desk",
            "clinic_membership.group_membership_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        wizard = self.env["clinic.redeem"].with_user(user)
        values = {"partner_id": self.patient.id, "product_id": self.facial.id, "company_id": self.company.id}
        with self.assertRaisesRegex(AccessError, "do not work for"):
            wizard.create(values).action_redeem()

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in MODELS:
            with self.subTest(model), self.assertRaises(AccessError):
                self._records(model).with_user(user).check_access("read")

    def test_companies_do_not_mix(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaisesRegex(UserError, "company"):
            self.membership.sudo().fiscal_position_id = self.env["account.fiscal.position"].create(
                {"name": "Other", "company_id": other.id}
            )

    def test_nobody_lives_on_another_day(self):
        """The context that demo data uses to live in the past is the system's alone."""
        company = self.company.with_user(self.manager).with_context(clinic_today="2030-01-01")
        self.assertEqual(company.sudo()._clinic_today(), date(2026, 1, 31))
        self.assertEqual(self.company.with_context(clinic_today="2030-01-01")._clinic_today(), date(2030, 1, 1))

    @mute_logger("odoo.sql_db")
    def test_each_clinic_has_its_own_today(self):
        self.company.clinic_tz = "Pacific/Auckland"
        with freeze_time("2026-01-31 20:00:00"):
            self.assertEqual(self.company._clinic_today(), date(2026, 2, 1))

    def test_forms_open(self):
        """Whoever may read a record can open its form: every field of it, computed ones too."""
        sales = new_test_user(self.env, "clinic_sales", "sales_team.group_sale_salesman_all_leads")
        event = self.env["calendar.event"].create(
            {
                "clinic_patient_id": self.patient.id,
                "start": "2026-02-02 10:00:00",
                "stop": "2026-02-02 11:00:00",
                "clinic_line_ids": [Command.create({"product_id": self.facial.id})],
            }
        )
        orders = self.package.sale_order_id | self.membership.sale_line_id.order_id
        records = [*orders, self.patient, self.six_pack.product_tmpl_id]
        records += [self._records(model) for model in MODELS]
        for user in (sales, self.receptionist, self.manager, self.accountant):
            for record in (*records, self.package, event):
                mine = record.with_user(user)
                appointment = record._name == "calendar.event" and "clinic_membership.calendar_event_view_form"
                elsewhere = (appointment and user == sales) or user == self.accountant and record._name in OF_ODOO
                if mine.has_access("read") and not elsewhere:
                    with self.subTest(user=user.login, record=record):
                        self.env.invalidate_all()
                        Form(mine, appointment or None)
