from .. import models  # seams.py extends them
from . import clinic_demo, seams
