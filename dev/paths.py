"""Where everything lies. All state is in .clinic/, which git ignores."""

import os
from pathlib import Path

DEV = Path(__file__).resolve().parent
ROOT = DEV.parent
HOME = Path(os.environ.get("CLINIC_HOME") or ROOT / ".clinic").resolve()

ODOO = HOME / "odoo"
"""Odoo 19 as fetched: Debian's package unpacked, or a git clone."""
VENV = HOME / "venv"
"""Odoo's Python packages and the test tools."""
LINT_VENV = HOME / "lint"
"""The linters, apart because their requirements are their own."""
POSTGRES = HOME / "postgres"
"""The embedded PostgreSQL, unless another server is used."""
DATA = HOME / "data"
"""Odoo's filestore and sessions."""
LOGS = HOME / "log"


def prepare_home():
    """Make the state folder, ignored by git even where the repository's .gitignore is not in force."""
    LOGS.mkdir(parents=True, exist_ok=True)
    ignore = HOME / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
