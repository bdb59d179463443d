from . import clinic_cancel, clinic_pause, clinic_redeem, clinic_sell
