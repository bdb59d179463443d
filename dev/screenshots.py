"""./clinic look and ./clinic screenshots: pictures of the running demo clinic."""

import json
import tomllib
from pathlib import Path

from . import paths, server
from .browser import Chromium
from .console import Failure, say

LIST = paths.DEV / "screenshots.toml"
FOLDER = paths.ROOT / "docs/screenshots"
LOGIN = """
    fetch("/web/session/authenticate", {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({jsonrpc: "2.0", params: %s}),
    }).then((answer) => answer.json()).then((answer) => answer.error ? answer.error.data.message : "")
"""
# a page's own style sheets set the direction of parts of it
RTL = "<style>body { direction: rtl !important; } body *:not([dir]):not(bdi) { direction: inherit !important; }</style>"
DIALOG = ".o_error_dialog, .o_dialog .alert-warning, .o_notification_bar.bg-danger"


def parse_size(text):
    """(1400, 900) for "1400x900"."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise Failure(f"a size is WIDTHxHEIGHT, such as 1400x900, not {text!r}")
    return int(width), int(height)


def log_in(page, address, login):
    """Log a demo user in, or stay a visitor where there is no login."""
    page.goto(f"{address}/web/login")
    if not login:
        return
    known = {user["login"]: user["password"] for user in server.users()}
    state = json.loads(server.STATE.read_text())
    parameters = {"db": state["database"], "login": login, "password": known.get(login, login)}
    refused = page.evaluate(LOGIN % json.dumps(parameters))
    if refused:
        raise Failure(f"{login} can't log in: {refused}")
    page.problems.clear()


def take_step(page, kind, value):
    """One step: click, wait, type (TARGET=TEXT), press, eval, sleep, goto."""
    if kind == "type":
        page.type(*value.rsplit("=", 1))
    elif kind == "eval":
        print(json.dumps(page.evaluate(value), indent=1))
        page.settle()
    elif kind == "sleep":
        page.drain(float(value))
    elif kind == "goto":
        page.goto(absolute(value))
    else:
        {"click": page.click, "wait": page.wait, "press": page.press}[kind](value)


def absolute(url):
    """A path as an address of the demo clinic."""
    return url if url.startswith("http") else f"{server.address()}/{url.lstrip('/')}"


def visit(page, url, steps):
    """Open a page and take the steps."""
    page.goto(absolute(url))
    for kind, value in steps:
        take_step(page, kind, value)


def report(page):
    """Tell what went wrong in the page."""
    for problem in page.problems:
        say(f"  the page's console: {problem[:1500]}")
    dialog = page.text(DIALOG)
    if dialog:
        say(f"  the page shows: {dialog[:1500]}")


def look(options):
    """Take one picture, as the command line says."""
    address = server.need()
    out = Path(options.out or paths.HOME / "look.png").resolve()
    with Chromium(parse_size(options.size)) as page:
        log_in(page, address, options.login)
        try:
            visit(page, options.url, options.steps or [])
        finally:
            page.screenshot(out, options.full)
            report(page)
            say(f"{page.evaluate('location.href')} -> {out}")
            if options.text:
                print(page.text(options.text))


def read_list(file=LIST):
    """The pictures: dictionaries with name, url, steps as pairs of kind and value, and maybe login, size, full."""
    content = tomllib.loads(file.read_text())
    shared = content.get("steps", {})
    return [{**picture, "steps": list(expand(shared, picture))} for picture in content.get("picture", [])]


def expand(shared, picture):
    """The steps of a picture, those first that it comes after."""
    steps = [{"after": picture["after"]}] if "after" in picture else []
    for kind, value in (next(iter(step.items())) for step in steps + picture.get("steps", [])):
        if kind == "after":
            yield from expand(shared, {"steps": shared[value]})
        else:
            yield kind, value


def screenshots(options):
    """Take all pictures of the list, or those named; into docs/screenshots/."""
    address = server.need()
    chosen = [picture for picture in read_list() if not options.names or picture["name"] in options.names]
    for picture in chosen:
        with Chromium(parse_size(picture.get("size", "1400x900"))) as page:
            log_in(page, address, picture.get("login", "admin"))
            visit(page, picture["url"], picture["steps"])
            if picture.get("direction") == "rtl":
                page.evaluate(f"void document.head.insertAdjacentHTML('beforeend', {json.dumps(RTL)})")
                page.drain(1)
            page.screenshot(FOLDER / f"{picture['name']}.png", picture.get("full", False))
            report(page)
        say(f"docs/screenshots/{picture['name']}.png")
