from odoo.tests import tagged

from .desk_common import DeskCommon


@tagged("post_install", "-at_install")
class TestDesk(DeskCommon):
    """The reception in the browser: an appointment and its checkout, a gift, a code that is redeemed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friend = cls.env["res.partner"].create({"name": "Emma Code"})

    def test_desk(self):
        package = self._buy(self._ref("package_six_facials"))
        event = self._book("service_facial", "service_botox")
        self.start_tour(f"/odoo/appointments/{event.id}", "clinic_desk_appointment", login="reception")
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["applied", "applied"])
        self.assertEqual(package.units_left, 5)

        self._use(package)
        self.start_tour(f"/odoo/packages/{package.id}", "clinic_desk_gift", login="reception")
        code = package.code_ids
        self.assertEqual((code.state, package.units_reserved), ("ready", 4))

        redeem = "/odoo/action-clinic_membership.clinic_code_redeem_action"
        self.start_tour(f"{redeem}#{code.code}", "clinic_desk_redeem_code", login="reception")
        self.assertEqual((code.state, code.redeemed_by_id), ("redeemed", self.friend))

    def _use(self, package):
        """One more visit, so that four units are left."""
        company = package.company_id
        facial = self._ref("service_facial")
        self.env["clinic.redemption"]._redeem(self.patient, facial, 1, company._clinic_today(), company)


@tagged("post_install", "-at_install")
class TestVisits(DeskCommon):
    """More of the reception's day: later, no-show, walk-in, another day."""

    def test_later(self):
        package = self._buy(self._ref("package_six_facials"))
        event = self._book("service_facial", "service_massage")
        self.start_tour(f"/odoo/appointments/{event.id}", "clinic_visit_later", login="reception")
        self.assertEqual(event.clinic_line_ids.mapped("state"), ["applied", "charged"])
        self.assertEqual((package.units_left, event.clinic_order_ids.amount_total), (5, 90))

    def test_no_show(self):
        package = self._buy(self._ref("package_six_facials"))
        event = self._book("service_facial")
        self.start_tour(f"/odoo/appointments/{event.id}", "clinic_visit_no_show", login="reception")
        redemptions = self.env["clinic.redemption"].search([("partner_id", "=", self.patient.id)])
        self.assertEqual((redemptions.mapped("state"), package.units_left), (["undone"], 6))

    def test_walk_in(self):
        url = f"/odoo/res.partner/{self.patient.id}"
        self.start_tour(url, "clinic_visit_walk_in", login="reception")
        membership = self.patient.clinic_membership_ids
        self.assertEqual((membership.state, membership.tier_id.name), ("active", "Gold"))
        visit = self.patient.clinic_visit_line_ids
        self.assertEqual((visit.state, visit.redemption_id.membership_ids), ("applied", membership))
        self.assertEqual(visit.event_id.clinic_state, "done")

    def test_booked_and_moved(self):
        self._buy(self._ref("package_six_facials"))
        first = self._book("service_facial")
        first.clinic_line_ids.unlink()
        self.start_tour(f"/odoo/appointments/{first.id}", "clinic_visit_book", login="reception")
        event = self.env["calendar.event"].search([("clinic_patient_id", "=", self.patient.id)]) - first
        self.assertEqual((event.clinic_state, event.clinic_line_ids.state), ("cancelled", "open"))
        self.assertGreater(event._clinic_day(), first._clinic_day())
