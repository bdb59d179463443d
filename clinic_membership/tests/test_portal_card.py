from lxml import html

from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
class TestPortalCard(ClinicCommon, HttpCase):
    """A patient stores a card in the portal, as their browser does it with the simulated provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env.ref("payment.payment_provider_demo")
        cls.provider.write(
            {"state": "test", "is_published": True, "allow_tokenization": True, "journal_id": cls.journal.id}
        )
        cls.card_method = cls.env.ref("payment_demo.payment_method_demo")
        cls.card_method.active = True
        (cls.membership,) = cls._members(1)
        cls.membership.write({"partner_id": cls.patient.id, "payer_id": cls.patient.id})
        cls.declined = cls.membership.payment_token_id = cls._card(cls.patient, demo_simulated_state="error")
        cls.collection = cls.membership._renew().collection_ids
        cls.invoice = cls.collection.invoice_id
        group = "base.group_portal"
        cls.ann = new_test_user(cls.env, "ann_portal", group, partner_id=cls.patient.id)
        cls.stranger = new_test_user(cls.env, "stranger_portal", group, name="Some Stranger")

    def setUp(self):
        super().setUp()
        with self._answers():
            self.collection._collect()
        self.assertEqual((self.membership.state, self.collection.state), ("past_due", "due"))

    def _page(self):
        """The page of stored cards: what its form knows, and the ids of the cards on it."""
        page = html.fromstring(self.url_open("/my/payment_method").text)
        (form,) = page.xpath("//form[@id='o_payment_form']")
        cards = page.xpath("//input[@data-payment-option-type='token']/@data-payment-option-id")
        return form, [int(card) for card in cards]

    def _store_card(self, partner=None, state="done"):
        """Fill the form in: a validation, whose answer is simulated; the new card."""
        form, before = self._page()
        values = self.make_jsonrpc_request(
            form.get("data-transaction-route"),
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": None,
                "amount": None,
                "currency_id": None,
                "partner_id": (partner or self.env["res.partner"]).id or int(form.get("data-partner-id")),
                "access_token": form.get("data-access-token"),
                "flow": "direct",
                "tokenization_requested": True,
                "landing_route": form.get("data-landing-route"),
                "is_validation": True,
            },
        )
        answer = {"reference": values["reference"], "payment_details": "4242", "simulated_state": state}
        self.make_jsonrpc_request("/payment/demo/simulate_payment", answer)
        _form, after = self._page()
        return self.env["payment.token"].browse(set(after) - set(before))

    def test_the_card_pays_what_is_overdue(self):
        self.authenticate("ann_portal", "ann_portal")
        run = [("cron_id", "=", self.env.ref("clinic_membership.ir_cron_collect").id)]
        triggers = self.env["ir.cron.trigger"].search_count(run)
        card = self._store_card()
        self.assertEqual((len(card), card.partner_id), (1, self.patient))
        self.assertEqual(self.membership.payment_token_id, card, "in the place of the declined one")
        today = self.company._clinic_today()
        self.assertEqual((self.collection.state, self.collection.charge_on), ("due", today))
        self.assertGreater(self.env["ir.cron.trigger"].search_count(run), triggers, "not with the next hour's run")
        with self._answers(), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_collect").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertEqual((self.collection.state, self.membership.state), ("done", "active"))
        mine = self.invoice.transaction_ids.sorted("id")
        self.assertEqual(mine.token_id.ids, (self.declined | card).ids)
        self.assertEqual(mine.mapped("state"), ["error", "done"])

    def test_a_card_that_is_no_better(self):
        """It takes the place of the declined one, and the schedule begins anew with it."""
        self.authenticate("ann_portal", "ann_portal")
        card = self._store_card(state="error")
        self.assertEqual(self.membership.payment_token_id, card)
        with self._answers():
            self.collection._collect()
        self.assertEqual(self.invoice.transaction_ids.mapped("state"), ["error", "error"])
        self.assertEqual((self.collection.state, self.collection.attempts), ("due", 1))
        self.assertEqual(self.membership.state, "past_due")

    @mute_logger("odoo.http")
    def test_a_stranger_sets_nobodys_card(self):
        self.authenticate("stranger_portal", "stranger_portal")
        _form, cards = self._page()
        self.assertNotIn(self.declined.id, cards)
        with self.assertRaisesRegex(JsonRpcException, "Forbidden|403"):
            self._store_card(partner=self.patient)
        card = self._store_card()
        self.assertEqual(card.partner_id, self.stranger.partner_id)
        self.assertEqual(self.membership.payment_token_id, self.declined)
        self.assertGreater(self.collection.charge_on, self.company._clinic_today(), "nothing is tried again")
        for model, record, values in (
            ("clinic.membership", self.membership, {"payment_token_id": card.id}),
            ("clinic.collection", self.collection, {"token_id": card.id}),
            ("payment.token", card, {"partner_id": self.patient.id}),
            ("payment.token", self.declined, {"active": False}),
        ):
            with self.subTest(model, **values), self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    f"/web/dataset/call_kw/{model}/write",
                    {"model": model, "method": "write", "args": [record.ids, values], "kwargs": {}},
                )
        self.make_jsonrpc_request("/payment/archive_token", {"token_id": self.declined.id})
        self.env.invalidate_all()
        self.assertTrue(self.declined.active)
        self.assertEqual((self.membership.payment_token_id, self.collection.token_id.ids), (self.declined, []))
