from odoo.tests import BaseCase

from odoo.addons.clinic_membership.tools.declines import (
    ADYEN,
    DECLINED,
    FINAL,
    FINAL_ADVICE,
    FINAL_NETWORK,
    REFUSED,
    UNKNOWN,
    Failure,
    read_answer,
    read_failure,
)


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

    def test_answers_that_are_no_errors(self):
        refused = {"resultCode": "Refused", "refusalReason": "Expired Card", "refusalReasonCode": "6"}
        self.assertEqual(read_answer("adyen", refused), Failure(DECLINED, "expired_card", True))
        poor = {"resultCode": "Refused", "refusalReason": "Not enough balance", "refusalReasonCode": "12"}
        self.assertEqual(read_answer("adyen", poor), Failure(DECLINED, "Not enough balance"))
        for provider, data in (("adyen", {"resultCode": "Authorised"}), ("adyen", None), ("demo", refused)):
            self.assertIsNone(read_answer(provider, data))
        self.assertLessEqual(set(ADYEN.values()), FINAL)

    def test_any_of_the_codes_forbids_another_attempt(self):
        for name in ("decline_code", "code", "network_decline_code", "advice_code"):
            for code in FINAL | FINAL_NETWORK:
                with self.subTest(name, code=code):
                    self.assertTrue(read_failure(402, {"error": {name: code}}).final)

    def test_what_networks_forbid(self):
        """Visa's category 1 and Mastercard's advice; the same digits mean another thing in the other field."""
        for name, final, codes in (
            ("network_decline_code", True, "04 07 12 14 15 41 43 46 57 R0 R1 R3"),
            ("network_decline_code", False, "01 03 05 19 21 51 54 59 61 62 65 75 78 91 93 96 N7"),
            ("network_advice_code", True, "01 03 21 41"),
            ("network_advice_code", False, "02 04 05 22 24 25 26 27 28 29 30 40 42 43"),
        ):
            for code in codes.split():
                error = {"code": "card_declined", "decline_code": "generic_decline", name: code}
                with self.subTest(name, code=code):
                    self.assertEqual(read_failure(402, {"error": error}).final, final)
        self.assertEqual((len(FINAL_NETWORK), len(FINAL_ADVICE)), (12, 4))

    def test_an_answer_that_cannot_be_read(self):
        for body in (None, [], "text", {"error": "text"}, {"error": None}, {"error": {"payment_intent": "pi"}}):
            with self.subTest(body):
                self.assertEqual(read_failure(402, body), Failure(DECLINED))
                self.assertEqual(read_failure(500, body), Failure(UNKNOWN))
