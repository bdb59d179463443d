"""Random lives of memberships over years: whatever happens to them, days, money, units and history agree."""

from odoo.tests import tagged

from .lives_common import LivesCommon, lives


@tagged("post_install", "-at_install")
class TestLives(LivesCommon):
    """One person's: see ``lives_events.py`` for what happens, with random dates over three years."""

    def test_lives(self):
        for seed in lives("4 5 8"):
            with self.subTest(seed=seed):
                self._live(seed)
