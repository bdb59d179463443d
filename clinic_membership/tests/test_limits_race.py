# pylint: disable=invalid-commit
"""What users may give or refund within 30 days, when two of them do so at once: on real transactions."""

import threading
import uuid
from collections import defaultdict

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .at_once_common import ClinicAtOnce
from .refund_common import WHY


@tagged("post_install", "-at_install")
class TestLimitsRace(ClinicAtOnce):
    """The limit is for one patient's account, whichever of its contacts or invoices it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.limits = cls.company.clinic_user_credit_limit, cls.company.clinic_user_refund_limit
        cls.company.write({"clinic_user_credit_limit": 50, "clinic_user_refund_limit": 50})
        group = "clinic_membership.group_membership_user"
        cls.users = [new_test_user(cls.env, f"user_{uuid.uuid4().hex[:8]}", group) for _number in range(2)]
        cls.family = cls.env["res.partner"].create({"name": "Family", "is_company": True})
        cls.contacts = cls.env["res.partner"].create(
            [{"name": name, "parent_id": cls.family.id, "type": "other"} for name in ("Ann", "Ben")]
        )
        cls.cr.commit()
        cls.addClassCleanup(cls._reset_limits)

    def setUp(self):
        super().setUp()
        packages = [self._sell(self.six_pack, partner=contact) for contact in self.contacts]
        self.invoices = [package.sale_line_id.invoice_lines.move_id for package in packages]
        self.cr.commit()

    @classmethod
    def _reset_limits(cls):
        cls.cr.rollback()
        cls.company.clinic_user_credit_limit, cls.company.clinic_user_refund_limit = cls.limits
        cls.cr.commit()

    def _each(self, job, things):
        """Each user does it to a thing of their own, at once; who was refused."""
        pairs = iter(list(zip(self.users, things, strict=True)))
        mine = defaultdict(lambda: next(pairs))

        def work(env):
            user, thing = mine[threading.get_ident()]
            return job(env(user=user.id), thing.id)

        return [result for result in self._at_once(work, 2) if isinstance(result, UserError)]

    def test_credit_to_two_contacts(self):
        def give(env, contact):
            values = {"asked_for_id": contact, "partner_id": contact, "amount": 30, "reason": "Sorry"}
            return env["clinic.give.credit"].create(values).action_confirm() and contact

        (refusal,) = self._each(give, self.contacts)
        self.assertIn("within 30 days", str(refusal))
        given = self.env["clinic.credit"].search([("partner_id", "in", self.contacts.ids)])
        self.assertEqual(given.mapped("amount"), [30])

    def test_refunds_of_two_invoices(self):
        def refund(env, invoice):
            values = {"way": "credit", "amount": 30, "reason": WHY, "invoice_id": invoice}
            return env["clinic.refund.wizard"].create(values).action_confirm() and invoice

        (refusal,) = self._each(refund, self.invoices)
        self.assertIn("to a patient within 30 days", str(refusal))
        self.assertEqual(sum(invoice.clinic_refunded for invoice in self.invoices), 30)
