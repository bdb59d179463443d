# pylint: disable=invalid-commit
"""The shared set-up: a clinic with a tier, two plans, a package, a patient and a card."""

import uuid
from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, Form, get_db_name, new_test_user
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import BaseCommon

COMMIT = "odoo.addons.base.models.ir_cron.IrCron._commit_progress"
RETRY = "odoo.addons.clinic_membership.models.clinic_collection.retrying"
SEND = "odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_payment_request"


class ClinicData:
    """What a test clinic is made of, in ``cls.env``."""

    @classmethod
    def _prepare(cls, mark=""):
        cls.company = cls.env.company
        cls.company.clinic_tz = "UTC"
        cls.tax = cls.env["account.tax"].create({"name": f"Clinic 15 %{mark}", "amount": 15})
        parts = cls.tax.invoice_repartition_line_ids | cls.tax.refund_repartition_line_ids
        taxed = parts.filtered(lambda line: line.repartition_type == "tax")
        taxed.account_id = cls.company._clinic_account(f"Tax{mark}", "liability_current")
        cls.facial, cls.massage = cls.env["product.product"].create(
            [
                {"name": name, "type": "service", "list_price": 100, "taxes_id": [Command.set(cls.tax.ids)]}
                for name in ("Facial", "Massage")
            ]
        )
        cls.gold = cls._tier("Gold", 10, 99, rank=1)
        cls.monthly = cls.gold.plan_ids.product_variant_id
        cls.six_pack = cls._package("6-Pack Facials", 450, 6)
        cls.patient = cls.env["res.partner"].create({"name": "Ann Patient", "email": "ann@example.com"})
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.reason = cls.env.ref("clinic_membership.cancel_reason_other")

    @classmethod
    def _tier(cls, name, discount, price, **values):
        """A tier with two facials a period and one plan."""
        plan = {
            k: values.pop(k) for k in ("billing_interval", "trial_length", "trial_unit", "trial_price") if k in values
        }
        return cls.env["clinic.membership.tier"].create(
            {
                "name": name,
                "discount": discount,
                "benefit_ids": [Command.create({"product_id": cls.facial.id, "quantity": 2})],
                "plan_ids": [
                    Command.create(
                        {
                            "name": f"{name} plan",
                            "service_tracking": "membership",
                            "list_price": price,
                            "taxes_id": [Command.set(cls.tax.ids)],
                            **plan,
                        }
                    )
                ],
                **values,
            }
        )

    @classmethod
    def _package(cls, name, price, units, product=None):
        benefit = {"product_id": (product or cls.facial).id, "quantity": units}
        template = cls.env["product.template"].create(
            {
                "name": name,
                "service_tracking": "package",
                "list_price": price,
                "taxes_id": [Command.set(cls.tax.ids)],
                "package_benefit_ids": [Command.create(benefit)],
            }
        )
        return template.product_variant_id

    @classmethod
    def _order(cls, *products, partner=None, **line_values):
        return cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.patient).id,
                "order_line": [Command.create({"product_id": product.id, **line_values}) for product in products],
            }
        )

    @classmethod
    def _pay(cls, invoices, amount=None):
        """Pay invoices by bank, as an accountant does."""
        wizard = cls.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices.ids)
        wizard.create({"amount": amount} if amount else {}).action_create_payments()

    @classmethod
    def _sell(cls, product, partner=None, paid=True, **line_values):
        """Sell by an order, invoice it, and have it paid; answer with what the patient holds."""
        order = cls._order(product, partner=partner, **line_values)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        if paid and invoice.amount_residual:
            cls._pay(invoice)
        return order.order_line.clinic_membership_ids or order.order_line.clinic_package_ids

    @classmethod
    def _members(cls, count):
        """Members whose first renewal is due today."""
        partners = cls.env["res.partner"].create([{"name": f"Patient {n}"} for n in range(count)])
        today = cls.company._clinic_today()
        return cls.env["clinic.membership"].create(
            [
                {
                    **cls.gold._terms_values(),
                    "partner_id": partner.id,
                    "tier_id": cls.gold.id,
                    "plan_id": cls.monthly.id,
                    "state": "active",
                    "anchor_date": today,
                    "next_renewal": today,
                    "benefit_ids": [Command.create(values) for values in cls.gold.benefit_ids._copy_values()],
                    "line_ids": [
                        Command.create(
                            {"is_plan": True, "product_id": cls.monthly.id, "name": "Gold", "price_unit": 99}
                        )
                    ],
                }
                for partner in partners
            ]
        )

    @classmethod
    def _redeem(cls, units=1, product=None, partner=None, day=None, **kwargs):
        return cls.env["clinic.redemption"]._redeem(
            partner or cls.patient,
            product or cls.facial,
            units,
            day or cls.company._clinic_today(),
            cls.company,
            **kwargs,
        )

    @classmethod
    def _left(cls, partner=None, product=None):
        grants = (partner or cls.patient)._clinic_grants(product or cls.facial, cls.company)
        return sum(grants.mapped("remaining"))

    @classmethod
    def _provider(cls, mark=""):
        """A provider whose answers the tests give."""
        method = cls.env.ref("payment.payment_method_card")
        provider = cls.env["payment.provider"].create(
            {"name": "Test provider", "code": "none", "state": "test", "payment_method_ids": [Command.set(method.ids)]}
        )
        method.active = True
        payment_method = cls.env["account.payment.method"].create(
            {"name": "Test card", "code": f"clinic_test{mark}", "payment_type": "inbound"}
        )
        cls.env["account.payment.method.line"].create(
            {
                "name": "Test card",
                "payment_method_id": payment_method.id,
                "journal_id": cls.journal.id,
                "payment_provider_id": provider.id,
            }
        )
        cls.card_method = method
        return provider

    @classmethod
    def _card(cls, partner, **values):
        return cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.card_method.id,
                "partner_id": partner.id,
                "payment_details": "1234",
                "provider_ref": "token",
                **values,
            }
        )


