from odoo.tests import BaseCase

from odoo.addons.clinic_membership.tools.declines import DECLINED, FINAL, REFUSED, UNKNOWN, Failure, read_failure


class TestDeclines(BaseCase):
    """What a failed request to a payment provider means."""

    def test_by_status(self):
        for status, kind in (
            (None, UNKNOWN),
            (500, UNKNOWN),
            (503, UNKNOWN),
            (408, UNKNOWN),
            (409, UNKNOWN),
            (400, REFUSED),
            (401, REFUSED),
            (404, REFUSED),
            (429, REFUSED),
            (402, DECLINED),
        ):
            with self.subTest(status):
                self.assertEqual(read_failure(status).kind, kind)

    def test_codes(self):
        body = {"error": {"code": "card_declined", "decline_code": "lost_card", "payment_intent": {"id": "pi_1"}}}
        self.assertEqual(read_failure(402, body), Failure(DECLINED, "lost_card", True, "pi_1"))
        body = {"error": {"code": "card_declined", "decline_code": "insufficient_funds"}}
        self.assertEqual(read_failure(402, body), Failure(DECLINED, "insufficient_funds", False))
        self.assertEqual(
            read_failure(400, {"error": {"code": "parameter_missing"}}), Failure(REFUSED, "parameter_missing")
        )
        self.assertEqual(read_failure(400, {"error": {"decline_code": "generic_decline"}}).kind, DECLINED)

    def test_any_of_the_codes_forbids_another_attempt(self):
        for name in ("decline_code", "code", "network_decline_code", "advice_code"):
            for code in FINAL:
                with self.subTest(name, code=code):
                    self.assertTrue(read_failure(402, {"error": {name: code}}).final)

    def test_an_answer_that_cannot_be_read(self):
        for body in (None, [], "text", {"error": "text"}, {"error": None}, {"error": {"payment_intent": "pi"}}):
            with self.subTest(body):
                self.assertEqual(read_failure(402, body), Failure(DECLINED))
                self.assertEqual(read_failure(500, body), Failure(UNKNOWN))
