from datetime import date

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 10:00:00")
class TestSplit(ClinicCommon):
    """Separate billing: an invoice for each payer, whose sums are exact; the period is paid when all are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold.family_size = 4
        cls.mother, cls.father, cls.aunt = cls.env["res.partner"].create(
            [{"name": name, "email": f"{name}@example.com"} for name in ("Mother", "Father", "Aunt")]
        )
        cls.membership = cls._sell(cls.monthly, partner=cls.mother)

    def _share(self, split, **shares):
        self.membership.write(
            {
                "billing_split": split,
                "payer_ids": [
                    Command.create({"partner_id": self[name].id, "percent": percent})
                    for name, percent in shares.items()
                ],
            }
        )

    def __getitem__(self, name):
        return getattr(self, name)

    def _renew(self, day="2026-05-01"):
        with freeze_time(day):
            return self.membership._renew()

    def _invoices(self, period):
        return (period.invoice_id | period.adjustment_ids).sorted(lambda move: move.partner_id.id)

    def test_equal_shares_add_up_to_the_cent(self):
        self.tax.amount = 0
        self.membership.line_ids.price_unit = 100
        self._share("equal", mother=0, father=0, aunt=0)
        period = self._renew()
        invoices = self._invoices(period)
        self.assertEqual(invoices.mapped("amount_untaxed"), [33.33, 33.33, 33.34])
        self.assertEqual(invoices.partner_id, self.mother | self.father | self.aunt)
        self.assertEqual(invoices.mapped("state"), ["posted"] * 3)
        self.assertIn("Share of Father", invoices[1].invoice_line_ids.name)
        self.assertEqual(period.invoice_id.partner_id, self.mother)

    def test_a_payer_s_new_card_is_tried_and_no_other(self):
        """The father's card is replaced; the mother's was declined and waits for its day."""
        self._share("equal", mother=0, father=0)
        period = self._renew()
        mine, other = period.collection_ids.sorted(lambda c: c.payer_id == self.mother)
        self.assertEqual((mine.payer_id, mine.state), (self.father, "stopped"))
        other.write({"state": "due", "charge_on": date(2026, 5, 4), "attempts": 1})
        payer = self.membership.payer_ids.filtered(lambda p: p.partner_id == self.father)
        with freeze_time("2026-05-02"):
            payer.payment_token_id = self._card(self.father)
        self.assertEqual((mine.state, mine.charge_on), ("due", date(2026, 5, 2)))
        self.assertEqual((other.charge_on, other.attempts), (date(2026, 5, 4), 1))
        mine._rest()
        with freeze_time("2026-05-03"):
            payer.payment_token_id = self._card(self.father)
        self.assertEqual(mine.state, "paused", "what staff put to rest stays so")

    def test_paid_when_all_are(self):
        self._share("percent", mother=70, father=30)
        period = self._renew()
        mother, father = self._invoices(period)
        self.assertEqual((mother.amount_untaxed, father.amount_untaxed), (69.3, 29.7))
        self._pay(mother)
        self.assertEqual(period.payment_state, "due")
        with freeze_time("2026-05-02"):
            model = self.env["clinic.membership"]
            late = self.membership.filtered_domain(model._today_domain(model._late_domain))
            late._follow_up()
            self.assertEqual(self.membership.state, "past_due")
            self._pay(father)
        self.assertEqual((period.payment_state, self.membership.state), ("paid", "active"))

    def test_each_with_their_card(self):
        """One card pays, one is declined and tried again alone, one payer without a card gets the link."""
        self._share("equal", mother=0, father=0, aunt=0)
        payers = self.membership.payer_ids
        payers[0].payment_token_id = self._card(self.mother)
        payers[1].payment_token_id = self._card(self.father)
        period = self._renew()
        self.assertEqual(sorted(period.collection_ids.mapped("state")), ["due", "due", "stopped"])
        collections = period.collection_ids.filtered("charge_on").sorted(lambda collection: collection.payer_id.id)
        self.assertEqual(collections.payer_id, self.mother | self.father)
        with freeze_time("2026-05-01"), self._answers("done", "error") as sent:
            collections._collect()
            self.assertEqual([tx.token_id.partner_id for tx in sent], [self.mother, self.father])
        self.assertEqual(collections.mapped("state"), ["done", "due"])
        self.assertEqual(collections.mapped("charge_on"), [False, date(2026, 5, 4)])
        mail = self.env["mail.mail"].search([("subject", "like", "did not go through")], order="id desc", limit=1)
        self.assertEqual(mail.recipient_ids, self.father, "who pays is told, not the holder")
        with freeze_time("2026-05-04"), self._answers("done"):
            collections[1]._collect()
        self._pay(self._invoices(period)[2])
        self.assertEqual((period.payment_state, self.membership.state), ("paid", "active"))

    def test_holder_s_card_pays_the_holder_s_share_only(self):
        self._share("equal", mother=0, father=0)
        self.membership.payment_token_id = self._card(self.mother)
        period = self._renew()
        self.assertEqual(period.collection_ids.filtered("charge_on").payer_id, self.mother)

    def test_a_card_saved_in_the_portal_is_that_payer_s(self):
        self._share("equal", mother=0, father=0)
        period = self._renew()
        card = self._card(self.father)
        transaction = self._invoices(period)[1]._clinic_new_transaction(card)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.membership.payer_ids.mapped("payment_token_id"), card)
        self.assertFalse(self.membership.payment_token_id)

    def test_proration_is_shared_too(self):
        platinum = self._tier("Platinum", 20, 199, rank=2, family_size=4).plan_ids.product_variant_id
        self._share("percent", mother=60, father=40)
        with freeze_time("2026-04-16"):
            change = self.membership._change_plan(platinum)
        documents = self.membership.period_ids.adjustment_ids.sorted("id")
        self.assertEqual(documents.mapped("amount_untaxed"), [30, 20])
        self.assertEqual(change.due, 50)
        self.assertEqual(documents[0].invoice_line_ids.mapped("price_subtotal"), [-29.7, 59.7])

    def test_another_interval_is_paid_when_all_are(self):
        annual = self.monthly.copy({"name": "Annual", "list_price": 990, "billing_interval": "annual"})
        self._share("equal", mother=0, father=0)
        with freeze_time("2026-04-16"):
            self.membership._change_plan(annual)
            new = self.membership.current_period_id
            first, second = self._invoices(new)
            self._pay(first)
            self.assertEqual(new.payment_state, "due")
            self._pay(second)
            self.assertEqual(new.payment_state, "paid")

    def _delete(self, invoice):
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()

    def test_a_deleted_share_is_billed_again_alone(self):
        self._share("equal", mother=0, father=0, aunt=0)
        period = self._renew()
        others = self._invoices(period) - period.invoice_id
        first = period.invoice_id.partner_id
        self._delete(period.invoice_id)
        with freeze_time("2026-05-01"):
            self.assertTrue(period.filtered_domain(period._unbilled_domain(self.company, date(2026, 5, 1))))
            period._bill()
        self.assertEqual(self._invoices(period) - others, period.invoice_id)
        self.assertEqual(period.invoice_id.partner_id, first)
        self.assertEqual(sum(self._invoices(period).mapped("amount_untaxed")), 99)

    def test_a_deleted_share_of_who_pays_no_more(self):
        """Nobody else is billed twice, and the scheduled action comes to an end."""
        self._share("equal", mother=0, father=0)
        period = self._renew()
        other = self._invoices(period) - period.invoice_id
        self._delete(period.invoice_id)
        self.membership.billing_split = "one"
        with freeze_time("2026-05-01"):
            period._bill()
        self.assertEqual(self._invoices(period), other)
        self.assertFalse(period.filtered_domain(period._unbilled_domain(self.company, date(2026, 5, 1))))

    def test_what_a_document_is_called(self):
        """A share is no change of plan, nor is a fee."""
        self.membership.cancel_fee = 40
        self._share("equal", mother=0, father=0)
        mother, father = self._invoices(self._renew())
        self.assertEqual(mother._clinic_in_words(), father._clinic_in_words())
        self.assertIn("05/01/2026", father._clinic_in_words())
        with freeze_time("2026-05-02"):
            self.membership._cancel(self.reason)
        for fee in self.membership.fee_document_ids:
            self.assertEqual(fee._clinic_in_words(), "Cancellation Fee")

    def test_credit_of_each_payer_is_theirs(self):
        refund = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.father.id,
                "invoice_line_ids": [Command.create({"name": "Sorry", "price_unit": 20, "tax_ids": []})],
            }
        )
        refund.action_post()
        self._share("equal", mother=0, father=0)
        mother, father = self._invoices(self._renew())
        self.assertEqual((mother.amount_residual, father.amount_residual), (56.93, 36.93))

    def test_batch_equals_one_by_one(self):
        """Members who share are renewed together with those who do not."""
        other = self._sell(self.monthly)
        self._share("equal", mother=0, father=0)
        with freeze_time("2026-05-01"):
            both = (self.membership | other)._renew()
        self.assertEqual(both[1].invoice_id.partner_id, self.patient)
        self.assertEqual((both[1].amount, both[1].invoice_id.amount_untaxed), (99, 99))
        self.assertEqual(self._invoices(both[0]).mapped("amount_untaxed"), [49.5, 49.5])

    def test_receptionist_sets_it_up(self):
        with Form(self.membership.with_user(self.receptionist)) as form:
            form.billing_split = "percent"
            for partner, percent in ((self.mother, 33.33), (self.father, 66.67)):
                with form.payer_ids.new() as payer:
                    payer.partner_id = partner
                    payer.percent = percent
        self.assertEqual(self.membership._shares(), [(self.mother, 33.33), (self.father, 66.67)])

    def test_said_on_the_membership(self):
        self._share("equal", mother=0, father=0)
        self.assertEqual(self.membership.payment_scheduled, "Shared by 2 payers")

    def test_refusals(self):
        for split, shares, why in (
            ("equal", {"mother": 0}, "at least two"),
            ("percent", {"mother": 50, "father": 49.99}, "add up to 100"),
            ("percent", {"mother": 100, "father": 0}, "above 0"),
        ):
            with self.subTest(why), self.assertRaisesRegex(ValidationError, why), self.cr.savepoint():
                self._share(split, **shares)
        self._share("equal", mother=0, father=0)
        with self.assertRaisesRegex(ValidationError, "does not belong to Father"):
            self.membership.payer_ids[1].payment_token_id = self._card(self.mother)
