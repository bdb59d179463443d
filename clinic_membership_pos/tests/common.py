"""A till at the shared test clinic, and orders as a browser sends them."""

import uuid

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.clinic_membership.tests.common import ClinicCommon


class TillData:
    """A till with cash and bank, and its open session."""

    @classmethod
    def _prepare_till(cls, name="Desk"):
        cash = cls.env["account.journal"].create(
            {"name": f"Cash {name}", "type": "cash", "code": f"C{uuid.uuid4().hex[:4]}"}
        )
        cls.cash = cls.env["pos.payment.method"].create({"name": f"Cash {name}", "journal_id": cash.id})
        cls.till = cls.env["pos.config"].create({"name": name, "payment_method_ids": [Command.set(cls.cash.ids)]})
        (cls.facial | cls.massage | cls.six_pack | cls.monthly).product_tmpl_id.available_in_pos = True
        cls.till_session = cls._open_session()

    @classmethod
    def _open_session(cls):
        cls.till.with_user(cls.env.ref("base.user_admin")).open_ui()
        session = cls.till.current_session_id
        session.set_opening_control(0, None)
        return session

    @classmethod
    def _line(cls, product, qty=1, **values):
        """A line as the browser sends it; one that units pay for costs nothing."""
        price = values.pop("price_unit", 0.0 if values.get("clinic_redeem") else product.list_price)
        own = product.taxes_id.filtered(lambda tax: tax.company_id == cls.company)  # a till has its company's alone
        taxes = own.compute_all(price * (1 - values.get("discount", 0) / 100), quantity=qty)
        return Command.create(
            {
                "uuid": str(uuid.uuid4()),
                "product_id": product.id,
                "full_product_name": product.name,
                "qty": qty,
                "price_unit": price,
                "price_subtotal": taxes["total_excluded"],
                "price_subtotal_incl": taxes["total_included"],
                "tax_ids": [Command.set(own.ids)],
                **values,
            }
        )

    @classmethod
    def _units(cls, qty=1, product=None, **values):
        return cls._line(product or cls.facial, qty, clinic_redeem=True, **values)

    @classmethod
    def _data(cls, *lines, partner=None, session=None, **values):
        """A paid order as the browser sends it."""
        total = sum(line[2]["price_subtotal_incl"] for line in lines)
        net = sum(line[2]["price_subtotal"] for line in lines)
        now = fields.Datetime.to_string(fields.Datetime.now())
        payment = {"amount": total, "name": now, "payment_method_id": cls.cash.id}
        return {
            "uuid": str(uuid.uuid4()),
            "access_token": str(uuid.uuid4()),
            "pos_reference": str(uuid.uuid4()),
            "tracking_number": "1",
            "sequence_number": 1,
            "state": "paid",
            "amount_paid": total,
            "amount_return": 0,
            "amount_tax": total - net,
            "amount_total": total,
            "date_order": now,
            "fiscal_position_id": False,
            "pricelist_id": False,
            "last_order_preparation_change": "{}",
            "lines": list(lines),
            "partner_id": partner and partner.id,
            "session_id": (session or cls.till_session).id,
            "payment_ids": [Command.create(payment)] if total else [],
            "user_id": cls.env.uid,
            "to_invoice": False,
            **values,
        }

    @classmethod
    def _sync(cls, *orders, user=None):
        """Send orders; as a cashier, who is no membership user."""
        model = cls.env["pos.order"].with_user(user or cls.cashier)
        found = model.with_context(generate_pdf=False).sync_from_ui([dict(order) for order in orders])
        cls.env.invalidate_all()
        return cls.env["pos.order"].browse([row["id"] for row in found["pos.order"]])

    @classmethod
    def _ring_up(cls, *lines, partner=True, **values):
        """A paid order of the patient."""
        patient = cls.patient if partner is True else partner
        return cls._sync(cls._data(*lines, partner=patient, **values))

    @classmethod
    def _give_back(cls, line, qty=None, **values):
        """The line that gives a till line back."""
        qty = line.qty if qty is None else qty
        return cls._line(line.product_id, -qty, price_unit=line.price_unit, refunded_orderline_id=line.id, **values)

    @classmethod
    def _close(cls, session=None):
        """Close a session; its entry is posted."""
        session = session or cls.till_session
        session.sudo().action_pos_session_closing_control()
        session.invalidate_recordset()


class TillCommon(TillData, ClinicCommon):
    """The tests that roll back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = new_test_user(cls.env, "cashier", "base.group_user,point_of_sale.group_pos_user")
        cls._prepare_till()

    def assertReviews(self, order, *kinds):
        self.assertEqual(sorted(order.lines.clinic_review_ids.mapped("kind")), sorted(kinds))
