"""pytest over Odoo's tests: files of one's own, assets built once, and no skipped test passes for green."""

import os
import shutil
import time
from pathlib import Path
from unittest.mock import patch

import freezegun
import pytest

from dev.databases import link

# a class that freezes the time before its tests would else seem to take decades in --durations
freezegun.configure(extend_ignore_list=["_pytest.timing"])

BUNDLES = ("web.assets_web", "web.assets_tests")
TILL_BUNDLES = ("point_of_sale.assets_prod", "web.assets_unit_tests_setup", "web.assets_unit_tests")


def uses_browser(item):
    """Whether a test may open the web client."""
    from odoo.tests import HttpCase

    kind = getattr(item, "cls", None)
    return isinstance(kind, type) and issubclass(kind, HttpCase)


def bundles(items):
    """What the selected tests show: tills have assets of their own."""
    tills = any("clinic_membership_pos" in item.nodeid for item in items)
    return BUNDLES + (TILL_BUNDLES if tills else ())


def build_assets(registry, names):
    """Build and commit the bundles, which every browser test would else build and roll back."""
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        qweb = api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]
        for name in names:
            bundle = qweb._get_asset_bundle(name, css=True, js=True)
            bundle.js()
            bundle.css()


@pytest.fixture(scope="session", autouse=True)
def own_files(load_registry):
    """A filestore for each copy of the database.

    pytest-odoo lets several processes share one, and Odoo takes a file that another is still writing for a collision.
    """
    from odoo.tests.common import get_db_name
    from odoo.tools import config

    shared = Path(config.filestore(get_db_name()))
    own = shared.with_name(get_db_name())
    if own == shared:
        yield
        return
    # Odoo never rewrites a stored file
    shutil.copytree(shared, own, copy_function=link, dirs_exist_ok=True)
    with patch.object(config, "filestore", return_value=str(own)):
        yield
    shutil.rmtree(own)


@pytest.fixture(scope="session", autouse=True)
def assets(request, own_files):
    """The web client's assets, once a session and only where a browser test was selected."""
    shown = [item for item in request.session.items if uses_browser(item)]
    if not request.config.getoption("--odoo-http") or not shown:
        return
    from odoo.modules.registry import Registry
    from odoo.tests.common import get_db_name

    began = time.monotonic()
    build_assets(Registry(get_db_name()), bundles(shown))
    print(f"assets built in {time.monotonic() - began:.1f}s")


def pytest_sessionfinish(session, exitstatus):
    """Odoo skips browser tests where Chromium is missing or broken; a run with skips has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if skipped and exitstatus == 0 and os.environ.get("CLINIC_NO_SKIP"):
        reporter.write_line(f"error: {skipped} test(s) were skipped, which counts as a failure", red=True)
        session.exitstatus = 1
