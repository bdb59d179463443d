from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClinicCommon


class CodesCommon(ClinicCommon):
    """A package that may be given away, and somebody to give it to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_pack.product_tmpl_id.transferable = True
        cls.package = cls._sell(cls.six_pack)
        cls.friend = cls.env["res.partner"].create({"name": "Bob Friend", "email": "bob@example.com"})

    def _give(self, units=6, package=None, **values):
        package = package or self.package
        values = {"recipient_email": "bob@example.com", **values}
        return package._give(values.pop("purpose", "transfer"), {package.grant_ids: units}, **values)

    def _try(self, text, partner=None, user=None, key="test"):
        codes = self.env["clinic.code"].with_user(user or self.env.user).sudo()
        return codes._try(text, partner or self.friend, self.company, key)

    def _wizard(self, text, partner=None, user=None):
        """Type a code at the desk."""
        wizard = Form(self.env["clinic.code.redeem"].with_user(user or self.receptionist))
        wizard.code, wizard.partner_id = text, partner or self.friend
        return wizard.save()

    def _deliver(self, day="2026-03-02"):
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_deliver_codes").method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self, code):
        return self.env["mail.mail"].search([("model", "=", "clinic.code"), ("res_id", "=", code.id)])


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

    # === gifts === #

    def _sell_gift(self, **values):
        wizard = (
            self.env["clinic.sell"]
            .with_user(self.receptionist)
            .create(
                {
                    "kind": "package",
                    "partner_id": self.patient.id,
                    "product_id": self.six_pack.id,
                    "payment": "journal",
                    "journal_id": self.journal.id,
                    "is_gift": True,
                    "recipient_name": "Bob",
                    "recipient_email": "bob@example.com",
                    "message": "Happy birthday",
                    **values,
                }
            )
        )
        return self.env["clinic.code"].search(wizard.action_sell()["domain"])

    def test_a_gift_is_delivered_on_its_day(self):
        self.six_pack.product_tmpl_id.transferable = False  # to whom it is given first is the buyer's choice
        code = self._sell_gift(deliver_on=date(2026, 3, 10))
        self.assertEqual((code.state, code.purpose, code.contents), ("ready", "gift", "6 × Facial"))
        self._deliver("2026-03-09")
        self.assertFalse(self._mails(code))
        self._deliver("2026-03-10")
        self._deliver("2026-03-11")
        self.assertIn("Happy birthday", self._mails(code).body_html)

    def test_a_gift_that_is_not_paid(self):
        code = self._sell_gift(payment="link")
        self.assertEqual(code.state, "waiting")
        self.assertFalse(self._mails(code))
        self.assertFalse(self._try(code.code)[0])
        self._pay(code.sale_order_id.invoice_ids)
        self._deliver()
        self.assertEqual((code.state, len(self._mails(code))), ("ready", 1))
        self.assertEqual(self._try(code.code)[0].partner_id, self.friend)

    def test_three_gifts_are_three_codes(self):
        codes = self._sell_gift(quantity=3, recipient_email=False)
        self.assertEqual(len(set(codes.mapped("code"))), 3)
        self.assertEqual(set(codes.mapped("state")), {"ready"})

    def test_certificate(self):
        code = self._sell_gift()
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_certificate_report", code.ids)
        text = html[0].decode()
        for words in (code.code, "Gift Certificate", "for <span>Bob</span>", "Happy birthday", "data:image/png"):
            self.assertIn(words, text)

    def test_an_email_that_fails_undoes_nothing(self):
        """The payment, the units and the code are there; staff hears of the e-mail, tomorrow it is tried again."""
        code = self._sell_gift(payment="link")
        failing = patch.object(type(code), "_certificate", side_effect=UserError("No printer"))
        with failing, mute_logger("odoo.addons.clinic_membership.models.clinic_job"):
            self._pay(code.sale_order_id.invoice_ids)
            self._deliver()
        self.assertEqual((code.state, code.package_id.state), ("ready", "active"))
        self.assertIn("could not be sent: No printer", code.message_ids[0].body)
        self.assertFalse(self._mails(code))
        self._deliver("2026-03-03")
        self.assertEqual(len(self._mails(code)), 1)

    def test_not_sent_again_by_itself(self):
        code = self._give()
        self._deliver()
        code.with_user(self.receptionist).action_send()
        self._deliver("2026-03-03")
        self.assertEqual(len(self._mails(code)), 2)
        code._call_back()
        with self.assertRaisesRegex(UserError, "not ready"):
            code.action_send()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestBulkOrder(CodesCommon):
    """A company buys packages for its people: a code for each."""

    def _order_in_bulk(self, quantity=10, discount=20.0):
        wizard = Form(self.env["clinic.bulk.order"].with_user(self.receptionist))
        wizard.partner_id, wizard.product_id = self.employer, self.six_pack
        wizard.quantity, wizard.discount = quantity, discount
        self.assertEqual((wizard.amount, wizard.each), (3600, 360))
        return self.env["sale.order"].browse(wizard.save().action_create()["res_id"])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employer = cls.env["res.partner"].create({"name": "Employer", "is_company": True})

    def test_codes_are_worth_something_when_paid(self):
        order = self._order_in_bulk()
        self.assertFalse(order.clinic_code_ids)
        order.action_confirm()
        codes = order.clinic_code_ids
        self.assertEqual((len(codes), set(codes.mapped("state"))), (10, {"waiting"}))
        self.assertFalse(self._try(codes[0].code)[0])
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertEqual(set(codes.mapped("state")), {"ready"})
        received = self._try(codes[0].code)[0]
        self.assertEqual((received.price_paid, received.units_left), (360, 6))
        self.assertEqual(codes[0].redeemed_by_id, self.friend)
        self.assertEqual(order.clinic_code_count, 10)

    def test_on_confirmation_by_policy(self):
        self.company.clinic_activation = "confirmation"
        order = self._order_in_bulk()
        order.action_confirm()
        self.assertTrue(self._try(order.clinic_code_ids[0].code)[0])

    def test_cancelled_order(self):
        order = self._order_in_bulk()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(set(order.clinic_code_ids.mapped("state")), {"called_back"})

    def test_cancelled_after_one_was_redeemed(self):
        self.company.clinic_activation = "confirmation"
        order = self._order_in_bulk()
        order.action_confirm()
        self._try(order.clinic_code_ids[0].code)
        with self.assertRaisesRegex(UserError, "was given to Bob Friend"):
            order._action_cancel()

    def test_list_and_form(self):
        order = self._order_in_bulk()
        order.action_confirm()
        codes = order.clinic_code_ids
        html = self.env["ir.actions.report"]._render_qweb_html("clinic_membership.clinic_code_list_report", codes.ids)
        for code in codes:
            self.assertIn(code.code, html[0].decode())
        rows = codes.export_data(["code", "state", "redeemed_by_id/name"])["datas"]
        self.assertEqual([row[0] for row in rows], codes.mapped("code"))

    def test_bad_input(self):
        wizard = self.env["clinic.bulk.order"].create(
            {"partner_id": self.employer.id, "product_id": self.six_pack.id, "quantity": 0}
        )
        with self.assertRaisesRegex(UserError, "at least one package"):
            wizard.action_create()
        wizard.write({"quantity": 1, "discount": 120})
        with self.assertRaisesRegex(UserError, "between 0 and 100"):
            wizard.action_create()

    def test_an_ordinary_order_has_no_codes(self):
        package = self._sell(self.six_pack, product_uom_qty=2)
        self.assertFalse(package.code_ids)
        self.assertEqual(self.env["sale.order"].new({"order_line": [Command.clear()]}).clinic_code_count, 0)
