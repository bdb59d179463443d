"""./clinic clock: move the demo clinic's clock and run what would have come due."""

import subprocess

from . import addons, clock, commands, odoo_process, paths, server, workspace
from .console import Failure, say


def move(options):
    """Show, set back or move the clock; a move restarts the server and runs the scheduled actions."""
    words = " ".join(options.to)
    if words == "show":
        print(clock.describe() or f"{clock.now():%Y-%m-%d %H:%M} UTC, the real time")
        return
    with workspace.opened() as space:
        server.stop()
        set_clock(words)
        say(f"the clinic's clock: {clock.describe() or 'the real time'}")
        commands.prepare(space)
        if words != "reset":
            run_scheduled_actions(space)
        server.start(commands.demo(space))
    server.announce()


def set_clock(words):
    """Set the clock as told."""
    if words == "reset":
        clock.forget()
    else:
        clock.set_to(clock.target(words, clock.clinic_now()))


def run_scheduled_actions(space):
    """Run our addons' scheduled actions once, in the clinic's time; no server competes with them."""
    names = [addon.name for addon in addons.need()]
    say(f"running the scheduled actions of {', '.join(names)}")
    shell = odoo_process.command("shell", "-d", commands.demo(space).name, "--no-http", "--log-level=error")
    script = f"from dev.scheduled_actions import run_all; run_all(env, {names!r})"
    done = subprocess.run(shell, input=script, text=True, cwd=paths.ROOT, env=clock.environment())
    if done.returncode:
        raise Failure("the scheduled actions failed; the server was not started (./clinic run -d starts it)")
