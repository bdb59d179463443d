"""The committed translation templates are what Odoo would export now."""

import io

import pytest

from dev import addons, translations

BEFORE = 'msgid ""\nmsgstr ""\n"POT-Creation-Date: 2026-01-01 00:00+0000\\n"\n\n#. module: x\nmsgid "A"\nmsgstr ""\n'


def test_essence_ignores_dates_and_nothing_else():
    other_date = BEFORE.replace("2026-01-01", "2027-02-02")
    assert translations.essence(other_date) == translations.essence(BEFORE)
    assert translations.essence(BEFORE.replace('"A"', '"B"')) != translations.essence(BEFORE)


def exported(addon):
    """What Odoo exports from the test database."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tests.common import get_db_name
    from odoo.tools.translate import trans_export

    buffer = io.BytesIO()
    with Registry(get_db_name()).cursor() as cr:
        trans_export(None, [addon.name], buffer, "po", api.Environment(cr, SUPERUSER_ID, {}))
    return buffer.getvalue().decode()


@pytest.mark.parametrize("addon", addons.find(), ids=lambda addon: addon.name)
def test_template_is_current(addon):
    file = translations.pot_file(addon)
    committed = file.read_text() if file.exists() else ""
    current = translations.essence(exported(addon)) == translations.essence(committed)
    assert current, f"{file.name} is out of date: ./clinic pot writes it"
