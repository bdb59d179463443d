from . import clinic_activity_line, clinic_charge_line, clinic_prepaid_line, clinic_statement_line, clinic_tie_out
