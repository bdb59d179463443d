# pylint: disable=invalid-commit
"""Several people, or several workers, at the same thing at once: on real transactions, committed for others to see."""

import threading
import time
import uuid
from collections import defaultdict
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .at_once_common import ClinicAtOnce
from .common import SEND

CHUNK = "odoo.addons.clinic_membership.models.clinic_collection.CHUNK"


@tagged("post_install", "-at_install")
class TestConcurrency(ClinicAtOnce):
    """Units, renewals, charges: what must happen once happens once."""

    def test_the_last_place_of_a_family_is_given_once(self):
        tier = self._tier("Pair", 10, 99, family_size=2)
        membership = self._sell(tier.plan_ids.product_variant_id, partner=self._patient())
        people = iter([self._patient().id for _number in range(4)])
        self.env.cr.commit()

        def add(env):
            person = env["res.partner"].browse(given[threading.get_ident()])
            return env["clinic.membership"].browse(membership.id)._family_add(person).id

        given = defaultdict(lambda: next(people))
        results = self._at_once(add, 4)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 3)
        self.assertIn("all places are taken", str(refused[0]))
        self.assertEqual(len(membership.member_ids), 1)

    def test_the_last_units_are_not_sold_twice(self):
        patient = self._patient()
        package = self._sell(self._package("5-Pack", 100, 5), partner=patient)
        self.cr.commit()

        def redeem(env):
            company, facial = env["res.company"].browse(self.company.id), env["product.product"].browse(self.facial.id)
            partner = env["res.partner"].browse(patient.id)
            return env["clinic.redemption"]._redeem(partner, facial, 1, company._clinic_today(), company).id

        results = self._at_once(redeem, 8)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 3)
        self.assertIn("has 0 of the 1 units", str(refused[0]))
        self.assertEqual((package.units_left, package.units_used, package.value_left), (0, 5, 0))

    def test_one_line_is_paid_once(self):
        patient = self._patient()
        package = self._sell(self._package("5-Pack", 100, 5), partner=patient)
        line = self._order(self.facial, partner=patient).order_line
        self.cr.commit()

        def redeem(env):
            source = env["sale.order.line"].browse(line.id)
            order = source.order_id
            today = order.company_id._clinic_today()
            return (
                env["clinic.redemption"]
                ._redeem(order.partner_id, source.product_id, 1, today, order.company_id, source=source)
                .id
            )

        self._at_once(redeem, 4)
        self.assertEqual(package.units_used, 1)
        self.assertEqual(len(line.clinic_redemption_ids), 1)

    def _due_memberships(self, count):
        memberships = self._members(count)
        self.cr.commit()
        return memberships

    def _assert_renewed_once(self, memberships):
        today = self.company._clinic_today()
        self.assertEqual(memberships.period_ids.mapped("date_start"), [today] * len(memberships))
        self.assertEqual(len(memberships.period_ids.invoice_id), len(memberships))
        self.assertEqual(memberships.grant_ids.mapped("remaining"), [2] * len(memberships))
        names = memberships.period_ids.invoice_id.mapped("name")
        self.assertEqual(len(set(names)), len(names))

    def _renew_all(self, env, memberships, limit):
        model = env["clinic.membership"]
        domain = fields.Domain("id", "in", memberships.ids) & model._today_domain(model._due_domain)
        model._work_through(domain, "_renew", limit)

    def test_two_workers_share_the_renewals(self):
        memberships = self._due_memberships(24)
        self._at_once(lambda env: self._renew_all(env, memberships, 4), 2)
        self._assert_renewed_once(memberships)

    def test_a_run_that_died_is_run_again(self):
        memberships = self._due_memberships(9)
        origin, calls = type(memberships)._renew, []

        def renew(records):
            result = origin(records)
            calls.append(len(records))
            if len(calls) == 2:
                raise SystemExit("killed")
            return result

        with patch.object(type(memberships), "_renew", renew), self.registry.cursor() as cr:
            with self.assertRaises(SystemExit):
                self._renew_all(api.Environment(cr, SUPERUSER_ID, {}), memberships, 3)
            cr.rollback()
        self.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(len(memberships.period_ids), 3, "the committed chunk is done, the other is as if never begun")
        self._at_once(lambda env: self._renew_all(env, memberships, 3), 1)
        self._assert_renewed_once(memberships)

    def test_charged_at_once_from_two_sides(self):
        """Two people press Charge Now while the scheduled action runs: the card is charged once."""
        membership = self._due_memberships(1)
        membership.payment_token_id = self._card(membership.partner_id)
        period = membership._renew()
        collection = period.collection_ids
        self.cr.commit()
        sent = []

        def send(transaction):
            sent.append(transaction.reference)
            time.sleep(0.3)
            transaction._set_done()

        with patch(SEND, send):
            self._at_once(lambda env: env["clinic.collection"].browse(collection.id)._collect(), 3)
        self.assertEqual(len(sent), 1)
        self.assertEqual(period.invoice_id.transaction_ids.mapped("state"), ["done"])
        self.assertEqual(period.payment_state, "paid")

    def _due_collections(self, count):
        """What to charge, and a patch that has the scheduled action look at nothing else."""
        memberships = self._due_memberships(count)
        for membership in memberships:
            membership.payment_token_id = self._card(membership.partner_id)
        collections = memberships._renew().collection_ids
        self.cr.commit()
        mine = fields.Domain("id", "in", collections.ids) & fields.Domain("state", "in", ("due", "open"))
        return collections, patch.object(type(collections), "_today_domain", lambda _self, _make: mine)

    def _assert_charged_once(self, collections, sent):
        transactions = collections.invoice_id.transaction_ids
        self.assertEqual(sorted(sent), sorted(transactions.mapped("reference")))
        self.assertEqual(len(sent), len(collections))
        self.assertEqual(
            self.env["account.payment"].search_count([("invoice_ids", "in", collections.invoice_id.ids)]), len(sent)
        )
        self.assertEqual(set(collections.mapped("state")), {"done"})
        self.assertEqual(set(collections.invoice_id.mapped("amount_residual")), {0})

    def test_died_between_the_answers_and_the_books(self):
        """All answers are durable; the next run sends nothing and has the payments in the books."""
        collections, only_these = self._due_collections(3)
        sent, killed = [], patch.object(type(collections), "_book_durably", side_effect=SystemExit("killed"))

        def send(transaction):
            sent.append(transaction.reference)
            transaction._set_done()

        with patch(SEND, send), only_these:
            with killed, self.registry.cursor() as cr:
                with self.assertRaises(SystemExit):
                    api.Environment(cr, SUPERUSER_ID, {})["clinic.collection"]._cron_collect()
                cr.rollback()
            self.cr.rollback()
            self.env.invalidate_all()
            transactions = collections.invoice_id.transaction_ids
            self.assertEqual(transactions.mapped("state"), ["done"] * 3)
            self.assertEqual(transactions.mapped("is_post_processed"), [False] * 3)
            self.assertEqual([i._clinic_open_transaction() for i in collections.invoice_id], list(transactions))
            self.assertFalse(transactions.payment_id)
            self._at_once(lambda env: env["clinic.collection"]._cron_collect(), 1)
        self._assert_charged_once(collections, sent)

    def test_two_workers_charge_and_book(self):
        """Each card is charged once and each payment posted once, whoever posts it."""
        collections, only_these = self._due_collections(6)
        sent = []

        def send(transaction):
            sent.append(transaction.reference)
            time.sleep(0.05)
            transaction._set_done()

        with patch(SEND, send), patch(CHUNK, 2), only_these:
            self._at_once(lambda env: env["clinic.collection"]._cron_collect(), 2)
        self._assert_charged_once(collections, sent)

    def test_paid_at_once_from_two_sides(self):
        """The till and the bank both report the payment: it starts once."""
        patient = self._patient()
        membership = self._sell(self.monthly, partner=patient, paid=False)
        self.cr.commit()
        self._at_once(lambda env: env["clinic.membership"].browse(membership.id)._set_ready(), 3)
        self.assertEqual(membership.state, "active")
        self.assertEqual(len(membership.period_ids), 1)
        self.assertEqual(membership.grant_ids.mapped("remaining"), [2])

    def _given(self, patient):
        return self.env["clinic.credit"].search([("partner_id", "=", patient.id)])

    def test_the_limit_holds_when_users_give_at_once(self):
        patient = self._patient()
        users = [
            new_test_user(self.env, f"giver_{uuid.uuid4().hex[:8]}", "clinic_membership.group_membership_user")
            for _number in range(3)
        ]
        self.cr.commit()
        who = iter(users)
        givers = defaultdict(lambda: next(who).id)

        def give(env):
            env = env(user=givers[threading.get_ident()])
            wizard = env["clinic.give.credit"].create(
                {"asked_for_id": patient.id, "partner_id": patient.id, "amount": 30, "reason": "Sorry"}
            )
            wizard.action_confirm()

        results = self._at_once(give, 3)
        self.assertEqual(len([result for result in results if isinstance(result, UserError)]), 2)
        self.assertEqual(self._given(patient).mapped("amount"), [30])

    def test_a_debt_is_forgiven_once(self):
        membership = self._due_memberships(1)
        invoice = membership._renew().invoice_id
        self.cr.commit()
        forgiven = self._at_once(
            lambda env: len(env["account.move"].browse(invoice.id)._clinic_write_off("bad_debt", "Moved away")), 3
        )
        self.assertEqual(sorted(forgiven), [0, 0, 1])
        self.assertEqual((invoice.amount_residual, len(invoice.reversal_move_ids)), (0, 1))

    def test_forgiven_while_the_card_is_charged(self):
        """Either the card is charged and nothing is forgiven, or the other way round: never both."""
        membership = self._due_memberships(1)
        membership.payment_token_id = self._card(membership.partner_id)
        period = membership._renew()
        collection, invoice = period.collection_ids, period.invoice_id
        self.cr.commit()
        sent, jobs = [], iter(("_charge", "_forgive"))
        mine = defaultdict(lambda: next(jobs))

        def send(transaction):
            sent.append(transaction.reference)
            time.sleep(0.3)
            transaction._set_done()

        def work(env):
            if mine[threading.get_ident()] == "_charge":
                env["clinic.collection"].browse(collection.id)._collect()
            else:
                env["account.move"].browse(invoice.id)._clinic_write_off("forgiven", "Courtesy")

        with patch(SEND, send):
            self._at_once(work, 2)
        given = self._given(membership.partner_id)
        self.assertEqual(len(sent) + len(given), 1)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(membership._waiting_credit(), {})
