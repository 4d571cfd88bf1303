"""Approval outside the model: on the terminal itself, or on a page that only the person's browser gets."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import threading
from collections.abc import Generator

import httpx2
import pytest

from clients import DESIGN, Person, connected
from conftest import MakeSettings
from voice_design_mcp.config import Settings


def command(settings: Settings, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "voice_design_mcp", "approve", "--data-dir", str(settings.data_dir), *arguments]


def on_a_terminal(settings: Settings, typed: str) -> str:
    """Run `approve` with a terminal of its own, type on it, and return what it showed there."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, command(settings))  # noqa: S606 the program under test
    shown = b""
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        asked = False
        while select.select([screen], [], [], 60)[0]:
            try:
                read = os.read(terminal, 4096)
            except OSError:
                break
            if not read:
                break
            shown += read
            if not asked and b"to leave it open" in shown:
                asked = True
                screen.write(typed.encode() + b"\n")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    return shown.decode()


@contextlib.contextmanager
def page(settings: Settings) -> Generator[str]:
    """The approval page of a data folder; gives its address."""
    with subprocess.Popen(
        command(settings, "--page"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            yield next(line.strip() for line in process.stdout if line.startswith("http://127.0.0.1:"))
        finally:
            watchdog.cancel()
            process.terminate()


def hidden(shown: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', shown))


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """Only a person's act counts."""
    return make_settings(approval="person")


async def test_under_person_a_second_call_approves_nothing(settings: Settings) -> None:
    async with connected(settings) as call:
        first = await call("design_voice", **DESIGN)
        assert "voice-design-mcp approve" in first["next"]
        again = await call("design_voice", **DESIGN, approval=first["approval"]["id"])
        assert again["status"] == "confirmation_required"
        assert again["approval"] == first["approval"]
        assert (await call("list_voices"))["slots"]["qwen"]["used"] == 0


async def test_under_person_a_form_accepted_by_the_person_counts(settings: Settings) -> None:
    async with connected(settings, person=Person()) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "created"


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is how the test types on a terminal")
@pytest.mark.parametrize(
    ("typed", "status"), [("USD 0.20", "created"), ("usd 0.20", "created"), ("yes", "confirmation_required")]
)
async def test_the_amount_typed_on_the_terminal_approves_and_nothing_else_does(
    settings: Settings, typed: str, status: str
) -> None:
    async with connected(settings) as call:
        first = await call("design_voice", **DESIGN)
        shown = on_a_terminal(settings, typed)
        assert "Design a voice in the offline sandbox?" in shown
        second = await call("design_voice", **DESIGN)
        assert second["status"] == status
        if status == "created":
            [charge] = (await call("get_spending"))["charges"]
            assert charge["approved_by"] == "terminal"
            replayed = await call("design_voice", **DESIGN, approval=first["approval"]["id"])
            assert replayed["voice"] == second["voice"]


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is how the test types on a terminal")
async def test_no_typed_on_the_terminal_declines(settings: Settings) -> None:
    async with connected(settings) as call:
        first = await call("design_voice", **DESIGN)
        on_a_terminal(settings, "no")
        error = await call.error("design_voice", **DESIGN, approval=first["approval"]["id"])
        assert error["code"] == "approval_invalid"


def test_without_a_terminal_approve_refuses_instead_of_reading_standard_input(settings: Settings) -> None:
    ended = subprocess.run(
        command(settings),
        input="USD 0.20\n",
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        timeout=60,
        start_new_session=True,
    )
    assert ended.returncode == 1
    assert "needs a terminal" in ended.stderr


async def test_the_page_decides_only_by_its_own_form(settings: Settings) -> None:
    async with connected(settings) as call:
        await call("design_voice", **DESIGN)
        with page(settings) as address:
            origin, secret = address.rsplit("/", 1)
            async with httpx2.AsyncClient() as browser:
                shown = await browser.get(address)
                form = {**hidden(shown.text), "decision": "approve"}
                refused = [
                    await browser.get(address, params=form),
                    await browser.post(address, data=form),
                    await browser.post(address, data=form, headers={"Origin": "http://evil.example"}),
                    await browser.post(address, data=form, headers={"Origin": origin, "Host": "localhost:1"}),
                    await browser.post(address, data={**form, "token": "x"}, headers={"Origin": origin}),
                    await browser.post(f"{origin}/{secret[::-1]}", data=form, headers={"Origin": origin}),
                ]
                assert [answer.status_code for answer in refused] == [200, 404, 404, 404, 403, 404]
                assert (await call("design_voice", **DESIGN))["status"] == "confirmation_required"
                assert "<script" not in shown.text
                assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
                assert shown.headers["x-frame-options"] == "DENY"
                done = await browser.post(address, data=form, headers={"Origin": origin})
                assert "Approved." in done.text
        assert (await call("design_voice", **DESIGN))["status"] == "created"
        [charge] = (await call("get_spending"))["charges"]
        assert charge["approved_by"] == "page"


async def test_the_page_escapes_what_agents_wrote(settings: Settings) -> None:
    tricky = "A calm man </pre><form action='http://evil.example'><b>"
    async with connected(settings) as call:
        await call("design_voice", **{**DESIGN, "voice_prompt": tricky})
        with page(settings) as address:
            async with httpx2.AsyncClient() as browser:
                shown = (await browser.get(address)).text
    assert "evil.example&#x27;" in shown
    assert "<b>" not in shown


async def test_auto_asks_nothing_within_the_caps_but_still_asks_before_a_deletion(make_settings: MakeSettings) -> None:
    async with connected(make_settings(approval="auto", max_voices_per_day="1")) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        assert (await call("delete_voice", voice=voice))["status"] == "confirmation_required"
        assert (await call.error("design_voice", **DESIGN, take=2))["code"] == "cap_exceeded"
