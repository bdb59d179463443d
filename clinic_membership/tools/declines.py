"""What a failed request to a payment provider means: declined, not processed, or nobody knows.

Provider-neutral as far as it goes: the HTTP status tells most, and the codes of cards and networks are
the same words with most providers. A bridge may read more.
"""

from dataclasses import dataclass

DECLINED, REFUSED, UNKNOWN = "declined", "refused", "unknown"

# the card will never work again, or its network forbids another attempt
FINAL = frozenset(
    {
        "authentication_required",  # the patient must confirm it: no attempt without them will do
        "card_not_supported",
        "closed_account",
        "currency_not_supported",
        "do_not_try_again",
        "expired_card",
        "incorrect_number",
        "invalid_account",
        "invalid_number",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "no_action_taken",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "security_violation",
        "stolen_card",
        "stop_payment_order",
        "testmode_decline",
    }
)
# Visa's category 1, "issuer will never approve", as Checkout.com ("Visa response codes", 2025), TabaPay ("Visa Response
# Code Updates", 2026) and Visa ("How to Use the Visa Stop Payment Service": the R's) list it. 14 counts as category 3,
# too, and is not to be tried again all the same; 46 is of deleted tokens, too; 57 is among them since October 2026. 03,
# 62, 78 and 93 are category 2 since April 2021: to be tried again. Mastercard and Discover mean the same by what they
# share of these
FINAL_NETWORK = frozenset({"04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"})
# Mastercard's Merchant Advice Codes, beside the network's code, as Braintree, Solidgate and payabl ("Merchant Advice
# Codes") list them: new account data (01), never again (03) and cancelled by the patient (21), which cost a fee when
# tried again, and a card number for one use (41). Not those that say how long to wait (02, 24 to 30), nor prepaid cards
# (40), which may have been loaded
FINAL_ADVICE = frozenset({"01", "03", "21", "41"})
CODES = ("decline_code", "code", "network_decline_code", "advice_code")
# 4xx answers after which the payment may have been made all the same
UNCERTAIN = frozenset({408, 409, 425})


# What providers say in words of their own, in those that the others use. Only that after which the card is not to be
# charged again: the rest is tried again by the schedule

# Adyen, "Refusal reasons" (docs, 2026): 25 is a card that may not be used so or there, 26 a patient who has stopped
# recurring charges, 38 an issuer that wants 3D Secure, 46 a charge that Adyen blocked as it was tried too often, 50 a
# patient who has withdrawn the clinic's token
ADYEN = {
    "5": "restricted_card",  # blocked
    "6": "expired_card",
    "8": "invalid_number",
    "25": "restricted_card",
    "26": "revocation_of_authorization",
    "38": "authentication_required",
    "46": "do_not_try_again",
    "50": "revocation_of_authorization",
}
# Authorize.net, "Response Codes" (API reference): the texts of 6 and 315, 8 and 317, 7 and 316, and 10, as Odoo keeps
# no numbers. 4, a card to be picked up, has the text of any other decline
AUTHORIZE = {
    "the credit card number is invalid": "invalid_number",
    "the credit card has expired": "expired_card",
    "credit card expiration date is invalid": "expired_card",
    "the credit card expiration date is invalid": "expired_card",
    "the account number is invalid": "invalid_account",
}
# Mercado Pago, "Collection creation results" and, for what is not to be charged again, "Payment analysis" of automatic
# payments (docs, 2026). Too many attempts (max_attempts), a risk (high_risk), and a bank that wants to be called
# (call_for_authorize) may pass
MERCADO_PAGO = {
    "cc_rejected_bad_filled_card_number": "invalid_number",
    "cc_rejected_bad_filled_date": "expired_card",
    "cc_rejected_blacklist": "merchant_blacklist",
    "cc_rejected_card_disabled": "restricted_card",
}
# Razorpay, "Cards Error Codes" and "Error Reasons" (docs, 2026): where it says to use another card or account
RAZORPAY = {
    "bank_account_invalid": "closed_account",  # "the customer or bank could have closed the account"
    "card_expired": "expired_card",
    "card_number_invalid": "invalid_number",
    "debit_instrument_blocked": "restricted_card",
    "debit_instrument_inactive": "restricted_card",
}


