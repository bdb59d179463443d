"""Where the demo clinic's clock is moved to."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev import clock
from dev.console import Failure

NOW = datetime.datetime(2026, 1, 31, 10, 30)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("+1month", datetime.datetime(2026, 2, 28, 10, 30)),
        ("+13 months", datetime.datetime(2027, 2, 28, 10, 30)),
        ("+1year", datetime.datetime(2027, 1, 31, 10, 30)),
        ("+35days", datetime.datetime(2026, 3, 7, 10, 30)),
        ("+2weeks", datetime.datetime(2026, 2, 14, 10, 30)),
        ("+3hours", datetime.datetime(2026, 1, 31, 13, 30)),
        ("2027-01-15", datetime.datetime(2027, 1, 15, 10, 30)),
        ("2027-01-15 08:00", datetime.datetime(2027, 1, 15, 8, 0)),
    ],
)
def test_target(words, expected):
    assert clock.target(words, NOW) == expected


@pytest.mark.parametrize("words", ["", "tomorrow", "+1fortnight", "-1day", "2027-02-30", "+99999999years"])
def test_nonsense_is_told(words):
    with pytest.raises(Failure, match="such as 2027-01-15"):
        clock.target(words, NOW)


@given(st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1)), st.integers(0, 1200))
def test_months_never_leave_their_month(moment, months):
    moved = clock.add_months(moment, months)
    assert (moved.year - moment.year) * 12 + moved.month - moment.month == months
    assert moved.day <= moment.day


class TestStored:
    @pytest.fixture(autouse=True)
    def own_file(self, tmp_path, monkeypatch):
        monkeypatch.setattr(clock, "STATE", tmp_path / "clock.json")

    def test_nothing_stored_is_the_real_time(self):
        assert clock.offset() == 0
        assert clock.describe() == ""
        assert "LD_PRELOAD" not in clock.environment()

    def test_a_move_lasts_and_is_forgotten(self):
        clock.set_to(clock.now() + datetime.timedelta(days=35))
        assert clock.offset() == pytest.approx(35 * 86400, abs=2)
        assert "+35.0 days" in clock.describe()
        clock.forget()
        assert clock.offset() == 0
