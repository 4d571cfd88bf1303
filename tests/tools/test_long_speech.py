"""synthesize with a text longer than one request may be: spoken in pieces, whole, in order, and paid for once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from clients import Caller, Person, connected
from conftest import MakeSettings
from narration.telling import cues_of, release, sound_of, spoil, starts_of, usage, voices
from sandbox.served import served_sandbox
from spending.books import books
from spending.time_and_clients import AT_ONCE
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Patience

SENTENCES = [f"Number {number}: the keeper climbed the stairs and lit the lamp before dusk." for number in range(30)]
TEXT = "\n\n".join(" ".join(SENTENCES[at : at + 5]) for at in range(0, 30, 5))
SYNTHESIS = {"operation": "synthesize"}


@pytest.fixture
def vendor_url(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor_url: str) -> Settings:
    return make_settings(api_key="sk-test", base_url=vendor_url)


@pytest.fixture
async def voice(settings: Settings) -> str:
    async with connected(settings, person=Person()) as call:
        [made] = await voices(call, 1)
    return made


@pytest.fixture
async def call(settings: Settings) -> AsyncGenerator[Caller]:
    """A client whose calls wait for nothing."""
    async with connected(settings, retries=AT_ONCE, patience=Patience(attend_s=0)) as caller:
        yield caller


async def ended(call: Caller, **arguments: Any) -> dict[str, Any]:
    """The same call, made until the work is over."""
    while True:
        told = (await call.raw("synthesize", **arguments)).structured_content
        assert told is not None
        if told.get("status") != "in_progress":
            return told


async def test_a_long_text_becomes_one_file_with_every_word_once_in_order_and_a_pause_between_paragraphs(
    settings: Settings, voice: str, vendor_url: str
) -> None:
    async with connected(settings) as call:
        before = usage(vendor_url)["characters"]
        spoken = await call("synthesize", text=TEXT, voice=voice)
        billed = usage(vendor_url)["characters"] - before
        cues = await cues_of(call, spoken["subtitles"]["srt"])
        assert (await call("synthesize", text=TEXT, voice=voice))["status"] == "reused"
    assert (spoken["status"], spoken["voice"], spoken["target_model"]) == ("ok", voice, "qwen3-tts-vd-2026-01-26")
    assert spoken["characters"] == billed == usage(vendor_url)["characters"] - before
    words = sum(len(part) for part in TEXT.split("\n\n"))
    assert words - billed <= words // 300 + 1, "no more is left out than the spaces where it was cut"
    samples, rate_hz = sound_of(spoken)
    assert (rate_hz, len(samples) / rate_hz) == (24000, pytest.approx(spoken["audio"]["duration_s"], abs=0.01))
    starts = starts_of(samples, rate_hz, silence_s=0.7)
    assert len(starts) == 6, "a paragraph begins after a pause that is longer than any within one"
    told = [start for start, _, _ in cues]
    assert told == sorted(told)
    assert all(min(abs(start - at) for at in told) < 0.05 for start in starts)


@pytest.mark.parametrize(("response_format", "rate_hz"), [("mp3", 48000), ("wav", 8000), ("opus", 16000)])
async def test_a_long_text_comes_in_the_format_and_rate_that_was_asked_for(
    make_settings: MakeSettings, response_format: str, rate_hz: int
) -> None:
    async with connected(make_settings(), person=Person()) as call:
        [voice] = await voices(call, 1)
        shape: dict[str, Any] = {"response_format": response_format, "sample_rate": rate_hz}
        spoken = await call("synthesize", text="\n\n".join(SENTENCES[:10]), voice=voice, name="chapter", **shape)
    samples, heard_hz = sound_of(spoken)
    assert heard_hz == spoken["audio"]["sample_rate_hz"] == rate_hz
    assert len(samples) / heard_hz == pytest.approx(spoken["audio"]["duration_s"], abs=0.1)


async def test_a_long_text_goes_on_after_its_call_and_the_same_call_waits_on(
    call: Caller, voice: str, vendor_url: str, settings: Settings
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "when": "before", "action": "stall", "times": 20})
    told = await call("synthesize", text=TEXT, voice=voice)
    assert (told["status"], told["progress"]["done"], told["voice"]) == ("in_progress", 0, voice)
    release(vendor_url)
    done = await ended(call, text=TEXT, voice=voice)
    assert done["status"] == "ok"
    charged = [hold for hold in books(settings).holds if hold["kind"] == "speech"]
    assert len({hold["quote_id"] for hold in charged}) == 1, "all of it is under one approval"
    assert done["characters"] == usage(vendor_url)["characters"]


async def test_a_piece_whose_answer_was_lost_is_named_and_bought_again_only_by_another_call(
    call: Caller, voice: str, vendor_url: str
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "when": "after", "action": "reset"})
    told = await ended(call, text=TEXT, voice=voice)
    assert (told["status"], told["error"]["code"], "audio" in told) == ("incomplete", "pieces_missing", False)
    [missing] = told["missing"]
    assert missing["billed"]
    assert missing["text"] in TEXT.replace("\n\n", " ")
    billed = usage(vendor_url)["characters"]
    done = await ended(call, text=TEXT, voice=voice)
    assert done["status"] == "ok"
    assert 0 < done["characters"] == usage(vendor_url)["characters"] - billed < 301


async def test_a_long_text_is_asked_about_only_above_the_users_limit(
    make_settings: MakeSettings, vendor_url: str, voice: str
) -> None:
    limited = make_settings(api_key="sk-test", base_url=vendor_url, ask_above_usd="0.01")
    async with connected(limited) as call:
        asked = await call("synthesize", text=TEXT, voice=voice)
        assert (asked["status"], asked["cost"]["currency"]) == ("confirmation_required", "CNY")
        assert usage(vendor_url)["characters"] == 0
        changed = await call.error("synthesize", text=TEXT + " More.", voice=voice, approval=asked["approval"]["id"])
        assert changed["code"] == "approval_invalid"
        spoken = await call("synthesize", text=TEXT, voice=voice, approval=asked["approval"]["id"])
    assert spoken["status"] == "ok"
