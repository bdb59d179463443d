"""A family plan of 199 and three who may pay for it."""

from odoo.fields import Command

from .common import ClinicCommon


class FirstPayment(ClinicCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.family = cls._tier("Family", 10, 199, family_size=4)
        cls.plan = cls.family.plan_ids.product_variant_id
        cls.mother, cls.father, cls.aunt = cls.env["res.partner"].create(
            [{"name": name, "email": f"{name}@example.com"} for name in ("Mother", "Father", "Aunt")]
        )

    def _shared(self, *products, split="equal", percents=(0, 0), **line_values):
        """A confirmed order of a membership whose payers are named before it is invoiced."""
        order = self._order(*(products or [self.plan]), partner=self.mother, **line_values)
        order.action_confirm()
        membership = order.order_line.clinic_membership_ids
        payers = (self.mother, self.father, self.aunt)
        membership.write(
            {
                "billing_split": split,
                "payer_ids": [
                    Command.create({"partner_id": partner.id, "percent": percent})
                    for partner, percent in zip(payers, percents, strict=False)
                ],
            }
        )
        return order, membership

    def _invoiced(self, order):
        invoices = order._create_invoices()
        invoices.action_post()
        return invoices.sorted(lambda move: move.partner_id.id)
