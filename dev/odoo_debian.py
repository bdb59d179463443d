"""Odoo 19 from Debian's package odoo-19, which is in sid only: unpacked, not installed."""

import os
from pathlib import Path

from . import apt, system
from .console import Failure, say

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGE = "odoo-19"
TESTED = "19.0.0+dfsg-1"
INSIDE = "usr/lib/python3/dist-packages"

# The package's links point at files of these. sid's own fonts-font-awesome and fonts-inconsolata
# no longer hold the files that Odoo names, so they come from stable.
LINK_SUITE = "trixie"
LINKED = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# 303 MB instead of 1.2 GB
LEFT_OUT = (
    "*/i18n/*.po",
    "*/i18n/*.pot",
    f"./{INSIDE}/addons",
    f"./{INSIDE}/doc",
    f"./{INSIDE}/setup",
    "./etc",
    "./usr/share/doc",
)
# stripped from Debian's package for want of its source; without it the backend's bundle does not build
STUBS = {
    "mail/static/lib/selfie_segmentation/selfie_segmentation.js": (
        "/* left out of Debian's package; only blurs the camera background in calls */\n"
    ),
}


def possible():
    """Whether this machine can read Debian's archive: it has apt, a mirror, and Debian's keys or a way to them."""
    known = KEYRING.exists() or system.root_prefix() is not None
    return known and apt.available() and bool(apt.debian_mirror())


def fetch(folder):
    """Unpack Odoo into the folder; returns (where in it the package odoo/ is, version)."""
    if not KEYRING.exists():
        system.apt_install("debian-archive-keyring", what_for="Debian's signing keys")
    mirror = apt.debian_mirror()
    private = apt.PrivateApt(
        "odoo", [f"deb [signed-by={KEYRING}] {mirror} {suite} main" for suite in ("sid", LINK_SUITE)]
    )
    say("reading Debian's package lists (signatures checked)")
    private.update()
    version = private.field(PACKAGE, "Version")
    if not version:
        raise Failure(f"Debian's sid has no package {PACKAGE} any more")
    if version != TESTED:
        say(f"  note: Debian now has {PACKAGE} {version}; this was tested with {TESTED}")
    say(f"downloading {PACKAGE} {version} (123 MB) and its fonts")
    debs = private.download(f"{PACKAGE}={version}", *(f"{name}/{LINK_SUITE}" for name in LINKED))
    say("unpacking")
    for deb in debs:
        apt.unpack(deb, folder, LEFT_OUT)
    private.close()
    add_stubs(folder / INSIDE / "odoo/addons")
    return INSIDE, version


def add_stubs(addons):
    """Put something in place of the files that Debian strips."""
    for name, text in STUBS.items():
        file = addons / name
        if not os.path.lexists(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
