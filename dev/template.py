"""The template: a database with demo data and all that our addons need from Odoo, made once and cloned."""

import platform

from . import odoo_process, python_env
from .addons import outer_dependencies
from .console import say
from .databases import named_like
from .system import fingerprint

# what the demo clinic uses and no addon needs: cards that pay and cards that decline
EXTRA = ["payment_demo"]


def key(workspace, dependencies):
    """Changes with everything that a template is made from."""
    packages = python_env.lock_file("").read_bytes()
    return fingerprint(workspace.odoo.version, dependencies, packages, platform.python_version_tuple()[:2])[:10]


def ensure(workspace, addons):
    """The template for these addons; an outdated one is dropped."""
    dependencies = [*outer_dependencies(addons), *EXTRA]
    template = workspace.database(f"template_{key(workspace, dependencies)}")
    if not template.exists():
        for old in named_like(workspace.database("template_").name):
            old.drop()
        say(f"template database with {', '.join(dependencies)} (once; a minute or more)")
        building = workspace.database("template_building")
        building.drop()
        odoo_process.install(building, dependencies, "template.log")
        building.rename(template.name)
    return template


def install_clone(workspace, addons, target, log):
    """A clone of the template with our addons in it, complete or not there at all."""
    template = ensure(workspace, addons)
    say(f"database {target.name}: installing {', '.join(addon.name for addon in addons)} with demo data")
    new = workspace.database(f"{target.name.removeprefix(workspace.server.prefix + '_')}_new")
    new.clone_of(template)
    odoo_process.install(new, addons, log)
    new.set_note({addon.name: addon.key() for addon in addons})
    target.drop()
    new.rename(target.name)


def bring_up_to_date(workspace, addons, target, log, environment=None):
    """Install the target where it is not there, update what changed where it is; True where that was needed."""
    from .addons import changed, keys

    if not target.exists():
        install_clone(workspace, addons, target, log)
        return True
    outdated = changed(addons, target.note())
    if outdated:
        present = keys(addons)
        say(f"database {target.name}: updating {', '.join(addon.name for addon in outdated)}")
        odoo_process.install(target, outdated, log, environment)
        target.set_note(present)
    return bool(outdated)
