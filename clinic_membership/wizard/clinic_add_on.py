from odoo import api, fields, models


class ClinicAddOn(models.TransientModel):
    """Preview another number of a recurring add-on, then do what was shown."""

    _name = "clinic.add.on"
    _description = "Add or Remove a Recurring Service"
    _inherit = ["clinic.preview"]
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product",
        string="Service",
        required=True,
        check_company=True,
        domain="[('service_tracking', 'not in', ('membership', 'package')), ('sale_ok', '=', True)]",
    )
    current = fields.Integer(string="Now", compute="_compute_current")
    units = fields.Integer(
        string="How Many Each Month", default=1, required=True, help="Weekly members: each week. 0 takes it away."
    )
    gives_units = fields.Boolean(
        string="Included as Units",
        default=True,
        help="The member gets them to use like the benefits of the tier. Otherwise it is a fee, for example a locker.",
    )
    when = fields.Selection(
        [("now", "Today, prorated"), ("renewal", "With the next renewal")], required=True, default="now"
    )

    @api.depends("membership_id", "product_id")
    def _compute_current(self):
        for wizard in self:
            wizard.current = wizard.membership_id._add_on(wizard.product_id).units

    @api.depends("membership_id", "product_id", "units", "when")
    def _compute_preview(self):
        super()._compute_preview()

    def _is_complete(self):
        return bool(self.membership_id and self.product_id)

    def _describe(self):
        membership = self.membership_id
        if self.when == "renewal" or self.membership_id.in_trial:
            _line, price = membership._scheduled_add_on(self.product_id, self.units)
            renewal = self._day(membership.next_renewal)
            return [*self._number_in_words(price), self.env._("From %s. Nothing is charged before.", renewal)]
        change = membership._add_on_change(self.product_id, self.units)
        self.due = change.due
        return [*self._number_in_words(change.price), *self._sides_in_words(change)]

    def _number_in_words(self, price):
        """How many there will be, at which price of one."""
        membership, price = self.membership_id, self._money(price)
        if self.units:
            words = self.env._(
                "%(units)s %(service)s at %(price)s each", units=self.units, service=self._service(), price=price
            )
            lines = [self.env._("Each month: %s", words)]
            if membership.billing_interval == "weekly":
                lines = [self.env._("Each week: %s", words)]
        else:
            lines = [self.env._("%s is taken away; what was used stays used.", self._service())]
        return lines

    def _service(self):
        return self.product_id.display_name

    def action_confirm(self):
        """Change the number as shown."""
        membership = self._confirmed()
        if self.when == "renewal":
            membership._schedule_add_on(self.product_id, self.units, self.gives_units)
        else:
            membership._change_add_on(self.product_id, self.units, self.gives_units)
        return {"type": "ir.actions.act_window_close"}
