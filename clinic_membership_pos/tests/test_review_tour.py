from odoo.tests import HttpCase, tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
class TestReviewTour(TillCommon, HttpCase):
    """Tills to Review, in a browser."""

    def _patient(self, name):
        return self.env["res.partner"].create({"name": name})

    def test_settled(self):
        self.patient.name = "Anna Overdrawn"  # tests that commit leave reviews of others
        self._sell(self.monthly)
        self._redeem(units=2)
        ben, cid, dora = (self._patient(name) for name in ("Ben Member", "Cid Buyer", "Dora Later"))
        orders = [
            self._ring_up(self._units(2)),
            self._ring_up(self._units(), partner=ben),
            self._ring_up(self._units(3), partner=cid),
            self._ring_up(self._line(self.six_pack), partner=None),
        ]
        self._sell(self.six_pack, partner=cid)
        self.start_tour("/odoo", "clinic_till_review", login="clinic_manager")
        self.env.invalidate_all()
        reviews = [order.lines.clinic_review_ids for order in orders]
        self.assertEqual([review.state for review in reviews], ["charged", "forgiven", "settled", "settled"])
        self.assertEqual(reviews[0].move_id.state, "posted")
        self.assertEqual((self._left(partner=cid), self._left(partner=dora)), (3, 6))
        self.assertFalse(reviews[0].activity_ids)
