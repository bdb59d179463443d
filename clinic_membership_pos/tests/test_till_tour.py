from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import TillCommon


@tagged("post_install", "-at_install")
class TestTillTour(TillCommon, HttpCase):
    """Days at a till, in a browser: every flow once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        silver = cls._tier("Silver", 0, 49, trial_length=14, trial_price=10).plan_ids
        silver.available_in_pos = True
        ours = silver | (cls.facial | cls.massage | cls.six_pack | cls.monthly).product_tmpl_id
        others = cls.env["product.template"].search([("available_in_pos", "=", True)]) - ours
        others._write({"active": False})  # as Odoo's own tours do: combos would object
        cls._prepare_programs()
        cls.till_session.sudo().action_pos_session_closing_control()
        cls.till_user = new_test_user(
            cls.env,
            "till_user",
            "base.group_user,point_of_sale.group_pos_user,sales_team.group_sale_salesman_all_leads",
        )
        cls.ben = cls.env["res.partner"].create({"name": "Ben Member"})
        cls._sell(cls.monthly, partner=cls.ben)
        cls._redeem(partner=cls.ben)
        cls.wallet = cls.env["loyalty.card"].create(
            {"program_id": cls.company._clinic_wallet_program().id, "partner_id": cls.ben.id, "points": 50}
        )
        cls._sell(silver.product_variant_id, partner=cls.env["res.partner"].create({"name": "Cleo Silver"}))
        gift = cls._sell(cls.six_pack, partner=cls.env["res.partner"].create({"name": "Aunt"}))
        gift.transferable = True
        cls.code = gift._give("gift", {gift.grant_ids: 2})
        cls.code.code = "TILL-TOUR-CODE"
        cls.till.write({"payment_method_ids": [Command.set(cls.cash.ids)]})

    @classmethod
    def _prepare_programs(cls):
        """A code that takes 10 % off the cheapest item, and nothing else."""
        cls.env["loyalty.program"].search([]).active = False
        cls.env["loyalty.program"].create(
            {
                "name": "Cheapest",
                "program_type": "promo_code",
                "trigger": "with_code",
                "applies_on": "current",
                "rule_ids": [Command.clear(), Command.create({"mode": "with_code", "code": "CHEAPEST"})],
                "reward_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount": 10,
                            "discount_mode": "percent",
                            "discount_applicability": "cheapest",
                        }
                    ),
                ],
            }
        )

    def _orders(self):
        return self.env["pos.order"].search([("config_id", "=", self.till.id)], order="id")

    def test_a_day_at_the_till(self):
        url = f"/pos/ui/{self.till.id}"
        self.start_tour(url, "clinic_till", login="till_user", timeout=180)
        self.env.invalidate_all()
        sold = self._orders().lines.clinic_package_ids
        self.assertEqual((len(sold), sold.partner_id, sold.units_left), (1, self.patient, 4))
        gold, silver = self._orders().lines.clinic_membership_ids.sorted("id")
        self.assertEqual((gold.state, gold.period_ids.invoice_id.payment_state), ("active", "paid"))
        self.assertEqual((silver.state, silver.in_trial, silver.price), ("active", True, 49))
        self.assertEqual(silver.partner_id, self.patient)
        self.assertEqual(self.wallet.points, 0)
        self.assertEqual(self.code.redeemed_by_id, self.patient)
        redeemed = self.env["clinic.redemption"].search([("pos_line_id", "in", self._orders().lines.ids)])
        self.assertEqual(
            sum(redeemed.filtered(lambda r: r.state == "done").mapped("quantity")), 3, "one was paid offline"
        )
        self.assertFalse(self._orders().lines.clinic_review_ids)

    def test_the_patient_comes_last(self):
        """Units are offered when the patient is chosen; a sales order's come back with its refund."""
        package = self._sell(self.six_pack)
        pair = self._sell(self._package("Massage Pair", 150, 2, self.massage))
        self._redeem(product=self.massage)
        ordered = self._order(self.facial, self.massage)
        visit = ordered.order_line[0]
        self._redeem(source=visit)
        ordered.action_confirm()
        self.start_tour(f"/pos/ui/{self.till.id}", "clinic_till_patient", login="till_user", timeout=180)
        self.env.invalidate_all()
        self.assertEqual((package.units_left, pair.units_left), (5, 0), "one at the till; the order's is back")
        self.assertFalse(visit.clinic_redemption_id)
        self.assertEqual(self._orders().lines.clinic_membership_ids.partner_id, self.patient)
        redeemed = self.env["clinic.redemption"].search([("pos_line_id", "in", self._orders().lines.ids)])
        self.assertEqual(redeemed.mapped("state"), ["done"] * 3, "a facial and a massage, and a facial of Gold")
        self.assertFalse(self._orders().lines.clinic_review_ids)
