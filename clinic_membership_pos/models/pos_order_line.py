from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.clinic_membership.tools import money

TRACKING = ("membership", "package")


class PosOrderLine(models.Model):
    """A till line that sells a membership or packages."""

    _inherit = "pos.order.line"

    clinic_membership_ids = fields.One2many("clinic.membership", "pos_line_id", string="Membership")
    clinic_package_ids = fields.One2many("clinic.package", "pos_line_id", string="Packages")
    clinic_review_ids = fields.One2many("clinic.till.review", "pos_line_id", string="To Review")

    def _clinic_concerned(self):
        """Whether paying for this line means anything to memberships and packages; plain lines cost nothing."""
        return bool(
            self.clinic_redeem
            or self.refunded_orderline_id
            or self.product_id.service_tracking in TRACKING
            or self.sale_order_line_id.clinic_redemption_id
            or self.order_id.pricelist_id.clinic_members_only
        )

    def _clinic_settle(self):
        """Sell, take units, give back: each once, and nothing refuses the order."""
        refunds = self.filtered("refunded_orderline_id")
        for line in self - refunds:
            if line.product_id.service_tracking in TRACKING and line.qty > 0:
                line._clinic_attempt("sale", line._clinic_create_holdings)
            elif line.clinic_redeem or line._clinic_is_paid_by_order():
                line._clinic_attempt("overdraft", line._clinic_take_units)
        for line in refunds:
            line._clinic_attempt("refund", line._clinic_take_back)
        (self - refunds)._clinic_check_price()

    def _clinic_attempt(self, kind, work):
        """Do it; what a rule refuses is reviewed later, with the reason."""
        try:
            with self.env.cr.savepoint():
                work()
        except UserError as error:
            self.env["clinic.till.review"]._open(self, kind, str(error), **self._clinic_review_values(kind))

    def _clinic_review_values(self, kind):
        if kind == "overdraft":
            return {"quantity": self._clinic_units_wanted()}
        if kind in ("sale", "refund"):
            return {"balance": self._clinic_owed()}
        return {}

    def _clinic_owed(self):
        """What this line booked as prepaid services, in the company's currency; negative where it gave money back."""
        account, _amount, balance = self.order_id._clinic_booked()[self]
        return balance if self._clinic_is_deferred(account) else 0.0

    # === walk 1 === #

    def _clinic_create_holdings(self, partner=None):
        """Create what this paid line sells and start it; a line that has it is left alone.

        :param partner: the patient, where the order has none
        :raises UserError: no patient, or a rule refuses it
        """
        self.ensure_one()
        if self.sale_order_line_id:
            self._clinic_start_ordered()
            return
        patient = partner or self.order_id.partner_id
        if not patient:
            raise UserError(
                self.env._("%s was sold without a patient. Set the patient, then try again.", self.product_id.name)
            )
        if self.product_id.service_tracking == "membership":
            self._clinic_create_membership(patient)
        else:
            self._clinic_create_packages(patient)

    def _clinic_create_membership(self, patient):
        if self.clinic_membership_ids:
            return
        if self.qty != 1:
            raise UserError(
                self.env._(
                    "%(count)s × %(plan)s were sold to one patient: a membership is for one. Sell the others to "
                    "their members, or refund them.",
                    count=self.qty,
                    plan=self.product_id.name,
                )
            )
        self.env["clinic.membership"].create(self._prepare_clinic_membership(patient))._set_ready()

    def _prepare_clinic_membership(self, patient):
        order, product = self.order_id, self.product_id
        if self.clinic_trial:
            self._check_clinic_trial(patient)
        price, discount = self._clinic_agreed_price()
        payer = patient._clinic_payer(order.company_id) or patient
        return {
            **product._clinic_membership_values(order.currency_id, price, discount, self.clinic_trial),
            "partner_id": patient.id,
            "payer_id": payer.id,
            "company_id": order.company_id.id,
            "user_id": order.user_id.id,
            "fiscal_position_id": order.fiscal_position_id.id,
            "start_date": order.company_id._clinic_today(),
            "pos_line_id": self.id,
        }

    def _clinic_price_as_sold(self):
        """The price of the first period, after the line's discount, before taxes that are added."""
        return self.price_unit * self.qty * (1 - self.discount / 100)

    def _clinic_create_packages(self, patient):
        missing = int(self.qty) - len(self.clinic_package_ids)
        if missing > 0:
            self.env["clinic.package"].create(self._prepare_clinic_packages(patient, missing))._set_ready()

    def _prepare_clinic_packages(self, patient, count):
        """One package for each unit sold, with price and balance as the books have them, to the cent."""
        packages = self.product_id._clinic_package_values(self.company_id, self.currency_id, 0.0, count)
        sold = {"partner_id": patient.id, "user_id": self.order_id.user_id.id}
        return [{**values, **sold, **price} for values, price in zip(packages, self._clinic_prices(count), strict=True)]

    def _clinic_prices(self, count):
        """What the books have of this line, for the last ``count`` of its packages: cents go to the last ones."""
        account, amount, balance = self.order_id._clinic_booked()[self]
        common = {"pos_line_id": self.id, "deferred": self._clinic_is_deferred(account)}
        all_of_them = [1] * int(self.qty)
        spread = [
            [
                money.to_amount(share, currency.rounding)
                for share in money.spread(max(money.to_cents(value, currency.rounding), 0), all_of_them)[-count:]
            ]
            for value, currency in ((amount, self.currency_id), (balance, self.company_id.currency_id))
        ]
        return [{**common, "price_paid": price, "balance_paid": own} for price, own in zip(*spread, strict=True)]

    def _clinic_start_ordered(self):
        """The line pays at the till for a sales order: what the order created starts, and its price is the till's."""
        sold = self.sale_order_line_id
        if sold.order_id.state in ("draft", "sent"):
            sold.order_id.action_confirm()
        sold.clinic_membership_ids.filtered(lambda membership: membership.state == "pending").pos_line_id = self
        missing = int(self.qty) - len(self.clinic_package_ids)
        mine = sold._clinic_packages_sold().filtered(lambda package: not package.pos_line_id)[: max(missing, 0)]
        packages = mine.filtered(lambda package: package.state == "pending")
        (mine - packages).pos_line_id = self  # started when the order was confirmed, maybe at another price
        for package, price in zip(packages, self._clinic_prices(len(packages)) if packages else [], strict=True):
            package.write(price)
        sold.clinic_membership_ids._set_ready()
        packages._set_ready()
        (mine - packages)._follow_books()

    def _clinic_is_deferred(self, account):
        return bool(account) and account == self.company_id.clinic_prepaid_account_id

    # === the price === #

    def _clinic_check_price(self):
        """Member prices are for members: whoever got one at the till without being one is looked at."""
        order = self.order_id[:1]
        pricelist = order.pricelist_id
        joined = self.order_id.lines.product_id.product_tmpl_id.clinic_join_pricelist_id
        if not pricelist.clinic_members_only or pricelist in joined:
            return
        patient = order.partner_id
        company = order.company_id
        live = self.env["clinic.membership"]._live_for(patient, company, company.clinic_paused_price).get(patient)
        if not live or pricelist not in live.pricelist_id:
            reason = self.env._(
                "%(patient)s got the prices of %(pricelist)s and has no membership that brings them.",
                patient=patient.display_name or self.env._("Nobody"),
                pricelist=pricelist.name,
            )
            self.env["clinic.till.review"]._open(self[:1], "price", reason)
