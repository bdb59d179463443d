"""What the tests of the pure core share: how properties run, and what dates and lengths they run on."""

from datetime import date

from hypothesis import settings
from hypothesis import strategies as st

from ..tools.periods import BILLING, UNITS, Interval

#: the same examples in every run, and none fails for being slow
PROPERTY = settings(derandomize=True, deadline=None, max_examples=150)

ROUNDINGS = (0.01, 0.05, 0.001, 1.0)

days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
billing = st.sampled_from(sorted(BILLING.values(), key=str))
intervals = billing | st.builds(Interval, st.sampled_from(sorted(UNITS)), st.integers(1, 18))
roundings = st.sampled_from(ROUNDINGS)


def day(text: str) -> date:
    return date.fromisoformat(text)
