"""Which days of a random life are billed: worked out from what happened, and compared with the periods."""

from collections import Counter
from datetime import timedelta

from ..tools import periods

LENGTHS = {"weekly": (7, 7), "monthly": (28, 31), "quarterly": (89, 92), "annual": (365, 366)}


def days_of(start, end):
    """The days from ``start`` up to, but not including, ``end``."""
    return [start + timedelta(days=number) for number in range((end - start).days)]


class LifeDays:
    """Every day is billed once, but those of a pause, and whole periods that a member was suspended for."""

    def _days_begin(self):
        """Nothing has happened to the membership yet."""
        self.pauses, self.skipped, self.asked = [], [], None  # [first day, day after it or None]
        self.lengths, self.noted = {}, self.env["clinic.membership.log"]

    def _pause_asked(self, start, months):
        self.asked = (start, periods.Interval("month", months).after(start))

    # === what the history tells: that something happened, not for how long === #

    def _note(self):
        self.membership.invalidate_recordset()
        for event in (self.membership.log_ids - self.noted).sorted("id"):
            getattr(self, f"_noted_{event.event}", lambda: None)()
        self.noted = self.membership.log_ids

    def _noted_pause(self):
        self.pauses.append([self.asked[0], None])

    def _noted_resume(self):
        self.pauses[-1][1] = min(self.day, self.asked[1])
        self.asked = None

    def _noted_suspend(self):
        self.skipped.append([self.membership.next_renewal, None])

    def _noted_paid(self):
        """Periods that passed while suspended are not billed; the one in which it is paid is."""
        if not (self.skipped and self.skipped[-1][1] is None):
            return
        start, goes_on = self.skipped[-1][0], self.membership.next_renewal
        if start > self.day:
            self.assertEqual(goes_on, start, "nothing was missed")
        else:
            longest = LENGTHS[self.membership.billing_interval][1]
            self.assertLess((self.day - goes_on).days, longest, "what is running is billed")
            self.assertLessEqual(goes_on, self.day)
        self.skipped[-1][1] = goes_on
        if self.asked and self.asked[0] < goes_on:  # planned for an unpaid time; what is left of it comes now
            self.asked = (goes_on, self.asked[1]) if self.asked[1] > goes_on else None

    def _noted_cancelled(self):
        open_end = self.skipped and self.skipped[-1][1] is None
        self.ends[self.membership] = self.day if self.at_once or open_end else self.membership.next_renewal

    _noted_ended = _noted_cancelled

    # === what must hold === #

    def _check_days(self):
        membership = self.membership
        spans = [(period, period._span()) for period in membership.period_ids.sorted("date_start")]
        billed = Counter(day for _period, span in spans for day in days_of(span.start, span.end))
        paused = {day for start, end in self.pauses for day in days_of(start, end or start)}
        skipped = {day for start, end in self.skipped for day in days_of(start, end or start)}
        self.assertLessEqual(max(billed.values()), 1, "no day is billed twice")
        for period, span in spans:
            inside = paused & set(days_of(span.start, span.end))
            self.assertEqual(period.paused_days, len(inside), f"{period.display_name} is longer by its pause")
            shortest, longest = self.lengths[period]
            self.assertTrue(shortest <= span.days - len(inside) <= longest, period.display_name)
        until = self._billed_until(spans[-1][1].end)
        for day in days_of(membership.start_date, until):
            wanted = billed[day] if day in paused else int(day not in skipped)
            self.assertEqual(billed[day], wanted, f"{day}: billed, paused, or suspended for the whole period")
        self._check_end(until)

    def _billed_until(self, last):
        """The day before which all is settled: afterwards a pause, or an unpaid time, is still going on."""
        if self.skipped and self.skipped[-1][1] is None:
            return self.skipped[-1][0]
        if self.membership.state == "paused":
            return self.pauses[-1][0]
        return self.membership.next_renewal if self.membership.state in self.membership._LIVE else last

    def _check_end(self, until):
        membership = self.membership
        if membership.state in membership._LIVE:
            self.assertGreater(membership.next_renewal, self.day)
            self.assertGreater(membership.no_charge_from or membership.next_renewal, self.day)
        unpaid = self.skipped and self.skipped[-1][1] is None
        if membership.state in ("cancelled", "ended") and not self.at_once and not unpaid:
            self.assertEqual(membership.benefits_until, until - timedelta(days=1), "used to the end, and no longer")

    def _check_history(self):
        """Memberships of one person follow each other; who leaves at once may come back on that day."""
        ends = [(old.start_date, self.ends[old]) for old in self.before] + [(self.membership.start_date, None)]
        for (_start, end), (start, _end) in zip(ends, ends[1:], strict=False):
            self.assertLessEqual(end, start)
