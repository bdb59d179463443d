from . import clinic_activity_line, clinic_tie_out
