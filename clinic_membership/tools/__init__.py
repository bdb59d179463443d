"""The pure core: no ORM, no clock, no environment.

Frozen dataclasses and plain values in, plain values out. Models gather what these
functions need, call them, and create what they answer.
"""

from . import allocation, money, periods, proration, valuation
