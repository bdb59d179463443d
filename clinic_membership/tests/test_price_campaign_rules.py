from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_price_campaign import PriceCampaignCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestPriceCampaignRules(PriceCampaignCommon):
    """Who is left out, what is undone, one campaign at a time, managers only."""

    # === left out === #

    def test_changed_plan_or_ended(self):
        gold_again = self._tier("Gold+", 15, 199, rank=2)
        campaign = self._campaign(domain=self.both, price_mode="percent", percent=10)
        self.ann._change_plan(gold_again.plan_ids.product_variant_id)
        self.bob._cancel(self.reason, immediate=True)
        self._tell()
        with freeze_time("2026-04-01"):
            self.ann._renew()
            self._tell()
        self.assertEqual(set(self._states(campaign)), {"skipped"})
        reasons = {line.membership_id: line.reason for line in campaign.line_ids}
        self.assertIn("plan was changed to Gold+", reasons[self.ann])
        self.assertIn("ended", reasons[self.bob])
        self.assertEqual((campaign.state, self.ann.price), ("done", 199))

    def test_cancelled_keeps_the_price_to_its_end(self):
        campaign = self._campaign()
        self.ann.sudo().notice_days = 60
        self.ann._cancel(self.reason)
        with freeze_time("2026-03-31"):
            self.ann._renew()
        self.assertEqual(self._prices(self.ann)[-1], (99, 99))
        self.assertIn("is cancelled", campaign.line_ids.reason)

    # === undone === #

    def test_undone(self):
        campaign = self._campaign(domain=self.both, price_mode="percent", percent=10)
        line = campaign.line_ids.filtered(lambda line: line.membership_id == self.ann)
        line.action_undo()
        self.assertFalse(self.ann.price_change_note)
        self.assertIn("53.90", self.bob.price_change_note)
        with freeze_time("2026-03-31"):
            (self.ann | self.bob)._renew()
        self.assertEqual((self.ann.price, self.bob.price), (99, 53.9))
        self.assertEqual(campaign.state, "running", "closed by the next run")
        with self.assertRaisesRegex(UserError, "still to come"):
            (campaign.line_ids - line).action_undo()
        self.assertTrue(self.ann.message_ids.filtered(lambda m: "stays as it was agreed" in (m.body or "")))
        sent = [("subject", "=", "The price of your Gold membership stays as it is")]
        mail = self.env["mail.mail"].search([*sent, ("model", "=", "clinic.membership")])
        self.assertEqual((mail.res_id, mail.recipient_ids), (self.ann.id, self.ann.payer_id))
        self._tell()
        self.assertEqual(campaign.state, "done")

    def test_undone_before_anybody_moved(self):
        campaign = self._campaign()
        campaign.action_undo()
        self.assertEqual((campaign.state, self._states(campaign)), ("undone", ["undone"]))
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            campaign.action_undo()
        with self.assertRaisesRegex(UserError, "is history"):
            campaign.unlink()
        with self.assertRaisesRegex(UserError, "undo the change of this member"):
            campaign.line_ids.unlink()
        self.assertEqual(self._campaign().line_ids.membership_id, self.ann, "free for another campaign")

    # === one at a time === #

    def test_one_running_campaign(self):
        other = self._campaign(start=False, amount=119)
        self._campaign()
        other.action_start()
        self.assertEqual((other.state, self._states(other)), ("done", ["skipped"]))
        self.assertIn("More moves this member already", other.line_ids.reason)
        with self.assertRaisesRegex(UserError, "No running membership"):
            self._campaign()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            other.sudo().state = "running"
            other.line_ids.sudo().state = "told"
            self.env.flush_all()

    def test_one_line_a_member(self):
        campaign = self._campaign(start=False)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            campaign.line_ids.sudo().copy()

    # === who may === #

    def test_managers_only(self):
        campaign = self._campaign(start=False)
        for operation in ("read", "write", "create", "unlink"):
            for records in (campaign, campaign.line_ids):
                with self.assertRaises(AccessError):
                    records.with_user(self.receptionist).check_access(operation)
        for method in ("action_load", "action_start", "action_undo"):
            with self.assertRaises(AccessError):
                getattr(campaign.with_user(self.receptionist), method)()
        with self.assertRaisesRegex(AccessError, "Use the buttons"):
            campaign.state = "running"
        with self.assertRaisesRegex(AccessError, "follow from the campaign"):
            campaign.line_ids.new_price = 1
        campaign.action_start()
        self._tell()
        with freeze_time("2026-02-28"):
            self.ann._renew()
            ann = self.ann.with_user(self.receptionist)
            ann.invalidate_recordset()
            self.assertAlmostEqual(ann.next_amount, 125.35)
            self.assertIn("109.00", ann.price_change_note)

    def test_another_company(self):
        campaign = self._campaign()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "elsewhere",
            "clinic_membership.group_membership_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for records in (campaign, campaign.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(user).check_access("read")
        foreign = self.env["clinic.price.campaign"].with_user(user).create({"name": "Ours", "domain": "[]"})
        with self.assertRaisesRegex(UserError, "No running membership"):
            foreign.action_load()
