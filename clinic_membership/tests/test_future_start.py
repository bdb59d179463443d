from ast import literal_eval
from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClinicCommon

START = date(2026, 3, 15)


class FutureStart(ClinicCommon):
    """A clinic that charges a later start on its day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.clinic_future_start = "start"

    def _later(self, *products, **values):
        order = self._order(*(products or [self.monthly]), clinic_start_date=START, **values)
        order.action_confirm()
        return order, order.order_line.clinic_membership_ids

    def _start(self, day="2026-03-15"):
        """The scheduled action, as on a day."""
        self._run("update_states", day)

    def _run(self, name, day):
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref(f"clinic_membership.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _upcoming(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_membership_action_renewals")
        return self.env["clinic.membership"].with_user(self.receptionist).search(self._read(action["domain"]))

    def _read(self, domain):
        """The domain of a menu with its ``today``."""
        return [
            leaf if isinstance(leaf, str) else (*leaf[:2], "2026-03-20" if leaf[2] == "today +30d" else leaf[2])
            for leaf in literal_eval(domain)
        ]


@tagged("post_install", "-at_install")
@freeze_time("2026-02-20 10:00:00")
class TestFutureStart(FutureStart):
    """Sold today, charged on its first day as a renewal is, and never twice."""

    def test_waits_for_its_day(self):
        order, membership = self._later(price_unit=90, discount=10)
        self.assertRecordValues(
            membership,
            [
                {
                    "state": "pending",
                    "ready": True,
                    "charge_at_start": True,
                    "will_renew": True,
                    "next_renewal": START,
                    "next_amount": 93.15,
                    "payment_scheduled": "Invoice with payment link",
                }
            ],
        )
        self.assertEqual((order.invoice_status, order.order_line.qty_to_invoice), ("no", 1))
        self.assertIn(membership, self._upcoming())
        self._start("2026-03-14")
        self.assertEqual(membership.state, "pending")
        self.assertFalse(order.invoice_ids)

    def test_first_day_bills_as_a_renewal(self):
        order, membership = self._later(price_unit=90, discount=10)
        self._start()
        self.assertRecordValues(
            membership, [{"state": "active", "anchor_date": START, "next_renewal": date(2026, 4, 15), "price": 81}]
        )
        invoice = order.invoice_ids
        self.assertRecordValues(
            membership.period_ids,
            [{"date_start": START, "is_first": False, "amount": 81, "invoice_id": invoice.id, "payment_state": "due"}],
        )
        self.assertRecordValues(
            invoice, [{"state": "posted", "invoice_date": START, "amount_untaxed": 81, "amount_total": 93.15}]
        )
        self.assertRecordValues(
            invoice.invoice_line_ids,
            [{"quantity": 1, "price_unit": 90, "discount": 10, "sale_line_ids": order.order_line.ids}],
        )
        self.assertEqual((order.invoice_status, order.order_line.qty_invoiced), ("invoiced", 1))
        self.assertTrue(invoice.sending_data, "without a card it is sent with its payment link")
        self.assertEqual(len(membership.activity_ids), 1)
        self.assertEqual(membership.grant_ids.granted, 2)

    def test_twice_is_once(self):
        order, membership = self._later()
        for _run in range(2):
            self._start()
            self._run("renew", START)
        self.assertEqual(len(order.invoice_ids), 1)
        self.assertEqual(len(membership.period_ids), 1)
        self.assertEqual(len(membership.log_ids.filtered(lambda log: log.event == "new")), 1)

    def test_card_is_charged_on_the_day(self):
        order, membership = self._later()
        membership.payment_token_id = self._card(self.patient)
        self.assertIn("Card", membership.payment_scheduled)
        self._start()
        self.assertEqual(membership.period_ids.charge_on, START)
        with freeze_time(START), self._answers("done") as sent:
            self.env["clinic.collection"]._cron_collect()
        self.assertEqual(sent[0].amount, 113.85)
        self.assertEqual(membership.period_ids.payment_state, "paid")
        self.assertEqual(order.invoice_ids.transaction_ids, sent[0])
        with freeze_time("2026-04-15"):
            self.assertEqual(membership._renew().invoice_id.amount_total, 113.85)

    def test_declined_on_the_day(self):
        _order, membership = self._later()
        membership.payment_token_id = self._card(self.patient)
        self._start()
        with freeze_time(START), self._answers("error"):
            self.env["clinic.collection"]._cron_collect()
        self.assertEqual((membership.state, membership.past_due_since), ("past_due", START))
        self.assertEqual(membership.period_ids.charge_on, date(2026, 3, 18))

    def test_policy_of_the_sale(self):
        self.company.clinic_future_start = "sale"
        order, membership = self._later()
        self.assertFalse(membership.charge_at_start)
        self.assertFalse(membership.ready)
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertNotIn(membership, self._upcoming())
        self.company.clinic_future_start = "start"
        self._start()
        self.assertEqual(membership.state, "pending", "terms as sold")

    def test_policy_of_the_start_is_kept(self):
        _order, membership = self._later()
        self.company.clinic_future_start = "sale"
        self._start()
        self.assertEqual(membership.period_ids.payment_state, "due")

    def test_starts_today(self):
        order = self._order(self.monthly)
        order.action_confirm()
        self.assertFalse(order.order_line.clinic_membership_ids.charge_at_start)
        self.assertEqual(order.invoice_status, "to invoice")

    def test_reduced_trial(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30, trial_price=10)
        order, membership = self._later(tier.plan_ids.product_variant_id)
        self.assertEqual(membership.next_amount, 11.5)
        self._start()
        self.assertRecordValues(membership.period_ids, [{"is_trial": True, "amount": 10, "payment_state": "due"}])
        self.assertEqual(order.invoice_ids.amount_untaxed, 10)
        self._pay(order.invoice_ids)
        with freeze_time("2026-04-14"):
            self.assertEqual(membership._renew().invoice_id.amount_untaxed, 990)

    def test_free_trial_has_no_invoice(self):
        tier = self._tier("Annual", 0, 990, billing_interval="annual", trial_length=30)
        order, membership = self._later(tier.plan_ids.product_variant_id)
        self.assertEqual((membership.next_amount, membership.payment_scheduled), (0, "Nothing to charge"))
        self._start()
        self.assertEqual((membership.state, membership.period_ids.payment_state), ("active", "free"))
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.invoice_status, "no")

    def test_outstanding_credit_pays_it(self):
        _order, membership = self._later()
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.patient.id,
                "amount": 200,
                "journal_id": self.journal.id,
            }
        ).action_post()
        self._start()
        self.assertEqual(membership.period_ids.payment_state, "paid")

    def test_own_benefits_and_price_list_only_from_the_day(self):
        self._later()
        self.assertEqual(self._left(), 0)
        self.assertNotEqual(self.patient.property_product_pricelist, self.gold.pricelist_id)

    def test_price_campaigns_leave_it_alone(self):
        _order, membership = self._later()
        campaign = self.env["clinic.price.campaign"].new({"company_id": self.company.id})
        self.assertNotIn(membership, campaign._matching())


@tagged("post_install", "-at_install")
@freeze_time("2026-02-20 10:00:00")
class TestSellLater(FutureStart):
    """At the front desk."""

    def _wizard(self, **values):
        wizard = self.env["clinic.sell"].with_user(self.receptionist)
        return wizard.create(
            {"partner_id": self.patient.id, "product_id": self.monthly.id, "start_date": START, **values}
        )

    def _sold(self, wizard):
        with self._answers():
            return self.env["clinic.membership"].browse(wizard.action_sell()["res_id"])

    def test_card_is_kept_for_the_day(self):
        card = self._card(self.patient)
        wizard = self._wizard(payment="card")
        self.assertEqual(wizard.amount_due, 0)
        self.assertIn("Nothing to pay today: on 03/15/2026 the card", wizard.preview)
        self.assertIn("is charged with $\N{NO-BREAK SPACE}113.85", wizard.preview)
        membership = self._sold(wizard)
        self.assertEqual((membership.state, membership.payment_token_id), ("pending", card))
        self.assertFalse(membership.sale_order_id.invoice_ids)

    def test_without_a_card_the_invoice_is_sent_on_the_day(self):
        for payment in ("journal", "link"):
            wizard = self._wizard(payment=payment)
            self.assertIn("on 03/15/2026 the invoice of $\N{NO-BREAK SPACE}113.85 is sent", wizard.preview)
            membership = self._sold(wizard)
            self.assertFalse(membership.sale_order_id.invoice_ids)
            self.assertFalse(membership.payment_token_id)

    def test_preview_follows_what_is_chosen(self):
        self._card(self.patient)
        wizard = self._wizard()
        wizard.payment = "card"
        self.assertIn("the card", wizard.preview)
        wizard.start_date = date(2026, 2, 20)
        self.assertEqual(wizard.amount_due, 113.85)
        self.assertNotIn("Nothing to pay today", wizard.preview)

    def test_sale_is_charged_now_where_the_clinic_wants_it(self):
        self.company.clinic_future_start = "sale"
        wizard = self._wizard()
        self.assertEqual(wizard.amount_due, 113.85)
        membership = self._sold(wizard)
        self.assertIn(membership.sale_order_id.invoice_ids.payment_state, ("paid", "in_payment"))
        self.assertEqual((membership.state, membership.ready), ("pending", True))

    def test_agreement_says_so(self):
        membership = self._sold(self._wizard())
        self.assertIn("on which the first payment is due", dict(membership._agreement_in_words())["First day"])
