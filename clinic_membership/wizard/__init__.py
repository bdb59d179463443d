# ruff: noqa: I001  a model comes after those it inherits from
from . import (
    clinic_preview,
    clinic_add_on,
    clinic_cancel,
    clinic_change_plan,
    clinic_extend,
    clinic_family_add,
    clinic_health_finding,
    clinic_give_credit,
    clinic_make_holder,
    clinic_pause,
    clinic_redeem,
    clinic_refund_wizard,
    clinic_package_refund,
    clinic_sell,
    clinic_statement,
    clinic_write_off,
)
