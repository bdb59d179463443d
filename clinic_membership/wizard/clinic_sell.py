from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import periods


class ClinicSell(models.TransientModel):
    """Sell a membership or packages to a patient in one step: order, invoice, payment, all native."""

    _name = "clinic.sell"
    _description = "Sell a Membership or Package"
    _inherit = ["clinic.desk.sale"]
    _check_company_auto = True

    kind = fields.Selection([("membership", "Membership"), ("package", "Package")], required=True, default="membership")
    product_id = fields.Many2one(
        "product.product",
        string="Sell",
        required=True,
        check_company=True,
        domain="[('service_tracking', '=', kind), ('sale_ok', '=', True)]",
    )
    leaves_member_id = fields.Many2one(
        "clinic.membership.member",
        string="Leaves Family Plan",
        help="The patient stays under it until the new membership starts.",
    )
    quantity = fields.Integer(default=1, required=True)
    start_date = fields.Date(default=lambda self: self.env.company._clinic_today())
    amount_due = fields.Monetary(string="To Pay Now", compute="_compute_preview")
    preview = fields.Text(string="What Happens", compute="_compute_preview")

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.product_id.service_tracking != self.kind:
            self.product_id = False

    @api.depends("partner_id", "payer_id", "product_id", "quantity", "start_date", "company_id", "leaves_member_id")
    @api.depends("payment", "token_id")
    def _compute_preview(self):
        for wizard in self:
            if wizard.product_id and wizard.partner_id:
                order = wizard._draft_order()
                wizard.amount_due = 0.0 if self._charged_later(order) else order.amount_total
                wizard.preview = wizard._describe(order)
            else:
                wizard.amount_due, wizard.preview = 0.0, False

    def _prepare_order(self):
        line = {"product_id": self.product_id.id, "product_uom_qty": self.quantity if self.kind == "package" else 1}
        if self.kind == "membership":
            line["clinic_start_date"] = self.start_date
            line["clinic_leaves_member_id"] = self.leaves_member_id.id
        return {**super()._prepare_order(), "order_line": [Command.create(line)]}

    def _describe(self, order):
        """The sale in sentences, so that staff can say it to the patient."""
        line, product = order.order_line[:1], self.product_id
        if self.kind == "package":
            contents = ", ".join(product.package_benefit_ids.mapped("display_name"))
            until = self._validity_in_words(product.product_tmpl_id)
            terms = product.product_tmpl_id._terms_in_words()
            return "\n".join([self.env._("Each package: %s.", contents), until, *terms])
        template = product.product_tmpl_id
        first = periods.first_period(
            self.start_date, template._billing(), template._trial() if line.clinic_trial else None
        )
        price = order.currency_id.format(line._clinic_renewal_price())
        lines = [
            self._first_period_in_words(first, line.clinic_trial),
            self.env._("Renews on %(day)s at %(price)s plus tax.", day=self._day(first.end), price=price),
        ]
        if self._charged_later(order) and order.amount_total:
            lines.insert(0, self._later_charge_in_words(order))
        if template.trial_length and not line.clinic_trial:
            earlier = line._clinic_earlier_trial()
            lines.append(self.env._("No trial: this patient had one from %s.", self._day(earlier)))
        if plan := self.leaves_member_id.membership_id:
            lines.append(self.env._("Stays under %s until the new membership starts.", plan.display_name))
        return "\n".join(lines)

    def _validity_in_words(self, template):
        if template.validity_length and template.validity_start == "first_use":
            return self.env._("Valid for %s from the first visit.", template.package_validity)
        last = periods.last_day(self.company_id._clinic_today(), template._validity())
        return self.env._("Valid until %s.", self._day(last)) if last else self.env._("Does not expire.")

    def _first_period_in_words(self, first, trial):
        days = {"start": self._day(first.start), "end": self._day(first.last_day)}
        if trial:
            return self.env._("Trial from %(start)s to %(end)s.", **days)
        return self.env._("From %(start)s to %(end)s.", **days)

    def _charged_later(self, order):
        return any(line._clinic_charge_at_start() for line in order.order_line)

    def _later_charge_in_words(self, order):
        """When the clinic charges a later start on its day: what then happens, and how."""
        amount, day = self.currency_id.format(order.amount_total), self._day(self.start_date)
        if self.payment == "card":
            return self.env._(
                "Nothing to pay today: on %(day)s the card %(card)s is charged with %(amount)s.",
                day=day,
                card=self.token_id.display_name or "",
                amount=amount,
            )
        return self.env._(
            "Nothing to pay today: on %(day)s the invoice of %(amount)s is sent with a payment link.",
            day=day,
            amount=amount,
        )

    def action_sell(self):
        """Create and confirm the order, invoice it, take the payment, and open what the patient now holds."""
        self.ensure_one()
        return self._open_result(self._sell())

    def _check_payment(self):
        super()._check_payment()
        if self.quantity < 1:
            raise UserError(self.env._("Sell at least one."))
        if self.kind == "membership" and self.start_date < self.company_id._clinic_today():
            raise UserError(self.env._("A membership starts today or later. Choose another start date."))

    def _is_charged_now(self, order):
        return not self._charged_later(order)

    def _open_result(self, order):
        """Open the membership or the packages that were sold."""
        if self.kind == "membership":
            records, action = order.order_line.clinic_membership_ids, "clinic_membership_action"
        else:
            records, action = order.order_line.clinic_package_ids, "clinic_package_action"
        result = self.env["ir.actions.act_window"]._for_xml_id(f"clinic_membership.{action}")
        if len(records) == 1:
            return {**result, "views": [(False, "form")], "view_mode": "form", "res_id": records.id, "context": {}}
        return {**result, "domain": [("id", "in", records.ids)], "context": {}}