@dataclass(frozen=True)
class Failure:
    """How a request failed.

    ``kind``: DECLINED (the card was asked and said no), REFUSED (the request was not processed: a matter of
    set-up, not of the card), UNKNOWN (the payment may have been made). ``final``: not to be tried again with
    this card. ``reference``: the provider's own number of the payment, where it gave one.
    """

    kind: str
    code: str = ""
    final: bool = False
    reference: str = ""


def read_failure(status: int | None, body=None) -> Failure:
    """What the answer to a failed request means.

    :param status: the HTTP status; None: there was no answer
    :param body: the decoded JSON of the answer, if it had any
    """
    if status is None or status >= 500 or status in UNCERTAIN:
        return Failure(UNKNOWN)
    error = _dict(_dict(body).get("error"))
    if error.get("type") == "idempotency_error":  # the key was used before, and that request may have charged
        return Failure(UNKNOWN, error["type"])
    decline = read_decline(error)
    if status == 402 or error.get("decline_code"):
        return decline
    return _read_failed_payment(error) or Failure(REFUSED, decline.code)


def _read_failed_payment(error):
    """Razorpay answers with 400 for a payment that failed, too: the step says whether the card was asked.

    It is no matter of the request then; the payment has a number of its own.
    """
    if error.get("step") not in ("payment_authentication", "payment_authorization"):
        return None
    payment = _dict(error.get("metadata")).get("payment_id")
    return _declined(RAZORPAY, [error.get("reason")], error.get("reason"), str(payment or ""))


def read_decline(error) -> Failure:
    """What a provider says about a declined card.

    :param error: the error of a failed request, or the last error of a payment. The words of the card's network
        stand in it, in the payment that it names, or in the outcome of that payment's last charge
    """
    intent = _dict(error.get("payment_intent"))
    charges = _dict(intent.get("charges")).get("data") or [{}]
    sources = [error, _dict(intent.get("last_payment_error")), _dict(_dict(charges[-1]).get("outcome"))]
    codes = [str(source[name]) for source in sources for name in CODES if source.get(name)]
    advice = {str(source.get("network_advice_code")) for source in sources}
    final = not FINAL.union(FINAL_NETWORK).isdisjoint(codes) or not FINAL_ADVICE.isdisjoint(advice)
    return Failure(DECLINED, codes[0] if codes else "", final, str(intent.get("id") or ""))


def read_answer(provider: str, data) -> Failure | None:
    """What an answer says that is no failed request and yet no payment; None where it is not known to say more.

    :param provider: the code of the provider in Odoo
    :param data: what the provider sent
    """
    reader = READERS.get(provider)
    return reader(_dict(data)) if reader else None


def _read_adyen(data):
    number = str(data.get("refusalReasonCode") or "0")
    return None if number == "0" else _declined(ADYEN, [number], data.get("refusalReason"))


def _read_authorize(data):
    """Declined (2), or an error (3): of the card's, or one that Odoo or the clinic made, so that no card was asked."""
    response = _dict(data.get("response"))
    status, text = str(response.get("x_response_code")), str(response.get("x_response_reason_text") or "").lower()
    if status not in ("2", "3"):
        return None
    decline = _declined(AUTHORIZE, [line.strip().rstrip(".") for line in text.splitlines()])
    return decline if status == "2" or decline.final or "declined" in text else Failure(REFUSED)


def _read_mercado_pago(data):
    detail = data.get("status_detail")
    return _declined(MERCADO_PAGO, [detail], detail) if data.get("status") == "rejected" else None


def _read_razorpay(data):
    reason = data.get("error_reason")
    return _declined(RAZORPAY, [reason], reason or data.get("error_code")) if data.get("status") == "failed" else None


READERS = {
    "adyen": _read_adyen,
    "authorize": _read_authorize,
    "mercado_pago": _read_mercado_pago,
    "razorpay": _read_razorpay,
}


def _declined(table, said, otherwise="", reference=""):
    """A decline, for good where one of what was ``said`` stands in the provider's table."""
    code = next((table[str(words)] for words in said if str(words) in table), "")
    return Failure(DECLINED, code or str(otherwise or ""), code in FINAL, reference)


def _dict(value):
    """The value where it is a dictionary: what a provider sends is not to be relied on."""
    return value if isinstance(value, dict) else {}
