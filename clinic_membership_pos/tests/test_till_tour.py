from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
class TestTillTour(TillCommon, HttpCase):
    """One long day at a till, in a browser: every flow once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ours = (cls.facial | cls.massage | cls.six_pack | cls.monthly).product_tmpl_id
        others = cls.env["product.template"].search([("available_in_pos", "=", True)]) - ours
        others._write({"active": False})  # as Odoo's own tours do: combos would object
        cls.env["loyalty.program"].search([]).active = False
        cls.till_session.sudo().action_pos_session_closing_control()
        cls.till_user = new_test_user(cls.env, "till_user", "base.group_user,point_of_sale.group_pos_user")
        cls.ben = cls.env["res.partner"].create({"name": "Ben Member"})
        cls._sell(cls.monthly, partner=cls.ben)
        cls._redeem(partner=cls.ben)
        gift = cls._sell(cls.six_pack, partner=cls.env["res.partner"].create({"name": "Aunt"}))
        gift.transferable = True
        cls.code = gift._give("gift", {gift.grant_ids: 2})
        cls.code.code = "TILL-TOUR-CODE"
        cls.till.write({"payment_method_ids": [Command.set(cls.cash.ids)]})

    def _orders(self):
        return self.env["pos.order"].search([("config_id", "=", self.till.id)], order="id")

    def test_a_day_at_the_till(self):
        url = f"/pos/ui/{self.till.id}"
        self.start_tour(url, "clinic_till", login="till_user", timeout=180)
        self.env.invalidate_all()
        sold = self._orders().lines.clinic_package_ids
        self.assertEqual((len(sold), sold.partner_id, sold.units_left), (1, self.patient, 4))
        membership = self._orders().lines.clinic_membership_ids
        self.assertEqual((membership.state, membership.period_ids.invoice_id.payment_state), ("active", "paid"))
        self.assertEqual(self.code.redeemed_by_id, self.patient)
        redeemed = self.env["clinic.redemption"].search([("pos_line_id", "in", self._orders().lines.ids)])
        self.assertEqual(
            sum(redeemed.filtered(lambda r: r.state == "done").mapped("quantity")), 2, "one was paid offline"
        )
        self.assertFalse(self._orders().lines.clinic_review_ids)
