from . import clinic_tie_out
