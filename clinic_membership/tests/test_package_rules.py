from datetime import date

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestPackageRules(ClinicCommon):
    """A visit is refused by the terms as sold, which the refusal quotes; who may use a package."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.six_pack.product_tmpl_id
        (cls.facial | cls.massage).categ_id = cls.env["product.category"].create({"name": "Treatments"})

    def _sold(self, **terms):
        self.template.write(terms)
        return self._sell(self.six_pack)

    def _assert_refused(self, words, **visit):
        with self.assertRaisesRegex(UserError, words):
            self._redeem(**visit)

    # === the visit === #

    def test_days_between_two_visits(self):
        self._sold(min_days_between=7)
        self._redeem()
        self._assert_refused(
            "at least 7 days between two visits.*03/02/2026; next from 03/09/2026", day=date(2026, 3, 8)
        )
        self._redeem(day=date(2026, 3, 9))
        self._redeem(day=date(2026, 3, 9))  # two units in one visit
        self.assertEqual(self._left(), 3)

    def test_days_between_visits_that_are_entered_late(self):
        self._sold(min_days_between=7)
        with freeze_time("2026-03-20"):
            self._redeem(day=date(2026, 3, 20))
            self._assert_refused("one on 03/20/2026; next from 03/20/2026", day=date(2026, 3, 14))
            self._redeem(day=date(2026, 3, 13))

    def test_an_undone_visit_does_not_count(self):
        self._sold(min_days_between=7)
        self._redeem()._undo()
        self._redeem(day=date(2026, 3, 3))
        self.assertEqual(self._left(), 5)

    def test_most_units_a_visit(self):
        self._sold(max_per_visit=2)
        self._assert_refused("at most 2 units a visit", units=3)
        self._redeem(units=2)
        self._assert_refused("at most 2 units a visit")
        self._redeem(units=2, day=date(2026, 3, 3))
        self.assertEqual(self._left(), 2)

    def test_most_units_are_of_the_package_not_of_a_lot(self):
        self.template.package_benefit_ids = [
            Command.create({"categ_id": self.facial.categ_id.id, "quantity": 3, "unit_value": 50})
        ]
        self._sold(max_per_visit=2)
        self._redeem(product=self.massage)
        self._assert_refused("at most 2 units a visit", units=2)
        self._redeem()

    def test_another_package_pays_instead(self):
        strict = self._sold(min_days_between=7)
        self.template.min_days_between = 0
        free = self._sell(self.six_pack)
        self._redeem()
        redemption = self._redeem(day=date(2026, 3, 3))
        self.assertEqual(redemption.package_ids, free)
        self.assertEqual((strict.units_left, free.units_left), (5, 5))

    def test_blackout_dates(self):
        closed = {"name": "Fair", "date_from": "2026-03-10", "date_to": "2026-03-12"}
        package = self._sold(blackout_ids=[Command.create(closed)])
        self.template.blackout_ids.unlink()  # what was sold stays as it was
        self._assert_refused("not to be used on Fair .03/10/2026 - 03/12/2026.", day=date(2026, 3, 12))
        self._redeem(day=date(2026, 3, 13))
        self.assertIn("Not on: Fair", package.terms)

    def test_blackout_dates_of_the_clinic(self):
        dates = self.env["clinic.blackout"]
        dates.search([("product_tmpl_id", "=", False), ("package_id", "=", False)]).unlink()
        closed = dates.create({"name": "Christmas", "date_from": "2020-12-24", "date_to": "2020-12-26", "yearly": True})
        self._sell(self.six_pack)
        self._redeem(day=date(2026, 12, 25))
        later = self.patient.copy()
        self.template.clinic_blackouts = True
        self._sell(self.six_pack, partner=later)
        dates.create({"name": "Too late", "date_from": "2026-03-03"})
        closed.unlink()
        self._redeem(day=date(2026, 3, 3), partner=later)
        self._assert_refused("Christmas .24 Dec - 26 Dec, each year.", day=date(2026, 12, 25), partner=later)

    def test_services_narrower_than_the_contents(self):
        peel = self.env["product.product"].create({"name": "Peel", "categ_id": self.facial.categ_id.id})
        contents = {"categ_id": self.facial.categ_id.id, "quantity": 10, "unit_value": 100}
        self.template.package_benefit_ids = [Command.clear(), Command.create(contents)]
        self._sold(only_product_ids=[Command.set((self.facial | self.massage).ids)])
        self._redeem(product=self.massage)
        self._assert_refused("Good for Facial, Massage only", product=peel)

    def test_limited_to_what_it_does_not_contain(self):
        with self.assertRaisesRegex(ValidationError, "limited to Massage, which it does not contain"):
            self.template.only_product_ids = self.massage

    def test_limits_cannot_be_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.template.min_days_between = -1
            self.template.flush_recordset()

    def test_the_wizard_says_why(self):
        self._sold(min_days_between=7)
        self._redeem()
        wizard = Form(self.env["clinic.redeem"].with_user(self.receptionist))
        wizard.partner_id, wizard.product_id, wizard.date = self.patient, self.facial, "2026-03-04"
        self.assertEqual(wizard.missing, 1)
        self.assertIn("at least 7 days", wizard.save().line_ids.why)

    # === people === #

    def test_shared_with_named_people(self):
        package = self._sold(shareable=True)
        friend, stranger = self.env["res.partner"].create([{"name": "Friend"}, {"name": "Stranger"}])
        self._assert_refused("Friend has 0 of the 1 units", partner=friend)
        self._share(package, friend)
        redemption = self._redeem(partner=friend)
        self.assertEqual((redemption.partner_id, package.units_left), (friend, 5))
        self._assert_refused("Stranger has 0 of the 1 units", partner=stranger)
        self._share(package, self.env["res.partner"])
        self._assert_refused("Friend has 0 of the 1 units", partner=friend)

    def test_each_person_has_their_own_rhythm(self):
        package = self._sold(shareable=True, min_days_between=7)
        friend = self.env["res.partner"].create({"name": "Friend"})
        self._share(package, friend)
        self._redeem()
        self._redeem(partner=friend, day=date(2026, 3, 3))
        self._assert_refused("next from 03/10/2026", partner=friend, day=date(2026, 3, 5))

    def _share(self, package, people):
        wizard = Form(
            self.env["clinic.package.share"].with_user(self.receptionist).with_context(default_package_id=package.id)
        )
        wizard.sharer_ids.clear()
        for person in people:
            wizard.sharer_ids.add(person)
        wizard.save().action_confirm()

    def test_not_shareable(self):
        package = self._sold(shareable=False)
        self.template.shareable = True  # concerns later sales
        friend = self.env["res.partner"].create({"name": "Friend"})
        for share in (lambda: self._share(package, friend), package.action_share):
            with self.assertRaisesRegex(UserError, "sold as not shareable. Its terms: For you alone"):
                share()
        with self.assertRaisesRegex(ValidationError, "not shareable"):
            package.sharer_ids = friend

    def test_nobody_else_shares(self):
        package = self._sold(shareable=True)
        sales = new_test_user(self.env, "sales", "sales_team.group_sale_salesman")
        wizard = self.env["clinic.package.share"].create({"package_id": package.id})
        with self.assertRaises(AccessError):
            wizard.with_user(sales).action_confirm()
        with self.assertRaises(AccessError):
            package.with_user(self.receptionist).sharer_ids = self.patient.copy()

    # === validity from the first visit === #

    def _counting(self):
        return self._sold(validity_start="first_use", validity_length=3, validity_unit="month")

    def test_validity_from_the_first_visit(self):
        package = self._counting()
        self.assertFalse(package.expires_on)
        with freeze_time("2027-08-01"):
            self._redeem()
            self.assertEqual(package.expires_on, date(2027, 10, 31))
            self.assertEqual(package.grant_ids.expires_on, date(2027, 10, 31))
            self._redeem(day=date(2027, 9, 1))
            self.assertEqual(package.expires_on, date(2027, 10, 31))
        self._expire("2027-11-01")
        self.assertEqual(package.state, "expired")

    def test_the_first_visit_is_undone(self):
        package = self._counting()
        redemption = self._redeem()
        later = self._redeem(day=date(2026, 4, 1))
        redemption._undo()
        self.assertEqual((package.first_used_on, package.expires_on), (date(2026, 4, 1), date(2026, 6, 30)))
        later._undo()
        self.assertFalse(package.expires_on)

    def test_a_visit_before_the_first(self):
        package = self._counting()
        self._redeem(day=date(2026, 4, 1))
        self._redeem(day=date(2026, 3, 5))
        self.assertEqual(package.expires_on, date(2026, 6, 4))

    def test_a_wrong_first_visit(self):
        """Typed in with a day of last year it ends the package; undone, the units are there again."""
        package = self._counting()
        with freeze_time("2026-09-01"):
            wrong = self._redeem(day=date(2026, 3, 5))
            self._expire("2026-09-01")
            self.assertEqual((package.state, package.units_left), ("expired", 0))
            wrong._undo()
            self.assertEqual((package.state, package.units_left, package.expires_on), ("active", 6, False))

    def test_an_extension_stays(self):
        package = self._counting()
        redemption = self._redeem()
        package.grant_ids._extend(date(2026, 12, 31), "Was ill")
        redemption._undo()
        self.assertEqual(package.expires_on, date(2026, 12, 31))

    # === the terms === #

    def test_terms_as_sold(self):
        package = self._sold(transferable=True, min_days_between=7, max_per_visit=1)
        self.template.write({"transferable": False, "min_days_between": 0, "max_per_visit": 0})
        self.assertEqual(
            package.terms,
            "You may give it, or a part of it, to somebody else.\n"
            "At least 7 days between two visits.\nAt most 1 units a visit.",
        )

    def test_dates_in_the_form(self):
        blackouts = Form(self.env["clinic.blackout"].with_user(self.manager))
        blackouts.name, blackouts.date_from = "Holiday", date(2026, 5, 1)
        self.assertEqual(blackouts.save().date_to, date(2026, 5, 1))
        with self.assertRaises(AccessError):
            self.env["clinic.blackout"].with_user(self.receptionist).create({"name": "Mine", "date_from": "2026-05-01"})