class ClinicCommon(ClinicData, BaseCommon):
    """The clinic of the tests that roll back, with its staff and a card provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "lang": "en_US"})
        cls._clear_books()
        cls._prepare()
        cls.provider = cls._provider()
        cls.receptionist = new_test_user(cls.env, "receptionist", "clinic_membership.group_membership_user")
        cls.manager = new_test_user(cls.env, "clinic_manager", "clinic_membership.group_membership_manager")

    @classmethod
    def _clear_books(cls):
        """Start without deferral: the demo clinic defers, and what it owes is not the tests' business.

        By SQL, as accounts stay while value is on them (clinic_deferral_accounts.py).
        """
        cls.env.flush_all()
        cls.env.cr.execute(
            """
            DELETE FROM clinic_deferral_posting;
            DELETE FROM clinic_deferral;
            UPDATE clinic_grant SET deferred = false WHERE deferred;
            UPDATE clinic_grant_entry SET to_recognize = false WHERE to_recognize;
            UPDATE res_company SET clinic_prepaid_account_id = NULL, clinic_breakage_account_id = NULL,
                                   clinic_deferred_account_id = NULL, clinic_deferral_journal_id = NULL;
            """
        )
        cls.env.invalidate_all()

    def _expire(self, day):
        """Run the scheduled action that ends units, on a day."""
        with freeze_time(f"{day} 10:00:00"), self.enter_registry_test_mode():
            self.env.ref("clinic_membership.ir_cron_expire").method_direct_trigger()
        self.env.invalidate_all()

    def _confirm(self, action, user=None):
        """Open the wizard of a button as its user does, and confirm what it shows.

        :return: the wizard
        """
        wizard = self.env[action["res_model"]].with_user(user or self.env.user).with_context(**action["context"])
        wizard = Form(wizard).save()
        wizard.action_confirm()
        return wizard

    @contextmanager
    def _answers(self, *states):
        """Let the provider answer the next charges with these states: done, error, pending, or an exception to raise.

        Commits between the steps are replaced by flushes, as a test must not commit; nor is anything tried again.
        """
        answers = iter(states)
        sent = []

        def send(transaction):
            answer = next(answers)
            sent.append(transaction)
            if isinstance(answer, Exception):
                raise answer
            if answer != "nothing":
                args = ["Declined"] if answer == "error" else []
                getattr(transaction, f"_set_{answer}")(*args)

        def flush(cron, processed=0, **kwargs):
            cron.env.flush_all()
            return 1000.0

        def once(work, env):
            return work()

        with patch(SEND, send), patch(COMMIT, flush), patch(RETRY, once), mute_logger("odoo.addons.payment"):
            yield sent


class ClinicCommitted(ClinicData, BaseCase):
    """The clinic of the tests that commit, for other processes and threads to see.

    The data stays in the test database: entries of units are never deleted.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.cr = cls.registry.cursor()
        cls.addClassCleanup(cls.cr.close)  # runs last
        cls.env = api.Environment(cls.cr, SUPERUSER_ID, {"lang": "en_US"})
        mark = f" {uuid.uuid4().hex[:8]}"
        cls._prepare(mark)
        cls.provider = cls._provider(mark)
        cls.cr.commit()
        cls.addClassCleanup(cls._archive)

    @classmethod
    def _archive(cls):
        """Out of the way of other tests, which look for things by their names."""
        cls.cr.rollback()
        for model in ("product.template", "res.users", "res.partner"):
            cls.env[model].search([("create_date", ">=", cls.gold.create_date)]).active = False
        cls.env["clinic.membership"].search([("tier_id", "=", cls.gold.id)]).state = "cancelled"
        cls.gold.active = False
        cls.provider.state = "disabled"
        cls.cr.commit()
