from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .visit_common import VisitCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-02 10:00:00")
class TestAppointments(VisitCommon):
    """What the patient holds is shown when the visit is booked; what becomes of it, by the rules."""

    def test_shown_at_once(self):
        self._sell(self.six_pack)
        form = Form(
            self.env["calendar.event"].with_user(self.receptionist), "clinic_membership.calendar_event_view_form"
        )
        form.clinic_patient_id = self.patient
        with form.clinic_line_ids.new() as line:
            line.product_id = self.facial
            self.assertEqual((line.holding, line.price, line.full_price), ("6-Pack Facials, then 5 of 6 left", 0, 100))
        with form.clinic_line_ids.new() as line:
            line.product_id = self.massage
            self.assertEqual((line.holding, line.price), (False, 100))
        self.assertEqual((form.clinic_price, form.clinic_full_price), (100, 200))
        event = form.save()
        self.assertEqual(event.name, "Ann Patient: Facial, Massage")
        self.assertEqual((event.clinic_state, event.clinic_company_id), ("booked", self.company))

    def test_member_price_and_priority(self):
        self.gold.priority_booking = True
        self._sell(self.monthly)
        event = self._book(self.massage)
        self.assertEqual((event.clinic_price, event.clinic_full_price), (90, 100))
        self.assertTrue(event.clinic_priority)
        self.assertEqual(event.clinic_membership_id.tier_id, self.gold)

    def test_two_services_share_the_last_unit(self):
        self._sell(self._package("One", 80, 1))
        event = self._book(self.facial, self.facial)
        self.assertEqual(event.clinic_line_ids.mapped("covered"), [1, 0])
        self.assertEqual(event.clinic_price, 100)

    def test_judged_by_its_own_day(self):
        self._sell(self._package("Short", 80, 1))
        self.patient.clinic_package_ids.grant_ids.expires_on = date(2026, 3, 10)
        event = self._book(self.facial, start=datetime(2026, 3, 10, 9))
        self.assertEqual(event.clinic_line_ids.covered, 1)
        event.write({"start": datetime(2026, 3, 11, 9), "stop": datetime(2026, 3, 11, 10)})
        self.assertEqual(event.clinic_line_ids.covered, 0)
        self.assertIn("expired on 03/10/2026", event.clinic_line_ids.holding)

    def test_the_day_is_the_clinics(self):
        self.company.clinic_tz = "America/New_York"
        event = self._book(self.facial, start=datetime(2026, 3, 11, 2))
        self.assertEqual(event._clinic_day(), date(2026, 3, 10))

    def test_a_dependent_on_a_family_pool(self):
        membership = self._sell(self.monthly)
        membership.family_size = 4
        child = self.env["res.partner"].create({"name": "Child"})
        membership._family_add(child)
        event = self._book(self.facial, partner=child)
        self.assertEqual(event.clinic_line_ids.covered, 1)
        self._checkout(event).action_confirm()
        self.assertEqual(event.clinic_line_ids.redemption_id.partner_id, child)

    def test_recurring(self):
        self._sell(self.six_pack)
        event = self._book(
            self.facial, recurrency=True, rrule_type="weekly", interval=1, end_type="count", count=3, mon=True
        )
        events = event.recurrence_id.calendar_event_ids.sorted("start")
        self.assertEqual(len(events), 3)
        self.assertEqual(events.clinic_line_ids.product_id, self.facial)
        self.assertEqual(len(events.clinic_line_ids), 3)
        self.assertEqual(set(events.mapped("clinic_state")), {"booked"})
        self._checkout(events[0]).action_confirm()
        self.assertEqual(events.mapped("clinic_state"), ["done", "booked", "booked"])
        self.assertEqual(events[1].clinic_line_ids.holding, "6-Pack Facials, then 4 of 6 left")

    def test_a_series_keeps_what_was_paid(self):
        """Another weekday for the whole series would book the visits again that took place."""
        self._sell(self.six_pack)
        event = self._book(
            self.facial, recurrency=True, rrule_type="weekly", interval=1, end_type="count", count=3, mon=True
        )
        events = event.recurrence_id.calendar_event_ids.sorted("start")
        self._checkout(events[0]).action_confirm()
        refusal = self.assertRaisesRegex(UserError, "on 03/02/2026 was paid for.*this and the following")
        with refusal, self.env.cr.savepoint():
            events[1].write({"recurrence_update": "all_events", "mon": False, "tue": True, "rrule_type": "weekly"})
        self.env.invalidate_all()
        self.assertTrue(events[0].active)
        with self.assertRaisesRegex(UserError, "was paid for"):
            events[0].active = False
        self.assertEqual(self._left(), 5)

    def test_of_another_clinic(self):
        """Neither seen nor touched from another company."""
        event = self._book(self.facial)
        company = self.env["res.company"].create({"name": "Other clinic"})
        self.receptionist.write({"company_ids": [Command.link(company.id)]})
        there = self.env["calendar.event"].with_user(self.receptionist).with_context(allowed_company_ids=company.ids)
        self.assertFalse(there.search([("id", "=", event.id)]))
        with self.assertRaises(AccessError):
            there.browse(event.id).write({"start": datetime(2026, 3, 3, 9)})

    def test_the_status_is_the_buttons(self):
        event = self._book(self.facial)
        with self.assertRaisesRegex(AccessError, "Use the buttons"):
            event.clinic_state = "done"
        employee = new_test_user(self.env, "colleague", "base.group_user")
        with self.assertRaisesRegex(AccessError, "Only membership users"):
            event.with_user(employee).clinic_patient_id = self.env["res.partner"].create({"name": "Other"})
        event.clinic_patient_id = self.env["res.partner"].create({"name": "Sister"})

    def test_nobody_says_that_a_service_was_charged(self):
        sold = self._order(self.facial).order_line
        event = self._book()
        values = {"event_id": event.id, "product_id": self.facial.id, "sale_line_id": sold.id}
        with self.assertRaisesRegex(AccessError, "The checkout alone writes sale_line_id"):
            self.env["clinic.visit.line"].with_user(self.receptionist).create(values)

    def test_nobody_is_missed_before_the_visit(self):
        event = self._book(self.facial, start=datetime(2026, 3, 4, 9))
        with self.assertRaisesRegex(UserError, "still to come"):
            event.action_clinic_no_show()

    def test_moved_by_a_colleague_without_rights(self):
        """Ordinary users of the calendar are in nobody's way, nor anybody in theirs."""
        employee = new_test_user(self.env, "employee", "base.group_user")
        meeting = (
            self.env["calendar.event"]
            .with_user(employee)
            .create({"name": "Lunch", "start": datetime(2026, 3, 2, 12), "stop": datetime(2026, 3, 2, 13)})
        )
        event = self._book(self.facial)
        for moved in (meeting, event):
            self.env.invalidate_all()
            moved.with_user(employee).start = datetime(2026, 3, 3, 9)
        self.env.invalidate_all()
        meeting.with_user(employee).copy()
        self.assertFalse(meeting.clinic_patient_id)
        with self.assertRaises(AccessError):
            event.with_user(employee).action_clinic_arrive()

    # === what becomes of it === #

    def test_arrived_and_done(self):
        event = self._book()
        event.action_clinic_arrive()
        event.action_clinic_done()
        self.assertEqual(event.clinic_state, "done")
        with self.assertRaisesRegex(UserError, "Done already"):
            event.action_clinic_arrive()

    def test_not_before_its_day(self):
        event = self._book(self.facial, start=datetime(2026, 3, 9, 9))
        with self.assertRaisesRegex(UserError, "still to come"):
            event.action_clinic_done()

    def test_no_show_asks(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        context = event.action_clinic_no_show()["context"]
        wizard = Form(self.env["clinic.no.show"].with_user(self.receptionist).with_context(**context))
        self.assertEqual(wizard.preview, "1 Facial: 6-Pack Facials, then 5 of 6 left")
        wizard.forfeit = "forfeit"
        wizard.save().action_confirm()
        redemption = event.clinic_line_ids.redemption_id
        self.assertEqual((event.clinic_state, redemption.forfeited, self._left()), ("no_show", True, 5))
        self.assertEqual(event.clinic_line_ids.state, "forfeited")

    def test_no_show_keeps(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        context = event.action_clinic_no_show()["context"]
        self.env["clinic.no.show"].with_user(self.receptionist).with_context(**context).create({}).action_confirm()
        self.assertEqual((event.clinic_state, self._left()), ("no_show", 6))

    def test_no_show_by_policy(self):
        self._sell(self.six_pack)
        for policy, left in (("keep", 6), ("forfeit", 5)):
            self.company.clinic_no_show = policy
            event = self._book(self.facial)
            self.assertFalse(event.action_clinic_no_show())
            self.assertEqual((event.clinic_state, self._left()), ("no_show", left), policy)

    def test_nothing_to_forfeit(self):
        self.company.clinic_no_show = "forfeit"
        event = self._book(self.facial)
        event.action_clinic_no_show()
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state), ("no_show", "open"))

    def test_cancelled_in_time_or_late(self):
        self.company.clinic_no_show = "forfeit"
        self._sell(self.six_pack)
        in_time = self._book(self.facial, start=datetime(2026, 3, 3, 11))
        in_time.action_clinic_cancel()
        late = self._book(self.facial, start=datetime(2026, 3, 3, 9))
        late.action_clinic_cancel()
        self.assertEqual((in_time.clinic_state, late.clinic_state), ("cancelled", "late_cancel"))
        self.assertEqual(self._left(), 5)

    def test_reopened(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        self._checkout(event).action_confirm()
        with self.assertRaisesRegex(UserError, "Reopen it before you change it"):
            event.start = datetime(2026, 3, 5, 9)
        with self.assertRaisesRegex(UserError, "was paid for and stays"):
            event.unlink()
        event.action_clinic_reopen()
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state, self._left()), ("arrived", "open", 6))
        event.start = datetime(2026, 3, 2, 9)
        self._checkout(event).action_confirm()
        self.assertEqual((event.clinic_state, self._left()), ("done", 5))

    def test_of_another_patient(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        event.clinic_patient_id = self.patient.copy()
        event.clinic_patient_id = self.patient
        self._checkout(event).action_confirm()
        with self.assertRaisesRegex(UserError, "Reopen it before you change it"):
            event.clinic_patient_id = self.patient.copy()

    def test_units_for_a_part_are_forfeited(self):
        """Two are booked and one is there: the one is forfeited."""
        self.company.clinic_no_show = "forfeit"
        self._sell(self._package("One", 80, 1))
        event = self._book(self.facial)
        event.clinic_line_ids.quantity = 2
        event.action_clinic_no_show()
        self.assertEqual((event.clinic_state, event.clinic_line_ids.redemption_id.quantity), ("no_show", 1))

    def test_two_services_forfeit_the_one_unit(self):
        self.company.clinic_no_show = "forfeit"
        self._sell(self._package("One", 80, 1))
        event = self._book(self.facial, self.facial)
        event.action_clinic_no_show()
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["forfeited", "open"])

    def test_no_checkout_without_a_visit(self):
        event = self._book(self.facial)
        event.action_clinic_no_show()
        with self.assertRaisesRegex(UserError, "No-Show already"):
            event.action_clinic_checkout()
        coming = self._book(self.facial, start=datetime(2026, 3, 9, 9))
        with self.assertRaisesRegex(UserError, "still to come"):
            coming.action_clinic_checkout()

    def test_only_the_checkout_says_what_paid(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        line = event.clinic_line_ids.with_user(self.receptionist)
        line.quantity = 2
        with self.assertRaisesRegex(AccessError, "The checkout alone writes sale_line_id"):
            line.sale_line_id = self.env["sale.order.line"].search([], limit=1)
        self._checkout(event).action_confirm()
        with self.assertRaisesRegex(UserError, "stays with its appointment"):
            line.quantity = 1

    def test_a_service_that_is_settled_stays(self):
        self._sell(self.six_pack)
        event = self._book(self.facial)
        self._checkout(event).action_confirm()
        with self.assertRaisesRegex(UserError, "stays with its appointment"):
            event.clinic_line_ids = [Command.clear()]
