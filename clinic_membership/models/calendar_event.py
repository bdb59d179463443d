from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

OVER = ("done", "no_show", "late_cancel", "cancelled")


class CalendarEvent(models.Model):
    """An appointment: a meeting with a patient, for services that units may pay for."""

    _inherit = "calendar.event"

    clinic_patient_id = fields.Many2one("res.partner", string="Patient", index="btree_not_null", tracking=True)
    clinic_company_id = fields.Many2one(
        "res.company",
        string="Clinic",
        compute="_compute_clinic_company_id",
        store=True,
        precompute=True,
        readonly=False,
        index="btree_not_null",
    )
    clinic_line_ids = fields.One2many("clinic.visit.line", "event_id", string="Services", copy=False)
    clinic_state = fields.Selection(
        [
            ("booked", "Booked"),
            ("arrived", "Arrived"),
            ("done", "Done"),
            ("no_show", "No-Show"),
            ("late_cancel", "Late Cancellation"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="booked",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    clinic_membership_id = fields.Many2one(
        "clinic.membership", string="Membership", compute="_compute_clinic_membership_id"
    )
    clinic_priority = fields.Boolean(string="Priority Booking", compute="_compute_clinic_membership_id")
    clinic_standing = fields.Char(
        string="Member",
        compute="_compute_clinic_membership_id",
        help="The patient's tier, and whether it has priority.",
    )
    clinic_currency_id = fields.Many2one(related="clinic_company_id.currency_id", string="Clinic Currency")
    clinic_price = fields.Monetary(
        string="To Pay", compute="_compute_clinic_price", currency_field="clinic_currency_id", help="Before tax."
    )
    clinic_full_price = fields.Monetary(
        string="Without Membership and Packages",
        compute="_compute_clinic_price",
        currency_field="clinic_currency_id",
    )
    clinic_has_open = fields.Boolean(compute="_compute_clinic_has_open", help="Something is still to be paid for.")
    clinic_order_ids = fields.Many2many("sale.order", string="Orders", compute="_compute_clinic_order_ids")

    _clinic_appointment_has_company = models.Constraint(
        "CHECK (clinic_patient_id IS NULL OR clinic_company_id IS NOT NULL)", "An appointment is with a clinic."
    )

    @api.depends("clinic_patient_id")
    def _compute_clinic_company_id(self):
        for event in self:
            here = self.env.company if event.clinic_patient_id else self.env["res.company"]
            event.clinic_company_id = event.clinic_company_id or here

    @api.depends("clinic_patient_id", "clinic_company_id", "start")
    def _compute_clinic_membership_id(self):
        """The best tier that the patient enjoys now."""
        for event in self:
            live = event.clinic_patient_id.with_company(event.clinic_company_id).clinic_current_membership_ids
            best = live.sorted(lambda membership: -membership.tier_id.rank)[:1]
            event.clinic_membership_id = best
            event.clinic_priority = any(live.mapped("priority_booking"))
            tier = best.sudo().tier_id.name
            event.clinic_standing = self.env._("%s, priority", tier) if event.clinic_priority else tier

    @api.depends("clinic_line_ids.price", "clinic_line_ids.full_price")
    def _compute_clinic_price(self):
        for event in self:
            event.clinic_price = sum(event.clinic_line_ids.mapped("price"))
            event.clinic_full_price = sum(event.clinic_line_ids.mapped("full_price"))

    @api.depends("clinic_line_ids.state")
    def _compute_clinic_has_open(self):
        for event in self:
            event.clinic_has_open = "open" in event.clinic_line_ids.mapped("state")

    @api.depends("clinic_line_ids.sale_line_id")
    def _compute_clinic_order_ids(self):
        for event in self:
            event.clinic_order_ids = event.clinic_line_ids.sale_line_id.order_id

    # === records === #

    @api.model_create_multi
    def create(self, vals_list):
        """Appointments are of this clinic, are named by their services, and are in the practitioner's calendar."""
        vals_list = [self._clinic_complete(vals) if vals.get("clinic_patient_id") else vals for vals in vals_list]
        events = super().create(vals_list)
        events._clinic_rename()
        return events

    @api.model
    def _clinic_complete(self, vals):
        vals = {**vals, "name": vals.get("name") or self.env._("Appointment")}
        practitioner = self.env["res.users"].browse(vals.get("user_id") or self.env.uid)
        vals.setdefault("partner_ids", [Command.set(practitioner.partner_id.ids)])
        return vals

    def write(self, vals):
        """A visit that was paid for stays on its day, and its patient's."""
        self._clinic_check_by_hand(vals)
        moved = vals.keys() & {"start", "start_date", "clinic_patient_id", "clinic_company_id", "active"}
        before = self._clinic_paid_visits() if moved else {}
        result = super().write(vals)
        for event, visit in before.items():
            if visit != event._clinic_visit() or not event.active:
                raise UserError(
                    self.env._(
                        "%(event)s on %(day)s was paid for on its day. Reopen it before you change it; of a series, "
                        "change this and the following dates only.",
                        event=event.name,
                        day=self.env["ir.qweb.field.date"].value_to_html(visit[0], {}),
                    )
                )
        if vals.keys() & {"clinic_patient_id", "clinic_line_ids"}:
            self._clinic_rename()
        return result

    def _clinic_check_by_hand(self, vals):
        """The buttons alone say what became of a visit, and whose it is is for those who work with memberships."""
        if self.env.su:
            return
        if "clinic_state" in vals:
            raise AccessError(self.env._("Use the buttons of the appointment to change its status."))
        concerned = vals.keys() & {"clinic_patient_id", "clinic_company_id"} and self.filtered("clinic_patient_id")
        if concerned and not self.env.user.has_group("clinic_membership.group_membership_user"):
            raise AccessError(self.env._("Only membership users change whose appointment it is."))

    def _clinic_paid_visits(self):
        """Who was where on which day, for the appointments of these that were paid for, or wait for their payment.

        Whoever works with the calendar may move any meeting, so this looks with all rights.
        """
        lines = self.env["clinic.visit.line"].sudo().search([("event_id", "in", self.ids), ("state", "!=", "open")])
        return {event: event._clinic_visit() for event in lines.event_id}

    def _clinic_visit(self):
        return self._clinic_day(), self.clinic_patient_id, self.clinic_company_id

    def copy_data(self, default=None):
        """Copies, and the further dates of a recurrence, are for the same services."""
        vals_list = super().copy_data(default)
        for event, vals in zip(self, vals_list, strict=True):
            if event.clinic_patient_id and "clinic_line_ids" not in vals:
                vals["clinic_line_ids"] = [Command.create(line) for line in event.sudo().clinic_line_ids._copy_values()]
        return vals_list

    def _clinic_rename(self):
        """ "Ann Patient: Facial, Massage"."""
        for event in self.filtered("clinic_patient_id"):
            services = ", ".join(event.sudo().clinic_line_ids.product_id.mapped("name"))
            name = ": ".join(filter(None, [event.clinic_patient_id.name, services]))
            if event.name != name:
                event.name = name

    @api.ondelete(at_uninstall=False)
    def _unlink_except_paid(self):
        for event in self:
            lines = event.sudo().clinic_line_ids
            if lines.redemption_id or lines.sale_line_id:
                raise UserError(self.env._("%s was paid for and stays in the history. Cancel it instead.", event.name))

    def _clinic_day(self):
        """The day of the visit, where the clinic is."""
        self.ensure_one()
        if self.allday or not self.start:
            return self.start_date
        zone = pytz.timezone(self.clinic_company_id.sudo().clinic_tz or "UTC")
        return pytz.utc.localize(self.start).astimezone(zone).date()

    # === what happens === #

    def _clinic_check(self, states):
        """Who may, and from which states.

        :raises UserError: not an appointment in one of these states
        """
        self.ensure_one()
        self.env["clinic.redemption"]._check_may_redeem(self.clinic_company_id)
        if not self.clinic_patient_id or self.clinic_state not in states:
            labels = dict(self._fields["clinic_state"]._description_selection(self.env))
            raise UserError(
                self.env._("%(event)s is %(state)s already.", event=self.name, state=labels.get(self.clinic_state, ""))
            )

    def action_clinic_arrive(self):
        """The patient is here."""
        self._clinic_check(("booked",))
        self.sudo().clinic_state = "arrived"

    def action_clinic_done(self):
        """The visit is over: open the checkout where something is to be paid for."""
        self._clinic_check(("booked", "arrived"))
        self._clinic_check_day()
        if not self.clinic_line_ids.filtered(lambda line: line.state == "open"):
            self.sudo().clinic_state = "done"
            return False
        return self.action_clinic_checkout()

    def _clinic_check_day(self):
        if self._clinic_day() > self.clinic_company_id._clinic_today():
            raise UserError(self.env._("This appointment is still to come. Move it to today first."))

    def _clinic_check_checkout(self):
        """Refuse to have a visit paid for that did not take place, or not yet."""
        self._clinic_check(("booked", "arrived", "done"))
        self._clinic_check_day()

    def action_clinic_checkout(self):
        """Open the checkout of this visit, also later for what was left for later."""
        self._clinic_check_checkout()
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_checkout_action")
        context = {"default_event_id": self.id, "default_partner_id": self.clinic_patient_id.id}
        return {**action, "context": {**context, "default_company_id": self.clinic_company_id.id}}

    def action_clinic_no_show(self):
        """The patient did not come: by the clinic's policy, or ask."""
        self._clinic_check(("booked", "arrived"))
        self._clinic_check_day()
        return self._clinic_without_visit("no_show")

    def action_clinic_cancel(self):
        """The patient cancels: late when it is too near, which is for the policy."""
        self._clinic_check(("booked", "arrived"))
        notice = timedelta(hours=self.clinic_company_id.clinic_late_cancel_hours)
        if self.start - fields.Datetime.now() < notice:
            return self._clinic_without_visit("late_cancel")
        self.sudo().clinic_state = "cancelled"
        return False

    def _clinic_without_visit(self, state):
        policy = self.clinic_company_id.clinic_no_show
        if policy == "ask" and self._clinic_forfeitable():
            action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_no_show_action")
            return {**action, "context": {"default_event_id": self.id, "default_state": state}}
        self.sudo()._clinic_close_without_visit(state, forfeit=policy == "forfeit")
        return False

    def _clinic_forfeitable(self):
        """The services of which units would be used up if nobody comes."""
        return self.clinic_line_ids.filtered(lambda line: line.state == "open" and line._units_there())

    def _clinic_close_without_visit(self, state, forfeit):
        """Nobody came: the units that would have paid are forfeited, or stay the patient's."""
        if forfeit:
            self._clinic_forfeitable()._forfeit()
        self.clinic_state = state

    def _clinic_send_receipt(self, redemptions):
        """E-mail the patient what units paid now, and what is left of them; nothing where only money did."""
        self.ensure_one()
        template = self.env.ref("clinic_membership.mail_template_visit", raise_if_not_found=False)
        if template and redemptions and self.clinic_patient_id.email:
            template.with_context(clinic_redemptions=redemptions).send_mail(self.id)

    def action_clinic_orders(self):
        """Open what was charged at this visit."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return {**action, "domain": [("id", "in", self.clinic_order_ids.ids)], "context": {"create": False}}

    def action_clinic_reopen(self):
        """Take back what became of it: units come back; what was invoiced stays for a credit note."""
        self._clinic_check(OVER)
        self.sudo().clinic_line_ids.redemption_id._undo()
        self.sudo().clinic_state = "arrived" if self.clinic_state == "done" else "booked"
