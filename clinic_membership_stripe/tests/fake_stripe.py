"""A Stripe that lives in this process: real HTTP on loopback, with Stripe's rules about keys, and failures on order.

What happens is ordered by payment method, as "card" or "card/way", one for each payment and success after the last:

    server.order("pm_ann", "soft/cut_after")    # declined, and the answer is lost

``card``: what the bank says. ``way``: what the network makes of it.
"""

import json
import threading
import time
import urllib.parse
import uuid
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

SECRET_KEY, WEBHOOK_SECRET = "sk_test_clinic", "whsec_clinic"

DECLINES = {
    "soft": {"code": "card_declined", "decline_code": "insufficient_funds"},
    "lost_card": {"code": "card_declined", "decline_code": "lost_card"},
    "do_not_try_again": {"code": "card_declined", "decline_code": "generic_decline", "advice_code": "do_not_try_again"},
    "network": {"code": "card_declined", "decline_code": "generic_decline"},
    "confirm": {"code": "authentication_required", "decline_code": "authentication_required"},
}
# what the bank says -> the payment's status
STATUS = {
    "success": "succeeded",
    "other_amount": "succeeded",
    "requires_action": "requires_action",
    "processing": "processing",
    "capture": "requires_capture",
    **dict.fromkeys(DECLINES, "requires_payment_method"),
}
# answers that have nothing to do with the card: the request was not processed
REFUSALS = {
    "401": (401, {"type": "invalid_request_error", "message": "Invalid API Key"}),
    "429": (429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests"}),
    "409": (409, {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "In use"}),
    "500_before": (500, {"type": "api_error", "message": "Sorry"}),
}


class Refused(Exception):
    """An answer that is an error: (status, error)."""


class FakeStripe:
    """The server and what it knows. A context manager."""

    def __init__(self, slow=1.5):
        """:param slow: seconds that an answer takes which comes too late"""
        self.slow = slow
        self.lock = threading.RLock()
        self.reset()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"fake": self}))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1/"

    def reset(self):
        """Forget everything."""
        self.intents, self.refunds, self.keys = {}, {}, {}
        self.orders, self.requests = defaultdict(list), []
        self.refund_status = "succeeded"  # of the refunds to come
        self.on_charge = None  # called with the payment before it is answered

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.http.shutdown()
        self.http.server_close()

    # === what tests order and ask === #

    def order(self, payment_method, *orders):
        """What happens to the next payments of a card."""
        self.orders[payment_method] += orders

    def charges(self, reference=None):
        """The payments that took money."""
        took = [intent for intent in self.intents.values() if intent["status"] == "succeeded"]
        return [intent for intent in took if reference in (None, intent["description"])]

    def age(self, **delta):
        """Let time pass here: keys are forgotten after a day."""
        seconds = int(sum({"hours": 3600, "minutes": 60}[unit] * number for unit, number in delta.items()))
        with self.lock:
            for intent in self.intents.values():
                intent["created"] -= seconds
            self.keys = {key: {**kept, "at": kept["at"] - seconds} for key, kept in self.keys.items()}
            self.keys = {key: kept for key, kept in self.keys.items() if kept["at"] > time.time() - 24 * 3600}

    def event(self, intent, kind=None, secret=WEBHOOK_SECRET):
        """A webhook as Stripe sends it: (body, headers)."""
        kinds = {"succeeded": "succeeded", "processing": "processing", "canceled": "canceled"}
        kind = kind or f"payment_intent.{kinds.get(intent['status'], 'payment_failed')}"
        body = json.dumps({"object": "event", "type": kind, "data": {"object": intent}})
        signature = stripe.WebhookSignature.generate_signature_header(body, secret)
        return body, {"Content-Type": "application/json", "Stripe-Signature": signature}

    def charge(self, reference):
        """The charge under a reference with its refunds, as Stripe tells of it when one is made."""
        (intent,) = self.charges(reference)
        made = [refund for refund in self.refunds.values() if refund["payment_intent"] == intent["id"]]
        refunds = {"data": made, "has_more": False}
        return {"id": f"ch_{intent['id']}", "object": "charge", "description": reference, "refunds": refunds}

    # === the API === #

    def answer(self, method, path, data, key):
        """Answer a request; a POST with a key that is known is answered as it was the first time.

        :return: (status, body, way)
        """
        fingerprint = json.dumps([path, sorted(data.items())])
        with self.lock:
            if kept := self.keys.get(key):
                return self.again(kept, fingerprint)
            if key:
                self.keys[key] = {"of": fingerprint, "at": time.time(), "answer": None}
        status, body, way = self.first_time(method, path, data)
        with self.lock:
            if key and status in (401, 409, 429):  # refused before anything was done: nothing is kept
                self.keys.pop(key)
            elif key:
                self.keys[key]["answer"] = status, body
        return status, body, way

    def again(self, kept, fingerprint):
        if kept["of"] != fingerprint:
            error = {"type": "idempotency_error", "message": "Keys can only be used with the same parameters"}
            return 400, {"error": error}, ""
        if kept["answer"] is None:
            return 409, {"error": REFUSALS["409"][1]}, ""
        return *kept["answer"], ""

    def first_time(self, method, path, data):
        """Do what is asked: (status, body, way)."""
        order = self.take_order(data) if (method, path) == ("POST", "payment_intents") else "success"
        card, _slash, way = order.partition("/")
        try:
            if way in REFUSALS:
                raise Refused(*REFUSALS[way])
            if way == "cut_before":
                raise Refused(500, {"type": "api_error"})
            status, body = 200, self.act(method, path.split("/"), data, card)
        except Refused as refused:
            status, error = refused.args
            body = {"error": error}
        if way in ("500_after", "html"):
            status, body = 500, {"error": REFUSALS["500_before"][1]}
        return status, body, way

    def take_order(self, data):
        with self.lock:
            waiting = self.orders[data.get("payment_method")]
            return waiting.pop(0) if waiting else "success"

    def act(self, method, path, data, card):
        match method, path:
            case "POST", ["payment_intents"]:
                return self.pay(data, card)
            case "POST", ["payment_intents", number, "cancel"]:
                return self.cancel(number, data)
            case "GET", ["payment_intents", number]:
                return self.intents[number]
            case "GET", ["payment_intents"]:
                return self.list(data)
            case "POST", ["refunds"]:
                return self.refund(data)
            case "GET", ["refunds", number]:
                return self.refunds[number]
            case "POST", ["customers"]:
                return {"id": "cus_new", "object": "customer"}
        raise Refused(404, {"type": "invalid_request_error", "message": f"No such thing: {path}"})

    def pay(self, data, card):
        """Charge; what the bank says is on the payment."""
        with self.lock:
            intent = {
                "id": f"pi_{uuid.uuid4().hex}",
                "object": "payment_intent",
                "amount": int(data["amount"]) + (100 if card == "other_amount" else 0),
                "currency": data["currency"],
                "customer": data.get("customer"),
                "description": data.get("description"),
                "created": int(time.time()),
                "payment_method": {"id": data.get("payment_method"), "type": "card", "card": {"brand": "visa"}},
                "status": STATUS[card],
                "charges": {"data": []},
            }
            self.intents[intent["id"]] = intent
        if self.on_charge:
            self.on_charge(intent)
        if card in DECLINES:
            self.decline(intent, card)
        return intent

    def decline(self, intent, card):
        error = {"type": "card_error", "message": "Your card was declined.", **DECLINES[card]}
        intent["last_payment_error"] = error
        outcome = {"network_status": "declined_by_network", "network_decline_code": "43" if card == "network" else "05"}
        intent["charges"] = {"data": [{"status": "failed", "outcome": outcome}]}
        raise Refused(402, {**error, "payment_intent": dict(intent)})

    def cancel(self, number, data):
        with self.lock:
            intent = self.intents[number]
            if intent["status"] in ("succeeded", "canceled"):
                raise Refused(400, {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"})
            intent.update(status="canceled", cancellation_reason=data.get("cancellation_reason"))
            return intent

    def list(self, data):
        """The payments of a customer, newest first, in pages."""
        with self.lock:
            found = sorted(self.intents.values(), key=lambda intent: intent["id"], reverse=True)
            found = [
                i for i in found if i["customer"] == data["customer"] and i["created"] >= int(data["created[gte]"])
            ]
        if after := data.get("starting_after"):
            found = [intent for intent in found if intent["id"] < after]
        limit = int(data.get("limit", 10))
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}

    def refund(self, data):
        with self.lock:
            refund = {"id": f"re_{uuid.uuid4().hex}", "object": "refund", "status": self.refund_status}
            refund.update(amount=int(data["amount"]), payment_intent=data["payment_intent"])
            refund["metadata"] = {"reference": data.get("metadata[reference]")}
            refund["currency"] = self.intents[data["payment_intent"]]["currency"]
            self.refunds[refund["id"]] = refund
            return refund


class Handler(BaseHTTPRequestHandler):
    """HTTP around it."""

    fake = None
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.handle_request()

    def do_POST(self):
        self.handle_request()

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        text = "&".join(filter(None, [url.query, self.rfile.read(length).decode()]))
        data, path = dict(urllib.parse.parse_qsl(text)), url.path.removeprefix("/v1/")
        key = self.headers.get("Idempotency-Key") if self.command == "POST" else None
        self.fake.requests.append((self.command, path, data, key))
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            status, error = REFUSALS["401"]
            return self.send(status, {"error": error})
        status, body, way = self.fake.answer(self.command, path, data, key)
        if way.startswith("cut_before"):
            self.fake.keys.pop(key, None)
        if way == "slow":
            time.sleep(self.fake.slow)
        return self.send(status, body, way)

    def send(self, status, body, way=""):
        """Answer, or lose the answer on the way."""
        content = b"<html>Bad gateway</html>" if way == "html" else json.dumps(body).encode()
        self.close_connection = True
        if way in ("cut_before", "cut_after"):
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if way == "cut_middle" else content)

    def log_message(self, *_args):
        """Silent."""

    def handle(self):
        """A client that did not wait is no error of ours."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
