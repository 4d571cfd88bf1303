"""Chromium, driven by WebDriver: the few commands that these tests need, over HTTP. Waiting is the driver's, never a sleep."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
)
PATIENCE_S = 30
"""How long the driver looks for an element before it gives up."""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


@contextmanager
def chromium(profile: Path) -> Generator[Browser]:
    """A Chromium of its own, with an empty profile, in a window of 760 by 700."""
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if None in programs:
        pytest.fail("These tests need Debian's chromium and chromium-driver: apt-get install chromium chromium-driver")
    chrome, driver = programs
    with subprocess.Popen(
        [str(driver), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{_port(process)}", timeout=120, trust_env=False) as http:
                options = {"binary": chrome, "args": [*FLAGS, f"--user-data-dir={profile}"]}
                browser = Browser(http, options)
                try:
                    yield browser
                finally:
                    browser.quit()
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(r"started successfully on port (\d+)", line):
            return match[1]
    raise AssertionError("chromedriver did not start")


class Browser:
    """One window."""

    def __init__(self, http: httpx2.Client, options: dict[str, Any]) -> None:
        self._http = http
        wanted = {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
            }
        }
        made = http.post("/session", json={"capabilities": wanted})
        self._base = "/session/" + _value(made)["sessionId"]
        self._ask("POST", "/timeouts", {"implicit": PATIENCE_S * 1000, "script": PATIENCE_S * 1000})

    def quit(self) -> None:
        """End the session; Chromium ends with it."""
        self._ask("DELETE", "")

    def open(self, url: str, *, width: int = 760, height: int = 700) -> None:
        """Go to a page, and into the view that it shows."""
        self._ask("POST", "/window/rect", {"width": width, "height": height})
        self._ask("POST", "/url", {"url": url})
        self.inside()
        self.find("main")  # not the blank page that was there before

    def inside(self) -> None:
        """Look at the view."""
        self.outside()
        self._ask("POST", "/frame", {"id": {_ELEMENT: self.find("#view")}})

    def outside(self) -> None:
        """Look at the host's page."""
        self._ask("POST", "/frame", {"id": None})

    def find(self, selector: str) -> str:
        """An element, waited for."""
        return self._ask("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]

    def click(self, selector: str) -> None:
        """Click an element, as a person does: it must be there and be reachable."""
        self._ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self._ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def text(self, selector: str) -> str:
        """What an element shows."""
        return self._ask("GET", f"/element/{self.find(selector)}/text")

    def name(self, selector: str) -> str:
        """What a screen reader calls an element."""
        return self._ask("GET", f"/element/{self.find(selector)}/computedlabel")

    def role(self, selector: str) -> str:
        """What a screen reader says it is."""
        return self._ask("GET", f"/element/{self.find(selector)}/computedrole")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script where we look, and give what it returns; a promise is waited for."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, condition: str) -> Any:
        """Wait, frame by frame, until an expression is true; gives its value."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"const look = () => {{ const value = ({condition}); value ? done(value) : requestAnimationFrame(look) }}; look();"
        )
        return self._ask("POST", "/execute/async", {"script": script, "args": []})

    def picture(self, path: Path) -> bytes:
        """A screenshot of the window, kept at `path`."""
        png = base64.b64decode(self._ask("GET", "/screenshot"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png)
        return png

    def complaints(self) -> list[str]:
        """What the browser logged since it was last asked, at any level."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _value(self._http.request(method, self._base + path, json=body))


def _value(response: httpx2.Response) -> Any:
    value = response.json()["value"]
    if response.status_code != 200:
        raise AssertionError(f"{value['error']}: {value['message'].splitlines()[0]}")
    return value
