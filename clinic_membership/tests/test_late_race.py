# pylint: disable=invalid-commit
"""Visits that are typed in late, beside each other and beside a change: on real transactions, committed."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .at_once_common import ClinicAtOnce


@tagged("post_install", "-at_install")
class TestLateRace(ClinicAtOnce):
    """Units that ended since the visit come back for one visit only."""

    def setUp(self):
        super().setUp()
        self.patient = self._patient()
        self.visited = fields.Date.subtract(self.company._clinic_today(), days=3)

    def _late_visit(self, env):
        facial, company = env["product.product"].browse(self.facial.id), env["res.company"].browse(self.company.id)
        patient = env["res.partner"].browse(self.patient.id)
        return env["clinic.redemption"]._redeem(patient, facial, 1, self.visited, company).id

    def _refused(self, results):
        return [str(result) for result in results if isinstance(result, UserError)]

    def test_the_last_unit_that_expired(self):
        """Sold and visited three days ago, expired the day before yesterday, typed in by three people today."""
        with freeze_time(self.visited):
            package = self._sell(self._package("One", 100, 1), partner=self.patient)
        package.grant_ids.expires_on = fields.Date.add(self.visited, days=1)
        package.grant_ids._expire()
        self.cr.commit()
        self.assertEqual(package.grant_ids.remaining, 0)
        refused = self._refused(self._at_once(self._late_visit, 3))
        self.assertEqual(len(refused), 2)
        for words in refused:  # the loser reads what is left, or that somebody was quicker
            self.assertRegex(words, "has 0 of the 1 units|Somebody has just moved the same units")
        self.assertEqual((package.units_used, package.units_left, package.value_left), (1, 0, 0))
        self.assertEqual(package.grant_ids.entry_ids.sorted("id").mapped("quantity"), [1, -1, 1, -1])

    def test_the_last_unit_of_the_plan_before(self):
        """One facial a month, another plan since: two people type in the visit of before the change."""
        with freeze_time(self.visited):
            membership = self._sell(self._small_plan("One"), partner=self.patient)
        with freeze_time(fields.Date.add(self.visited, days=1)):
            membership._change_plan(self._small_plan("Other"))
        self.cr.commit()
        refused = self._refused(self._at_once(self._late_visit, 2))
        self.assertEqual(len(refused), 1)
        grants = membership.period_ids.grant_ids
        self.assertEqual(sum(grants.mapped("used")), 1)
        self.assertEqual(sum(grants.mapped("remaining")), 0, "nobody draws both allowances")

    def _small_plan(self, name):
        """A plan with one facial a month."""
        tier = self._tier(name, 10, 99)
        tier.benefit_ids.quantity = 1
        return tier.plan_ids.product_variant_id
