"""The story of the demo clinic: who came when, relative to today."""

from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta


def anniversary(day, months, step=1):
    """About so many months before ``day``, so that counting months from there comes back to exactly ``day``.

    31 May less one month is 30 April, from where a month leads to 30 May: then it takes one step more.
    """
    while day - relativedelta(months=months) + relativedelta(months=months) != day:
        months += step
    return day - relativedelta(months=months)


class Story:
    """Events by day."""

    def __init__(self, today):
        self.today = today
        self.events = defaultdict(list)
        for tell in (
            self.members,
            self.past_members,
            self.new_members,
            self.family,
            self.troubles,
            self.packages,
            self.gifts,
            self.appointments,
            self.promotions,
            self.goodwill,
        ):
            tell()

    def days(self):
        """Every day from the first event to today, with its events."""
        for number in range(self.length()):
            day = min(self.events) + timedelta(days=number)
            yield day, self.events.get(day, [])

    def length(self):
        return (self.today - min(self.events)).days + 1

    def on(self, day, event, *arguments):
        """Something happened on a day; what would be in the future did not happen yet."""
        if day <= self.today:
            self.events[day].append((event, arguments))

    def ago(self, days):
        return self.today - timedelta(days=days)

    def renews(self, days, months, step=1):
        """The first day of a membership that renews in so many days, after about so many months."""
        return anniversary(self.today + timedelta(days=days), months, step)

    def treatments(self, first, patient, uses):
        """Units used: for each (month, day of it, service)."""
        for month, day, service in uses:
            self.on(first + relativedelta(months=month) + timedelta(days=day), "use", patient, f"service_{service}")

    # === memberships that run === #

    def members(self):
        """Gold monthly, Platinum with rollover, VIP quarterly by bank, Gold annual, an upgrade that is paused now."""
        first = self.renews(days=9, months=6)
        self.on(first, "join", "olivia", "plan_gold_monthly", "card")
        self.treatments(first, "olivia", [(0, 3, "facial"), (1, 8, "facial"), (2, 12, "massage"), (4, 5, "facial")])

        first = self.renews(days=1, months=4)
        self.on(first, "join", "marcus", "plan_platinum_monthly", "card")
        self.treatments(first, "marcus", [(0, 2, "massage"), (0, 16, "massage"), (1, 4, "facial"), (1, 20, "peel")])

        first = self.renews(days=25, months=6, step=3)
        self.on(first, "join", "sofia", "plan_vip_quarterly", "bank")
        self.treatments(first, "sofia", [(0, 10, "facial"), (1, 15, "massage"), (3, 7, "peel")])
        self.on(first + timedelta(days=40), "visit", "sofia", [], ["service_botox", "product_moisturizer"])

        first = self.ago(105)
        self.on(first, "join", "emily", "plan_gold_annual", "card")
        self.treatments(first, "emily", [(0, 9, "facial"), (1, 30, "massage")])

        first = self.renews(days=15, months=3)
        self.on(first, "join", "paula", "plan_platinum_monthly", "card")
        self.treatments(first, "paula", [(0, 6, "facial"), (1, 3, "facial"), (1, 17, "massage"), (2, 5, "facial")])
        self.on(first + timedelta(days=1), "buy", "paula", "package_ten_classes", "card")
        for week in range(4):
            self.on(first + timedelta(days=7 * week + 4), "use", "paula", "service_class")

        first = self.ago(110)
        self.on(first, "join", "nina", "plan_gold_monthly", "card")
        self.treatments(first, "nina", [(0, 12, "facial"), (1, 6, "massage")])
        self.on(first + timedelta(days=52), "change", "nina", "plan_platinum_monthly")
        self.on(self.ago(14), "pause", "nina", 2)

    def past_members(self):
        """Cancelled and running out, cancelled, and ended because it did not renew."""
        first = self.renews(days=12, months=4)
        self.on(first, "join", "hannah", "plan_platinum_monthly", "card")
        self.treatments(first, "hannah", [(0, 8, "massage"), (1, 8, "massage"), (2, 9, "facial")])
        self.on(self.ago(5), "cancel", "hannah", "cancel_reason_moving", "To Boston, at the end of the year.")

        first = self.ago(160)
        self.on(first, "join", "liam", "plan_gold_monthly", "card")
        self.treatments(first, "liam", [(0, 14, "facial")])
        self.on(first + timedelta(days=80), "cancel", "liam", "cancel_reason_unused", "My shifts changed.")

        first = self.ago(125)
        self.on(first, "join", "ava", "plan_gold_quarterly", "bank", None, False)
        self.treatments(first, "ava", [(1, 2, "peel")])

    def new_members(self):
        """In the trial, sold for a later day, and not paid yet."""
        self.on(self.ago(12), "join", "noah", "plan_gold_annual", "card")
        self.on(self.ago(4), "use", "noah", "service_facial")
        self.on(self.ago(2), "join", "ben", "plan_platinum_monthly", "bank", self.today + timedelta(days=10))
        self.on(self.ago(1), "join", "chloe", "plan_gold_monthly", None)
        self.on(self.ago(1), "quote", "zoe", "quotation_gold_welcome")

    def family(self):
        """Four people, one price, one pool; it renews today."""
        first = self.renews(days=0, months=3)
        self.on(first, "join", "michael", "plan_family_monthly", "card")
        self.on(first, "family", "michael", [("sarah", "partner"), ("ethan", "child"), ("lily", "child")])
        self.treatments(first, "sarah", [(0, 5, "facial"), (1, 12, "facial"), (2, 4, "massage")])
        self.treatments(first, "michael", [(0, 9, "massage"), (2, 18, "massage")])
        self.treatments(first, "ethan", [(1, 20, "massage")])
        self.treatments(first, "lily", [(2, 21, "facial")])

    def troubles(self):
        """A card declined a few days ago, and one declined until benefits were suspended."""
        renewal = self.ago(4)
        first = anniversary(renewal, 3)
        self.on(first, "join", "grace", "plan_gold_monthly", "card")
        self.treatments(first, "grace", [(0, 11, "facial"), (2, 2, "massage")])
        self.on(self.ago(10), "card_breaks", "grace")

        renewal = self.ago(20)
        first = anniversary(renewal, 3)
        self.on(first, "join", "daniel", "plan_gold_monthly", "card")
        self.treatments(first, "daniel", [(0, 6, "massage"), (1, 7, "massage")])
        self.on(self.ago(26), "card_breaks", "daniel")

    def goodwill(self):
        """Credit for a long wait, a free month for a referral, and a few cents that a bank kept."""
        self.on(self.ago(2), "credit", "olivia", "courtesy", 20, "Waited 40 minutes for her facial")
        self.on(self.ago(9), "free_month", "paula", "Brought Noah, who joined")
        self.on(self.ago(6), "visit", "sofia", [], ["product_moisturizer"], 0.6)

    # === packages === #

    def packages(self):
        """Unused, half used, used up, expired, pending, and three in one order."""
        first = self.ago(100)
        self.on(first, "buy", "olivia", "package_six_facials", "card")
        self.on(self.ago(82), "use", "olivia", "service_facial", True)
        self.on(self.ago(50), "use", "olivia", "service_facial", True)
        self.on(self.ago(3), "visit", "olivia", ["service_facial"], ["product_moisturizer"])

        self.on(self.ago(60), "buy", "priya", "package_skincare_bundle", "bank", 3)
        for product in ("cleanser", "toner", "moisturizer"):
            self.on(self.ago(60), "use", "priya", f"product_{product}")
        self.on(self.ago(30), "buy", "priya", "package_six_facials")

        first = self.ago(110)
        self.on(first, "buy", "james", "package_physical_therapy")
        for week in range(8):
            self.on(first + timedelta(days=2 + 7 * week), "use", "james", "service_physical_therapy")
        self.on(self.ago(8), "buy", "james", "package_personal_training")
        self.on(self.ago(1), "refund", "james", "package_personal_training", "Hurt his knee")

        self.on(self.ago(130), "buy", "isabella", "package_wellness_check")
        self.on(self.ago(120), "use", "isabella", "service_annual_physical")
        self.on(self.ago(45), "buy", "isabella", "package_therapy_massage")
        self.on(self.ago(31), "use", "isabella", "service_massage")

        first = self.ago(48)
        self.on(first, "buy", "thomas", "package_twelve_weeks")
        for week in range(6):
            self.on(first + timedelta(days=7 * week), "use", "thomas", "service_program_week")
        self.on(self.ago(1), "buy", "thomas", "package_botox_filler", None)

    def promotions(self):
        """Six facials in the New Year sale, or what is left of it, and seven at the price of six."""
        new_year = self.today.replace(month=1, day=2)
        day = max(new_year if new_year <= self.today else anniversary(new_year, 12), self.ago(75))
        self.on(day, "buy_on_offer", "isabella", "package_six_facials", "promotion_new_year")
        self.on(day + timedelta(days=20), "use", "isabella", "service_facial", True)
        self.on(self.ago(18), "buy", "priya", "package_buy_six_get_one")

    # === the front desk === #

    def gifts(self):
        """A friend takes over two facials; a company buys check-ups for its people."""
        self.on(self.ago(25), "give", "priya", "package_six_facials", 2, "zoe")
        self.on(self.ago(12), "bulk", "harbor", "package_wellness_check", 10, 15, "nina", "thomas")

    def appointments(self):
        """Today's visits and the next ones: paid with units, at the member price, and neither."""
        visits = (
            ("olivia", ["service_facial"], 9),
            ("thomas", ["service_program_week"], 11),
            ("emily", ["service_facial", "service_peel"], 13),
            ("zoe", ["service_botox"], 15),
        )
        for patient, services, hour in visits:
            self.on(self.today, "book", patient, services, 0, hour)
        self.on(self.today, "book", "priya", ["service_facial"], 1, 10)
        self.on(self.today, "book", "marcus", ["service_massage"], 2, 14)
