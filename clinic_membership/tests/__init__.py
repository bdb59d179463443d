from . import (
    test_tools_allocation,
    test_tools_money,
    test_tools_periods,
    test_tools_proration,
    test_tools_valuation,
)
