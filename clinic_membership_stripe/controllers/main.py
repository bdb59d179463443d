import logging

import stripe
from werkzeug.exceptions import Forbidden

from odoo.http import request

from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.addons.payment_stripe.controllers.main import StripeController

_logger = logging.getLogger(__name__)


class ClinicStripeController(StripeController):
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
