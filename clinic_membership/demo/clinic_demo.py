import logging
import time

from odoo import api, fields, models

from .clinic import Clinic
from .story import Story

_logger = logging.getLogger(__name__)


class ClinicDemo(models.AbstractModel):
    """Fills the demo clinic with the last six months."""

    _name = "clinic.demo"
    _description = "Demo Clinic"

    @api.model
    def _load(self, today=None):
        """Live through the story day by day, up to today.

        :param today: another day than the clinic's today, to try the story on
        """
        began = time.monotonic()
        clinic = Clinic(self.env)
        if clinic.is_open():
            return
        clinic.open_books()
        story = Story(fields.Date.to_date(today) or self.env.company._clinic_today())
        for day, events in story.days():
            clinic.live(day, events, night=day < story.today)
        clinic.close_books(story.today)
        _logger.info("demo clinic: %s days in %.1f s", story.length(), time.monotonic() - began)
