from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .promotion_common import PromotionCommon
from .refund_common import WHY, supporting


@tagged("post_install", "-at_install")
@freeze_time("2026-01-01 10:00:00")
class TestPromotionMembership(PromotionCommon):
    """A promotion on an annual plan is taken off what is owed for the months to come, and is earned with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(supporting("partial"))
        cls.deferred = cls.company.clinic_deferred_account_id
        cls.annual = cls.monthly.copy({"name": "Gold annual", "list_price": 3650, "billing_interval": "annual"})
        cls.plan_income = cls.monthly.product_tmpl_id._get_product_accounts()["income"]

    def _with_promotion(self, *products, percent=10, order=None, **values):
        order = order or self._order(*(products or [self.annual]))
        self._claim(order, self._percent(percent, **values))
        self._buy(order)
        return order, order.order_line.clinic_membership_ids

    def _post_months(self, day):
        with freeze_time(day):
            records = self.env["clinic.deferral"]
            records.search(records._today_domain(records._due_domain))._recognize()

    def _left(self, day=None):
        return self._balance(self.deferred, day)

    def _tied_out(self, day=None):
        """What is deferred of memberships by the report, which must equal the account."""
        report = self.env["clinic.tie.out"].create(
            {"subject": "memberships", "date": day or self.company._clinic_today()}
        )
        self.assertEqual((report.difference, report.posted_later), (0, 0))
        return report.unearned

    def test_deferred_is_what_was_paid(self):
        before = self._balance(self.plan_income)
        order, membership = self._with_promotion()
        invoice = order.invoice_ids
        self.assertEqual(invoice.amount_untaxed, 3285)
        self.assertEqual(sorted(invoice.invoice_line_ids.mapped("price_subtotal")), [-365, 3650])
        self.assertEqual((self._left(), self._tied_out()), (3285, 3285))
        self.assertEqual(self._balance(self.plan_income), before, "nothing is earned yet")
        self.assertEqual(membership.period_ids.amount, 3285)
        self._post_months("2026-03-01")
        self.assertEqual((self._left(), self._tied_out("2026-03-01")), (3285 - 59 * 9, 3285 - 59 * 9))
        self.assertEqual(self._tied_out("2026-01-31"), 3285 - 31 * 9)
        self._post_months("2027-01-02")
        self.assertEqual((self._left(), self._balance(self.plan_income) - before), (0, 3285))
        self.assertEqual(order.invoice_status, "invoiced")

    def test_with_a_package_and_a_service(self):
        """Each account gets its own part; the service's stays where the discount is booked.

        The membership gives its member price to the package of the same order: 450 less 10 %, less 10 %.
        """
        self._with_promotion(self.annual, self.six_pack, self.massage)
        self.assertEqual((self._left(), self._balance(self.prepaid)), (3285, 364.5))
        self.assertEqual(self._tied_out(), 3285)
        self.assertTiesOut(account_balance=364.5, units_value=364.5)

    def test_monthly_is_income_at_once(self):
        order, _membership = self._with_promotion(self.monthly)
        self.assertFalse(order.invoice_ids.line_ids.filtered("clinic_shares_id"))
        self.assertEqual(self._left(), 0)

    def test_not_deferred(self):
        self.company.clinic_deferred_account_id = False
        order, membership = self._with_promotion()
        self.assertFalse(order.invoice_ids.line_ids.filtered("clinic_shares_id"))
        self.assertEqual(membership.period_ids.amount, 3285)

    def test_memberships_alone_are_deferred(self):
        """A clinic may defer memberships and no packages."""
        self.company.clinic_prepaid_account_id = False
        self._with_promotion(self.annual, self.six_pack)
        self.assertEqual((self._left(), self._tied_out()), (3285, 3285))

    def test_posted_again(self):
        order = self._order(self.annual)
        self._claim(order, self._percent(10))
        self._buy(order, paid=False)
        order.invoice_ids.button_draft()
        order.invoice_ids.action_post()
        self.assertEqual(len(order.invoice_ids.line_ids.filtered("clinic_shares_id")), 2)
        self.assertEqual((self._left(), self._tied_out()), (3285, 3285))

    def test_another_plan_credits_what_was_paid(self):
        """Half a year on: 184 of 365 days were used; the rest of 3285 is credited, not of 3650."""
        better = self.annual.copy({"name": "Platinum annual", "list_price": 7300})
        _order, membership = self._with_promotion()
        with freeze_time("2026-07-02"):
            change = membership._change_plan(better)
            self._pay(membership.period_ids.adjustment_ids)
            self.assertEqual((change.credit, change.debit), (183 * 9, 183 * 20))
        self._post_months("2026-08-01")
        self.assertEqual((self._left(), self._tied_out("2026-08-01")), (153 * 20, 153 * 20))
        self._post_months("2027-01-02")
        self.assertEqual(self._left(), 0)

    def test_another_interval_credits_what_was_paid(self):
        before = self._balance(self.plan_income)
        _order, membership = self._with_promotion()
        with freeze_time("2026-07-02"):
            self.assertEqual(membership._change_plan(self.monthly).credit, 183 * 9)
        self._post_months("2026-08-01")
        self.assertEqual((self._left(), self._tied_out("2026-08-01")), (0, 0))
        self.assertEqual(self._balance(self.plan_income) - before, 182 * 9 + 99)

    def test_an_add_on_leaves_the_price_of_the_plan(self):
        """It joins and leaves: the plan is still credited by what was paid for it."""
        better = self.annual.copy({"name": "Platinum annual", "list_price": 7300})
        _order, membership = self._with_promotion()
        for units in (1, 0):
            with freeze_time("2026-04-01"):
                membership._change_add_on(self.massage, units)
                self._pay(membership.period_ids.adjustment_ids.filtered(lambda move: move.amount_residual))
        with freeze_time("2026-07-02"):
            self.assertEqual(membership._plan_change(better).credit, 183 * 9)

    def test_credited_by_hand(self):
        """Odoo's own credit note of the whole invoice: the rest goes, what was earned is taken back at once."""
        before = self._balance(self.plan_income)
        order, membership = self._with_promotion()
        self._post_months("2026-03-01")
        with freeze_time("2026-03-01"):
            order.invoice_ids._reverse_moves([{"invoice_date": "2026-03-01", "date": "2026-03-01"}])._post(soft=False)
            self.assertEqual(self._tied_out(), -59 * 9)
            better = self.annual.copy({"name": "Platinum annual", "list_price": 7300})
            self.assertEqual(membership._plan_change(better).credit, 0)
        self._post_months("2026-04-01")
        self.assertEqual((self._left(), self._tied_out("2026-04-01")), (0, 0))
        self.assertEqual(self._balance(self.plan_income), before)

    def test_refunded(self):
        """A refund has the discount's line, too: its part leaves the account with the plan's."""
        order, membership = self._with_promotion()
        invoice = order.invoice_ids
        refunds = self.env["clinic.refund"].with_user(self.manager).sudo()
        with freeze_time("2026-07-02"):
            refunds._refund(invoice, "credit", WHY, round(invoice.amount_total / 3, 2), key="a third")
            self.assertEqual(self._left(), 2190)
            third = round(3285 / 3 * 181 / 365, 2)
            credit = membership._plan_change(self.annual.copy({"name": "Other", "list_price": 7300})).credit
            self.assertAlmostEqual(credit, 183 * 9 - 1095, 1, f"not given back again, {third}")
        self._post_months("2026-08-01")
        self.assertEqual(self._left(), self._tied_out("2026-08-01"))
        with freeze_time("2026-09-01"):
            refunds._refund(invoice, "credit", WHY, invoice._clinic_refundable(), key="the rest")
            self._tied_out()
        self._post_months("2027-01-02")
        self.assertEqual((self._left(), self._tied_out("2027-01-02")), (0, 0))

    def test_of_two_taxes_and_two_plans(self):
        """Two members on one order, each plan with its own tax: the books have all of it to the cent."""
        other = self.annual.copy({"name": "Odd annual", "list_price": 333.33})
        other.taxes_id = self.other_tax
        order, memberships = self._with_promotion(self.annual, other, percent=3.33)
        paid = order.invoice_ids.amount_untaxed
        self.assertEqual((self._left(), self._tied_out()), (paid, paid))
        # the lines of the order are rounded one by one, the invoice as a whole
        self.assertAlmostEqual(sum(memberships.period_ids.mapped("amount")), paid, delta=0.011)
        self._post_months("2027-01-02")
        self.assertEqual(self._left(), 0)

    def test_shared_by_two_payers(self):
        """The first payment in shares: each payer's invoice has their part of the discount."""
        aunt = self.env["res.partner"].create({"name": "Aunt"})
        order = self._order(self.annual)
        self._claim(order, self._percent(10))
        order.action_confirm()
        payers = [Command.create({"partner_id": partner.id}) for partner in (self.patient, aunt)]
        order.order_line.clinic_membership_ids.write({"billing_split": "equal", "payer_ids": payers})
        invoices = order._create_invoices()
        invoices.action_post()
        self._pay(invoices)
        self.assertEqual(invoices.mapped("amount_untaxed"), [1642.5, 1642.5])
        self.assertEqual((self._left(), self._tied_out()), (3285, 3285))
        self._post_months("2026-02-01")
        self.assertAlmostEqual(self._left(), 3285 - 31 * 9, 1)
        self.assertEqual(self._left(), self._tied_out("2026-02-01"))

    def test_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        order = self._order(self.annual)
        order.pricelist_id = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        order._recompute_prices()
        _order, membership = self._with_promotion(order=order)
        self.assertEqual((membership.period_ids.amount, self._left(), self._tied_out()), (1642.5, 3285, 3285))

    def test_by_movement(self):
        """What is invoiced is net of the promotion; only credit notes are credited."""
        self._with_promotion()
        self.env.flush_all()
        today = [("company_id", "=", self.company.id), ("date", "=", date(2026, 1, 1))]
        lines = self.env["clinic.deferred.line"].search(today)
        self.assertEqual(set(lines.mapped("movement")), {"invoiced"})
        self.assertEqual(sum(lines.mapped("balance")), 3285)
