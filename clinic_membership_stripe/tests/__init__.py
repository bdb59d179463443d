from . import test_charge, test_crash, test_race, test_refund, test_refund_return, test_webhook
