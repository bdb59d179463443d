from freezegun import freeze_time

from odoo import sql_db
from odoo.fields import Command
from odoo.tests import tagged

from .family_common import FamilyCommon

SOLD, EXPIRED = "2026-01-31", "2027-01-31"


@tagged("post_install", "-at_install")
@freeze_time(SOLD)
class TestLedgerSize(FamilyCommon):
    """Many units cost no more statements than few; what expires together is noted as if alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False, "mail_notrack": False})

    def _settle(self):
        """What a commit does: field tracking writes its messages."""
        self.env.flush_all()
        self.cr.flush()
        self.env.invalidate_all()

    def _packages(self, count):
        partners = self.env["res.partner"].create([{"name": f"Patient {n}"} for n in range(count)])
        packages = self.env["clinic.package"].union(*(self._sell(self.six_pack, partner=p) for p in partners))
        self._settle()
        return self.env["clinic.package"].browse(packages.ids)

    def _statements(self, work):
        self._settle()
        before = sql_db.sql_counter
        work()
        self._settle()
        return sql_db.sql_counter - before

    def _note(self, package):
        """The last note on a package, without what no two notes share."""
        note = package.message_ids.sorted("id")[-1]
        tracked = [(v.field_id.name, v.old_value_char, v.new_value_char) for v in note.sudo().tracking_value_ids]
        return tracked, note.body, note.subtype_id, note.message_type, note.author_id, note.email_from, note.is_internal

    # === the notes on packages === #

    def test_expiring_together_is_noted_as_alone(self):
        packages = self._packages(4)
        with freeze_time(EXPIRED):
            for part in (packages[:1], packages[1:]):
                part.grant_ids._expire()
                self._settle()
        alone = self._note(packages[0])
        self.assertEqual(alone[0], [("state", "Active", "Expired")])
        self.assertEqual([self._note(package) for package in packages[1:]], [alone] * 3)

    def test_an_author_and_a_text_are_kept(self):
        packages = self._packages(2)
        author = self.manager.partner_id
        packages._track_set_author(author)
        packages._track_set_log_message("Closed")
        with freeze_time(EXPIRED):
            packages.grant_ids._expire()
            self._settle()
        for package in packages:
            note = package.message_ids.sorted("id")[-1]
            self.assertEqual((note.author_id, note.body), (author, "<span>Closed</span>"))
            self.assertEqual(note.sudo().tracking_value_ids.new_value_char, "Expired")

    def test_what_did_not_change_is_not_noted(self):
        packages = self._packages(3)
        before = [len(package.message_ids) for package in packages]
        with freeze_time(EXPIRED):
            packages[:2].write({"user_id": self.manager.id})
            packages[2:].grant_ids._expire()
            self._settle()
        self.assertEqual([len(package.message_ids) for package in packages], [before[0], before[1], before[2] + 1])

    # === how a package ended === #

    def test_used_after_it_came_back_is_used_up(self):
        package = self._packages(1)
        with freeze_time(EXPIRED):
            package.grant_ids._expire()
            self.assertEqual(package.state, "expired")
            package.grant_ids._extend(package.company_id._clinic_today(), "Was ill")
            self.assertEqual(package.state, "active")
            self._redeem(6, partner=package.partner_id)
        self.assertEqual(package.state, "used")

    # === statements === #

    def test_statements_of_expiry_and_recognition_do_not_grow(self):
        self.company.action_clinic_propose_accounts()
        few, many = self._packages(3), self._packages(9)
        with freeze_time(EXPIRED):
            few[:1].grant_ids._expire()  # what is read once
            few[:1].grant_ids.entry_ids._recognize()
            lots = [few[1:].grant_ids, many.grant_ids]
            expiry = [self._statements(self.env["clinic.grant"].browse(grants.ids)._expire) for grants in lots]
            ended = [grants.entry_ids.filtered("to_recognize") for grants in lots]
            self.assertEqual([len(entries) for entries in ended], [2, 9])
            recognition = [self._statements(entries._recognize) for entries in ended]
        self.assertEqual(expiry[0], expiry[1])
        self.assertEqual(recognition[0], recognition[1])
        self.assertEqual(set((few | many).mapped("state")), {"expired"})

    # === what a patient has === #

    def _statements_of_balances(self):
        """What a receptionist's question costs, of somebody in a family: (answer, SQL statements)."""
        bea, facial, company = (r.with_user(self.receptionist) for r in (self.bea, self.facial, self.company))

        def ask():
            self._settle()
            for record, name in ((bea, "display_name"), (facial.categ_id, "display_name"), (company, "clinic_tz")):
                record.mapped(name)  # what a request has read
            before = sql_db.sql_counter
            answer = bea._clinic_grants(facial, company)._allocate(bea, facial, company._clinic_today(), 5)
            return answer, sql_db.sql_counter - before

        ask()  # what Odoo reads once
        return ask()

    def test_balances_in_five_queries(self):
        """Of somebody in a family with a limit, with packages of their own."""
        self.membership._family_add(self.bea, cap=1)
        for _n in range(3):
            self._sell(self.six_pack, partner=self.bea)
        self._redeem(partner=self.bea)
        answer, statements = self._statements_of_balances()
        self.assertLessEqual(statements, 5)
        self.assertEqual((answer.missing, list(answer.refused.values())), (0, ["cap_reached"]))

    def _every_rule(self):
        """Three packages with every rule for a visit."""
        closed = {"name": "Christmas", "date_from": "2025-12-24", "date_to": "2025-12-26", "yearly": True}
        self.six_pack.product_tmpl_id.write(
            {
                "min_days_between": 7,
                "max_per_visit": 2,
                "only_product_ids": [Command.set(self.facial.ids)],
                "blackout_ids": [Command.create(closed), Command.create({"name": "Fair", "date_from": "2026-05-01"})],
            }
        )
        for _n in range(3):
            self._sell(self.six_pack, partner=self.bea)

    def test_balances_with_every_rule_in_five_queries(self):
        """The rules cost one statement, for the visits that count: five in a family, six where she has a limit, too."""
        self.membership._family_add(self.bea)
        self._every_rule()
        answer, statements = self._statements_of_balances()
        self.assertLessEqual(statements, 5)
        self.assertEqual(answer.missing, 0)
        self.membership.member_ids.filtered(lambda member: member.partner_id == self.bea).personal_cap = 1
        self.assertLessEqual(self._statements_of_balances()[1], 6)

    def test_rules_are_what_the_terms_say(self):
        """They are kept in one place, and follow whatever is changed."""
        self._every_rule()
        package = self.bea.clinic_package_ids[:1]
        days = [["2025-12-24", "2025-12-26", True], ["2026-05-01", "2026-05-01", False]]
        self.assertEqual(package.visit_rules, {"only": self.facial.ids, "closed": days})
        package.blackout_ids[0].date_to = "2025-12-31"
        package.blackout_ids[1].unlink()
        package.only_product_ids = False
        self.assertEqual(package.visit_rules, {"only": [], "closed": [["2025-12-24", "2025-12-31", True]]})
        package.blackout_ids.unlink()
        self.assertFalse(package.visit_rules)
