from . import test_charge, test_webhook, test_race
