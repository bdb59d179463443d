from . import (
    clinic_cancel,
    clinic_change_plan,
    clinic_extend,
    clinic_pause,
    clinic_redeem,
    clinic_sell,
    clinic_statement,
)
