import base64
import io

import xlsxwriter

from odoo import api, fields, models
from odoo.tools import format_date


class ClinicTieOut(models.TransientModel):
    """The report as a spreadsheet: the figures, the roll-forward by product and by patient, and every entry."""

    _inherit = "clinic.tie.out"

    xlsx = fields.Binary(string="Spreadsheet", compute="_compute_xlsx", attachment=False)
    xlsx_name = fields.Char(compute="_compute_xlsx")

    @api.depends("company_id", "date", "date_from", "subject")
    def _compute_xlsx(self):
        """Made when it is downloaded; Odoo lets only who made the report read it."""
        for report in self:
            # a download knows one company only; who does not work in this one is refused here
            report = report.with_context(allowed_company_ids=report.company_id.ids)
            report.xlsx_name = f"{report.display_name} {report.date}.xlsx"
            report.xlsx = base64.b64encode(report._to_xlsx())

    def action_download_xlsx(self):
        """Download the report as a spreadsheet."""
        self.ensure_one()
        self.env.flush_all()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/xlsx?download=true&filename_field=xlsx_name",
            "target": "download",
        }

    def _to_xlsx(self):
        """The bytes of the spreadsheet."""
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
            zeros = "0" * self.currency_id.decimal_places
            styles = {
                "bold": book.add_format({"bold": True}),
                "money": book.add_format({"num_format": f"#,##0.{zeros}" if zeros else "#,##0"}),
                "total": book.add_format(
                    {"num_format": f"#,##0.{zeros}" if zeros else "#,##0", "bold": True, "top": 1}
                ),
                "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            }
            self._write_figures(book.add_worksheet(self.env._("Tie-out")), styles)
            for by, title in self._fields["by"]._description_selection(self.env):
                self._write_roll_forward(book.add_worksheet(title[:31]), styles, by, title)
            self._write_entries(book.add_worksheet(self.env._("Entries")), styles)
        return file.getvalue()

    def _write_figures(self, sheet, styles):
        sheet.set_column(0, 0, 50)
        sheet.set_column(1, 1, 18)
        sheet.write(0, 0, self.display_name, styles["bold"])
        sheet.write(1, 0, self.company_id.name)
        sheet.write(1, 1, self.currency_id.name)
        sheet.write(2, 0, self.account_id.display_name or "")
        sheet.write(2, 1, format_date(self.env, self.date))
        explained, parts = self._explained()
        for row, name in enumerate(("account_balance", *explained, "difference", *parts), start=4):
            sheet.write(row, 0, self._fields[name]._description_string(self.env))
            sheet.write_number(row, 1, self[name], styles["total" if name == "difference" else "money"])

    def _write_roll_forward(self, sheet, styles, by, title):
        table = self._roll_forward(by)
        columns = table["columns"]
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, len(columns), 15)
        sheet.freeze_panes(1, 1)
        sheet.write_row(0, 0, [title, *columns.values()], styles["bold"])
        for row, line in enumerate(table["lines"], start=1):
            sheet.write_string(row, 0, line["name"])
            sheet.write_row(row, 1, [line[column] for column in columns], styles["money"])
        end = len(table["lines"]) + 1
        sheet.write(end, 0, self.env._("Total"), styles["bold"])
        sheet.write_row(end, 1, table["total"].values(), styles["total"])

    def _write_entries(self, sheet, styles):
        """Every movement of the span, with what it comes from."""
        names = ["date", "movement", "product_id", "partner_id", "balance", "recognition_move_id"]
        names.insert(2, "package_id" if self.subject == "packages" else "membership_id")
        names += [] if self.subject == "packages" else ["document_id"]
        labels = [self._lines()._fields[name]._description_string(self.env) for name in names]
        movements = dict(self._lines()._fields["movement"]._description_selection(self.env))
        domain = [*self._lines_domain(), ("date", ">=", self.date_from)]
        sheet.set_column(0, len(names) - 1, 22)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, labels, styles["bold"])
        for row, line in enumerate(self.sudo()._lines().search(domain, order="date, id"), start=1):
            for column, name in enumerate(names):
                value, style = line[name], styles.get({"date": "date", "balance": "money"}.get(name))
                if name == "movement":
                    value = movements[value]
                elif isinstance(value, models.BaseModel):
                    value = value.display_name or ""
                sheet.write(row, column, value, style)
