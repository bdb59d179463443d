from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ClinicCommon

AGREES = "All movements add up, and nothing was used beyond what was allowed."


class ActivityCommon(ClinicCommon):
    """A patient who bought six facials on 31 January."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.package = cls._sell(cls.six_pack)

    def _activity(self, record=None, user=None, **values):
        record = record or self.patient
        button = "action_clinic_activity" if record._name == "res.partner" else "action_activity"
        action = getattr(record.with_user(user or self.receptionist), button)()
        activity = self.env["clinic.activity"].with_user(user or self.receptionist).browse(action["res_id"])
        activity.write(values)
        return activity

    def _lots(self, activity):
        return [lot for section in activity._sections() for lot in section["lots"]]

    def assertMoved(self, lot, *expected):
        """(kind, units, left) of each movement of a lot."""
        self.assertEqual([(line.kind, line.quantity, line.units_left) for line in lot["lines"]], list(expected))


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestActivity(ActivityCommon):
    """ "I have not used that many": every unit from its beginning, and what is left after each movement."""

    # === a package === #

    def test_used_up(self):
        for day in ("2026-02-01", "2026-02-03"):
            self._redeem(3, day=date.fromisoformat(day))
        activity = self._activity()
        (lot,) = self._lots(activity)
        self.assertMoved(lot, ("grant", 6, 6), ("redeem", -3, 3), ("redeem", -3, 0))
        self.assertEqual((lot["title"], lot["usage"]), ("Facial", "6 of 6 used, 0 left"))
        self.assertEqual((lot["sums"], lot["problems"]), ("6 granted − 6 used = 0 left", []))
        self.assertIn(AGREES, activity.body)

    def test_who_when_by_whom_and_why(self):
        friend = self.env["res.partner"].create({"name": "Friend"})
        order = self._order(self.facial, partner=self.patient)
        order.action_confirm()
        redemption = self.env["clinic.redemption"].with_user(self.receptionist).sudo()
        redemption = redemption._redeem(
            self.patient, self.facial, 1, date(2026, 2, 9), self.company, source=order.order_line
        )
        (lot,) = self._lots(self._activity())
        granted, visit = lot["lines"]
        invoice = self.package.sale_line_id.invoice_lines.move_id
        self.assertEqual(granted.document, f"{self.package.sale_order_id.name}, {invoice.name}")
        self.assertRecordValues(
            visit,
            [
                {
                    "date": date(2026, 2, 9),
                    "visitor_id": self.patient.id,
                    "user_id": self.receptionist.id,
                    "document": f"{redemption.name}, {order.name}",
                    "explanation": redemption.explanation,
                    "package_id": self.package.id,
                    "product_id": self.facial.id,
                }
            ],
        )
        self.assertIn("1 from Facial", visit.explanation)
        self.assertEqual(visit.action_open()["res_id"], redemption.id)
        self.assertFalse(self._lots(self._activity(friend)))

    def test_undone_expired_extended_and_given_back(self):
        self._redeem(2).with_user(self.manager).action_undo()
        self._redeem(1, day=date(2026, 2, 5))
        with freeze_time("2027-02-01"):
            self.package.grant_ids._expire()
            wizard = (
                self.env["clinic.extend"]
                .with_user(self.manager)
                .with_context(**self.package.with_user(self.manager).action_extend()["context"])
            )
            wizard.create({"until": date(2027, 3, 1), "reason": "Was ill"}).action_confirm()
            self._redeem(4)
            (lot,) = self._lots(self._activity())
        self.assertMoved(
            lot,
            ("grant", 6, 6),
            ("redeem", -2, 4),
            ("undo", 2, 6),
            ("redeem", -1, 5),
            ("expire", -5, 0),
            ("extend", 0, 0),
            ("back", 5, 5),
            ("redeem", -4, 1),
        )
        self.assertEqual((lot["usage"], lot["problems"]), ("5 of 6 used, 1 left", []))
        self.assertEqual(lot["sums"], "6 granted − 5 used = 1 left")
        undone, extended, back = (
            lot["lines"].filtered(lambda line, k=k: line.kind == k) for k in ("undo", "extend", "back")
        )
        self.assertEqual(
            (undone.user_id, undone.explanation), (self.manager, "The visit of 02/10/2026 does not count any more.")
        )
        self.assertEqual(extended.explanation, "01/30/2027 → 03/01/2027: Was ill")
        self.assertEqual((extended.user_id, back.explanation), (self.manager, "Was ill"))

    def test_refunded(self):
        self._redeem(2)
        self.package.with_user(self.manager).sudo()._refund_units("credit", "Moves away")
        (lot,) = self._lots(self._activity())
        self.assertMoved(lot, ("grant", 6, 6), ("redeem", -2, 4), ("refund", -4, 0))
        self.assertEqual(lot["sums"], "6 granted − 2 used − 4 refunded = 0 left")
        self.assertEqual(
            (lot["lines"][2].document, lot["lines"][2].explanation), (self.package.refund_ids.name, "Moves away")
        )

    def test_typed_in_late(self):
        """A visit of an earlier day that is recorded later comes later: nothing ever looks overdrawn."""
        self._redeem(6, day=date(2026, 2, 9))._undo()
        self._redeem(1, day=date(2026, 2, 1))
        (lot,) = self._lots(self._activity())
        self.assertMoved(lot, ("grant", 6, 6), ("redeem", -6, 0), ("undo", 6, 6), ("redeem", -1, 5))
        self.assertFalse(lot["problems"])

    def test_each_package_and_service_has_its_own_balance(self):
        mixed = self._package("Mixed", 400, 2)
        mixed.product_tmpl_id.package_benefit_ids = [Command.create({"product_id": self.massage.id, "quantity": 3})]
        self._sell(mixed)
        self._redeem(1, product=self.massage)
        lots = self._lots(self._activity())
        self.assertEqual(
            sorted((lot["title"], lot["usage"]) for lot in lots),
            [("Facial", "0 of 2 used, 2 left"), ("Facial", "0 of 6 used, 6 left"), ("Massage", "1 of 3 used, 2 left")],
        )

    def test_not_paid_yet(self):
        package = self._sell(self.six_pack, paid=False)
        activity = self._activity()
        self.assertEqual([section["record"] for section in activity._sections()], [package, self.package])
        self.assertIn("not paid yet", activity.body)

    # === a membership === #

    def test_windows_of_a_membership(self):
        self.gold.write({"rollover_percent": 100, "rollover_months": 2})
        with freeze_time("2026-01-31"):
            membership = self._sell(self.monthly)
            self._redeem(1)
        with freeze_time("2026-02-28"):
            membership._renew()
            activity = self._activity(membership)
            (section,) = activity._sections()
            new, carried, old = section["lots"][1], section["lots"][0], section["lots"][2]
        self.assertEqual(section["record"], membership)
        self.assertEqual(old["title"], "Facial, 01/31/2026 – 02/27/2026")
        self.assertMoved(old, ("grant", 2, 2), ("redeem", -1, 1), ("rollover", -1, 0))
        self.assertEqual(old["sums"], "2 granted − 1 used − 1 carried over = 0 left")
        self.assertEqual({lot["usage"] for lot in (new, carried)}, {"0 of 2 used, 2 left", "0 of 1 used, 1 left"})
        (line,) = [lot["lines"] for lot in (new, carried) if lot["lines"].kind == "rollover"]
        self.assertEqual((line.quantity, line.explanation), (1, "Carried from 01/31/2026 – 02/27/2026"))

    def test_family_pool(self):
        """Who may use a pool sees it whole, with who came; other people's packages are not theirs."""
        self.gold.write({"family_size": 3, "sharing": "pool"})
        membership = self._sell(self.monthly)
        child = self.env["res.partner"].create({"name": "Child"})
        membership.sudo()._family_add(child)
        self._redeem(1, partner=child)
        (lot,) = self._lots(self._activity(child))
        self.assertEqual(lot["usage"], "1 of 2 used, 1 left")
        self.assertEqual(lot["lines"][1].visitor_id, child)
        mine = self._lots(self._activity())
        self.assertEqual(sorted(lot["usage"] for lot in mine), ["0 of 6 used, 6 left", "1 of 2 used, 1 left"])

    def test_individual_allotments(self):
        """A patient has their own; the membership shows everybody's, each with a name."""
        self.gold.write({"family_size": 3, "sharing": "individual"})
        membership = self._sell(self.monthly)
        child = self.env["res.partner"].create({"name": "Child"})
        membership.sudo()._family_add(child)
        self._redeem(1, partner=child)
        titles = {lot["title"]: lot["usage"] for lot in self._lots(self._activity(membership))}
        self.assertEqual(
            titles,
            {
                "Facial, 02/10/2026 – 03/09/2026": "0 of 2 used, 2 left",
                "Facial, 02/10/2026 – 03/09/2026, Child": "1 of 2 used, 1 left",
            },
        )
        self.assertEqual([lot["usage"] for lot in self._lots(self._activity(child))], ["1 of 2 used, 1 left"])

    # === filters === #

    def test_dates(self):
        self._redeem(2, day=date(2026, 2, 1))
        self._redeem(1, day=date(2026, 2, 8))
        (lot,) = self._lots(self._activity(date_from=date(2026, 2, 5)))
        self.assertMoved(lot, ("redeem", -1, 3))
        self.assertEqual((lot["opening"], lot["usage"]), (4, "3 of 6 used, 3 left"))
        (lot,) = self._lots(self._activity(date_to=date(2026, 2, 5)))
        self.assertMoved(lot, ("grant", 6, 6), ("redeem", -2, 4))
        self.assertIsNone(lot["opening"])
        self.assertFalse(self._activity(date_from=date(2026, 3, 1))._sections())

    def test_service_and_package(self):
        massages = self._sell(self._package("Massages", 200, 2, product=self.massage))
        activity = self._activity()
        self.assertEqual(activity.available_product_ids, self.facial | self.massage)
        self.assertEqual(activity.available_package_ids, self.package | massages)
        activity.product_id = self.massage
        self.assertEqual([lot["title"] for lot in self._lots(activity)], ["Massage"])
        (section,) = self._activity(self.package)._sections()
        self.assertEqual(section["record"], self.package)

    # === whether they agree === #

    def test_what_does_not_agree_is_said(self):
        """Somebody has changed a stored balance behind our backs."""
        self._redeem(2)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE clinic_grant SET remaining = 3, used = 1 WHERE id = %s", [self.package.grant_ids.id]
        )
        self.env.invalidate_all()
        activity = self._activity()
        (lot,) = self._lots(activity)
        self.assertEqual(
            lot["problems"],
            [
                "The balance says 3 left, the movements come to 4.",
                "The balance says 1 used, the movements come to 2.",
            ],
        )
        self.assertIn("1 of 1 lots of units do not add up", activity.body)
        self.assertNotIn(AGREES, activity.body)

    def test_a_redemption_that_took_something_else(self):
        redemption = self._redeem(2)
        self.env.flush_all()
        self.env.cr.execute("UPDATE clinic_redemption SET quantity = 3 WHERE id = %s", [redemption.id])
        self.env.invalidate_all()
        (lot,) = self._lots(self._activity())
        self.assertEqual(lot["problems"], [f"{redemption.name} is about 3 units, and takes 2."])
