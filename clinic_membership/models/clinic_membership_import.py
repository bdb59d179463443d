from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import escape_psql


class ClinicMembershipImport(models.Model):
    """A member of the system that the clinic used before: one row of a spreadsheet, and what became of it.

    A row keeps what was written and, beside it, what that was understood as. A row that cannot be understood
    stays and says why, until somebody corrects it. What is wrong: ``clinic_membership_import_check.py``;
    what a good row becomes: ``clinic_membership_import_create.py``.
    """

    _name = "clinic.membership.import"
    _description = "Member to Import"
    _rec_name = "member"
    _order = "id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(
        "res.currency", string="Currency Found", compute="_compute_currency_id", store=True, readonly=False
    )
    # as written
    reference = fields.Char(string="Old Number", help="The number in the system the clinic used before.")
    member = fields.Char(help="The patient: name, e-mail address or external ID of the contact.")
    plan = fields.Char(
        string="Plan or Package", help="Name, internal reference or external ID of the plan, or of the package."
    )
    start_date = fields.Date(help="First day of the membership; the day a package was bought.")
    anchor_date = fields.Date(
        string="Billing Anchor",
        help="A day from which the billing periods are counted: 31 January for members who pay at each month's end. "
        "Empty: the start date if the next renewal fits to it, else the next renewal.",
    )
    next_renewal = fields.Date(help="The first day that is not paid yet. It is charged then, and nothing before.")
    paid = fields.Selection(
        [("yes", "Yes"), ("no", "No")],
        default="yes",
        help="Whether the time before the next renewal is paid, in the old system. Then a change of plan credits what "
        "is left of it; of unpaid time it credits nothing. Neither is billed here.",
    )
    price = fields.Monetary(string="Agreed Price", help="For each billing period, without taxes that are added to it.")
    currency = fields.Char(help="Of the price, or of the value left: EUR. Empty: the company's.")
    free = fields.Boolean(string="Free of Charge", help="For a price, or a value left, that really is 0.")
    remaining_units = fields.Text(
        help="What is left of the month, of the billing period or of the package: 'Facial: 1; Massage: 2'. "
        "What is not named has nothing left."
    )
    card = fields.Char(
        string="Card Reference",
        help="The reference of the stored card at the payment provider, or its database ID. Empty: no card.",
    )
    invoiced_to = fields.Char(help="Name, e-mail address or external ID of who pays. Empty: the member.")
    status = fields.Selection(
        [("active", "Active"), ("cancelled", "Cancelled")],
        default="active",
        help="Cancelled: benefits last to the day before the next renewal, and nothing is charged any more.",
    )
    expires_on = fields.Date(string="Expiration Date", help="Of a package. Empty: from its start date and validity.")
    value_left = fields.Monetary(help="Of a package: the part of its price, without tax, that is in the units left.")
    # as understood
    partner_id = fields.Many2one(
        "res.partner", string="Contact Found", compute="_compute_partner_id", store=True, readonly=False, index=True
    )
    payer_id = fields.Many2one(
        "res.partner", string="Payer Found", compute="_compute_payer_id", store=True, readonly=False
    )
    product_id = fields.Many2one(
        "product.product",
        string="Plan or Package Found",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        check_company=True,
        domain=[("service_tracking", "in", ("membership", "package"))],
    )
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Card Found",
        compute="_compute_payment_token_id",
        store=True,
        readonly=False,
        domain="[('partner_id', 'in', (partner_id, payer_id)), ('company_id', '=', company_id)]",
    )
    # what became of it
    membership_id = fields.Many2one("clinic.membership", readonly=True, copy=False, check_company=True)
    package_id = fields.Many2one("clinic.package", readonly=True, copy=False, check_company=True)
    problem = fields.Text(compute="_compute_problem", store=True, help="What to correct before it can be created.")
    state = fields.Selection(
        [("ready", "Ready"), ("problem", "To Correct"), ("done", "Created")],
        compute="_compute_state",
        store=True,
        index=True,
    )

    @api.depends("membership_id", "package_id", "problem")
    def _compute_state(self):
        for row in self:
            done = row.membership_id or row.package_id
            row.state = "done" if done else "problem" if row.problem else "ready"

    # === from what is written to records === #

    @api.depends("member", "company_id")
    def _compute_partner_id(self):
        for row in self:
            row.partner_id = row._only(row._people_named(row.member))

    @api.depends("invoiced_to", "company_id")
    def _compute_payer_id(self):
        for row in self:
            row.payer_id = row._only(row._people_named(row.invoiced_to))

    @api.depends("plan", "company_id")
    def _compute_product_id(self):
        for row in self:
            row.product_id = row._only(row._products_named(row.plan))

    @api.depends("card", "partner_id", "payer_id", "company_id")
    def _compute_payment_token_id(self):
        for row in self:
            row.payment_token_id = row._only(row._cards_named(row.card))

    @api.depends("currency", "company_id")
    def _compute_currency_id(self):
        for row in self:
            code = (row.currency or "").strip()
            named = self.env["res.currency"].search([("name", "=ilike", escape_psql(code))]) if code else False
            row.currency_id = row._only(named) if code else row.company_id.currency_id

    def _only(self, records):
        return records if len(records) == 1 else records.browse()

    def _company_domain(self):
        return Domain("company_id", "in", (False, self.company_id.id))

    def _people_named(self, text):
        return self._named("res.partner", text, ("email", "name"), self._company_domain())

    def _products_named(self, text):
        sold = Domain("service_tracking", "in", ("membership", "package"))
        return self._named("product.product", text, ("default_code", "name"), self._company_domain() & sold)

    def _cards_named(self, text):
        """Cards of the member or the payer alone: a mistyped reference must not charge a stranger."""
        text = (text or "").strip()
        own = Domain("partner_id", "in", (self.partner_id | self.payer_id).ids)
        cards = self.env["payment.token"].sudo().search(own & Domain("company_id", "=", self.company_id.id))
        found = cards.filtered(lambda card: text and card.provider_ref == text)
        return found or cards.filtered(lambda card: str(card.id) == text)

    def _named(self, model, text, names, domain):
        """Every record that a text names: by external ID, else by the first of the fields that any match."""
        text, records = (text or "").strip(), self.env[model]
        if not text:
            return records
        by_xmlid = self.env.ref(text, raise_if_not_found=False) if "." in text and " " not in text else None
        if by_xmlid is not None and by_xmlid._name == model and by_xmlid.filtered_domain(domain):
            return by_xmlid
        for name in names:
            if found := records.search(domain & Domain(name, "=ilike", escape_psql(text))):
                return found
        return records

    @api.model
    def get_import_templates(self):
        """The spreadsheet that the import screen offers."""
        return [
            {
                "label": self.env._("Import Template for Members and Packages"),
                "template": "/clinic_membership/static/xls/clinic_membership_import.xlsx",
            }
        ]
