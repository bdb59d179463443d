from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ClinicTieOut(models.TransientModel):
    """Opening balance, what moved in a span of days, closing balance: by product or by patient."""

    _inherit = "clinic.tie.out"

    _MOST_LINES = 200  # on the screen and on paper; the spreadsheet has all

    date_from = fields.Date(
        string="Roll-forward From",
        required=True,
        compute="_compute_date_from",
        store=True,
        precompute=True,
        readonly=False,
        help="The first day whose movements are shown; the opening balance is that of the day before.",
    )
    by = fields.Selection(
        [("product_id", "Package or plan"), ("partner_id", "Patient")],
        string="Each Line Is A",
        default="product_id",
        required=True,
    )
    roll_forward = fields.Html(compute="_compute_roll_forward", sanitize=False)

    @api.depends("date")
    def _compute_date_from(self):
        """The month of the day, unless another day before it was chosen."""
        for report in self:
            if report.date and (not report.date_from or report.date_from > report.date):
                report.date_from = report.date.replace(day=1)

    @api.constrains("date_from", "date")
    def _check_dates(self):
        for report in self:
            if report.date_from > report.date:
                raise ValidationError(
                    self.env._("The roll-forward must begin before it ends: choose an earlier day to begin with.")
                )

    @api.depends("company_id", "date", "date_from", "by", "subject")
    def _compute_roll_forward(self):
        for report in self:
            shown = report.company_id in self.env.companies and report.account_id and report._span_is_complete()
            report.roll_forward = shown and self.env["ir.qweb"]._render(
                "clinic_membership.clinic_tie_out_roll_forward", {"doc": report}
            )

    def _span_is_complete(self):
        return self.date and self.date_from and self.date_from <= self.date

    def _roll_forward(self, by=None, most=None):
        """The table of the roll-forward, past the record rules: only for a company that the user works in.

        :param by: the field that makes the lines; by default the one that was chosen
        :param most: how many lines at most, those with the largest values; the others are one line
        :return: ``columns``, {key: label}; ``lines``, each a dictionary of the columns and its ``name``; ``total``
        """
        self._check_company()
        movements = dict(self._lines()._fields["movement"]._description_selection(self.env))
        moved, others = self._largest(self.sudo()._moved(by or self.by), most)
        names = self._roll_names(moved)
        lines = [self._roll_line(names[key], values, movements) for key, values in moved.items()]
        lines = sorted(lines, key=lambda line: line["name"])
        if others:
            name = self.env._("%s others, each in the spreadsheet", len(others))
            lines.append(self._roll_line(name, self._summed(others), movements))
        shown = {name: label for name, label in movements.items() if any(line[name] for line in lines)}
        columns = {"opening_value": self.env._("Opening"), **shown, "closing_value": self.env._("Closing")}
        lines = [line for line in lines if any(line[column] for column in columns)]
        rounded = self.company_id.currency_id.round
        return {
            "columns": columns,
            "lines": lines,
            "total": {column: rounded(sum(line[column] for line in lines)) for column in columns},
        }

    def _moved(self, by):
        """{product or patient: {movement, or ``opening_value``: value}}."""
        self.env.flush_all()
        company = ("company_id", "=", self.company_id.id)
        before, within = (
            [company, ("date", "<", self.date_from)],
            [*self._lines_domain(), ("date", ">=", self.date_from)],
        )
        moved = {
            record: {"opening_value": value}
            for record, value in self._lines()._read_group(before, [by], ["balance:sum"])
        }
        for record, movement, value in self._lines()._read_group(within, [by, "movement"], ["balance:sum"]):
            moved.setdefault(record, {})[movement] = value
        return moved

    def _largest(self, moved, most):
        """What ``_moved`` found, those with the largest values and a list of the values of the others."""
        if not most or len(moved) <= most:
            return moved, []
        ordered = sorted(moved, key=lambda key: -sum(map(abs, moved[key].values())))
        return {key: moved[key] for key in ordered[:most]}, [moved[key] for key in ordered[most:]]

    def _summed(self, values_list):
        names = {name for values in values_list for name in values}
        return {name: sum(values.get(name, 0.0) for values in values_list) for name in names}

    def _roll_names(self, records):
        """{record: name}, read for these alone: they were found with thousands that are not shown."""
        ids = [record.id for record in records if record]
        nobody = self.env._("Without a product or a patient")
        return {record: record.sudo().with_prefetch(ids).display_name or nobody for record in records}

    def _roll_line(self, name, moved, movements):
        rounded = self.company_id.currency_id.round
        values = dict.fromkeys(("opening_value", *movements), 0.0)
        values.update({column: rounded(value) for column, value in moved.items()})
        return {**values, "name": name, "closing_value": rounded(sum(values.values()))}
