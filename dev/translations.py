"""./clinic pot: write each addon's translation template, i18n/ADDON.pot, from an installed database.

A test (dev/tests/test_translations.py) fails where the committed file is not what this writes.
"""

import re

from . import addons, odoo_process, paths, shell, testing, workspace
from .console import say

# what changes without any term having changed
VOLATILE = re.compile(r'^"(Project-Id-Version|POT-Creation-Date|PO-Revision-Date): .*\n', re.MULTILINE)


def pot_file(addon):
    """Where an addon's template lies."""
    return addon.path / "i18n" / f"{addon.name}.pot"


def essence(text):
    """A template without its dates and versions."""
    return VOLATILE.sub("", text)


def pot(options):
    """Write the templates that changed, from a new database: in one that was updated, old data has stayed."""
    found = addons.need()
    with workspace.opened() as space:
        odoo_process.write_config(space)
        database = testing.prepare(space, found, keep=False)
    for addon in found:
        export(database, addon)


def export(database, addon):
    """Write one addon's template, unless only its dates would change."""
    file = pot_file(addon)
    before = file.read_text() if file.exists() else ""
    file.parent.mkdir(exist_ok=True)
    part = paths.HOME / f"{addon.name}.pot"
    command = odoo_process.command("i18n", "export", "-d", database.name, "-o", str(part), addon.name)
    shell.run(command, log="pot.log", cwd=paths.HOME)
    same = essence(part.read_text()) == essence(before)
    if not same:
        file.write_text(part.read_text())
    part.unlink()
    say(f"{file.relative_to(addon.path.parent)} {'is up to date' if same else 'written'}")
