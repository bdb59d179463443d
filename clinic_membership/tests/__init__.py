from . import (
    test_collect,
    test_concurrency,
    test_member_price,
    test_redeem,
    test_renewal,
    test_sale,
    test_security,
    test_tools_allocation,
    test_tools_money,
    test_tools_periods,
    test_tools_proration,
    test_tools_valuation,
)
