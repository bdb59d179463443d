from odoo.tests import BaseCase

from odoo.addons.clinic_membership.tools.declines import (
    ADYEN,
    AUTHORIZE,
    DECLINED,
    FINAL,
    FINAL_ADVICE,
    FINAL_NETWORK,
    MERCADO_PAGO,
    RAZORPAY,
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
        for table in (ADYEN, AUTHORIZE, MERCADO_PAGO, RAZORPAY):
            self.assertLessEqual(set(table.values()), FINAL)

    def test_answers_of_no_decline(self):
        paid = {"resultCode": "Authorised", "refusalReasonCode": "0"}
        for provider, data in (
            ("adyen", paid),
            ("adyen", {"resultCode": "Authorised"}),
            ("authorize", {"response": {"x_response_code": "1", "x_type": "auth_capture"}}),
            ("authorize", {"response": {"x_response_code": "4"}}),
            ("authorize", {"response": "text"}),
            ("mercado_pago", {"status": "approved", "status_detail": "accredited"}),
            ("razorpay", {"status": "captured", "error_reason": None}),
            ("razorpay", {"razorpay_payment_id": "pay_1"}),
            ("demo", {"status": "rejected", "status_detail": "cc_rejected_blacklist"}),
            *((provider, None) for provider in ("adyen", "authorize", "mercado_pago", "razorpay")),
        ):
            with self.subTest(provider, data=data):
                self.assertIsNone(read_answer(provider, data))

    def test_adyen(self):
        for number, final in (
            *((number, True) for number in ("5", "6", "8", "25", "26", "38", "46", "50")),
            *((number, False) for number in ("2", "4", "7", "9", "12", "20", "24", "27", "28", "31", "42")),
        ):
            with self.subTest(number):
                self.assertEqual(read_answer("adyen", {"refusalReasonCode": number}).final, final)

    def test_authorize(self):
        """Odoo passes on the text only, and calls each error of its own or of the clinic 3."""

        def read(status, *lines):
            response = {"x_response_code": status, "x_response_reason_text": "\n".join(lines) or None}
            return read_answer("authorize", {"response": response})

        failed, declined = "The transaction was unsuccessful.", "This transaction has been declined."
        self.assertEqual(read("3", failed, "The credit card has expired."), Failure(DECLINED, "expired_card", True))
        self.assertEqual(read("2", "The credit card number is invalid."), Failure(DECLINED, "invalid_number", True))
        self.assertEqual(read("2", "Credit card expiration date is invalid").code, "expired_card")
        self.assertEqual(read("3", failed, "The account number is invalid"), Failure(DECLINED, "invalid_account", True))
        for status, lines in (("2", [declined]), ("2", []), ("3", [failed, declined])):
            self.assertEqual(read(status, *lines), Failure(DECLINED))
        for line in ("User authentication failed due to invalid authentication values.", failed, ""):
            self.assertEqual(read("3", line), Failure(REFUSED), "no matter of the member's card")

    def test_mercado_pago(self):
        for detail, code in (
            ("card_disabled", "restricted_card"),
            ("bad_filled_date", "expired_card"),
            ("bad_filled_card_number", "invalid_number"),
            ("blacklist", "merchant_blacklist"),
        ):
            answer = {"status": "rejected", "status_detail": f"cc_rejected_{detail}"}
            self.assertEqual(read_answer("mercado_pago", answer), Failure(DECLINED, code, True))
        for detail in ("insufficient_amount", "call_for_authorize", "max_attempts", "high_risk", "other_reason"):
            answer = {"status": "rejected", "status_detail": f"cc_rejected_{detail}"}
            self.assertEqual(read_answer("mercado_pago", answer), Failure(DECLINED, f"cc_rejected_{detail}"))

    def test_razorpay(self):
        """The payment says it when it is fetched or told of, and the error of a request that was declined."""
        for reason, code in (
            ("card_expired", "expired_card"),
            ("card_number_invalid", "invalid_number"),
            ("debit_instrument_blocked", "restricted_card"),
            ("debit_instrument_inactive", "restricted_card"),
            ("bank_account_invalid", "closed_account"),
            ("insufficient_funds", ""),
            ("payment_failed", ""),
        ):
            with self.subTest(reason):
                expected = Failure(DECLINED, code or reason, bool(code))
                self.assertEqual(read_answer("razorpay", {"status": "failed", "error_reason": reason}), expected)
                error = {"code": "BAD_REQUEST_ERROR", "reason": reason, "step": "payment_authorization"}
                self.assertEqual(read_failure(400, {"error": error}), expected)
        answer = {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_reason": None}
        self.assertEqual(read_answer("razorpay", answer), Failure(DECLINED, "BAD_REQUEST_ERROR"))
        error = {"step": "payment_authorization", "reason": "card_expired", "metadata": {"payment_id": "pay_1"}}
        self.assertEqual(read_failure(400, {"error": error}).reference, "pay_1")
        error = {"code": "BAD_REQUEST_ERROR", "reason": "input_validation_failed", "step": "payment_initiation"}
        self.assertEqual(read_failure(400, {"error": error}), Failure(REFUSED, "BAD_REQUEST_ERROR"))
        self.assertEqual(read_failure(502, {"error": {"step": "payment_authorization"}}), Failure(UNKNOWN))

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
