"""The addons of this repository: every top-level folder with a manifest."""

import ast
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .console import Failure
from .system import fingerprint


@dataclass(frozen=True)
class Addon:
    """One addon folder."""

    path: Path
    manifest: dict

    @property
    def name(self):
        return self.path.name

    @property
    def depends(self):
        return self.manifest.get("depends") or ["base"]

    def source_files(self):
        """The files that an installed database depends on: no tests, no translation templates, no bytecode."""
        for file in sorted(self.path.rglob("*")):
            parts = file.relative_to(self.path).parts
            if file.is_file() and file.suffix != ".pot" and not {"tests", "__pycache__"} & set(parts):
                yield file

    def key(self):
        """Changes with the addon's sources."""
        files = self.source_files()
        return fingerprint(*(part for file in files for part in (file.relative_to(self.path), file.read_bytes())))


def read_manifest(path):
    """The manifest's dictionary."""
    try:
        return ast.literal_eval((path / "__manifest__.py").read_text())
    except (SyntaxError, ValueError) as error:
        raise Failure(f"{path.name}/__manifest__.py can't be read: {error}") from error


def find(root=None):
    """The installable addons, by name."""
    folders = sorted(file.parent for file in Path(root or paths.ROOT).glob("*/__manifest__.py"))
    found = [Addon(folder, read_manifest(folder)) for folder in folders]
    return [addon for addon in found if addon.manifest.get("installable", True)]


def need():
    """The addons, or a failure where the repository has none yet."""
    found = find()
    if not found:
        raise Failure(f"{paths.ROOT} has no addon: no folder with a __manifest__.py")
    return found


def outer_dependencies(addons):
    """What the addons need from Odoo itself."""
    own = {addon.name for addon in addons}
    return sorted({name for addon in addons for name in addon.depends} - own)


def keys(addons):
    """Each addon's source key, to be kept with a database."""
    return {addon.name: addon.key() for addon in addons}


def changed(addons, known):
    """The addons that a database with these known keys does not have in their present form."""
    return [addon for addon in addons if known.get(addon.name) != addon.key()]
