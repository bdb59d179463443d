# pylint: disable=invalid-commit
"""Charge Now on several invoices, while something else changes the same records: on real transactions."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .at_once_common import ClinicAtOnce
from .common import SEND


@tagged("post_install", "-at_install")
class TestChargeNow(ClinicAtOnce):
    """No card is charged twice by one press."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff = new_test_user(cls.env, f"desk{cls.gold.id}", "clinic_membership.group_membership_user")

    def setUp(self):
        super().setUp()
        memberships = self._members(2)
        for membership in memberships:
            membership.payment_token_id = self._card(membership.partner_id)
        self.collections = memberships._renew().collection_ids
        self.declined, self.paid = self.collections
        self.cr.commit()

    def _press(self, model, records, method, times):
        """Press the button as the server runs it, while the second one collides so many times; what was sent."""
        sent, collisions, origin = [], iter(range(times)), type(self.collections)._after_charge

        def send(transaction):
            sent.append(transaction.invoice_ids)
            if transaction.invoice_ids.id == self.declined.invoice_id.id:
                transaction._set_error("Declined")
            else:
                transaction._set_done()

        def after(collection, transaction):
            if collection.id == self.paid.id and next(collisions, None) is not None:
                with self.registry.cursor() as cr:  # ours has read it already
                    cr.execute("UPDATE clinic_collection SET write_uid = write_uid WHERE id = %s", [self.paid.id])
            return origin(collection, transaction)

        with patch(SEND, send), patch.object(type(self.collections), "_after_charge", after):
            button = getattr(type(records), method)
            results = self._at_once(
                lambda env: button(env(user=self.staff.id)[model].browse(records.ids)) or "pressed", 1
            )
        return [invoice.id for invoice in sent], results

    def test_a_collision_charges_nothing_again(self):
        sent, results = self._press("clinic.collection", self.collections, "action_charge", 1)
        self.assertEqual(sent, [self.declined.invoice_id.id, self.paid.invoice_id.id])
        self.assertEqual(results, ["pressed"])
        today = self.company._clinic_today()
        self.assertEqual((self.declined.state, self.declined.attempts), ("due", 1))
        self.assertEqual(self.declined.charge_on, today + timedelta(days=3))
        self.assertEqual((self.paid.state, self.paid.invoice_id.amount_residual), ("done", 0))
        self.assertEqual(len(self.paid.invoice_id.transaction_ids.payment_id), 1)

    def test_somebody_is_at_it_all_the_time(self):
        """The request is not done again: what was charged stays, and the rest is told."""
        sent, (refusal,) = self._press("clinic.collection", self.collections, "action_charge", 99)
        self.assertIsInstance(refusal, UserError)
        self.assertIn(self.paid.invoice_id.name, str(refusal))
        self.assertEqual(len(sent), 2)
        self.assertEqual(self.declined.state, "due")
        self.assertEqual(self.paid.invoice_id.transaction_ids.state, "done", "in the books with the next run")

    def test_from_the_membership(self):
        """One member who owes two periods; the card is declined for the first and pays the second."""
        (membership,) = self._members(1)
        since = self.company._clinic_today() - timedelta(days=40)
        membership.write({"anchor_date": since, "next_renewal": since})
        membership.payment_token_id = self._card(membership.partner_id)
        self.declined, self.paid = membership._renew().collection_ids.sorted("id")
        self.cr.commit()
        sent, results = self._press("clinic.membership", membership, "action_charge_now", 1)
        self.assertEqual(sorted(sent), sorted([self.declined.invoice_id.id, self.paid.invoice_id.id]))
        self.assertEqual(results, ["pressed"])
        self.assertEqual((self.declined.state, self.paid.state), ("due", "done"))
