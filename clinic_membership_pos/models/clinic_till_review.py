from odoo import api, fields, models
from odoo.exceptions import UserError


class ClinicTillReview(models.Model):
    """What a till did and the rules would not have allowed, mostly without a connection: staff settles it.

    An order that was paid at a till is never refused for such a reason, as it would live on in the browser only.
    """

    _name = "clinic.till.review"
    _description = "Till Order to Review"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    kind = fields.Selection(
        [
            ("overdraft", "Units missing"),
            ("sale", "Sold and not given"),
            ("price", "Price"),
            ("refund", "Refund"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("open", "To Review"), ("settled", "Settled"), ("charged", "Charged"), ("forgiven", "Forgiven")],
        required=True,
        default="open",
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    pos_line_id = fields.Many2one("pos.order.line", required=True, readonly=True, index=True, ondelete="restrict")
    pos_order_id = fields.Many2one(related="pos_line_id.order_id", string="Till Order", store=True, index=True)
    session_id = fields.Many2one(related="pos_order_id.session_id", store=True)
    company_id = fields.Many2one(related="pos_line_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Patient", index=True, tracking=True, help="Empty: the till sold it to nobody."
    )
    product_id = fields.Many2one(related="pos_line_id.product_id", store=True)
    quantity = fields.Integer(string="Units", readonly=True, help="How many units are missing.")
    balance = fields.Monetary(
        readonly=True, help="Booked as prepaid services, and no units were given for it: in the company's currency."
    )
    date = fields.Date(required=True, readonly=True, help="The day at the till.")
    reason = fields.Text(required=True, readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, copy=False)
    user_id = fields.Many2one(related="pos_order_id.user_id", string="Cashier", store=True)

    _line_kind_unique = models.UniqueIndex("(pos_line_id, kind)", "This is to be reviewed already.")
    _charged_has_invoice = models.Constraint(
        "CHECK ((state = 'charged') = (move_id IS NOT NULL))", "What was charged has an invoice, and nothing else."
    )

    @api.depends("pos_order_id", "product_id")
    def _compute_display_name(self):
        for review in self.sudo():  # managers need no rights at tills
            review.display_name = f"{review.pos_order_id.name}: {review.product_id.display_name}"

    @api.model
    def _open(self, line, kind, reason, **values):
        """Put something a till did on the list, once for each line and kind, and tell a manager.

        :param reason: in words, with what to do
        """
        found = self.search([("pos_line_id", "=", line.id), ("kind", "=", kind)])
        if found:
            return found
        order = line.order_id
        review = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True).create(
            {
                "pos_line_id": line.id,
                "kind": kind,
                "partner_id": order.partner_id.id,
                "date": order._clinic_day(),
                "reason": reason,
                **values,
            }
        )
        review._tell_manager()
        return review

    def _tell_manager(self):
        """One activity for a manager of the clinic."""
        if manager := self.company_id._clinic_manager():
            self.activity_schedule("clinic_membership_pos.activity_type_review", user_id=manager.id, note=self.reason)

    def _close(self, state, **values):
        self.write({"state": state, **values})
        self.activity_unlink(["clinic_membership_pos.activity_type_review"])

    def _check_open(self):
        for review in self:
            if review.state != "open":
                raise UserError(self.env._("%s is settled already.", review.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What tills did is history and is never deleted. Charge or forgive it instead."))
