from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import ClinicCommon

WORK = "odoo.addons.clinic_membership.models.clinic_job.ClinicJob._work_through"


class PriceCampaignCommon(ClinicCommon):
    """Two members of two tiers, and the manager's campaign."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friend = cls.env["res.partner"].create({"name": "Bob Patient", "email": "bob@example.com"})
        cls.silver = cls._tier("Silver", 5, 49, rank=0)
        with freeze_time("2026-01-31"):
            cls.ann = cls._sell(cls.monthly)
            cls.bob = cls._sell(cls.silver.plan_ids.product_variant_id, partner=cls.friend)

        cls.both = f"[('partner_id', 'in', {(cls.patient | cls.friend).ids})]"

    def _campaign(self, start=True, **values):
        campaign = (
            self.env["clinic.price.campaign"]
            .with_user(self.manager)
            .create(
                {
                    "name": "More",
                    "domain": f"[('tier_id', '=', {self.gold.id})]",
                    "price_mode": "amount",
                    "amount": 109,
                    "date": date(2026, 3, 15),
                    **values,
                }
            )
        )
        campaign.action_load()
        if start:
            campaign.action_start()
            self._tell()
        return campaign

    def _tell(self):
        """The scheduled action, without its commits."""

        def work_through(model, domain, work, limit):
            model.search(domain)._work_safely(work)

        with patch(WORK, work_through):
            self.env["clinic.price.campaign.line"]._cron_tell()

    def _states(self, campaign):
        return campaign.line_ids.mapped("state")

    def _prices(self, membership):
        periods = membership.period_ids.filtered("invoice_id").sorted("date_start")
        return periods.mapped(lambda period: (period.amount, period.invoice_id.amount_untaxed))


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestPriceCampaign(PriceCampaignCommon):
    """Members who were chosen and told move with their renewal; nobody else does."""

    # === who, what, when === #

    def test_chosen_by_filter(self):
        campaign = self._campaign(start=False)
        self.assertRecordValues(
            campaign.line_ids,
            [
                {
                    "membership_id": self.ann.id,
                    "old_price": 99,
                    "new_price": 109,
                    "new_total": 125.35,
                    "effective_date": date(2026, 3, 31),
                    "state": "planned",
                }
            ],
        )

    def test_shown_is_done(self):
        """The list follows the terms until the start, and stays from then on."""
        campaign = self._campaign(start=False)
        with Form(campaign) as form:
            form.price_mode = "percent"
            form.percent = 10
            form.date = date(2026, 4, 1)
        self.assertEqual(campaign.line_ids.new_price, 108.9)
        self.assertEqual(campaign.line_ids.effective_date, date(2026, 4, 30))
        self.monthly.list_price = 120
        campaign.price_mode = "product"
        self.assertEqual(campaign.line_ids.new_price, 120)
        campaign.action_start()
        self.monthly.list_price = 150
        with self.assertRaisesRegex(UserError, "members were told"):
            campaign.amount = 1
        self.assertEqual(campaign.line_ids.new_price, 120)

    def test_removed_by_hand_and_nobody_left(self):
        campaign = self._campaign(start=False, domain=self.both, price_mode="percent", percent=5)
        self.assertEqual(campaign.line_ids.membership_id, self.ann | self.bob)
        with Form(campaign) as form:
            form.line_ids.remove(0)
        self.assertEqual(len(campaign.line_ids), 1)
        campaign.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "Load the members"):
            campaign.action_start()

    def test_nothing_to_do(self):
        with self.assertRaisesRegex(UserError, "all of them have this price"):
            self._campaign(amount=99)
        with self.assertRaisesRegex(UserError, "filter cannot be read"):
            self._campaign(domain="[('no_such_field', '=', 1)]")
        with self.assertRaisesRegex(UserError, "filter cannot be read"):
            self._campaign(domain="nonsense(")
        self.ann._cancel(self.reason)
        with self.assertRaisesRegex(UserError, "No running membership matches"):
            self._campaign()

    # === told === #

    def test_notice(self):
        campaign = self._campaign()
        self.assertEqual(self._states(campaign), ["told"])
        mail = self.ann.message_ids.filtered(lambda message: "price of your Gold" in (message.subject or ""))
        self.assertEqual(len(mail), 1)
        for text in ("113.85", "125.35", "03/31/2026"):
            self.assertIn(text, mail.body)
        self.assertEqual(mail.mail_ids.recipient_ids, self.patient)
        self._tell()
        self.assertEqual(len(self.ann.message_ids.filtered(lambda m: "price of your" in (m.subject or ""))), 1)

    def test_too_late_for_the_notice(self):
        campaign = self._campaign(start=False, date=date(2026, 3, 11))
        with self.assertRaisesRegex(UserError, "told 30 days before, so the earliest date is 03/12/2026"):
            campaign.action_start()
        campaign.short_notice = True
        campaign.action_start()
        note = campaign.message_ids.filtered(lambda message: "less than the notice" in message.body)
        self.assertEqual(note.author_id, self.manager.partner_id)
        past = self._campaign(start=False, domain=self.both, date=date(2026, 2, 9), short_notice=True)
        with self.assertRaisesRegex(UserError, "in the past"):
            past.action_start()

    def test_told_late_moves_late(self):
        """Whoever could not be told in time has the notice all the same, and nobody moves untold."""
        self.patient.email = False
        campaign = self._campaign()
        self.assertEqual(self._states(campaign), ["planned"])
        self.assertIn("No e-mail address", campaign.line_ids.reason)
        self.assertAlmostEqual(self.ann.next_amount, 113.85)
        with freeze_time("2026-03-05"):
            self.ann._renew()
            campaign.line_ids.action_told()
            self.assertEqual(campaign.line_ids.effective_date, date(2026, 4, 30))
            with self.assertRaisesRegex(UserError, "told already"):
                campaign.line_ids.action_told()
        with freeze_time("2026-05-01"):
            self.ann._renew()
        self.assertEqual(self._prices(self.ann)[1:], [(99, 99), (99, 99), (109, 109)])

    def test_no_template_is_told_by_hand(self):
        campaign = self._campaign(template_id=False)
        self.assertEqual(self._states(campaign), ["told"])
        self.assertEqual(self.ann.message_ids.filtered("mail_ids").mapped("subject"), ["Welcome to Gold"])

    # === moved === #

    def test_moves_with_the_renewal_once(self):
        campaign = self._campaign()
        self.assertAlmostEqual(self.ann.next_amount, 113.85)
        with freeze_time("2026-02-28"):
            self.ann._renew()
            self.assertAlmostEqual(self.ann.next_amount, 125.35)
            self.assertEqual(self.ann.price_change_note, "$\xa0109.00 from 03/31/2026")
        with freeze_time("2026-03-31"):
            self.ann._renew()
        with freeze_time("2026-04-30"):
            self.ann._renew()
            self._tell()
        self.assertEqual(self._prices(self.ann), [(99, 99), (99, 99), (109, 109), (109, 109)])
        self.assertEqual((campaign.state, self._states(campaign)), ("done", ["moved"]))
        log = self.ann.log_ids.filtered(lambda entry: entry.event == "price")
        self.assertEqual((len(log), log.monthly_change), (1, 10))
        self.assertIn("99.00", log.note)
        self.assertEqual(self.bob.price, 49, "who is not chosen keeps the price")

    def test_catch_up(self):
        """One late run: periods before the date keep the old price."""
        campaign = self._campaign()
        with freeze_time("2026-05-02"):
            self.ann._renew()
        self.assertEqual(self._prices(self.ann), [(99, 99), (99, 99), (109, 109), (109, 109)])
        self.assertEqual(campaign.line_ids.effective_date, date(2026, 3, 31))

    def test_deleted_draft_is_billed_at_its_own_price(self):
        self._campaign()
        with freeze_time("2026-02-28"):
            period = self.ann._renew()
            period.invoice_id.button_draft()
            period.invoice_id.with_context(force_delete=True).unlink()
        with freeze_time("2026-03-31"):
            self.ann._renew()
            period._bill()
        self.assertEqual(self._prices(self.ann), [(99, 99), (99, 99), (109, 109)])

    def test_after_a_pause(self):
        campaign = self._campaign()
        self.ann._pause(2)
        with freeze_time("2026-04-10"):
            self.ann._resume()
            self.assertEqual(campaign.line_ids.effective_date, self.ann.next_renewal)
        with freeze_time("2026-05-01"):
            self.ann._renew()
        self.assertEqual(self._prices(self.ann), [(99, 99), (109, 109)])
