from . import test_charge, test_crash, test_race, test_webhook
