"""What the commands about the demo clinic do."""

import os
import shutil
import subprocess

from . import addons, clock, odoo_process, paths, postgres_embedded, server, template, workspace
from .console import say
from .databases import named_like


def demo(space):
    """The demo clinic's database."""
    return space.database("demo")


def run(options):
    """Serve the demo clinic, made or updated as need be."""
    with workspace.opened() as space:
        process = bring_up(space)
    server.announce()
    if process and not options.detach:
        print("      Ctrl-C stops it", flush=True)
        server.stay(process)
    elif not process:
        say("it is running already; ./clinic stop stops it")


def prepare(space):
    """Make the demo database, or update it where the addons changed."""
    odoo_process.write_config(space)
    template.bring_up_to_date(space, addons.need(), demo(space), "demo.log", clock.environment())


def bring_up(space):
    """The new server process, or None where one runs with the present sources."""
    if server.is_running():
        if demo(space).exists() and not addons.changed(addons.need(), demo(space).note()):
            return None
        say("the addons changed: stopping the server")
        server.stop()
    prepare(space)
    return server.start(demo(space))


def update(options):
    """Update all addons in the demo database, changed or not."""
    with workspace.opened() as space:
        was_running = server.stop()
        if demo(space).exists():
            demo(space).set_note({})
        prepare(space)
        if was_running:
            server.start(demo(space))
    if was_running:
        server.announce()


def stop(options):
    """Stop the server, and the embedded PostgreSQL where nothing else uses it."""
    say("the server is stopped" if server.stop() else "no server is running")
    postgres_embedded.stop_if_unused()


def reset(options):
    """Drop the demo database, or remove all that was ever made."""
    server.stop()
    with workspace.opened() as space:
        for database in named_like(f"{space.server.prefix}_" if options.all else demo(space).name):
            say(f"dropping {database.name}")
            database.drop()
    clock.forget()
    if options.all:
        postgres_embedded.remove()
        shutil.rmtree(paths.HOME)
        say(f"{paths.HOME} is removed")


def shell(options):
    """Odoo's shell on the demo database."""
    with workspace.opened() as space:
        prepare(space)
        command = odoo_process.command("shell", "-d", demo(space).name, "--no-http", *options.arguments)
    return subprocess.run(command, env=clock.environment(), cwd=os.getcwd()).returncode
