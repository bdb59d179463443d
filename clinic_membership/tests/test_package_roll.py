from contextlib import suppress
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .test_deferral import DeferralCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestPackageRoll(DeferralCommon):
    """What is left of a package pays a new membership: all of it in one step, or nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = cls._sell(cls.six_pack)

    def _wizard(self, user=None, plan=None, **values):
        context = self.package.with_user(user or self.manager).action_roll()["context"]
        form = Form(self.env["clinic.package.roll"].with_user(user or self.manager).with_context(**context))
        form.product_id = plan or self.monthly
        for name, value in values.items():
            form[name] = value
        return form.save()

    def _preview(self, wizard):
        return wizard.preview.replace("\xa0", " ")

    def _credit(self):
        self.env.invalidate_all()
        return -round(self.patient.with_company(self.company).credit, 2)

    def test_all_in_one_step(self):
        """450 for 6: one used at 100 leaves 350, with tax 402.50; the first month is 113.85."""
        self._redeem()
        wizard = self._wizard()
        self.assertEqual((wizard.rolled, wizard.amount_due, wizard.problem), (402.5, 0, False))
        self.assertIn(f"5 units of {self.package.name} end: $ 402.50 become credit.", self._preview(wizard))
        self.assertIn("$ 113.85 of it pay the first invoice", self._preview(wizard))
        self.assertIn("$ 288.65 wait as credit", self._preview(wizard))
        action = wizard.action_sell()
        membership = self.env["clinic.membership"].browse(action["res_id"])
        self.assertRecordValues(membership, [{"state": "active", "partner_id": self.patient.id}])
        self.assertEqual(membership.period_ids.payment_state, "paid")
        self.assertRecordValues(self.package, [{"units_left": 0, "state": "refunded"}])
        self.assertEqual(self._credit(), 288.65)
        self.assertIn("rolled over", "".join(membership.message_ids.mapped("body")))
        self.assertIn(membership.name, "".join(self.package.message_ids.mapped("body")))

    def test_the_rest_pays_the_next_renewals(self):
        self._redeem()
        membership = self.env["clinic.membership"].browse(self._wizard().action_sell()["res_id"])
        with freeze_time("2026-04-02"):
            period = membership._renew()
        self.assertEqual(period.payment_state, "paid")
        self.assertEqual(self._credit(), 174.8)

    def test_books_and_units_agree(self):
        self._redeem()
        self._wizard().action_sell()
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", units_value=0, account_balance=0)

    def test_more_than_the_credit_is_paid_at_the_desk(self):
        self._redeem(4)
        wizard = self._wizard()
        self.assertEqual((wizard.rolled, wizard.amount_due), (57.5, 56.35))
        self.assertNotIn("wait as credit", self._preview(wizard))
        membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual((membership.state, self._credit()), ("active", 0))
        invoice = membership.period_ids.invoice_id
        self.assertEqual(invoice._get_reconciled_payments().amount, 56.35)

    def test_more_than_the_credit_is_charged_to_the_card(self):
        """The card is asked when everything else is committed; refused, the invoice waits with the credit on it."""
        self._card(self.patient)
        self._redeem(4)
        with self._answers("error") as sent:
            membership = self.env["clinic.membership"].browse(self._wizard(payment="card").action_sell()["res_id"])
        self.assertEqual(sent[0].amount, 56.35)
        self.assertEqual((membership.state, self.package.units_left), ("pending", 0))
        self.assertEqual(membership.sale_line_id.invoice_lines.move_id.amount_residual, 56.35)

    def test_done_again_after_the_card_was_asked(self):
        """What follows a charge may collide, and the server does it all again: nothing is missing, nothing twice."""
        self._card(self.patient)
        self._redeem(4)
        wizard = self._wizard(payment="card")
        charge = patch.object(type(self.env["clinic.collection"]), "_collect", side_effect=SystemExit)
        with charge as asked, suppress(SystemExit):  # assertRaises would undo the sale
            wizard.action_sell()
        asked.assert_called_once()
        membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual(membership, self.patient.clinic_membership_ids)
        for record in (membership, self.package):
            self.assertEqual("".join(record.message_ids.mapped("body")).count("rolled over"), 1)

    def test_debts_come_first(self):
        """As with any refund to credit: what is due already is paid before the membership."""
        debt = self._order(self.massage)
        debt.action_confirm()
        debt.order_line.qty_delivered = 1
        invoice = debt._create_invoices()
        invoice.invoice_payment_term_id = False
        invoice.invoice_date_due = date(2026, 3, 1)
        invoice.action_post()
        wizard = self._wizard()
        self.assertIn("$ 115.00 of it pay what is due already", self._preview(wizard))
        wizard.action_sell()
        self.assertEqual((invoice.amount_residual, self._credit()), (0, 517.5 - 115 - 113.85))

    def test_starts_later_and_is_charged_then(self):
        self.company.clinic_future_start = "start"
        wizard = self._wizard(start_date=date(2026, 4, 1))
        self.assertEqual(wizard.amount_due, 0)
        self.assertIn("$ 517.50 wait as credit", self._preview(wizard))
        membership = self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])
        self.assertEqual((membership.state, self._credit()), ("pending", 517.5))
        with freeze_time("2026-04-01"):
            membership._activate()
        self.assertEqual((membership.period_ids.payment_state, self._credit()), ("paid", 403.65))

    def test_pressed_twice(self):
        wizard = self._wizard()
        first = wizard.action_sell()
        self.assertEqual(wizard.action_sell()["res_id"], first["res_id"])
        self.assertEqual(len(self.package.refund_ids), 1)
        self.assertEqual(len(self.patient.clinic_membership_ids), 1)

    def test_nothing_is_half_done(self):
        wizard = self._wizard()
        sale = "odoo.addons.clinic_membership.wizard.clinic_desk_sale.ClinicDeskSale._make_order"
        with patch(sale, side_effect=UserError("No such plan")), self.assertRaisesRegex(UserError, "No such plan"):
            with self.env.cr.savepoint():
                wizard.action_sell()
        self.env.invalidate_all()
        self.assertEqual((self.package.units_left, self.package.state), (6, "active"))
        self.assertFalse(self.package.refund_ids)

    def test_used_meanwhile(self):
        wizard = self._wizard()
        self._redeem()
        with self.assertRaisesRegex(UserError, "were used meanwhile"):
            wizard.action_sell()

    def test_worth_nothing(self):
        self._redeem(5)
        with self.assertRaisesRegex(UserError, "Nothing is to be given back"):
            self.package.with_user(self.manager).action_roll()

    def test_somebody_else_cannot_be_charged(self):
        wizard = self._wizard()
        wizard.payer_id = self.env["res.partner"].create({"name": "Other"})
        self.assertIn("who paid the package, so they pay the membership", wizard.problem)
        with self.assertRaisesRegex(UserError, "who paid the package"):
            wizard.action_sell()
        self.assertFalse(self.package.refund_ids)

    def test_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        wizard = self._wizard()
        self.patient.with_company(self.company).specific_property_product_pricelist = self.env[
            "product.pricelist"
        ].create({"name": "Euro", "currency_id": euro.id})
        with self.assertRaisesRegex(UserError, "is in another currency"):
            wizard.action_sell()

    def test_rights_are_those_of_refunds(self):
        self.assertIn("made by Membership Managers", self._wizard(self.receptionist).problem)
        with self.assertRaisesRegex(UserError, "made by Membership Managers"):
            self._wizard(self.receptionist).action_sell()
        self.company.clinic_user_refund_limit = 1000
        self._wizard(self.receptionist).action_sell()
        self.assertEqual(self.package.state, "refunded")
