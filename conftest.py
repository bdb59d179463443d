"""pytest over Odoo's tests: assets built once, and no skipped test passes for green."""

import os
import time

import freezegun
import pytest

# a class that freezes the time before its tests would else seem to take decades in --durations
freezegun.configure(extend_ignore_list=["_pytest.timing"])

BUNDLES = ("web.assets_web", "web.assets_tests")


def uses_browser(item):
    """Whether a test may open the web client."""
    from odoo.tests import HttpCase

    kind = getattr(item, "cls", None)
    return isinstance(kind, type) and issubclass(kind, HttpCase)


def build_assets(registry):
    """Build and commit the bundles, which every browser test would else build and roll back."""
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        qweb = api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]
        for name in BUNDLES:
            bundle = qweb._get_asset_bundle(name, css=True, js=True)
            bundle.js()
            bundle.css()


@pytest.fixture(scope="session", autouse=True)
def assets(request, load_registry):
    """The web client's assets, once a session and only where a browser test was selected."""
    if not request.config.getoption("--odoo-http") or not any(map(uses_browser, request.session.items)):
        return
    from odoo.modules.registry import Registry
    from odoo.tests.common import get_db_name

    began = time.monotonic()
    build_assets(Registry(get_db_name()))
    print(f"assets built in {time.monotonic() - began:.1f}s")


def pytest_sessionfinish(session, exitstatus):
    """Odoo skips browser tests where Chromium is missing or broken; a run with skips has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if skipped and exitstatus == 0 and os.environ.get("CLINIC_NO_SKIP"):
        reporter.write_line(f"error: {skipped} test(s) were skipped, which counts as a failure", red=True)
        session.exitstatus = 1
