from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import allocation


class ClinicVisitLine(models.Model):
    """One service of an appointment, and what paid for it: units, or a line of an order."""

    _name = "clinic.visit.line"
    _description = "Service of an Appointment"
    _order = "event_id, sequence, id"
    _check_company_auto = True

    event_id = fields.Many2one("calendar.event", string="Appointment", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="event_id.clinic_company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(related="event_id.clinic_patient_id", string="Patient", store=True, index=True)
    product_id = fields.Many2one(
        "product.product",
        string="Service",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('service_tracking', 'not in', ('membership', 'package')), ('sale_ok', '=', True)]",
    )
    quantity = fields.Integer(default=1, required=True)
    redemption_ids = fields.One2many("clinic.redemption", "visit_line_id", string="Redemptions")
    redemption_id = fields.Many2one(
        "clinic.redemption", string="Paid With Units", compute="_compute_redemption_id", store=True
    )
    sale_line_id = fields.Many2one("sale.order.line", string="Charged", readonly=True, copy=False, ondelete="set null")
    waits_for_id = fields.Many2one(
        "sale.order.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The membership or package in the same checkout whose units pay for it as soon as it is paid.",
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("waiting", "Waits for the payment"),
            ("applied", "Paid with units"),
            ("charged", "Charged"),
            ("forfeited", "Forfeited"),
        ],
        compute="_compute_state",
        store=True,
    )
    covered = fields.Integer(compute="_compute_coverage", help="Units that would pay for it.")
    holding = fields.Text(string="Holds", compute="_compute_coverage", help="What would pay for it, or why not.")
    price = fields.Monetary(string="To Pay", compute="_compute_coverage", help="With units and member price.")
    full_price = fields.Monetary(string="Ordinary Price", compute="_compute_coverage")

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A visit has at least one unit of each service.")

    @api.depends("redemption_ids.state")
    def _compute_redemption_id(self):
        for line in self:
            line.redemption_id = line.redemption_ids.filtered(lambda redemption: redemption.state == "done")[:1]

    @api.depends("redemption_id.forfeited", "sale_line_id.state", "waits_for_id.state")
    def _compute_state(self):
        for line in self:
            if line.redemption_id:
                line.state = "forfeited" if line.redemption_id.forfeited else "applied"
            elif line.sale_line_id and line.sale_line_id.state != "cancel":
                line.state = "charged"
            elif line.waits_for_id and line.waits_for_id.state != "cancel":
                line.state = "waiting"
            else:
                line.state = "open"

    @api.depends("product_id", "quantity", "event_id.start", "event_id.clinic_patient_id", "state")
    @api.depends_context("company")
    def _compute_coverage(self):
        for event, lines in self.grouped("event_id").items():
            found = lines._proposals(event._clinic_day(), event.clinic_patient_id) if event.start else {}
            for line in lines:
                line._show_coverage(*found.get(line, (self.env["clinic.grant"], None)))

    @api.depends("product_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            line.display_name = (
                line.product_id.name if line.quantity == 1 else f"{line.quantity} × {line.product_id.name}"
            )

    def _show_coverage(self, grants, answer):
        """What this line costs, by an answer of the allocation; what is settled costs nothing more."""
        ordinary, member = self._prices()
        self.covered = self.quantity if answer and not answer.missing else 0  # what is short is charged as a whole
        self.full_price = ordinary * self.quantity
        self.price = member * (self.quantity - self.covered) if self.state == "open" else 0.0
        words = answer and (grants._proposed_in_words(answer) or grants._refused_in_words(answer))
        self.holding = words or False

    def _prices(self):
        """The ordinary price of one unit and the patient's, as today."""
        product, company = self.product_id, self.company_id or self.env.company
        if not product:
            return 0.0, 0.0
        pricelist = self.partner_id.with_company(company).property_product_pricelist
        member = pricelist._get_product_price(product, self.quantity, currency=company.currency_id)
        return product.lst_price, member if pricelist else product.lst_price

    def _proposals(self, day, patient):
        """What would pay for these lines together.

        :return: {line: (grants, answer of the allocation)}
        """
        asking = self.filtered(lambda line: line.state in (False, "open") and line.product_id)
        company = asking.company_id[:1] or self.env.company
        wanted = [(line.product_id, line.quantity) for line in asking]
        return dict(zip(asking, patient._clinic_cover(wanted, day, company), strict=True)) if patient else {}

    def _copy_values(self):
        """The values of the same services in another appointment."""
        return [
            {"sequence": line.sequence, "product_id": line.product_id.id, "quantity": line.quantity} for line in self
        ]

    # === paid for === #

    def _units_there(self):
        """How many units of this service are there on the day of the visit, at most as many as it has."""
        day = self.event_id._clinic_day()
        grants = self.partner_id.sudo()._clinic_grants(self.product_id, self.company_id, day)
        return self.quantity - grants._allocate(self.partner_id, self.product_id, day, self.quantity).missing

    def _apply(self, preferred=None, units=None, day=None):
        """Pay this service with the patient's units; once, however often it is asked.

        :param preferred: grants that staff picked
        :param units: fewer than the service has, where nobody came and no more are there
        :param day: on which they pay; default the day of the visit
        :raises UserError: not enough units, on that day
        """
        self.ensure_one()
        return self.env["clinic.redemption"]._redeem(
            self.partner_id,
            self.product_id,
            units or self.quantity,
            day or self.event_id._clinic_day(),
            self.company_id,
            source=self,
            preferred=preferred,
        )

    def _apply_what_was_sold(self):
        """What this service waited for is paid: its units pay, as far as they reach; else it is open again.

        Units begin with their payment: where that comes after the visit, they pay on its day.
        """
        sold, today = self.waits_for_id, self.company_id._clinic_today()
        grants = sold.clinic_membership_ids.grant_ids | sold.clinic_package_ids.grant_ids
        self.waits_for_id = False
        for day in sorted({self.event_id._clinic_day(), today}):
            mine = self.partner_id._clinic_grants(self.product_id, self.company_id, day)
            answer = mine._allocate(self.partner_id, self.product_id, day, self.quantity, grants)
            if not answer.missing:
                self._apply(grants, day=day)
                return
        refusal = mine._refusal(self.partner_id, self.product_id, self.quantity, today, answer)
        self.event_id.message_post(body=self.env._("It is still to be paid for. %s", refusal))

    def _forfeit(self):
        """The units that would have paid for a visit that did not take place are used up all the same."""
        for line in self:
            if units := line._units_there():  # the lines before may have taken what it would have
                redemption = line._apply(units=units)
                redemption.forfeited = True
                redemption.message_post(body=self.env._("Forfeited: %s", line.event_id.name))

    _BY_HAND = {"sequence", "product_id", "quantity"}

    @api.model_create_multi
    def create(self, vals_list):
        """What paid for a service is written by the checkout alone."""
        self._check_by_hand({name for vals in vals_list for name in vals} - {"event_id"})
        return super().create(vals_list)

    def write(self, vals):
        """What paid for a service is written by the checkout alone, and what was paid for stays as it is."""
        if vals.keys() - {"sequence"} and not self.env.su:
            self._check_not_paid()
            self._check_by_hand(vals.keys())
        return super().write(vals)

    def _check_by_hand(self, names):
        if (other := names - self._BY_HAND) and not self.env.su:
            raise AccessError(self.env._("The checkout alone writes %s.", ", ".join(sorted(other))))

    def _check_not_paid(self):
        if self.filtered(lambda line: line.state != "open"):
            raise UserError(self.env._("A service that was paid for stays with its appointment. Undo it first."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_paid(self):
        self._check_not_paid()


class ClinicRedemption(models.Model):
    _inherit = "clinic.redemption"

    visit_line_id = fields.Many2one(
        "clinic.visit.line", string="Service of Appointment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    event_id = fields.Many2one(related="visit_line_id.event_id", string="Appointment")
    forfeited = fields.Boolean(readonly=True, help="Nobody came: a no-show or a late cancellation.")

    @api.model
    def _source_values(self, source):
        if source and source._name == "clinic.visit.line":
            return {"visit_line_id": source.id}
        return super()._source_values(source)


class ResPartner(models.Model):
    _inherit = "res.partner"

    clinic_visit_line_ids = fields.One2many("clinic.visit.line", "partner_id", string="Services at Appointments")

    def _clinic_cover(self, wanted, day, company, preferred=()):
        """What would pay for the services of one visit; what one takes, the next no longer finds.

        :param wanted: [(product, units)]
        :param day: the day of the visit
        :param preferred: for each service, the ids of grants that staff picked
        :return: [(grants that were looked at, :class:`tools.allocation.Allocation`)], in the same order
        """
        self.ensure_one()
        grants = [self.sudo()._clinic_grants(product, company, day) for product, _units in wanted]
        asked = [(some._lots(self, product, day), units) for some, (product, units) in zip(grants, wanted, strict=True)]
        policy = allocation.Policy(packages_first=company.sudo().clinic_packages_first)
        return list(zip(grants, allocation.allocate_all(asked, day, policy, preferred), strict=True))

    def action_clinic_checkout(self):
        """Open the checkout for this patient."""
        action = self.env["ir.actions.act_window"]._for_xml_id("clinic_membership.clinic_checkout_action")
        return {**action, "context": {"default_partner_id": self.id}}
