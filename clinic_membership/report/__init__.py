from . import clinic_charge_line, clinic_statement_line
