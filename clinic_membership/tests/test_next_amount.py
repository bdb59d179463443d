from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-04-01 10:00:00")
class TestNextAmount(ClinicCommon):
    """The next payment is what the renewal really charges, credit included."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.membership = cls._sell(cls.monthly)

    def _credit(self, amount, partner=None, company=None):
        refund = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": (partner or self.patient).id,
                "invoice_line_ids": [Command.create({"name": "Sorry", "price_unit": amount, "tax_ids": []})],
            }
        )
        refund.action_post()
        self.env.invalidate_all()
        return refund

    def _charged(self, membership=None):
        with freeze_time("2026-05-01"):
            return (membership or self.membership)._renew().invoice_id

    def test_credit_is_taken_off(self):
        self._credit(50)
        membership = self.membership.with_user(self.receptionist)
        self.assertEqual((membership.next_amount, membership.credit_to_use), (63.85, 50))
        self.assertAlmostEqual(self._charged().amount_residual, 63.85)

    def test_credit_pays_it_all(self):
        self._credit(500)
        self.assertEqual((self.membership.next_amount, self.membership.credit_to_use), (0, 113.85))
        self.assertEqual(self.membership.payment_scheduled, "Paid by credit")
        self.assertEqual(self._charged().amount_residual, 0)

    def test_two_memberships_do_not_use_it_twice(self):
        """Of two that renew on one day the older is billed first, and takes it first."""
        other = self._sell(self.monthly.copy({"name": "Gold for two"}))
        self._credit(150)
        self.assertEqual((self.membership | other).mapped("next_amount"), [0, 77.7])
        self.assertEqual(other.next_amount, 77.7, "also looked at alone")
        invoices = self._charged(self.membership | other)
        self.assertEqual([round(invoice.amount_residual, 2) for invoice in invoices.sorted("id")], [0, 77.7])

    def test_of_others_and_of_what_does_not_renew(self):
        self._credit(50, partner=self.env["res.partner"].create({"name": "Other"}))
        self.assertEqual(self.membership.next_amount, 113.85)
        self._credit(50)
        self.membership._cancel(self.reason)
        self.assertEqual((self.membership.next_amount, self.membership.credit_to_use), (0, 0))

    def test_each_payer_s_credit_pays_their_share(self):
        aunt = self.env["res.partner"].create({"name": "Aunt"})
        shares = [Command.create({"partner_id": partner.id}) for partner in (self.patient, aunt)]
        self.membership.write({"billing_split": "equal", "payer_ids": shares})
        self._credit(500, partner=aunt)
        self.assertAlmostEqual(self.membership.next_amount, 113.85 / 2, delta=0.01)

    def test_credit_that_goes_back_to_a_card_does_not_count(self):
        note = self._credit(50)
        transaction = note._clinic_new_transaction(self._card(self.patient))
        self.env.invalidate_all()
        self.assertEqual(self.membership.next_amount, 113.85)
        transaction._set_canceled("Not after all")
        self.env.invalidate_all()
        self.assertEqual(self.membership.next_amount, 63.85)

    def test_another_currency(self):
        """Credit is compared in the company's currency: 50 of it are 25 of the contract's."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01"})
        self.membership.currency_id = euro
        self._credit(50)
        self.assertAlmostEqual(self.membership.next_amount, 113.85 - 25)

    def test_many_take_few_queries(self):
        partners = self.env["res.partner"].create([{"name": f"Patient {n}"} for n in range(6)])
        memberships = self.env["clinic.membership"].union(*[self._sell(self.monthly, partner=p) for p in partners])
        self.env.flush_all()
        counts = []
        for some in (memberships[:2], memberships):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.mapped("next_amount")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1], "as many for six as for two")
