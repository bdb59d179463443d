"""Random lives of packages and memberships: books, units and days agree to the cent, whatever happens to them."""

import os
import random
from collections import Counter
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_deferral import DeferralCommon

# others can be looked at: CLINIC_LIVES="20 21 22" ./clinic test -k test_deferral_lives
LIVES = [int(seed) for seed in os.environ.get("CLINIC_LIVES", "1 2").split()]
STEPS = 30
CENTS = 0.06  # of several lines, each rounded on its own
EVENTS = {
    "sell_package": 4,
    "visit": 9,
    "undo_redemption": 3,
    "refund_package": 2,
    "give_away": 3,
    "code": 2,
    "sell_membership": 4,
    "change_plan": 4,
    "change_add_on": 3,
    "pause": 2,
    "resume": 2,
    "cancel": 1,
    "credit_note": 2,
    "bring_along": 1,
    "take_import_back": 1,
    "lock": 1,
}


@tagged("post_install", "-at_install")
class TestDeferralLives(DeferralCommon):
    """After each step, on that day and on a day before: both differences are 0.00, and each roll-forward closes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"clinic_pauses_per_year": 99, "clinic_grace_days": 90})
        cls.company.clinic_opening_account_id = cls.company._clinic_account("Opening", "liability_current")
        # what the chart's demo data has from the bank would have to be reconciled before a month is locked
        own = [("company_id", "=", cls.company.id)]
        cls.env["account.bank.statement"].search(own).unlink()
        cls.env["account.bank.statement.line"].search(own).unlink()
        cls.packages = [cls.six_pack, cls._package("Odd", 100, 7), cls._package("Dear", 333.33, 3)]
        cls.six_pack.default_code = "SIX-LIVES"
        cls.packages[1].package_refund = "average"
        dear = cls._tier("Platinum", 20, 199, rank=2).plan_ids.product_variant_id
        cls.plans = [
            cls.monthly,
            cls.monthly.copy({"name": "Quarterly", "list_price": 270, "billing_interval": "quarterly"}),
            cls.monthly.copy({"name": "Annual", "list_price": 990.99, "billing_interval": "annual"}),
            dear.copy({"name": "Dear annual", "list_price": 1990, "billing_interval": "annual"}),
        ]
        cls.plans[2].default_code = "ANNUAL-LIVES"
        cls.happened = Counter()

    def test_lives(self):
        for seed in LIVES:
            with self.subTest(seed=seed):
                self._live(random.Random(seed))
        self.assertGreater(len([event for event in EVENTS if self.happened[event]]), len(EVENTS) / 2, self.happened)

    def _live(self, dice):
        self.dice, self.day, self.days = dice, date(2026, 1, 5), []
        self.company.fiscalyear_lock_date = False
        self.person = self.env["res.partner"].create({"name": "A life"})
        self.friends = self.person | self.env["res.partner"].create({"name": "A friend"})
        self.membership, self.redemptions = self.env["clinic.membership"], self.env["clinic.redemption"]
        self.rows = self.env["clinic.membership.import"]
        for _step in range(STEPS):
            self.day += timedelta(days=dice.choice((0, 1, 5, 17, 30, 60)))
            with freeze_time(self.day):
                self._time_passes()
                event = dice.choices(list(EVENTS), EVENTS.values())[0]
                self._happens(event)
                if dice.random() < 0.5:
                    self._post_all(self.day)
                self.days.append(self.day)
                self._check(event)
        self._everything_ends()

    def _happens(self, event):
        """It happens, or is refused as a whole."""
        try:
            with self.env.cr.savepoint():
                if getattr(self, f"_{event}")() is not False:
                    self.happened[event] += 1
        except UserError as refusal:
            self.happened[f"{event} refused: {refusal}"] += 1
            self.env.invalidate_all()

    def _time_passes(self):
        grants = self.env["clinic.grant"].search([("partner_id", "=", self.person.id)])
        grants.filtered_domain(grants._today_domain(grants._expired_domain))._expire()
        members = self._members()
        members.filtered_domain(members._today_domain(members._pause_end_domain))._resume_when_due()
        members.filtered_domain(members._today_domain(members._due_domain))._renew()
        for invoice in members.period_ids._due_invoices():
            if self.dice.random() < 0.9:
                self._pay(invoice)

    def _post_all(self, day):
        self._recognize(day)
        with freeze_time(day):
            records = self.env["clinic.deferral"]
            records.search(records._today_domain(records._due_domain))._recognize()

    # === what happens; False where there was no occasion === #

    def _sell_package(self):
        self._sell(self.dice.choice(self.packages), partner=self.person, paid=self.dice.random() < 0.8)

    def _visit(self):
        visit = self.day - timedelta(days=self.dice.choice((0, 0, 3)))
        grants = self.person._clinic_grants(self.facial, self.company)
        if not grants:
            return False
        visit = max(visit, max(grants.mapped("valid_from")))
        self.redemptions |= self._redeem(partner=self.person, day=visit)
        return True

    def _undo_redemption(self):
        done = self.redemptions.filtered(lambda redemption: redemption.state == "done")
        return self.dice.choice(done)._undo() if done else False

    def _refund_package(self):
        packages = self.person.clinic_package_ids.filtered(lambda package: package.state == "active")
        if not packages:
            return False
        package = self.dice.choice(packages)
        return package._refund_units("credit", "Moves away", policy=self.dice.choice(("list", "average", None)))

    def _give_away(self):
        """Some units are set aside for a friend; some of the codes are called back."""
        packages = self.person.clinic_package_ids.filtered(lambda package: package.state == "active")
        if not packages:
            return False
        package = self.dice.choice(packages)
        package.transferable = True
        return package._give("gift", {grant: self.dice.randint(1, grant.remaining) for grant in package.grant_ids})

    def _code(self):
        """The friend comes with a code, or it is called back."""
        codes = self.person.clinic_package_ids.code_ids.filtered(lambda code: code.state == "ready")
        if not codes:
            return False
        code = self.dice.choice(codes)
        return code._call_back() if self.dice.random() < 0.3 else code._give_to(self.dice.choice(self.friends))

    def _sell_membership(self):
        if self.membership.state in ("active", "past_due", "suspended", "paused"):
            return False
        later = self.dice.choice((0, 0, 20))
        plan = self.dice.choice(self.plans)
        start = {"clinic_start_date": self.day + timedelta(days=later)} if later else {}
        order = self._order(plan, partner=self.person, **start)
        if percent := self.dice.choice((0, 0, 3.33, 25)):
            values = {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": percent / 100}
            self.env["sale.order.discount"].create(values).action_apply_discount()
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.membership = order.order_line.clinic_membership_ids
        return True

    def _change_plan(self):
        return self.membership._change_plan(self.dice.choice(self.plans)) if self.membership else False

    def _change_add_on(self):
        return self.membership._change_add_on(self.massage, self.dice.choice((0, 1, 2))) if self.membership else False

    def _pause(self):
        return self.membership._pause(self.dice.choice((1, 2))) if self.membership else False

    def _resume(self):
        return self.membership._resume() if self.membership.state == "paused" else False

    def _cancel(self):
        if not self.membership:
            return False
        return self.membership._cancel(self.reason, immediate=self.dice.random() < 0.5)

    def _credit_note(self):
        """An accountant gives a part of an invoice back by hand, or all of it."""
        documents = self.env["account.move"].search(
            [("partner_id", "=", self.person.id), ("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        )
        documents = documents.filtered(lambda move: not move.reversal_move_ids)
        if not documents:
            return False
        note = self.dice.choice(documents)._reverse_moves([{"invoice_date": self.day, "date": self.day}])
        part = self.dice.choice((0.1, 0.5, 1))  # of a promotion as of the price
        for line in note.invoice_line_ids:
            line.price_unit = round(line.price_unit * part, 2)
        note.action_post()
        return True

    def _bring_along(self):
        """A package and an annual member of another system."""
        person = self.env["res.partner"].create({"name": f"Brought {len(self.rows)} {self.person.id}"})
        start = self.day - timedelta(days=self.dice.randrange(1, 300))
        common = {"member": person.name, "start_date": start}
        rows = self.rows.create(
            [
                {**common, "plan": "SIX-LIVES", "remaining_units": "Facial: 4", "value_left": 299.99},
                {
                    **common,
                    "plan": "ANNUAL-LIVES",
                    "next_renewal": start + timedelta(days=365),
                    "anchor_date": start + timedelta(days=365),
                    "price": 900,
                    "remaining_units": "Facial: 1",
                },
            ]
        )
        rows.action_create_memberships()
        self.assertEqual(rows.mapped("state"), ["done", "done"], rows.mapped("problem"))
        self.rows |= rows

    def _take_import_back(self):
        done = self.rows.filtered(lambda row: row.state == "done")
        return self.dice.choice(done).action_undo() if done else False

    def _lock(self):
        self.company.fiscalyear_lock_date = self.day.replace(day=1) - timedelta(days=1)

    # === what must be true === #

    def _people(self):
        return self.person | self.rows.partner_id

    def _members(self):
        return self.env["clinic.membership"].search([("partner_id", "in", self._people().ids)])

    def _check(self, event):
        self.env.flush_all()
        for looked_at in (self.day, self.dice.choice(self.days)):
            for subject in ("packages", "memberships"):
                self._check_report(subject, looked_at, f"{subject} on {looked_at}, {event} on {self.day}")
        for membership in self._members():
            deferrals = self.env["clinic.deferral"].search([("membership_id", "=", membership.id)])
            self.assertGreater(deferrals._unearned(self.day), -CENTS, f"never negative: {event} on {self.day}")

    def _check_report(self, subject, looked_at, what):
        first = self.dice.choice(self.days)
        report = self.env["clinic.tie.out"].create(
            {"subject": subject, "date": looked_at, "date_from": min(first, looked_at)}
        )
        self.assertEqual(report.difference, 0, what)
        table = report._roll_forward(self.dice.choice(("product_id", "partner_id")))
        closing = report.units_value if subject == "packages" else report.unearned
        self.assertEqual(table["total"]["closing_value"], closing, what)
        moved = sum(amount for column, amount in table["total"].items() if column != "closing_value")
        self.assertAlmostEqual(moved, closing, 2, what)

    def _everything_ends(self):
        """Nobody is a member any more: nothing is left of what was deferred."""
        with freeze_time(self.day):
            people, members = self._people(), self._members()
            for membership in members.filtered(lambda m: m.state not in ("cancelled", "ended")):
                membership._cancel(self.reason, immediate=True, fee=False)
        with freeze_time(self.day + timedelta(days=800)):
            grants = self.env["clinic.grant"].search([("partner_id", "in", people.ids)])
            grants._expire()
            grants._expire_now()
        self._post_all(self.day + timedelta(days=801))
        deferrals = self.env["clinic.deferral"].search([("membership_id", "in", members.ids)])
        self.assertEqual(set(deferrals.mapped("left")) or {0}, {0})
        self.assertFalse(deferrals.filtered("post_on"))
        self.assertEqual(self._balance(self.company.clinic_deferred_account_id), 0)
