"""The panel in a real Chromium, under the policy that the specification prescribes, with real audio from the real server."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import BlobResourceContents

from clients import DESIGN, Caller, Person, served
from conftest import MakeSettings
from panel.browser import Browser, chromium
from panel.host import DEFAULT_POLICY, EVERYTHING, NO_MEDIA, Scene, hosting

pytestmark = pytest.mark.services
PICTURES = Path(__file__).resolve().parent.parent.parent / ".artifacts"
SPACE, TAB, RIGHT, HOME = "\ue00d", "\ue004", "\ue014", "\ue011"
TELLER = {
    **DESIGN,
    "preferred_name": "teller",
    "voice_prompt": "Young woman, high pitch, fast, cheerful and bright, for an animation.",
}
SAID = "document.querySelector('#said').textContent"
PLAYING = "Number(document.querySelector('input[type=range]').value) > 0.2"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture
def server(make_settings: MakeSettings) -> Generator[str]:
    with served(make_settings()) as url:
        yield url


@asynccontextmanager
async def calling(server: str) -> AsyncGenerator[Caller]:
    async with Client(streamable_http_client(f"{server}/mcp")) as client:
        yield Caller(client)


def design(**more: Any) -> Scene:
    return Scene(tool="design_voice", arguments=DESIGN, **more)


async def voices_of(server: str) -> list[str]:
    async with calling(server) as call:
        return [voice["voice"] for voice in (await call("list_voices"))["voices"]]


async def test_a_design_is_drawn_as_it_sounds_and_played_within_the_default_policy(
    browser: Browser, server: str
) -> None:
    with hosting(server, design()) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        drawn = browser.run("return document.querySelector('.wave path').getAttribute('d')")
        strokes = [float(height) for height in re.findall(r"v([\d.]+)", drawn)]
        [voice] = await voices_of(server)
        async with calling(server) as call:
            preview = (await call.client.read_resource(f"voice://{voice}/preview")).contents[0]
        assert isinstance(preview, BlobResourceContents)
        samples, _ = soundfile.read(io.BytesIO(base64.b64decode(preview.blob)), dtype="float32")
        size = len(samples) // 120
        peaks = np.abs(samples[: 120 * size]).reshape(120, size).max(axis=1)
        heights = np.maximum(1, 40 * np.maximum(0, 1 + 20 * np.log10(np.maximum(peaks, 1e-9)) / 48))
        assert np.allclose(strokes, heights, atol=1.0)
        assert browser.text("h2") in voice
        assert "median pitch" in browser.text(".traits")
        assert browser.text("#price") == "Sandbox: nothing charged"
        assert browser.until("document.querySelector('#slots').textContent") == "1 of 1000 qwen slots used"
        browser.click("button.play")
        browser.until(PLAYING)
        assert browser.find("[data-playing=true]")
        browser.click("button.play")
        assert browser.find("[data-playing=false]")
        assert [line for line in browser.complaints() if "Content Security Policy" in line] == []
        browser.outside()
        assert browser.run("return window.seen.calls")[0] == ["resources/read", f"voice://{voice}/preview"]
        browser.picture(PICTURES / "audition-light.png")


async def test_a_voice_is_kept_and_the_model_is_told(browser: Browser, server: str) -> None:
    with hosting(server, design()) as page:
        browser.open(page)
        browser.click("button[aria-label^=Keep]")
        assert browser.find("[data-kept=true]")
        [voice] = await voices_of(server)
        browser.outside()
        assert browser.run("return window.seen.context") == [
            f"In the audition panel the user chose to keep the voice {voice}."
        ]


async def test_one_of_three_candidates_is_kept_after_the_same_approval_as_the_tool_s(
    browser: Browser, server: str
) -> None:
    with hosting(server, Scene(tool="design_voice", arguments={**DESIGN, "candidates": 3})) as page:
        browser.open(page)
        assert browser.until("document.querySelectorAll('.wave svg').length === 3")
        assert browser.text(".differs").startswith("Against the others: ")
        browser.picture(PICTURES / "audition-candidates.png")
        second = browser.run("return document.querySelectorAll('.card')[1].dataset.voice")
        browser.click(".card:nth-child(2) button[aria-label^=Keep]")
        assert "Keep" in browser.text(".ask p")
        assert len(await voices_of(server)) == 3
        browser.click(".ask button")
        assert browser.find("[data-kept=true]")
        assert browser.until("document.querySelectorAll('[data-gone=true]').length === 2")
        assert await voices_of(server) == [second]
        assert browser.run("return document.querySelector('#compare').hidden")


async def test_a_voice_is_discarded_only_after_the_same_approval_as_the_tool_s(browser: Browser, server: str) -> None:
    with hosting(server, design()) as page:
        browser.open(page)
        browser.click("button.danger")
        assert "Delete" in browser.text(".ask p")
        browser.click(".ask button:last-child")
        assert browser.until(f"{SAID}.includes('Nothing was done')")
        assert len(await voices_of(server)) == 1
        browser.click("button.danger")
        browser.click(".ask button")
        assert browser.find("[data-gone=true]")
        assert await voices_of(server) == []


async def test_a_host_that_asks_by_a_form_is_asked_by_a_form(browser: Browser, server: str) -> None:
    person = Person()
    with hosting(server, design(person=person)) as page:
        browser.open(page)
        browser.click("button.danger")
        assert browser.find("[data-gone=true]")
    assert ["Design" in person.asked[0], "Delete" in person.asked[1]] == [True, True]
    assert await voices_of(server) == []


async def test_a_line_above_the_asking_limit_is_spoken_after_its_price_is_approved(
    browser: Browser, make_settings: MakeSettings
) -> None:
    with served(make_settings(ask_above_usd="0")) as server, hosting(server, design()) as page:
        browser.open(page)
        browser.click("button[aria-label^='Speak a line']")
        browser.type("form input", "The bridge was built in a single winter.")
        browser.click("form button")
        assert re.search(r"CNY|USD", browser.text(".ask p"))
        browser.click(".ask button")
        assert "bridge" in browser.text(".line")
        browser.click(".line + .player button")
        browser.until("Number(document.querySelector('.line + .player input').value) > 0.2")


async def test_a_design_that_waits_for_approval_can_be_approved_here(browser: Browser, server: str) -> None:
    with hosting(server, design(approves=False)) as page:
        browser.open(page)
        assert "Design a voice" in browser.text(".ask p")
        assert await voices_of(server) == []
        browser.click(".ask button")
        assert browser.find(".wave svg")
        assert len(await voices_of(server)) == 1
        browser.outside()
        assert "approved in the audition panel" in browser.run("return window.seen.context")[0]


async def test_two_voices_are_compared_at_one_level_and_one_is_heard(browser: Browser, server: str) -> None:
    async with calling(server) as call:
        await call.approved("design_voice", **DESIGN)
        await call.approved("design_voice", **TELLER)
    with hosting(server, Scene(tool="list_voices", arguments={})) as page:
        browser.open(page)
        assert browser.until("document.querySelectorAll('.card').length") == 2
        assert browser.text("#slots") == "2 of 1000 qwen slots used"
        browser.click("#both")
        assert browser.find("#compare[data-heard=A]")
        browser.until("[...document.querySelectorAll('input[type=range]')].every(seek => Number(seek.value) > 0.1)")
        browser.click("#other")
        assert browser.find("#compare[data-heard=B]")
        browser.picture(PICTURES / "audition-compare.png")
        browser.click("#both")
        assert browser.find("#compare:not([data-heard])")
        assert len(browser.run("return [...document.querySelectorAll('[data-playing=true]')]")) == 0


async def test_a_comparison_shows_each_voice_s_clip_and_plays_two_of_them_as_a_and_b(
    browser: Browser, server: str
) -> None:
    async with calling(server) as call:
        made = [await call.approved("design_voice", **each) for each in (DESIGN, TELLER)]
    voices = [each["voice"] for each in made]
    arguments = {"voices": voices, "text": "The lamp is lit, and the ship comes home."}
    for theme in ("light", "dark"):  # the second shows what the first has made
        with hosting(server, Scene(tool="compare_voices", arguments=arguments, theme=theme)) as page:
            browser.open(page)
            assert browser.until("document.querySelectorAll('.wave svg').length === 2")
            assert browser.text("h1") == "Comparison"
            assert browser.text("#said") == "2 voices at one loudness, -19 LUFS."
            assert (
                browser.run("return [...document.querySelectorAll('.card')].map(each => each.dataset.voice)") == voices
            )
            assert "semitones lower" in browser.text(".differs")
            browser.click("#both")
            assert browser.find("#compare[data-heard=A]")
            browser.until("[...document.querySelectorAll('input[type=range]')].every(seek => Number(seek.value) > 0.1)")
            browser.picture(PICTURES / f"audition-comparison-{theme}.png")
            browser.click("#both")


async def test_a_narration_is_shown_with_its_lines_and_played(browser: Browser, server: str) -> None:
    async with calling(server) as call:
        voice = (await call.approved("design_voice", **DESIGN))["voice"]
    script = {"script": "The lamp is lit.\n\nThe ship comes home.", "cast": voice}
    with hosting(server, Scene(tool="narrate", arguments=script)) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        assert (browser.text("h1"), browser.text("h2")) == ("Narration", "Narration")
        assert browser.text(".traits").startswith("2 lines: 2 spoken now, 0 spoken before.")
        browser.picture(PICTURES / "audition-narration.png")
        browser.click("button.play")
        browser.until(PLAYING)


async def test_a_kept_voice_is_shown_with_what_was_deleted_and_played(browser: Browser, server: str) -> None:
    async with calling(server) as call:
        made = await call.approved("design_voice", **DESIGN, candidates=2)
    kept = made["candidates"][0]["voice"]
    with hosting(server, Scene(tool="keep_voice", arguments={"voice": kept})) as page:
        browser.open(page)
        assert browser.text("h2") in kept
        assert browser.text("#said").startswith("Deleted: narrator_")
        browser.click("button.play")
        browser.until(PLAYING)


async def test_a_preview_of_two_minutes_is_survived_played_and_sought_in(browser: Browser, server: str) -> None:
    text = "从前有一座灯塔，每天夜里都有人为过往的船只点亮它。海风很大，守塔的老人从不离开。" * 16
    slow = {
        "voice_prompt": "老年男性，低音，语速缓慢，沉稳，声音沙哑，适合讲故事",
        "preview_text": text,
        "language": "zh",
        "preferred_name": "keeper",
    }
    with hosting(server, Scene(tool="design_voice", arguments=slow)) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        length = float(browser.run("return document.querySelector('input[type=range]').max"))
        assert length > 120
        browser.run(
            "const seek = document.querySelector('input[type=range]'); seek.value = 119; seek.dispatchEvent(new Event('input'))"
        )
        browser.click("button.play")
        browser.until("Number(document.querySelector('input[type=range]').value) > 119.2")


@pytest.mark.parametrize(
    ("capabilities", "policy", "era"),
    [
        ({"serverTools": {}}, DEFAULT_POLICY, "2026-07-28"),
        ({"serverTools": {}}, DEFAULT_POLICY, "legacy"),
        ({"serverResources": {}}, DEFAULT_POLICY, "legacy"),
        (EVERYTHING, NO_MEDIA, "2026-07-28"),
    ],
    ids=["tools alone", "tools alone, 2025", "resources alone, 2025", "a policy without media"],
)
async def test_it_plays_wherever_bytes_can_be_had(
    browser: Browser, server: str, capabilities: dict[str, Any], policy: str, era: Any
) -> None:
    with hosting(server, design(capabilities=capabilities, policy=policy, era=era)) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        browser.click("button.play")
        browser.until(PLAYING)
        has_actions = bool(browser.run("return document.querySelectorAll('.danger').length"))
        assert has_actions == ("serverTools" in capabilities)


@pytest.mark.parametrize("response_format", ["pcm", "mp3", "opus"])
async def test_every_preview_format_plays(browser: Browser, server: str, response_format: str) -> None:
    arguments = {**DESIGN, "response_format": response_format, "sample_rate": 16000}
    with hosting(server, Scene(tool="design_voice", arguments=arguments)) as page:
        browser.open(page)
        browser.click("button.play")
        browser.until(PLAYING)


async def test_a_host_that_hands_on_nothing_shows_the_words_and_no_dead_button(browser: Browser, server: str) -> None:
    with hosting(server, design(capabilities={})) as page:
        browser.open(page)
        assert "Measured:" in browser.text("#text")
        assert browser.run("return document.querySelectorAll('button, input, select').length") == 0
        assert "neither audio nor tools" in browser.text("#said")


async def test_what_comes_from_outside_is_only_ever_text(browser: Browser, server: str) -> None:
    mark_up = "<img src=x onerror=parent.postMessage(1,'*')><b>bold</b>"
    listed = {"voice": f"qwen-tts-vd-{mark_up}", "target_model": mark_up, "language": mark_up, "voice_prompt": mark_up}
    result: dict[str, Any] = {
        "content": [],
        "structuredContent": {
            "status": "ok",
            "voices": [listed, listed],
            "slots": {mark_up: {"used": mark_up, "of": 1}},
        },
    }
    with hosting(server, design(result=result)) as page:
        browser.open(page)
        assert mark_up in browser.text(".traits")
        assert browser.run("return document.querySelectorAll('img, b').length") == 0


async def test_it_is_used_by_keyboard_and_named_for_a_screen_reader(browser: Browser, server: str) -> None:
    with hosting(server, design()) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        short = browser.text("h2")
        assert (browser.role("button.play"), browser.name("button.play")) == ("button", f"Play {short}")
        assert (browser.role("input[type=range]"), browser.name("input[type=range]")) == (
            "slider",
            f"Position in {short}",
        )
        assert browser.name("button.danger") == f"Discard: {short}"
        assert browser.role("#said") == "status"
        browser.run("document.querySelector('button.play').focus()")
        browser.press(SPACE)
        browser.until(PLAYING)
        assert browser.name("button.play") == f"Pause {short}"
        browser.press(SPACE, TAB, HOME, RIGHT, RIGHT)
        assert float(browser.until("document.querySelector('input[type=range]').value")) == pytest.approx(0.2, abs=0.05)
        heights = browser.run(
            "return [...document.querySelectorAll('button')].map(each => each.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44


async def test_it_follows_the_host_s_theme_fits_a_narrow_window_and_tells_its_size(
    browser: Browser, server: str
) -> None:
    async with calling(server) as call:
        await call.approved("design_voice", **TELLER)
    with hosting(server, design(theme="dark")) as page:
        browser.open(page)
        assert browser.find(".wave svg")
        colour = "return getComputedStyle(document.documentElement).color"
        dark = browser.run(colour)
        browser.until("document.querySelector('#slots').textContent")
        browser.picture(PICTURES / "audition-dark.png")
        browser.outside()
        browser.run("window.changeTheme('light')")
        browser.inside()
        browser.until("document.documentElement.dataset.theme === 'light'")
        assert browser.run(colour) != dark
        browser.open(page, width=360, height=700)
        assert browser.find(".wave svg")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        browser.picture(PICTURES / "audition-narrow.png")
        browser.outside()
        height = browser.run("return window.seen.sizes.at(-1).height")
        assert 100 < height <= 500


async def test_it_falls_silent_and_says_so_when_the_host_tears_it_down(browser: Browser, server: str) -> None:
    with hosting(server, design()) as page:
        browser.open(page)
        browser.click("button.play")
        browser.until(PLAYING)
        browser.outside()
        browser.run("window.tearDown()")
        browser.until("window.seen.teardown")
        browser.inside()
        assert browser.find("[data-playing=false]")
