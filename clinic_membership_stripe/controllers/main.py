import logging

import stripe
from werkzeug.exceptions import Forbidden

from odoo.exceptions import ValidationError
from odoo.http import request, route

from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.addons.payment_stripe.controllers.main import StripeController

_logger = logging.getLogger(__name__)

# what becomes of a refund; an endpoint that is set up by hand may send the newer two
REFUND_EVENTS = ("charge.refund.updated", "refund.updated", "refund.failed")


class ClinicStripeController(StripeController):
    @route()
    def stripe_webhook(self):
        """What becomes of refunds is read here: Odoo knows one of the events, and looks for some by a description."""
        event = request.get_json_data()
        if event["type"] not in REFUND_EVENTS:
            return super().stripe_webhook()
        self._read_refund(event["data"]["object"])
        return request.make_json_response("")

    @staticmethod
    def _create_refund_tx_from_refund(source_tx_sudo, refund_object):
        """One that we have asked for, and whose answer did not reach us, is there already: it gets its number.

        Odoo takes every refund with a number that it does not know for one that was made in Stripe's dashboard, and
        books it: ours would be booked twice.
        """
        waiting = source_tx_sudo.child_transaction_ids.filtered(
            lambda tx: not tx.provider_reference and tx._clinic_is_this_refund(refund_object)
        )
        waiting.provider_reference = refund_object["id"]
        return waiting or StripeController._create_refund_tx_from_refund(source_tx_sudo, refund_object)

    def _read_refund(self, refund):
        """Process what Stripe says about a refund that is ours; it is known by its number.

        :raises Forbidden: it is not Stripe who says so
        """
        known = {"event_type": "charge.refund.updated", "object_id": refund["id"]}
        transaction = request.env["payment.transaction"].sudo()._search_by_reference("stripe", known)
        if not transaction:
            return
        self._verify_signature(transaction)
        data = {}
        self._include_refund_in_payment_data(refund, data)
        try:
            transaction._process("stripe", data)
        except ValidationError:  # acknowledged, as Odoo does: Stripe would send the same again and again
            _logger.exception("Refund %s could not be processed", refund["id"])

    def _verify_signature(self, tx_sudo):
        """Let Stripe's own library decide.

        Odoo believes everything where no secret is set, so that anybody could report a renewal as paid. It also looks
        at one signature of several, and Stripe sends several while a secret is being replaced.

        :raises Forbidden: no secret, no signature, a wrong one, or an old one
        """
        secret = stripe_utils.get_webhook_secret(tx_sudo.provider_id)
        header = request.httprequest.headers.get("Stripe-Signature")
        body = request.httprequest.get_data()
        try:
            stripe.WebhookSignature.verify_header(body, header, secret or None, self.WEBHOOK_AGE_TOLERANCE)
        except stripe.SignatureVerificationError as error:
            _logger.warning("Webhook of provider %s refused: %s", tx_sudo.provider_id.id, error)
            raise Forbidden() from error
