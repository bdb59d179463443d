from . import clinic_cancel, clinic_redeem, clinic_sell
