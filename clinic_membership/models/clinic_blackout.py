from odoo import api, fields, models

from ..tools import visits


class ClinicBlackout(models.Model):
    """Dates on which packages cannot be used: of a package product, as sold with a package, or of the whole clinic."""

    _name = "clinic.blackout"
    _description = "Blackout Date"
    _order = "date_from, id"
    _check_company_auto = True

    name = fields.Char(required=True, help="Shown when a visit on such a day is refused, for example: Christmas.")
    product_tmpl_id = fields.Many2one("product.template", string="Package", index="btree_not_null", ondelete="cascade")
    package_id = fields.Many2one("clinic.package", string="Package Sold", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", index=True, default=lambda self: self.env.company)
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(
        string="To", compute="_compute_date_to", store=True, precompute=True, readonly=False, required=True
    )
    yearly = fields.Boolean(string="Each Year", help="The same days every year, whatever the year of these dates.")

    _one_owner = models.Constraint(
        "CHECK (num_nonnulls(product_tmpl_id, package_id) <= 1)",
        "Blackout dates belong to a package product, to a package sold, or to the clinic.",
    )
    _dates_ordered = models.Constraint("CHECK (date_to >= date_from)", "A blackout cannot end before it begins.")

    @api.depends("date_from")
    def _compute_date_to(self):
        """A single day, unless somebody says more."""
        for blackout in self:
            if blackout.date_from and (not blackout.date_to or blackout.date_to < blackout.date_from):
                blackout.date_to = blackout.date_from

    @api.depends("name", "date_from", "date_to", "yearly")
    def _compute_display_name(self):
        for blackout in self:
            blackout.display_name = f"{blackout.name} ({blackout._span_in_words()})"

    def _span_in_words(self):
        """The days: "24 Dec - 26 Dec, each year"."""
        day = self.env["ir.qweb.field.date"].value_to_html
        options = {"format": "d MMM"} if self.yearly else {}
        ends = [self.date_from, self.date_to] if self.date_to != self.date_from else [self.date_from]
        span = " - ".join(day(end, options) for end in ends if end)
        return self.env._("%s, each year", span) if self.yearly else span

    def _covers(self, day):
        """Those of these that exclude a day."""
        return self.filtered(lambda b: visits.Blackout(b.date_from, b.date_to, b.yearly).covers(day))

    def _copy_values(self):
        """The values of the same dates on another owner."""
        return [
            {"name": b.name, "date_from": b.date_from, "date_to": b.date_to, "yearly": b.yearly, "company_id": False}
            for b in self
        ]
