from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.visits import Blackout, is_closed, next_day, too_near
from .tools_common import PROPERTY

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@tagged("post_install", "-at_install")
class TestVisits(BaseCase):
    """Excluded dates, and the days between two visits."""

    def test_single_dates(self):
        christmas = Blackout(date(2026, 12, 24), date(2026, 12, 26))
        covered = [day for day in range(22, 29) if christmas.covers(date(2026, 12, day))]
        self.assertEqual(covered, [24, 25, 26])
        self.assertFalse(christmas.covers(date(2027, 12, 25)))

    def test_each_year_over_new_year(self):
        holidays = Blackout(date(2025, 12, 30), date(2026, 1, 2), yearly=True)
        for day, covered in ((date(2030, 12, 31), True), (date(2030, 1, 2), True), (date(2030, 1, 3), False)):
            self.assertEqual(holidays.covers(day), covered, day)
        self.assertFalse(holidays.covers(date(2030, 6, 1)))

    def test_leap_day_each_year(self):
        leap = Blackout(date(2024, 2, 29), date(2024, 2, 29), yearly=True)
        self.assertTrue(leap.covers(date(2028, 2, 29)))
        self.assertFalse(leap.covers(date(2027, 2, 28)))
        self.assertFalse(leap.covers(date(2027, 3, 1)))

    def test_whole_year(self):
        self.assertTrue(Blackout(date(2024, 1, 1), date(2025, 6, 1), yearly=True).covers(date(2030, 7, 1)))

    def test_one_of_several(self):
        several = [["2026-12-24", "2026-12-26", False], ["2025-12-30", "2026-01-02", True]]
        for day, closed in ((date(2026, 12, 25), True), (date(2028, 1, 1), True), (date(2027, 12, 25), False)):
            self.assertEqual(is_closed(several, day), closed, day)
        self.assertFalse(is_closed([], date(2026, 12, 25)))

    @PROPERTY
    @given(DAYS, st.integers(0, 300), DAYS)
    def test_each_year_is_the_same_every_year(self, start, length, day):
        blackout = Blackout(start, start + timedelta(days=length), yearly=True)
        years = [day.replace(year=year) for year in (2021, 2022, 2023, 2025) if (day.month, day.day) != (2, 29)]
        self.assertEqual(len({blackout.covers(each) for each in years} | {blackout.covers(day)} if years else {1}), 1)
        self.assertTrue(blackout.covers(start))

    def test_too_near(self):
        visits = [date(2026, 3, 1), date(2026, 3, 15)]
        self.assertEqual(too_near(visits, date(2026, 3, 7), 7), date(2026, 3, 1))
        self.assertIsNone(too_near(visits, date(2026, 3, 8), 7))
        self.assertEqual(too_near(visits, date(2026, 3, 9), 7), date(2026, 3, 15), "entered late")
        self.assertIsNone(too_near(visits, date(2026, 3, 1), 7), "the same day is the same visit")
        self.assertEqual(next_day(visits, date(2026, 3, 7), 7), date(2026, 3, 8))
        self.assertEqual(next_day(visits, date(2026, 3, 9), 7), date(2026, 3, 15), "with that visit")
        self.assertEqual(next_day(visits, date(2026, 3, 16), 7), date(2026, 3, 22))

    @PROPERTY
    @given(st.lists(DAYS, max_size=6), DAYS, st.integers(0, 40))
    def test_the_next_day_is_the_first_that_will_do(self, visits, day, minimum):
        found = next_day(visits, day, minimum)
        self.assertIsNone(too_near(visits, found, minimum))
        between = (day + timedelta(days=n) for n in range((found - day).days))
        self.assertTrue(all(too_near(visits, each, minimum) for each in between))
