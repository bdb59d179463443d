"""A small driver for headless Chromium over the DevTools protocol.

    with Chromium(size=(1400, 900)) as page:
        page.goto("http://127.0.0.1:8069/odoo")
        page.click("text=Sales")
        page.screenshot(Path("sales.png"))

A target is a CSS selector, or `text=Words` for the smallest visible element that shows these words.
"""

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from . import paths, system
from .console import Failure

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
)
# a worker's script: the page is not told when it has come
NEVER_ENDS = "/bus/websocket_worker_bundle"
FIND = """
    const find = (target) => {
        const visible = (el) => el.getClientRects().length && getComputedStyle(el).visibility !== "hidden";
        if (!target.startsWith("text=")) {
            const all = [...document.querySelectorAll(target)];
            return all.find(visible) || all[0] || null;
        }
        const words = target.slice(5).trim().toLowerCase();
        const shown = (el) => (el.innerText || el.value || el.placeholder || "").trim().toLowerCase();
        const all = [...document.body.querySelectorAll("*")].filter((el) => visible(el) && shown(el).includes(words));
        const exact = all.filter((el) => shown(el) === words);
        return (exact.length ? exact : all).sort((a, b) => shown(a).length - shown(b).length ||
            (a.contains(b) ? 1 : -1))[0] || null;
    };
"""
PLACE = """
    el.scrollIntoView({block: "center", inline: "center"});
    const box = el.getBoundingClientRect();
    return {x: box.x + box.width / 2, y: box.y + box.height / 2};
"""
# the web client scrolls inside of itself: how high must the window be to show the highest part whole?
FULL_HEIGHT = """
    Math.max(document.documentElement.scrollHeight, ...[...document.querySelectorAll("body *")]
        .filter((el) => ["auto", "scroll"].includes(getComputedStyle(el).overflowY))
        .map((el) => innerHeight + el.scrollHeight - el.clientHeight))
"""


class Chromium:
    """A browser with one page; a context manager that gives the page."""

    def __init__(self, size=(1400, 900)):
        self.size = size
        self.profile = None
        self.process = None
        self.page = None

    def __enter__(self):
        self.profile = Path(tempfile.mkdtemp(prefix="chromium-", dir=paths.HOME))
        window = f"--window-size={self.size[0]},{self.size[1]}"
        command = [system.find_chromium(), *FLAGS, window, f"--user-data-dir={self.profile}", "about:blank"]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, **silent)
        try:
            self.page = Page(self._address(), self.size)
        except BaseException:
            self.__exit__()
            raise
        return self.page

    def __exit__(self, *_error):
        if self.page:
            self.page.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _address(self, seconds=20):
        """The websocket of the page, once the browser has opened its port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError, IndexError, StopIteration):
                port = (self.profile / "DevToolsActivePort").read_text().split()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                    targets = json.load(answer)
                return next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
            time.sleep(0.05)
        raise Failure("Chromium does not start; try the command `chromium --headless --no-sandbox about:blank`")


class Page:
    """The browser's page."""

    def __init__(self, address, size):
        self.socket = websocket.create_connection(address, timeout=60)
        self.numbers = itertools.count(1)
        self.pending = {}
        self.last_event = time.monotonic()
        self.problems = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.resize(*size)

    def close(self):
        """Leave the browser."""
        with contextlib.suppress(Exception):
            self.socket.close()

    # protocol ---------------------------------------------------------------

    def send(self, method, **parameters):
        """Send a command and return its result; events that come before it are taken in."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise Failure(f"the browser refuses {method}: {message['error']['message']}")
                return message["result"]
            self._event(message)

    def _event(self, message):
        """Keep count of the requests under way and of what went wrong in the page."""
        method, details = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent" and NEVER_ENDS not in details["request"]["url"]:
            self.pending[details["requestId"]] = details["request"]["url"]
            self.last_event = time.monotonic()
        elif method in ("Network.loadingFinished", "Network.loadingFailed"):
            self.pending.pop(details["requestId"], None)
            self.last_event = time.monotonic()
        elif method == "Runtime.exceptionThrown":
            thrown = details["exceptionDetails"]
            self.problems.append(thrown.get("exception", {}).get("description") or thrown["text"])
        elif method == "Log.entryAdded" and details["entry"]["level"] == "error":
            self.problems.append(f"{details['entry']['text']} {details['entry'].get('url', '')}")

    def drain(self, seconds):
        """Take in events for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with contextlib.suppress(websocket.WebSocketTimeoutException):
                self._event(json.loads(self.socket.recv()))
        self.socket.settimeout(60)

    # looking ----------------------------------------------------------------

    def evaluate(self, script):
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(f"JavaScript: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def on(self, target, body):
        """Run JavaScript with `el`, the element; None where it is not there."""
        return self.evaluate(
            f"(() => {{ {FIND} const el = find({json.dumps(target)}); if (!el) return null; {body} }})()"
        )

    def wait(self, target, seconds=30):
        """Wait until an element is there."""
        self.wait_until(lambda: self.on(target, "return true;"), f"{target!r} on the page", seconds)

    def wait_until(self, condition, what, seconds=30):
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"waited {seconds} s in vain for {what} at {self.evaluate('location.href')}")
            self.drain(0.1)

    def settle(self, quiet=0.4, seconds=60):
        """Wait until the page asks the server for nothing any more."""
        end = time.monotonic() + seconds
        self.drain(0.1)
        while self.pending or time.monotonic() - self.last_event < quiet:
            if time.monotonic() > end:
                raise Failure(f"the page still waits for {', '.join(self.pending.values())} after {seconds} s")
            self.drain(0.1)

    def text(self, target="body"):
        """The visible text of an element."""
        return self.on(target, "return el.innerText;")

    # acting -----------------------------------------------------------------

    def resize(self, width, height):
        """Set the window's size."""
        self.size = (width, height)
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def goto(self, address):
        """Open a page and wait until it is at rest."""
        answer = self.send("Page.navigate", url=address)
        if answer.get("errorText"):
            raise Failure(f"{address}: {answer['errorText']}")
        self.settle()

    def click(self, target):
        """Click with the mouse in the middle of an element."""
        self.wait(target)
        place = self.on(target, PLACE)
        self.send("Input.dispatchMouseEvent", type="mouseMoved", **place)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)
        self.settle()

    def type(self, target, text):
        """Replace what a field holds."""
        self.click(target)
        self.on(target, "el.focus(); el.select && el.select();")
        self.send("Input.insertText", text=text)
        self.settle()

    def press(self, key):
        """Press a key: Enter, Escape, Tab, ArrowDown..."""
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowUp": 38, "ArrowDown": 40, "Backspace": 8}
        more = {"text": "\r"} if key == "Enter" else {}
        code = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        self.send("Input.dispatchKeyEvent", type="keyDown", **code, **more)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)
        self.settle()

    def screenshot(self, file, full=False):
        """Write a PNG of the window, or of all that could be scrolled to."""
        width, height = self.size
        if full:
            self.resize(width, min(int(self.evaluate(FULL_HEIGHT)), 8000))
            self.settle()
        data = self.send("Page.captureScreenshot", format="png")["data"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(data))
        if full:
            self.resize(width, height)
