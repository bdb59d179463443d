"""What a random life costs: worked out from what was agreed, and compared with the documents and the history."""

from datetime import timedelta
from fractions import Fraction

from .lives_days import LENGTHS

MONTHS = {"weekly": Fraction(1461, 336), "monthly": 1, "quarterly": Fraction(1, 3), "annual": Fraction(1, 12)}
TIMES = {"quarterly": 3, "annual": 12}  # an add-on is counted by the month; by the week for weekly members


def exact(amount):
    return Fraction(str(amount))


class LifeMoney:
    """Invoices less credit notes are the price of the days served; the history adds up on every day."""

    def _money_begins(self, plan):
        self.plan, self.price, self.add_ons = plan, exact(plan.list_price), {}
        self.coming, self.coming_units, self.offer = None, {}, (0, 0)
        self.served, self.lines, self.worth = Fraction(0), 0, {}
        self.paid_by = {}  # {plan or service: the documents that billed it last}
        self.campaign, self.fee, self.in_trial = None, 0, bool(plan.trial_length)
        first = self.membership.period_ids
        self._bill(first, exact(plan.trial_price) if self.in_trial else self.price)
        if self.in_trial:
            days = (self._after_trial(plan) - self.day).days
            self.lengths[first] = (days, days)

    def _after_trial(self, plan):
        return plan.product_tmpl_id._trial().after(self.day)

    # === what is agreed === #

    def _of_period(self, service, plan=None):
        units, price = self.add_ons[service]
        return units * price * TIMES.get((plan or self.plan).billing_interval, 1)

    def _bill(self, period, price):
        """A period is billed: the plan, and what is added to it."""
        self.lengths[period] = LENGTHS[self.plan.billing_interval]
        self.worth = {"plan": price, **{service: self._of_period(service) for service in self.add_ons}}
        self.served += sum(self.worth.values())
        self.lines += len(self.worth)
        self.paid_by = dict.fromkeys(self.worth, period.invoice_id | period._billed_shares())
        self.assertAlmostEqual(period.amount, float(sum(self.worth.values())), 2, "the agreed price")

    def _renewed(self, new):
        """What was agreed for the renewal comes with it; each period has its own price and discount."""
        for period in new.sorted("date_start"):
            self.in_trial = False
            for service, (units, price) in self.coming_units.items():
                self._set_units(service, units, price)
            if self.coming:
                self._set_plan(*self.coming)
            self.coming, self.coming_units = None, {}
            self._campaign_reaches(period.date_start)
            percent, times = self.offer
            self.offer = (percent, max(times - 1, 0))
            self._bill(period, self.price * (1 - exact(percent) / 100 if times else 1))

    def _set_plan(self, plan, price):
        self.plan, self.price, self.coming = plan, exact(price), None
        self._allow(self.facial, plan.membership_tier_id.benefit_ids.quantity)

    def _set_units(self, service, units, price):
        self.add_ons[service] = (units, price)
        if not units:
            del self.add_ons[service]
        self._allow(service, units)

    def _price_for(self, service):
        """The agreed price of what is there, or is agreed to come; else today's member price."""
        known = self.add_ons.get(service) or self.coming_units.get(service)
        discount = self.plan.membership_tier_id.discount
        return known[1] if known else exact(service.list_price) * (1 - exact(discount) / 100)

    # === changes on the way === #

    def _part_left(self, period):
        total = (period.date_end - period.date_start).days + 1 - period.paused_days
        return Fraction(min((period.date_end - self.day).days + 1, total), total)

    def _part_paid(self, what):
        """Which part of a price is paid: what is owed of the document that billed it last is not; its credit was."""
        documents = self.paid_by.get(what, self.env["account.move"]).filtered(lambda move: move.amount_residual)
        documents = documents.filtered(lambda move: move.move_type == "out_invoice")
        everything = self.paid_by.get(what, documents).invoice_line_ids
        billed = sum(exact(abs(line.price_subtotal)) for line in everything if self._charges(line))
        owed = sum(
            exact(move.amount_untaxed) * exact(move.amount_residual) / exact(move.amount_total) for move in documents
        )
        return 1 - owed / billed if owed else Fraction(1)

    def _charges(self, line):
        return (line.price_subtotal > 0) == (line.move_id.move_type == "out_invoice")

    def _replaced(self, period, what, price, restarts=False):
        """The rest of one price is given back, as far as it was paid, and the new one is charged."""
        left, before = self._part_left(period), self.worth.get(what, 0)
        return (price if restarts else price * left) - before * left * self._part_paid(what)

    def _fee_charged(self, fee):
        self.fee = fee
        self.served += fee
        self.lines += 1

    # === a new price === #

    def _campaign_reaches(self, start):
        campaign = self.campaign
        if not campaign or campaign["from"] > start:
            return
        self.campaign = None
        if self.plan == campaign["plan"] and self.price == campaign["old"] and not self.membership.cancelled_on:
            self.price = campaign["new"]

    # === what must hold === #

    def _check_money(self):
        periods = self.membership.period_ids
        moves = periods.invoice_id | periods.adjustment_ids
        self.assertEqual(set(moves.mapped("state")) or {"posted"}, {"posted"})
        billed = sum(move._clinic_sign() * exact(move.amount_untaxed) for move in moves)
        self.assertLessEqual(abs(billed - self.served), Fraction(1 + self.lines * self.payers, 100), "days served")

    def _monthly(self):
        live = self.membership.state in self.membership._LIVE and not self.in_trial
        price = self.price + sum(self._of_period(service) for service in self.add_ons)
        return float(price * MONTHS[self.plan.billing_interval]) if live else 0.0

    def _check_log(self):
        """On every day on which somebody looked, before and after each event, the history has the value of that day."""
        self.values[self.day] = self._monthly()
        log = self.membership.log_ids.sorted("id")
        self.assertEqual(log.mapped("date"), sorted(log.mapped("date")))
        total, at = 0.0, {}
        for event in log:
            total += event.monthly_change
            self.assertAlmostEqual(event.monthly_value, total, 2, "each event says the value after it")
            at[event.date] = total
        for day, value in self.values.items():
            known = [total for date, total in at.items() if date <= day]
            self.assertAlmostEqual(known[-1], value, delta=0.011, msg=f"the history adds up on {day}")

    def _check_campaign(self):
        """It is announced for the first renewal on or after its day."""
        line = self.campaign and self.campaign["line"]
        live = self.membership.state in self.membership._LIVE and not self.membership.cancelled_on
        if not line or not live or self.plan != self.campaign["plan"] or self.coming:
            return
        self.assertGreaterEqual(line.effective_date, self.campaign["from"])
        earlier = line.effective_date - timedelta(days=LENGTHS[self.plan.billing_interval][1])
        self.assertTrue(
            line.effective_date == self.membership.next_renewal or earlier < self.campaign["from"],
            f"{line.effective_date} is the first from {self.campaign['from']}",
        )
