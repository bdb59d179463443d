from . import (  # noqa: I001  the report comes before what extends it
    clinic_activity_line,
    clinic_charge_line,
    clinic_deferred_line,
    clinic_prepaid_line,
    clinic_statement_line,
    clinic_tie_out,
    clinic_tie_out_memberships,
    clinic_tie_out_roll_forward,
    clinic_tie_out_drill,
    clinic_tie_out_xlsx,
)
