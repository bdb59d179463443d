"""A clinic with deferred packages and promotions of Odoo's loyalty."""

from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import Form

from .common import COMMIT
from .refund_common import answering, supporting
from .test_deferral import DeferralCommon


class PromotionCommon(DeferralCommon):
    """Orders with promotions, invoiced and paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.other_tax = cls.tax.copy({"name": "Clinic 8 %", "amount": 8})

    @classmethod
    def _program(cls, reward, rule=None, **values):
        """A promotion; by default without a code, on all products."""
        return cls.env["loyalty.program"].create(
            {
                "name": "Promotion",
                "program_type": "promotion",
                "trigger": "auto",
                "applies_on": "current",
                "rule_ids": [Command.clear(), Command.create({"reward_point_mode": "order", **(rule or {})})],
                "reward_ids": [Command.clear(), Command.create({"required_points": 1, **reward})],
                **values,
            }
        )

    @classmethod
    def _percent(cls, percent, *products, **values):
        """So many percent off the order, or off products."""
        applies = {
            "discount_applicability": "specific",
            "discount_product_ids": [Command.set([p.id for p in products])],
        }
        reward = {"reward_type": "discount", "discount": percent, "discount_mode": "percent"}
        return cls._program({**reward, **(applies if products else {}), **values})

    @classmethod
    def _claim(cls, order, *programs):
        """Staff takes the rewards of these promotions."""
        for program in programs:
            order._update_programs_and_rewards()
            for coupon, rewards in order._get_claimable_rewards().items():
                if coupon.program_id == program:
                    order._apply_program_reward(rewards[:1], coupon)

    @classmethod
    def _gift_card(cls, order, amount, kind="gift_card", tax=None):
        """Pay a part of the order with a gift card, or with the patient's eWallet; taxed when sold, or now."""
        programs = cls.env["loyalty.program"]
        program = programs.browse(programs.create_from_template(kind)["res_id"])
        program.reward_ids.discount_line_product_id.taxes_id = tax or cls.env["account.tax"]
        values = {"program_id": program.id, "points": amount, "partner_id": order.partner_id.id}
        card = cls.env["loyalty.card"].create(values)
        if kind == "gift_card":
            order._try_apply_code(card.code)
        order._update_programs_and_rewards()
        order._apply_program_reward(program.reward_ids, card)
        return card

    @classmethod
    def _buy(cls, order, paid=True):
        """Confirm the order, invoice it and have it paid; answer with its packages."""
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        if paid and invoice.amount_residual:
            cls._pay(invoice)
        return order.order_line.clinic_package_ids


class PackageRefundCommon(PromotionCommon):
    """Refunds of packages through the wizard."""

    def setUp(self):
        super().setUp()
        self.startPatcher(supporting("partial"))
        self.startPatcher(patch(COMMIT, lambda cron, processed=0, **kwargs: cron.env.flush_all() or 1000.0))

    def _wizard(self, package, units=None, user=None, **values):
        """The wizard as it is filled in: ``units`` of each lot, all of them by default."""
        action = package.with_user(user or self.manager).action_refund()
        wizards = self.env["clinic.package.refund"].with_user(user or self.manager)
        form = Form(wizards.with_context(**action["context"]))
        form.reason = "Moves away"
        for name, value in {"way": "credit", **values}.items():
            form[name] = value
        for index, some in enumerate(units or ()):
            with form.line_ids.edit(index) as line:
                line.units = some
        return form.save()

    def _refund(self, package, units=None, *answers, **values):
        """Confirm it; answers with what was given back before tax."""
        before = package._refunded()
        with answering(*answers):
            self._wizard(package, units, **values).action_confirm()
        return round(sum((package._refunded() - before).mapped("net")), 2)

    def _settled(self, **figures):
        """After the next run, books and units agree, and nothing is explained away."""
        self._recognize("2026-03-03")
        self.assertTiesOut("2026-03-03", **figures)
