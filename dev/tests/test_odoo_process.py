"""Odoo's command line, and reading its log."""

from dev import odoo_process


def test_configuration_comes_after_the_subcommands():
    assert odoo_process.command("i18n", "export", "-d", "x")[3:6] == ["i18n", "export", "-c"]
    assert odoo_process.command("-d", "x")[3] == "-c"


def test_errors_are_collected():
    progress = odoo_process.Progress()
    progress.read("2026-11-22 12:00:00,000 77 INFO db odoo.modules: Loading module sale (3/60)\n")
    progress.read("2026-11-22 12:00:00,000 77 WARNING db odoo.modules: an ERROR of words\n")
    progress.read("2026-11-22 12:00:00,000 77 ERROR db odoo.modules: really\n")
    assert [line.endswith("really") for line in progress.errors] == [True]


def test_progress_is_shown_from_time_to_time(capsys):
    progress = odoo_process.Progress()
    progress.shown -= 10
    progress.read("2026-11-22 12:00:00,000 77 INFO db odoo.modules: Loading module sale (3/60)\n")
    progress.read("2026-11-22 12:00:00,000 77 INFO db odoo.modules: Loading module crm (4/60)\n")
    assert "module 3 of 60: sale" in capsys.readouterr().out
    assert capsys.readouterr().out == ""
