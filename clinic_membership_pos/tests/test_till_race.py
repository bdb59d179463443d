# pylint: disable=invalid-commit
"""Several tills at once: on real transactions, committed."""

import threading
from collections import defaultdict

from odoo.tests import tagged

from odoo.addons.clinic_membership.tests.at_once_common import ClinicAtOnce

from .common import TillData


@tagged("post_install", "-at_install")
class TestTillRace(TillData, ClinicAtOnce):
    """The last units are taken once, whichever till is quicker; nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sessions = []
        for number in range(4):
            cls._prepare_till(f"Race {number}")
            cls.sessions.append(cls.till_session)
        cls.cr.commit()

    def _sync_at_once(self, *orders):
        left = iter(orders)
        mine = defaultdict(lambda: next(left))

        def sync(env):
            order = dict(mine[threading.get_ident()])
            return [row["id"] for row in env["pos.order"].sync_from_ui([order])["pos.order"]]

        answers = self._at_once(sync, len(orders))
        # an order that is there already is refused by the database: the till asks once more and finds it
        ids = {order for answer in answers if isinstance(answer, list) for order in answer}
        return self.env["pos.order"].browse(ids)

    def test_last_units(self):
        """Four tills, one family's last two units: two are taken, two are flagged."""
        package = self._sell(self.six_pack)
        self._redeem(units=4)
        self.cr.commit()
        sent = [self._data(self._units(), partner=self.patient, session=session) for session in self.sessions]
        orders = self._sync_at_once(*sent)
        self.assertEqual((len(orders), set(orders.mapped("state"))), (4, {"paid"}))
        self.assertEqual(len(orders.lines.clinic_redemption_ids), 2)
        self.assertEqual(orders.lines.clinic_review_ids.mapped("quantity"), [1, 1])
        self.assertEqual(package.units_left, 0)

    def test_same_order_at_once(self):
        """The browser asks again before the first answer has come: it is one order with one redemption."""
        package = self._sell(self.six_pack, partner=self._patient())
        self.cr.commit()
        data = self._data(self._units(2), partner=package.partner_id)
        self._sync_at_once(data, data, data)
        orders = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        done = self.env["clinic.redemption"].search([("partner_id", "=", package.partner_id.id)])
        self.assertEqual((len(orders), len(done), package.units_left), (1, 1, 4))

    def test_one_trial(self):
        """Two tills sell the trial to one patient: one membership, the other is looked at."""
        self.monthly.trial_length = 30
        patient = self._patient()
        self.cr.commit()
        trial = [self._line(self.monthly, price_unit=0.0, clinic_trial=True) for _till in range(2)]
        sent = [
            self._data(line, partner=patient, session=session)
            for line, session in zip(trial, self.sessions, strict=False)
        ]
        orders = self._sync_at_once(*sent)
        self.assertEqual((len(orders), set(orders.mapped("state"))), (2, {"paid"}))
        self.assertEqual(orders.lines.clinic_membership_ids.mapped("in_trial"), [True])
        self.assertIn("had a trial", orders.lines.clinic_review_ids.reason)
