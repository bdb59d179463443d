# pylint: disable=invalid-commit
"""Refunds at the same time: on real transactions, committed for others to see."""

import time
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .at_once_common import ClinicAtOnce
from .refund_common import REFUND, WHY, supporting


@tagged("post_install", "-at_install")
class TestRefundRace(ClinicAtOnce):
    """The same money is not given back twice, whoever asks at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        patcher = supporting("partial")
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    def _invoice(self):
        """A package that a card paid: 517.50."""
        patient = self._patient()
        package = self._sell(self.six_pack, partner=patient, paid=False)
        invoice = package.sale_line_id.invoice_lines.move_id
        self.charge = invoice._clinic_new_transaction(self._card(patient))
        self.charge._set_done()
        self.charge._post_process()
        self.cr.commit()
        return invoice

    def test_two_refunds_of_the_same_money(self):
        invoice = self._invoice()

        def refund(env):
            return env["clinic.refund"]._refund(env["account.move"].browse(invoice.id), "credit", WHY, 300).id

        results = self._at_once(refund, 3)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 2)
        self.assertIn("can be refunded", str(refused[0]))
        self.assertEqual(invoice.clinic_refunded, 300)
        self.assertEqual(sum(invoice.reversal_move_ids.mapped("amount_total")), 300)

    def test_pressed_twice_at_once(self):
        invoice = self._invoice()

        def refund(env):
            move = env["account.move"].browse(invoice.id)
            return env["clinic.refund"]._refund(move, "credit", WHY, 50, key=f"race,{invoice.id}").id

        self.assertEqual(len(set(self._at_once(refund, 3))), 1)
        self.assertEqual(invoice.clinic_refunded, 50)

    def test_sent_to_the_card_once(self):
        """The press, a second press and the scheduled action at once."""
        invoice, sent = self._invoice(), []

        def send(transaction):
            sent.append(transaction.reference)
            time.sleep(0.3)
            transaction._set_done()

        def refund(env):
            made = env["clinic.refund"]._refund(
                env["account.move"].browse(invoice.id),
                "card",
                WHY,
                50,
                key=f"race,{invoice.id}",
                source_transaction_id=self.charge.id,
            )
            env["ir.cron"]._commit_progress()
            made._proceed_safely()
            return made.id

        with patch(REFUND, send):
            self._at_once(refund, 3)
            self._at_once(lambda env: env["clinic.refund"].browse(invoice.clinic_refund_ids.ids)._proceed_safely(), 2)
        self.assertEqual(len(sent), 1)
        self.assertEqual(invoice.clinic_refund_ids.mapped("state"), ["done"])
        self.assertEqual(invoice.clinic_refund_ids.credit_note_id.amount_residual, 0)
        self.assertEqual(self.charge.child_transaction_ids.mapped("state"), ["done"])
