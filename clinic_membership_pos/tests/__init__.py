from . import (
    test_books,
    test_check,
    test_hoot,
    test_redeem,
    test_refund,
    test_review,
    test_review_tour,
    test_sell,
    test_till_race,
    test_till_tour,
    test_trial,
    test_vouchers,
)
