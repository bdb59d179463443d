"""The demo clinic at work: what staff, patients and the scheduled actions do on a day of its history."""

from datetime import datetime, time

from odoo import SUPERUSER_ID
from odoo.fields import Command

from .desk import Desk

MODULE = "clinic_membership"
DATED = ("sale.order", "account.move", "payment.transaction", "mail.message", "mail.mail", "clinic.membership.log")
OWNED = ("clinic.membership", "clinic.package")
QUIET = {
    "clinic_demo": True,
    "mail_create_nosubscribe": True,
    "mail_activity_quick_update": True,
}


class Clinic(Desk):
    """Everything goes through the addon's own walks; only the day is set."""

    def __init__(self, env):
        self.reception = env.ref(f"{MODULE}.user_reception")
        context = {**env.context, **QUIET, "default_user_id": self.reception.id}
        self.root = env(user=SUPERUSER_ID, su=True, context=context)
        self.company = self.root.company
        self.cards = "demo_simulated_state" in env["payment.token"]._fields
        self.unreliable = self.root["res.partner"]
        self.mark = self.start = self.last_ids()
        self.set_day(None)

    # === days === #

    def is_open(self):
        """Whether the history has been told already."""
        first = [("partner_id", "=", self.patient("olivia").id)]
        return bool(self.root["clinic.membership"].search_count(first, limit=1))

    def set_day(self, day):
        """Live on this day."""
        self.day = day
        self.root.flush_all()
        self.root.invalidate_all()  # what is computed from today is of another day
        self.env = self.root(context={**self.root.context, "clinic_today": day})

    def live(self, day, events, night=True):
        """The scheduled actions of the day, then what people did.

        :param night: false on the last day: its renewals are still to be seen
        """
        self.set_day(day)
        if night:
            self.run_scheduled_actions()
            self.bank_transfers()
            self.date_records()
        for event, arguments in events:
            getattr(self, event)(*arguments)
        if events:
            self.date_records(self.reception)

    def run_scheduled_actions(self):
        """The addon's scheduled actions, in their order."""
        self.env["clinic.membership"]._cron_renew()
        self.env["clinic.collection"]._cron_collect()
        self.env["clinic.membership"]._cron_update_states()
        self.env["clinic.membership"]._cron_remind()
        self.env["clinic.package"]._cron_remind()
        self.env["clinic.code"]._cron_deliver()
        self.env["clinic.grant"]._cron_expire()

    def date_records(self, author=None):
        """What was written today is of today, and by whom: orders, charges, and the chatter."""
        self.root.cr.flush()  # field tracking writes its messages now
        self.written_since("sale.order").write({"date_order": self.noon()})
        self.written_since("payment.transaction").write({"last_state_change": self.noon()})
        messages = self.written_since("mail.message")
        messages.write({"date": self.noon()})
        if author:
            messages.filtered(lambda m: m.author_id == self.root.user.partner_id).author_id = author.partner_id
            self.written_since("clinic.membership.log").user_id = author
            for model in OWNED:
                self.written_since(model).with_context(tracking_disable=True).user_id = author
        self.root.cr.flush()
        self.mark = self.last_ids()

    def open_books(self):
        """Packages and long plans are owed until they are used or earned, where there are books at all."""
        if self.company.chart_template:
            self.company.action_clinic_propose_accounts()

    def close_books(self, today):
        """What was used, expired and earned until yesterday is income; what the story e-mailed is sent."""
        self.set_day(today)
        self.env["clinic.grant.entry"]._cron_recognize()
        self.env["clinic.deferral"]._cron_recognize()
        self.mark = self.start
        self.written_since("mail.mail").filtered(lambda mail: mail.state == "outgoing").state = "sent"
        moves = self.written_since("account.move").filtered("sending_data")
        moves.write({"sending_data": False, "is_move_sent": True})
        self.root.cr.flush()

    def last_ids(self):
        return {model: self.root[model].search([], order="id desc", limit=1).id or 0 for model in DATED + OWNED}

    def written_since(self, model):
        return self.root[model].search([("id", ">", self.mark[model])])

    # === records === #

    def ref(self, name):
        """A record of the static demo data."""
        return self.root.ref(f"{MODULE}.{name}")

    def patient(self, name):
        return self.ref(f"patient_{name}")

    def membership(self, patient):
        return self.env["clinic.membership"].search([("partner_id", "=", self.patient(patient).id)], limit=1)

    def noon(self):
        return datetime.combine(self.day, time(12))

    # === money === #

    def card(self, patient):
        """The patient's stored demo card; none where the demo provider is not installed."""
        tokens, partner = self.env["payment.token"], self.patient(patient)
        if not self.cards:
            return tokens
        return tokens.search([("partner_id", "=", partner.id)], limit=1) or tokens.create(
            {
                "provider_id": self.root.ref("payment.payment_provider_demo").id,
                "payment_method_id": self.root.ref("payment_demo.payment_method_demo").id,
                "payment_details": f"Visa {4000 + partner.id}",
                "partner_id": partner.id,
                "provider_ref": f"demo-{partner.id}",
                "demo_simulated_state": "done",
            }
        )

    def card_breaks(self, patient):
        """From now on the card is declined, and nothing else is paid."""
        self.unreliable |= self.patient(patient)
        self.card(patient).write({"demo_simulated_state": "error"} if self.cards else {})

    def bank_transfers(self):
        """Who has no card pays the renewal of yesterday by bank."""
        unpaid = self.env["account.move"].search(
            [
                ("clinic_period_ids.membership_id.payment_token_id", "=", False),
                ("payment_state", "=", "not_paid"),
                ("state", "=", "posted"),
                ("invoice_date", "<", self.day),
                ("partner_id", "not in", self.unreliable.ids),
            ]
        )
        for invoice in unpaid:
            self.pay(invoice)

    def pay(self, invoice, missing=0.0):
        """Take the money into the bank; cents that are missing are written off."""
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payment = register.create({"payment_date": self.day})
        payment.amount -= missing
        payment.action_create_payments()
        if missing:
            invoice._clinic_write_off("small", "Bank charges")

    # === what happens: walk 1 === #

    def sell(self, kind, patient, product, pay, **values):
        """The wizard of Add Membership and Sell Package. ``pay``: card, bank, or None for a payment link."""
        card = self.card(patient) if pay == "card" else self.env["payment.token"]
        payment = "card" if card else "journal" if pay else "link"
        self.env["clinic.sell"].create(
            {
                "kind": kind,
                "partner_id": self.patient(patient).id,
                "product_id": self.ref(product).id,
                "payment": payment,
                "token_id": card.id,
                **values,
            }
        ).action_sell()

    def join(self, patient, plan, pay, start=None, renews=True):
        """Add Membership."""
        self.sell("membership", patient, plan, pay, start_date=start or self.day)
        self.membership(patient).auto_renew = renews

    def buy(self, patient, package, pay="bank", quantity=1):
        """Sell Package."""
        self.sell("package", patient, package, pay, quantity=quantity)

    def buy_on_offer(self, patient, package, promotion):
        """An order with a promotion, as staff takes it by the button Reward."""
        order, rewards = self.order(patient, [(package, 1)]), self.ref(promotion).with_env(self.env).reward_ids
        order._update_programs_and_rewards()
        for coupon, claimable in order._get_claimable_rewards().items():
            if offered := claimable & rewards:
                order._apply_program_reward(offered, coupon)
        self.bill(order)

    def order(self, patient, lines):
        return self.env["sale.order"].create(
            {
                "partner_id": self.patient(patient).id,
                "order_line": [
                    Command.create({"product_id": self.ref(product).id, "product_uom_qty": quantity})
                    for product, quantity in lines
                ],
            }
        )

    def quote(self, patient, template):
        """A quotation that waits for the patient's answer."""
        order = self.env["sale.order"].create(
            {"partner_id": self.patient(patient).id, "sale_order_template_id": self.ref(template).id}
        )
        order._onchange_sale_order_template_id()
        order.action_quotation_sent()

    # === walk 3 === #

    def use(self, patient, service, package=False):
        """Redeem one unit; by the clinic's order, or from the patient's packages."""
        partner, company = self.patient(patient).with_env(self.env), self.company.with_env(self.env)
        preferred = partner._clinic_open_grants(company).filtered("package_id") if package else None
        self.env["clinic.redemption"]._redeem(
            partner, self.ref(service).with_env(self.env), 1, self.day, company, preferred=preferred
        )

    def visit(self, patient, with_units, charged, missing=0.0):
        """An order of which units pay some lines and the patient the others, at the member price."""
        order = self.order(patient, [(service, 1) for service in (*with_units, *charged)])
        for line in order.order_line[: len(with_units)]:
            line._clinic_pay_with_units(1, self.day)
        self.bill(order, missing)

    def bill(self, order, missing=0.0):
        """Confirm and invoice an order, and take the money."""
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_date = self.day
        invoice.action_post()
        self.pay(invoice, missing)

    def credit(self, patient, kind, amount, reason):
        """Give credit."""
        membership = self.membership(patient)
        self.env["clinic.credit"]._give(
            kind, membership.payer_id, amount, reason, membership.company_id, membership=membership
        )

    def refund(self, patient, package, reason):
        """Give the unused part of a package back, as credit."""
        self.package(patient, package)._refund_units("credit", reason)

    def free_month(self, patient, reason):
        self.membership(patient)._give_free(1, reason)

    # === the contract === #

    def family(self, patient, people):
        """Add people under the family plan."""
        for person, relation in people:
            self.membership(patient)._family_add(self.patient(person), relation)

    def cancel(self, patient, reason, words):
        self.membership(patient)._cancel(self.ref(reason).with_env(self.env), words)

    def change(self, patient, plan):
        self.membership(patient)._change_plan(self.ref(plan).product_variant_id.with_env(self.env))

    def pause(self, patient, months):
        self.membership(patient)._pause(months)
