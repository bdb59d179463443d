"""Odoo 19 as a shallow git clone, for machines that can't read Debian's archive."""

import os
import subprocess

from . import shell, system
from .console import Failure, say

REPOSITORY = "https://github.com/odoo/odoo.git"
BRANCH = "19.0"


def asked_for():
    """Whether the user names a repository: then it is taken even where Debian's package could be had."""
    return bool(os.environ.get("CLINIC_ODOO_GIT"))


def fetch(folder):
    """Clone into the folder; returns (where in it the package odoo/ is, version)."""
    system.need_program(["git"], "git", "git")
    repository = os.environ.get("CLINIC_ODOO_GIT") or REPOSITORY
    say(f"cloning Odoo {BRANCH} from {repository} (some 300 MB)")
    clone = ["git", "clone", "--depth", "1", "--single-branch", "--branch", BRANCH, repository, folder / "git"]
    # not shell.run: git shows its own progress
    if subprocess.run([str(word) for word in clone]).returncode:
        raise Failure(f"git could not clone branch {BRANCH} of {repository}: set CLINIC_ODOO_GIT to one that you reach")
    return "git", shell.run(["git", "-C", folder / "git", "rev-parse", "HEAD"]).strip()
