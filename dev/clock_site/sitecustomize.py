"""Loaded by every Python that lives in the clinic's time (clock.py puts this folder into PYTHONPATH).

libfaketime 0.9.10, which Debian 12 and Ubuntu 24.04 have, takes a sleep until a monotonic time for one until a
faked time. From Python 3.11 on time.sleep sleeps that way and ends with EINVAL; select waits for a duration.
"""

import select
import time


def sleep(seconds):
    """What time.sleep does, signals included."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
