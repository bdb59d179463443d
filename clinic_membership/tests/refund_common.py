"""A member and a package owner who paid, and a provider that gives money back as the tests say."""

from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tools import mute_logger

from odoo.addons.payment.models.payment_provider import PaymentProvider

from .common import COMMIT, ClinicCommon

REFUND = "odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_refund_request"
WHY = "The treatment had to be called off"


def supporting(support):
    """Let every provider support refunds: none, full_only or partial."""
    origin = PaymentProvider._compute_feature_support_fields

    def compute(providers):
        origin(providers)
        providers.support_refund = support

    return patch.object(PaymentProvider, "_compute_feature_support_fields", compute)


@contextmanager
def answering(*states):
    """Let the provider answer the next refunds with these states, or with an exception to raise."""
    answers, sent = iter(states), []

    def send(transaction):
        answer = next(answers)
        sent.append(transaction)
        if isinstance(answer, Exception):
            raise answer
        if answer == "unknown":
            transaction.clinic_outcome = "unknown"
            transaction._set_error("No answer")
        elif answer != "nothing":
            getattr(transaction, f"_set_{answer}")(*(["No money on the account"] if answer == "error" else []))

    with patch(REFUND, send), mute_logger("odoo.addons.payment"):
        yield sent


class RefundCommon(ClinicCommon):
    """A member whose renewal of 113.85 was paid by card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(supporting("partial"))
        cls.company.clinic_wallet_program_id = False
        with freeze_time("2026-01-31"):
            cls.membership = cls._sell(cls.monthly)
        cls.membership.payment_token_id = cls.card = cls._card(cls.patient)
        with freeze_time("2026-02-28"):
            cls.period = cls.membership._renew()
        cls.invoice = cls.period.invoice_id
        cls.charge = cls._charge(cls.invoice)

    @classmethod
    def _charge(cls, invoice, amount=None, card=None):
        """Pay by card, all of it or a part."""
        transaction = invoice._clinic_new_transaction(card or cls.card)
        transaction.amount = amount or transaction.amount
        transaction._set_done()
        transaction._post_process()
        return transaction

    def setUp(self):
        super().setUp()
        self.startPatcher(patch(COMMIT, lambda cron, processed=0, **kwargs: cron.env.flush_all() or 1000.0))

    def _wizard(self, user=None, invoice=None, **values):
        """The wizard as the invoice's button opens it, for a manager."""
        user = user or self.manager
        context = (invoice or self.invoice).with_user(user).action_clinic_refund()["context"]
        wizard = self.env["clinic.refund.wizard"].with_user(user).with_context(**context)
        return wizard.create({"reason": WHY, **values})

    def _refund(self, way, amount=None, *answers, **values):
        """Refund through the wizard; answers with the refund."""
        values.update({"way": way, **({"amount": amount} if amount else {})})
        with answering(*answers) as self.sent:
            wizard = self._wizard(**values)
            self.answer = wizard.action_confirm()["params"]
        return self.env["clinic.refund"].search([("invoice_id", "=", wizard.invoice_id.id)], limit=1)

    def _parts(self, *moves):
        """Net and tax, added up."""
        return tuple(round(sum(move[name] for move in moves), 2) for name in ("amount_untaxed", "amount_tax"))

    def _open(self, partner=None):
        """What the partner owes in the ledger; negative: credit."""
        self.env.invalidate_all()
        return round((partner or self.patient).with_company(self.company).credit, 2)
