from . import (
    clinic_cancel,
    clinic_change_plan,
    clinic_extend,
    clinic_family_add,
    clinic_make_holder,
    clinic_pause,
    clinic_redeem,
    clinic_sell,
)
