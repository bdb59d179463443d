from . import (
    test_charge,
    test_crash,
    test_crash_refund,
    test_crash_sale,
    test_race,
    test_refund,
    test_refund_return,
    test_webhook,
)
