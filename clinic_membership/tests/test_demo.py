from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

ACTIONS = ("renew", "collect", "update_states", "remind", "expire")


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The demo clinic: everything a clinic can meet is there, and time can go on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env.ref("clinic_membership.patient_olivia", raise_if_not_found=False):
            raise AssertionError("The demo clinic is not in this database: install the addon with --with-demo.")
        people = cls.env["ir.model.data"].search(
            [("module", "=", "clinic_membership"), ("model", "=", "res.partner"), ("name", "=like", "patient_%")]
        )
        cls.patients = cls.env["res.partner"].browse(people.mapped("res_id"))
        cls.memberships = cls.patients.clinic_membership_ids
        cls.packages = cls.patients.clinic_package_ids
        if not cls.memberships:
            raise AssertionError("The demo clinic has no history: see the log of the installation.")
        # told relative to the day of the installation, the day after this sale
        cls.today = cls._member("chloe").start_date + timedelta(days=1)

    @classmethod
    def _member(cls, name):
        return cls.env.ref(f"clinic_membership.patient_{name}").clinic_membership_ids

    def _run_scheduled_actions(self, day):
        """Run them on a day, and expect that nothing fails."""
        with freeze_time(f"{day} 12:00:00"), self.enter_registry_test_mode():
            with self.assertNoLogs("odoo.addons.clinic_membership", "WARNING"):
                for action in ACTIONS:
                    self.env.ref(f"clinic_membership.ir_cron_{action}").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.memberships.filtered("failure"))
        self.assertFalse(self.memberships.period_ids.filtered("failure"))
        self.assertFalse(self.memberships.grant_ids.filtered("failure"))

    # === what is there === #

    def test_memberships_in_every_state(self):
        every = set(dict(self.env["clinic.membership"]._fields["state"].selection))
        self.assertEqual(set(self.memberships.mapped("state")), every)

    def test_memberships_of_every_kind(self):
        active = self.memberships.filtered(lambda m: m.state == "active")
        self.assertEqual(set(active.mapped("billing_interval")), {"monthly", "quarterly", "annual"})
        self.assertEqual(set(active.tier_id.mapped("name")), {"Gold", "Platinum", "VIP", "Family"})
        self.assertTrue(active.filtered(lambda m: m.benefits_until and m.benefits_until > self.today), "running out")
        trial = self._member("noah").period_ids
        self.assertTrue(trial.is_trial)
        self.assertEqual(self._member("noah").invoice_count, 1)
        future, unpaid = self._member("ben"), self._member("chloe")
        self.assertEqual((future.state, future.ready), ("pending", True))
        self.assertGreater(future.start_date, self.today)
        self.assertEqual((unpaid.state, unpaid.ready), ("pending", False))

    def test_units_rolled_over(self):
        rolled = self._member("marcus").grant_ids.filtered("source_grant_id")
        self.assertTrue(rolled.filtered(lambda grant: grant.remaining and grant.expires_on > self.today))

    def test_a_family_used_its_pool(self):
        family = self._member("michael")
        self.assertEqual(len(family._people_on(self.today)), 4)
        visits = self.env["clinic.redemption"].search([("membership_ids", "in", family.ids)])
        self.assertEqual(visits.partner_id, family._people_on(self.today))

    def test_renewals_ahead(self):
        ahead = [m.next_renewal for m in self.memberships if m.state == "active" and m.next_amount]
        self.assertIn(self.today, ahead)
        self.assertIn(self.today + timedelta(days=1), ahead)
        self.assertGreaterEqual(sum(day <= self.today + timedelta(days=30) for day in ahead), 5)

    def test_packages_in_every_state(self):
        states = set(dict(self.env["clinic.package"]._fields["state"].selection)) - {"cancelled"}
        self.assertEqual(set(self.packages.mapped("state")), states)
        active = self.packages.filtered(lambda package: package.state == "active")
        self.assertTrue(active.filtered(lambda package: not package.units_used))
        self.assertTrue(active.filtered(lambda package: package.units_used))
        self.assertIn(3, [len(line.clinic_package_ids) for line in self.packages.sale_line_id])

    def test_promotions(self):
        """10 % less for six facials, and seven at the price of six; the codes work."""
        packages = {package.product_id.name: package for package in self.packages.sorted("id")}
        on_offer = self.packages.filtered(lambda package: package.sale_order_id.order_line.reward_id)
        self.assertEqual((on_offer.product_id.name, on_offer.price_paid), ("6-Pack Facials", 405))
        self.assertEqual(on_offer.value_left, on_offer.units_left * 67.5)
        seven = packages["Buy 6 Get 1 Free"]
        self.assertEqual((seven.units_total, seven.price_paid), (7, 600))
        self.assertIn("1 × Facial free", seven.services)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("clinic_membership.patient_zoe").id,
                "order_line": [Command.create({"product_id": on_offer.product_id.id})],
            }
        )
        for code in ("WELCOME10", "GIFT-CARD-200"):
            for coupon, rewards in order._try_apply_code(code).items():
                order._apply_program_reward(rewards, coupon)
        self.assertEqual(order.amount_total, 205)

    def test_redemptions_over_months(self):
        redemptions = self.env["clinic.redemption"].search([("partner_id", "in", self.patients.ids)])
        self.assertGreater(len({(r.date.year, r.date.month) for r in redemptions}), 4)
        self.assertLessEqual(max(redemptions.mapped("date")), self.today)
        line = redemptions.sale_line_id
        self.assertTrue(line, "one was at an order")
        self.assertEqual(set(line.mapped("price_total")), {0.0})

    def test_the_guides_examples(self):
        tiers = {tier.name: tier for tier in self.memberships.tier_id}
        for name, price, units, discount in (("Gold", 99, 1, 10), ("Platinum", 199, 2, 20), ("VIP", 299, 3, 30)):
            monthly = tiers[name].plan_ids.filtered(lambda plan: plan.billing_interval == "monthly")
            self.assertEqual(monthly.list_price, price)
            self.assertEqual(tiers[name].benefit_ids.quantity, units)
            self.assertEqual(tiers[name].discount, discount)
        pack = self.env.ref("clinic_membership.package_six_facials")
        self.assertEqual((pack.list_price, pack.package_value, pack.package_savings), (450, 600, 150))

    def test_people_who_log_in(self):
        for login, group in (
            ("reception", "clinic_membership.group_membership_user"),
            ("manager", "clinic_membership.group_membership_manager"),
            ("accountant", "account.group_account_user"),
            ("patient", "base.group_portal"),
        ):
            self.assertTrue(self.env["res.users"].search([("login", "=", login)]).has_group(group), login)

    # === the books === #

    def test_packages_sum_up(self):
        for package in self.packages.filtered("grant_ids"):
            entries = package.grant_ids.entry_ids
            came = entries.filtered("granted")
            self.assertAlmostEqual(sum(came.mapped("value")), package.price_paid, msg=package.display_name)
            left = package.value_left - sum((entries - came).mapped("value"))
            self.assertAlmostEqual(left, package.price_paid, msg=package.display_name)
            self.assertEqual(package.units_left, sum(entries.mapped("quantity")), package.display_name)

    def test_deferred_revenue_ties_out(self):
        """What the clinic owes in services and in months of membership is in its books to the cent, on any day."""
        company = self.memberships.company_id
        self.assertTrue(company.clinic_defer)
        for day in (self.today, self.today - timedelta(days=20), self.today - timedelta(days=75)):
            for subject in ("packages", "memberships"):
                books = self.env["clinic.tie.out"].create({"company_id": company.id, "date": day, "subject": subject})
                self.assertEqual(books.difference, 0, (subject, day))
                self.assertGreater(books.account_balance, 0, (subject, day))
        used = self.packages.grant_ids.entry_ids.filtered(lambda entry: entry.kind in ("redeem", "expire"))
        self.assertFalse(used.filtered(lambda entry: entry.date < self.today and entry.to_recognize))

    def test_only_the_known_debts(self):
        posted = [("state", "=", "posted"), ("partner_id", "in", self.patients.ids), ("amount_residual_signed", ">", 0)]
        debts = self.env["account.move"].search(posted)
        names = ["Chloe Dubois", "Daniel Moore", "Grace Kim", "Thomas Baker"]
        self.assertEqual(sorted(debts.partner_id.mapped("name")), names)
        self.assertFalse(self.env["account.move"].search([*posted[1:2], ("state", "=", "draft")]))

    def test_what_was_given_away(self):
        given = self.env["clinic.credit"].search([("partner_id", "in", self.patients.ids)])
        self.assertEqual(set(given.mapped("kind")), {"courtesy", "free", "small"})
        self.assertEqual(sum(given.mapped("left")), sum(given.filtered(lambda c: c.kind != "small").mapped("amount")))
        self.assertEqual(self._member("olivia").credit_to_use, 20)
        self.assertEqual(self._member("paula").next_amount, 0)

    def test_staff_is_asked_about_debts_only(self):
        asked = self.memberships.filtered("activity_ids")
        self.assertEqual(asked.mapped("partner_id.name"), ["Daniel Moore"])

    def test_history_lies_in_the_past(self):
        invoices = self.memberships.period_ids.invoice_id
        self.assertLessEqual(max(invoices.mapped("invoice_date")), self.today)
        self.assertLess(min(invoices.mapped("invoice_date")), self.today - relativedelta(months=5))
        for invoice in invoices:
            self.assertEqual(invoice.invoice_date_due, invoice.invoice_date)
            self.assertEqual(
                set(
                    invoice.line_ids.filtered(lambda line: line.display_type == "payment_term").mapped("date_maturity")
                ),
                {invoice.invoice_date},
            )
        for payment in invoices.matched_payment_ids:
            self.assertLessEqual(payment.date, self.today)
        late = invoices.filtered(
            lambda invoice: any(p.date < invoice.invoice_date for p in invoice.matched_payment_ids)
        )
        self.assertFalse(late, "paid before it was due")

    def test_no_mail_is_waiting(self):
        for holdings in (self.memberships, self.packages):  # other tests commit holdings and mails of their own
            mine = [("model", "=", holdings._name), ("res_id", "in", holdings.ids)]
            self.assertFalse(self.env["mail.mail"].search([*mine, ("state", "=", "outgoing")]))

    # === time goes on === #

    def test_today(self):
        family, grace = self._member("michael"), self._member("grace")
        self._run_scheduled_actions(self.today)
        self.assertEqual(family.next_renewal, self.today + relativedelta(months=1))
        self.assertEqual(family.period_ids[0].payment_state, "paid")
        fresh = family.grant_ids._usable_on(self.today)
        self.assertEqual((fresh.used, fresh.granted), (0, 4))
        self.assertEqual(grace.state, "past_due")

    def test_the_next_months(self):
        for days in (1, 2, 14, 31, 45):
            self._run_scheduled_actions(self.today + timedelta(days=days))
        states = {name: self._member(name).state for name in ("olivia", "noah", "ben", "hannah", "grace")}
        self.assertEqual(
            states,
            {"olivia": "active", "noah": "active", "ben": "active", "hannah": "cancelled", "grace": "suspended"},
        )
        self.assertEqual(self._member("noah").period_ids[0].amount, 990)
