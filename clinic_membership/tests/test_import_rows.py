import csv
import io
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import file_open

from .import_common import ImportCommon

OPTIONS = {
    "import_skip_records": [],
    "import_set_empty_fields": [],
    "fallback_values": {},
    "name_create_enabled_fields": {},
    "encoding": "utf-8",
    "separator": ",",
    "quoting": '"',
    "date_format": "%Y-%m-%d",
    "datetime_format": "",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "has_headers": True,
    "sheet": "",
}
XLSX = "clinic_membership/static/xls/clinic_membership_import.xlsx"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestImportRefusals(ImportCommon):
    """A bad row says what to do and creates nothing."""

    def test_refused(self):
        self.env["res.partner"].create([{"name": "Twin"}, {"name": "Twin"}])
        cases = {
            "there is no 'Nobody'": {"member": "Nobody"},
            "Member: nothing is written": {"member": False},
            "'twin' fits 2 records": {"member": "twin"},
            "there is no 'Silver'": {"plan": "Silver"},
            "both are needed": {"next_renewal": False},
            "has not come yet": {"start_date": "2026-02-11"},
            "must be after the start date": {"next_renewal": "2025-01-31"},
            "it has passed": {"next_renewal": "2026-02-09"},
            "five years": {"next_renewal": "2062-02-28"},
            "no billing period starts": {"anchor_date": "2025-01-15"},
            "write what a billing period costs": {"price": 0},
            "or tick Free of Charge": {"price": -5},
            "'Facial: -1' cannot be read": {"remaining_units": "Facial: -1"},
            "'Facial: many' cannot be read": {"remaining_units": "Facial: many"},
            "Write each service once": {"remaining_units": "Facial: 1; facial: 1"},
            "'Sauna' is not included in Gold plan. It has: Facial": {"remaining_units": "Sauna: 1"},
            "Card Reference: there is no 'token-9'": {"card": "token-9"},
            "Invoiced To: there is no 'Acme'": {"invoiced_to": "Acme"},
        }
        for words, values in cases.items():
            with self.subTest(words):
                row = self._row(**values)
                self.assertIn(words, row.problem or "", "told when the row is written")
                self.assertEqual(row.state, "problem")
                row.action_create_memberships()
                self.assertFalse(row.membership_id)
                row.unlink()
        self._nothing_created()

    def test_several_things_at_once(self):
        row = self._row(member="Nobody", plan="Silver", card="x")
        self.assertEqual(len(row.problem.splitlines()), 3)

    def test_corrected_by_hand(self):
        row = self._row(member="Ann Pateint")
        row.partner_id = self.patient
        row.action_create_memberships()
        self.assertEqual(row.membership_id.partner_id, self.patient)

    def test_a_strangers_card_is_not_found(self):
        self._card(self.env["res.partner"].create({"name": "Stranger"}))
        self.assertIn("Card Reference", self._row(card="token").problem)

    def test_already_a_member(self):
        membership = self._sell(self.monthly)
        row = self._row()
        self.assertIn(f"{membership.display_name} running", row.problem)

    def test_the_same_in_two_rows(self):
        first, second = self._row(), self._row()
        (first | second).action_create_memberships()
        self.assertTrue(first.membership_id)
        self.assertFalse(second.membership_id)
        self.assertIn("Another row", second.problem)
        self.assertEqual(self.env["clinic.membership"].search_count([("partner_id", "=", self.patient.id)]), 1)

    def test_good_rows_go_on_without_the_bad_ones(self):
        bad, good = self._row(member="Nobody"), self._row()
        message = (bad | good).action_create_memberships()["params"]["message"]
        self.assertEqual(message, "1 created, 1 to correct.")
        self.assertTrue(good.membership_id)

    def test_a_row_is_created_whole_or_not_at_all(self):
        row = self._row()
        with patch.object(type(self.env["clinic.grant"]), "_issue", side_effect=UserError("The books are closed")):
            row.action_create_memberships()
        self.assertEqual((row.state, row.problem), ("problem", "The books are closed"))
        self._nothing_created()
        row.action_create_memberships()
        self.assertTrue(row.membership_id)

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.rows.with_user(self.receptionist).check_access("read")
        with self.assertRaises(AccessError):
            self._row().with_user(self.receptionist).action_create_memberships()

    def test_own_company_only(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.patient.company_id = other
        self.assertIn("there is no 'Ann Patient'", self._row().problem)


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 10:00:00")
class TestSpreadsheet(ImportCommon):
    """Through Odoo's own import."""

    def _import(self, content, name, mimetype):
        wizard = (
            self.env["base_import.import"]
            .with_user(self.manager)
            .create({"res_model": self.rows._name, "file": content, "file_name": name, "file_type": mimetype})
        )
        options = dict(OPTIONS)
        preview = wizard.parse_preview(options)
        self.assertFalse(preview.get("error"), preview.get("error"))
        headers = preview["headers"]
        found = [(preview["matches"].get(number) or [False])[0] for number in range(len(headers))]
        result = wizard.execute_import(found, headers, preview["options"])
        self.assertFalse(result["messages"])
        return headers, found, self.rows.browse(result["ids"])

    def _template(self):
        with file_open(XLSX, "rb") as file:
            return load_workbook(io.BytesIO(file.read()))

    def test_every_column_of_the_template_is_understood(self):
        template = self.rows.get_import_templates()[0]["template"]
        self.assertEqual(template, "/" + XLSX)
        with file_open(XLSX, "rb") as file:
            headers, found, rows = self._import(file.read(), "members.xlsx", XLSX_TYPE)
        self.assertNotIn(False, found, list(zip(headers, found, strict=True)))
        labels = {self.rows._fields[name]._description_string(self.env) for name in found}
        self.assertEqual(labels, set(headers))
        self.assertEqual(len(rows), 3)
        self.assertEqual(set(rows.mapped("state")), {"problem"}, "the examples are nobody's")

    def test_a_filled_in_template(self):
        book = self._template()
        sheet = book.worksheets[0]
        sheet.delete_rows(2, 10)
        self.env["res.partner"].create([{"name": "Bob Example", "email": "bob@example.com"}, {"name": "Acme"}])
        self._card(self.patient)
        day = date(2025, 1, 31)
        for line in (
            ["M1", "ann@example.com", "gold PLAN", day, None, date(2026, 2, 28), 79.5, None, "Facial: 1", "token"],
            ["P1", "Bob Example", "SIX-TEST", date(2025, 9, 1), *[None] * 4, "Facial: 4", *[None] * 4, 300],
            ["M2", "Bob Example", "Gold plan", day, day, date(2026, 2, 28), 99, "Yes", "", "", "Acme", "Cancelled"],
            ["M3", "Nobody", "Gold plan", day, None, date(2026, 2, 28), 99],
        ):
            sheet.append(line)
        content = io.BytesIO()
        book.save(content)
        rows = self._import(content.getvalue(), "members.xlsx", XLSX_TYPE)[2]
        self.assertEqual(rows.mapped("state"), ["ready", "ready", "ready", "problem"])
        rows.action_create_memberships()
        self.assertEqual(rows.mapped("state"), ["done", "done", "done", "problem"])
        ann, bob = rows[0].membership_id.sudo(), rows[2].membership_id.sudo()
        self.assertEqual((ann.price, ann.payment_token_id.provider_ref), (79.5, "token"))
        self.assertEqual((bob.payer_id.name, bob.will_renew), ("Acme", False))
        self.assertEqual(rows[1].package_id.units_left, 4)
        with freeze_time("2026-02-28"):
            self.assertEqual((ann | bob)._renew().invoice_id.amount_untaxed, 79.5)

    def test_csv(self):
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(["Member", "Plan or Package", "Start Date", "Next Renewal", "Agreed Price", "Remaining Units"])
        writer.writerow(["Ann Patient", "Gold plan", "2025-01-31", "2026-02-28", "1,079.50", "Facial: 2"])
        rows = self._import(file.getvalue().encode(), "members.csv", "text/csv")[2]
        rows.action_create_memberships()
        self.assertEqual(rows.membership_id.price, 1079.5)
