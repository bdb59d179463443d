"""A clinic whose cards are charged at a Stripe of our own, over real HTTP."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests.common import _super_send
from odoo.tools import mute_logger

from odoo.addons.clinic_membership.tests.common import COMMIT, ClinicCommon

from .fake_stripe import SECRET_KEY, WEBHOOK_SECRET, FakeStripe

URL = "odoo.addons.payment_stripe.models.payment_provider.PaymentProvider._build_request_url"
QUIET = ("odoo.addons.payment", "odoo.addons.payment_stripe", "odoo.addons.clinic_membership", "werkzeug")


class StripeData:
    """What tests at the fake Stripe need, rolled back or committed."""

    @classmethod
    def _start_stripe(cls):
        cls.stripe = cls.enterClassContext(FakeStripe())
        cls.enterClassContext(patch(URL, lambda _provider, endpoint, **_kwargs: cls.stripe.url + endpoint))

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        """Odoo's tests make every time-out ten seconds or longer; here it is one."""
        if r.url.startswith(cls.stripe.url):
            return _super_send(s, r, **{**kw, "timeout": 1})
        return super()._request_handler(s, r, **kw)

    @classmethod
    def _provider(cls, mark=""):
        cls.card_method = cls.env.ref("payment.payment_method_card")
        provider = cls.env["payment.provider"].create(
            {
                "name": f"Test Stripe{mark}",
                "code": "stripe",
                "state": "test",
                "payment_method_ids": [Command.set(cls.card_method.ids)],
                "stripe_secret_key": SECRET_KEY,
                "stripe_publishable_key": "pk_test_clinic",
                "stripe_webhook_secret": WEBHOOK_SECRET,
            }
        )
        cls.card_method.active = True
        return provider

    @classmethod
    def _due(cls, *orders):
        """A renewal that is to be charged to a card, with what will happen to its payments."""
        return cls._dues([orders])

    @classmethod
    def _dues(cls, orders):
        """Many of them."""
        memberships = cls._members(len(orders))
        for membership, ordered in zip(memberships, orders, strict=True):
            mark = f"{cls.stripe.http.server_port}_{membership.id}"
            card = cls._card(membership.partner_id, provider_ref=f"cus_{mark}", stripe_payment_method=f"pm_{mark}")
            membership.payment_token_id = card
            cls.stripe.order(card.stripe_payment_method, *ordered)
        return memberships._renew().collection_ids

    def _charges(self, collection):
        """What the card of a renewal was charged with, under whatever reference."""
        customer = collection.membership_id.payment_token_id.provider_ref
        return [intent for intent in self.stripe.charges() if intent["customer"] == customer]


class StripeCommon(StripeData, ClinicCommon):
    """For tests that roll back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._start_stripe()

    def setUp(self):
        super().setUp()
        self.stripe.reset()  # numbers of invoices come again when a test is rolled back, and keys with them

    @contextmanager
    def _uncommitted(self):
        """Commits between the steps are replaced by flushes, as a test must not commit."""

        def flush(cron, processed=0, **kwargs):
            cron.env.flush_all()
            return 1000.0

        with patch(COMMIT, flush), mute_logger(*QUIET):
            yield

    def _collect(self, collection):
        """One run of the scheduled action."""
        with self._uncommitted():
            collection.filtered("charge_on")._collect()
        return collection.invoice_id.transaction_ids.sorted("id")

    def _later(self, collection, **delta):
        """So much time passes, at Stripe too."""
        for transaction in collection.invoice_id.transaction_ids.filtered("clinic_sent_on"):
            transaction.clinic_sent_on = fields.Datetime.subtract(transaction.clinic_sent_on, **delta)
        self.stripe.age(**delta)

    def _assert_paid_once(self, collection):
        """One charge at Stripe, one payment here."""
        done = collection.invoice_id.transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(len(done), 1)
        self.assertEqual(len(self._charges(collection)), 1)
        self.assertIn(collection.invoice_id.payment_state, ("paid", "in_payment"))
        self.assertEqual(len(collection.invoice_id._get_reconciled_payments() | done.payment_id), 1)
        self.assertEqual(done.provider_reference, self._charges(collection)[0]["id"])
        self.assertEqual(collection.state, "done")
        self.assertEqual(collection.membership_id.state, "active")
