"""The checkout as the reception uses it."""

from odoo.tests import Form

from .visit_common import VisitCommon


class CheckoutCommon(VisitCommon):
    def _form(self, event=None, partner=None):
        context = event.action_clinic_checkout()["context"] if event else {"default_partner_id": partner.id}
        return Form(self.env["clinic.checkout"].with_user(self.receptionist).with_context(**context))

    def _choices(self, wizard):
        return [(line.product_id.name, line.choice, line.price) for line in wizard.line_ids]

    def _take(self, event, product, payment="journal"):
        """The patient takes an offer."""
        wizard = self._form(event)
        place = wizard.offer_ids._records.index(
            next(offer for offer in wizard.offer_ids._records if offer["product_id"] == product.id)
        )
        with wizard.offer_ids.edit(place) as offer:
            offer.taken = True
        wizard.payment = payment
        return wizard.save()

    def _order_of(self, event):
        return event.clinic_order_ids
