from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .codes_common import CodesCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestCodes(CodesCommon):
    """A package or a part of it goes to somebody else by a code: once, with its value, day and terms."""

    # === given === #

    def test_transfer_of_some_units(self):
        self._redeem()
        wizard = Form(
            self.env["clinic.give"].with_user(self.receptionist).with_context(default_package_id=self.package.id)
        )
        wizard.recipient_email = "bob@example.com"
        with wizard.line_ids.edit(0) as line:
            self.assertEqual((line.free, line.units), (5, 5))
            line.units = 2
        self.assertIn("gets 2 Facial as a package of their own", wizard.preview)
        code = self.env["clinic.code"].browse(wizard.save().action_confirm()["res_id"])
        self.assertEqual((code.state, code.contents, code.user_id), ("ready", "2 × Facial", self.receptionist))
        self.assertEqual((self.package.units_left, self.package.units_reserved, self._left()), (5, 2, 5))
        self._deliver()
        self.assertIn(code.code, self._mails(code).body_html)
        self.assertEqual(self._mails(code).email_to, "bob@example.com")

    def test_redeemed_at_the_desk(self):
        code = self._give(2)
        action = self._wizard(code.code.lower().replace("-", " ")).action_redeem()
        package = self.env["clinic.package"].browse(action["res_id"])
        self.assertEqual((package.partner_id, package.units_left, package.price_paid), (self.friend, 2, 150))
        self.assertEqual((package.purchase_date, package.expires_on), (date(2026, 3, 2), date(2027, 3, 1)))
        self.assertTrue(package.transferable)
        self.assertEqual((self.package.units_left, self.package.value_left), (4, 300))
        self.assertEqual(
            (code.state, code.received_package_id, code.redeemed_by_id), ("redeemed", package, self.friend)
        )
        self.assertEqual(self._redeem(partner=self.friend).package_ids, package)

    def test_all_that_was_paid_goes_along_to_the_cent(self):
        odd = self._sell(self._package("Odd", 100, 7))
        odd.transferable = True
        first = self._give(3, package=odd)._give_to(self.friend)
        rest = self._give(4, package=odd)._give_to(self.friend)
        self.assertEqual((first.value_left, rest.value_left, odd.value_left), (42.86, 57.14, 0))

    def test_not_transferable(self):
        self.package.transferable = False
        for give in (self._give, self.package.action_give):
            with self.assertRaisesRegex(UserError, "sold as not transferable. Its terms: For you alone"):
                give()

    def test_more_than_there_is(self):
        self._give(4)
        with self.assertRaisesRegex(UserError, "has 2 Facial to give away, not 3"):
            self._give(3)
        for units in (0, -1):
            with self.assertRaisesRegex(UserError, "at least one unit"):
                self._give(units)

    def test_units_of_another_package(self):
        other = self._sell(self.six_pack)
        with self.assertRaisesRegex(UserError, "to give away"):
            self.package._give("transfer", {other.grant_ids: 1}, recipient_email="bob@example.com")

    def test_what_is_set_aside_is_not_used(self):
        self._give(5)
        self._redeem()
        with self.assertRaisesRegex(UserError, "given away by a code; call it back"):
            self._redeem()
        grant = self.package.grant_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.env["clinic.grant.entry"].create(grant._prepare_entry("redeem", -1, -75, date(2026, 3, 2)))
            self.env.flush_all()

    def test_called_back(self):
        code = self._give()
        code.with_user(self.receptionist).action_call_back()
        self.assertEqual((code.state, self.package.units_reserved), ("called_back", 0))
        self._redeem(units=6)
        self.assertFalse(self._try(code.code)[0])
        with self.assertRaisesRegex(UserError, "cannot be called back"):
            code.action_call_back()

    def test_all_of_it_given_away(self):
        self._give()._give_to(self.friend)
        self.assertEqual((self.package.state, self.package.units_left), ("transferred", 0))
        kinds = self.package.grant_ids.entry_ids.mapped("kind")
        self.assertEqual(sorted(kinds), ["grant", "transfer"])

    def test_given_on(self):
        received = self._give(3)._give_to(self.friend)
        code = received._give("transfer", {received.grant_ids: 1}, recipient_email="c@example.com")
        third = code._give_to(self.env["res.partner"].create({"name": "Cleo"}))
        self.assertEqual((third.units_left, third.price_paid, received.units_left), (1, 75, 2))

    def test_the_same_terms(self):
        self.package.write({"min_days_between": 7, "max_per_visit": 1})
        self.env["clinic.blackout"].create({"package_id": self.package.id, "name": "Fair", "date_from": "2026-04-01"})
        received = self._give()._give_to(self.friend)
        self.assertEqual(received.terms, self.package.terms)
        with self.assertRaisesRegex(UserError, "Fair"):
            self._redeem(partner=self.friend, day=date(2026, 4, 1))

    # === redeemed === #

    def test_one_answer_for_unknown_and_used(self):
        code = self._give()
        self.assertTrue(self._try(code.code)[0])
        used = self._try(code.code)
        back = self._sell(self.six_pack)
        back._give("gift", {back.grant_ids: 6})._call_back()
        self.assertFalse(used[0])
        for text in ("", "7K2QX", "7K2QX-9FHTM-3VBNC-W8R4P", back.code_ids.code, code.code[:-1] + "?"):
            self.assertEqual(self._try(text), used, text)

    def test_not_of_another_clinic(self):
        code = self._give()
        other = self.env["res.company"].create({"name": "Other clinic"})
        self.assertIn("not valid", self.env["clinic.code"].sudo()._try(code.code, self.friend, other, "test")[1])
        with self.assertRaisesRegex(AccessError, "do not work for"):
            self.env["clinic.code.redeem"].with_user(self.receptionist).create(
                {"company_id": other.id, "partner_id": self.friend.id, "code": code.code}
            ).action_redeem()

    def test_too_many_wrong_ones(self):
        code = self._give().code
        for _time in range(10):
            wizard = self._wizard("AAAAA-AAAAA-AAAAA-AAAAA")
            self.assertEqual(wizard.action_redeem()["res_id"], wizard.id)
            self.assertIn("not valid", wizard.problem)
        wizard = self._wizard(code)
        wizard.action_redeem()
        self.assertIn("Try again after", wizard.problem)
        self.assertTrue(self._wizard(code, user=self.manager).action_redeem()["res_id"], "others may")

    def test_after_an_hour_again(self):
        for _time in range(10):
            self._try("no")
        self.assertIn("Try again after", self._try(self._give().code)[1])
        with freeze_time("2026-03-02 11:00:01"):
            self.env["clinic.code.attempt"]._gc_attempts()
            self.assertEqual(self._try("no")[1][:22], "This code is not valid")
            self.assertTrue(self._try(self.package.code_ids.code)[0])

    def test_old_mistakes_do_not_count(self):
        for hours in range(30):
            with freeze_time("2026-03-02 10:00:00") as clock:
                clock.tick(timedelta(minutes=20 * hours))
                self.assertIn("This code is not valid", self._try("no")[1])

    def test_expires_with_the_units(self):
        code = self._give(2)
        with freeze_time("2027-03-02"):
            self.assertFalse(self._try(code.code)[0], "before the scheduled action too")
        self._expire("2027-03-02")
        self.assertEqual((code.state, self.package.state, self.package.units_left), ("expired", "expired", 0))

    def test_extended_with_the_package(self):
        code = self._give()
        self.package.grant_ids._extend(date(2027, 6, 1), "Was ill")
        with freeze_time("2027-05-31"):
            self.assertEqual(self._try(code.code)[0].expires_on, date(2027, 6, 1))

    def test_from_the_first_visit(self):
        self.six_pack.product_tmpl_id.validity_start = "first_use"
        package = self._sell(self.six_pack)
        received = self._give(package=package)._give_to(self.friend)
        self.assertFalse(received.expires_on)
        with freeze_time("2027-08-01"):
            self._redeem(partner=self.friend)
        self.assertEqual(received.expires_on, date(2028, 7, 31))

    def test_begun_by_the_giver(self):
        """The validity has begun: the first visit of the recipient does not begin it again."""
        self.six_pack.product_tmpl_id.write(
            {"validity_start": "first_use", "validity_length": 3, "validity_unit": "month"}
        )
        package = self._sell(self.six_pack)
        self.package._cancel()
        self._redeem()
        received = self._give(2, package=package)._give_to(self.friend)
        self.assertEqual(received.expires_on, date(2026, 6, 1))
        with freeze_time("2026-05-01"):
            self._redeem(partner=self.friend)
        self.assertEqual((received.expires_on, received.grant_ids.expires_on), (date(2026, 6, 1), date(2026, 6, 1)))

    def test_taken_back(self):
        """Redeemed by mistake: what is left is the giver's again, with its value, once."""
        code = self._give(3)
        received = code._give_to(self.friend)
        received.transferable = False
        self._redeem(partner=self.friend)
        with self.assertRaisesRegex(AccessError, "Only membership managers"):
            code.with_user(self.receptionist).action_take_back()
        code.with_user(self.manager).action_take_back()
        back = received.code_ids.received_package_id
        self.assertEqual((back.partner_id, back.units_left, back.value_left), (self.patient, 2, 150))
        self.assertEqual((received.units_left, self._left()), (0, 5))
        with self.assertRaisesRegex(UserError, "nothing left that could be taken back"):
            code.with_user(self.manager).action_take_back()

    def test_a_redemption_that_dies(self):
        """Nothing of it is there: the code can be redeemed, the units are the giver's."""
        code = self._give(2)
        with patch.object(type(code.package_id), "_receive", side_effect=ValueError("killed")):
            with self.assertRaisesRegex(ValueError, "killed"), self.env.cr.savepoint():
                code._give_to(self.friend)
        self.env.invalidate_all()
        self.assertEqual((code.state, self.package.units_reserved, self.package.units_left), ("ready", 2, 6))
        self.assertFalse(self.friend.clinic_package_ids)
        self.assertEqual(self._try(code.code)[0].units_left, 2)

    # === refused === #

    def test_nobody_else(self):
        code = self._give()
        sales = new_test_user(self.env, "sales", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            code.with_user(sales).check_access("read")
        for action in (code.with_user(sales).action_call_back, code.with_user(sales).action_send):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            self._wizard(code.code, user=sales)
        for operation in ("write", "create", "unlink"):
            with self.assertRaises(AccessError):
                code.with_user(self.manager).check_access(operation)

    def test_codes_are_kept(self):
        with self.assertRaisesRegex(UserError, "never deleted"):
            self._give().unlink()

    def test_refund_while_a_code_is_out(self):
        code = self._give(2)
        with self.assertRaisesRegex(UserError, "Call it back first"):
            self.package._refund_units("credit", "Moves away")
        code._call_back()
        self.assertTrue(self.package._refund_units("credit", "Moves away"))

    def test_refund_of_what_was_not_given_away(self):
        """Bought for 450, worth 600: two were given away with 150, one was used at 100."""
        self._give(2)._give_to(self.friend)
        self._redeem()
        self.assertEqual((self.package._refund_net("list"), self.package._refund_net("average")), (200, 225))

    def test_what_was_received_is_not_refunded(self):
        received = self._give()._give_to(self.friend)
        with self.assertRaisesRegex(UserError, "not invoiced here"):
            received._refund_units("credit", "Moves away")

    def test_bad_addresses(self):
        with self.assertRaisesRegex(ValidationError, "not an e-mail address"):
            self._give(recipient_email="bob")
        wizard = Form(
            self.env["clinic.give"].with_user(self.receptionist).with_context(default_package_id=self.package.id)
        )
        wizard.recipient_email, wizard.deliver_on = "bob@example.com", date(2026, 3, 1)
        with self.assertRaisesRegex(UserError, "today or a later day"):
            wizard.save().action_confirm()
