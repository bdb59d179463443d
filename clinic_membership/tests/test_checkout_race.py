# pylint: disable=invalid-commit
"""Two receptionists close the same visit: on real transactions, committed."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .at_once_common import ClinicAtOnce


@tagged("post_install", "-at_install")
class TestCheckoutRace(ClinicAtOnce):
    """A visit is paid for once."""

    def _visit(self, units):
        patient = self._patient()
        if units:
            self._sell(self._package("Pack", 80, units), partner=patient)
        now = fields.Datetime.now()
        event = self.env["calendar.event"].create(
            {
                "clinic_patient_id": patient.id,
                "start": now,
                "stop": now + timedelta(hours=1),
                "clinic_line_ids": [Command.create({"product_id": self.facial.id})],
            }
        )
        self.cr.commit()
        return event

    def _close(self, event):
        defaults = {
            "default_event_id": event.id,
            "default_partner_id": event.clinic_patient_id.id,
            "default_company_id": self.company.id,
            "default_journal_id": self.journal.id,
        }

        def close(env):
            env["clinic.checkout"].with_context(**defaults).create({}).action_confirm()

        results = self._at_once(close, 3)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 2, results)

    def test_charged_once(self):
        event = self._visit(0)
        self._close(event)
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state), ("done", "charged"))
        orders = self.env["sale.order"].search([("partner_id", "=", event.clinic_patient_id.id)])
        self.assertEqual(len(orders), 1)
        self.assertEqual(len(orders.invoice_ids), 1)

    def test_redeemed_once(self):
        event = self._visit(4)
        self._close(event)
        self.assertEqual(event.clinic_line_ids.state, "applied")
        self.assertEqual(self._left(partner=event.clinic_patient_id), 3)
