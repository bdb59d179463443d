from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .test_deferral import DeferralCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestPackageRefund(DeferralCommon):
    """The unused part of a package is given back by the policy as sold, with its units, its tax and its liability."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seven = cls._package("7-Pack", 600, 7)
        cls.package = cls._sell(cls.seven)

    def _wizard(self, user=None, **values):
        action = self.package.with_user(user or self.manager).action_refund()
        form = Form(self.env["clinic.package.refund"].with_user(user or self.manager).with_context(**action["context"]))
        form.reason = "Moves away"
        for name, value in {"way": "credit", **values}.items():
            form[name] = value
        return form.save()

    def test_by_list_and_by_average(self):
        """The example of the rules: 600 for 7 units worth 100, three used, then six."""
        self._redeem(3)
        self.assertEqual((self.package._refund_net("list"), self.package._refund_net("average")), (300, 342.86))
        self._redeem(3)
        self.assertEqual((self.package._refund_net("list"), self.package._refund_net("average")), (0, 85.71))

    def test_posted_as_shown(self):
        self._redeem(3)
        wizard = self._wizard()
        self.assertEqual((wizard.policy, wizard.by_list, wizard.by_average, wizard.amount), ("list", 300, 342.86, 345))
        self.assertIn("4 × Facial", wizard.preview)
        wizard.action_confirm()
        refund = self.package.refund_ids
        self.assertRecordValues(refund, [{"state": "done", "amount": 345, "net": 300, "package_id": self.package.id}])
        self.assertRecordValues(
            refund.credit_note_id, [{"amount_untaxed": 300, "amount_total": 345, "state": "posted"}]
        )
        self.assertRecordValues(self.package, [{"units_left": 0, "value_left": 0, "state": "refunded"}])
        with self.assertRaisesRegex(UserError, "has 0 of the 1 units"):
            self._redeem()

    def test_books_and_units_agree(self):
        """What was kept of the value of the units is breakage; nothing is left as owed."""
        self._redeem(3)
        self._wizard().action_confirm()
        self.assertTiesOut(units_value=0, account_balance=300, not_posted=300)
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", units_value=0, account_balance=0)
        self.assertEqual(self._balance(self.breakage), 42.86)

    def test_pressed_twice(self):
        wizard = self._wizard()
        wizard.action_confirm()
        wizard.action_confirm()
        self.assertEqual(len(self.package.refund_ids), 1)

    def test_used_meanwhile(self):
        wizard = self._wizard()
        self._redeem()
        with self.assertRaisesRegex(UserError, "were used meanwhile"):
            wizard.action_confirm()

    def test_after_an_undo_the_rest(self):
        """A visit is undone after the refund: what is given back for it is what is left of the price."""
        redemption = self._redeem(3)
        self._wizard().action_confirm()
        redemption._undo()
        self.assertEqual((self.package.units_left, self.package._refund_net()), (3, 300))
        self._wizard().action_confirm()
        self.assertEqual(sum(self.package.refund_ids.mapped("net")), 600)
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", units_value=0, account_balance=0)

    def test_average_only_for_managers(self):
        self._redeem(6)
        self.company.clinic_user_refund_limit = 1000
        wizard = self._wizard(policy="average")
        self.assertEqual(wizard.amount, 98.57)
        mine = self.env["clinic.package.refund"].with_user(self.receptionist)
        mine = mine.create({"package_id": self.package.id, "policy": "average", "reason": "Asked", "way": "credit"})
        self.assertIn("A manager can choose", mine.problem or "")
        wizard.action_confirm()
        self.assertEqual(self.package.refund_ids.net, 85.71)

    def test_policy_is_as_sold(self):
        self.seven.package_refund = "average"
        self.assertEqual(self.package.refund_policy, "list")
        self.assertEqual(self._sell(self.seven).refund_policy, "average")

    def test_one_of_several_on_a_line(self):
        packages = self._sell(self.seven, product_uom_qty=2)
        self.package = packages[1]
        self._wizard().action_confirm()
        self.assertEqual(packages.mapped("units_left"), [7, 0])
        self.assertEqual(packages[1].refund_ids.net, 600)
        self.assertEqual(packages[0]._refund_net(), 600)

    def test_refused_by_the_card_gives_the_units_back(self):
        refund = self.package.sudo()._refund_units("credit", "First")
        self.assertFalse(self.package.units_left)
        refund._after_failed()
        self.assertEqual((self.package.units_left, self.package.value_left), (7, 600))
        self.assertFalse(refund._taken_entries())

    def test_nothing_left(self):
        self._redeem(7)
        with self.assertRaisesRegex(UserError, "has no units left"):
            self.package.action_refund()

    def test_expired_before_the_scheduled_action_came(self):
        with freeze_time(self.package.expires_on + timedelta(days=1)):
            self.assertTrue(self.package.units_left)
            with self.assertRaisesRegex(UserError, "has no units left: they are used, expired"):
                self.package.action_refund()

    def test_receptionist_within_the_limit(self):
        with self.assertRaisesRegex(UserError, "made by Membership Managers"):
            self.package.with_user(self.receptionist).sudo()._refund_units("credit", "Asked")
        self.company.clinic_user_refund_limit = 1000
        self._wizard(self.receptionist).action_confirm()
        self.assertEqual(self.package.state, "refunded")
