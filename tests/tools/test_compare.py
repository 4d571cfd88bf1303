"""compare_voices: one line by several voices, at one loudness, quoted first, bought once."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import soundfile
from mcp.types import BlobResourceContents
from numpy.typing import NDArray

from clients import DESIGN, ERAS, Caller, Era, Person, connected, text_of
from conftest import MakeSettings
from narration.telling import spoil, usage
from sandbox.served import served_sandbox
from spending.books import books
from voice_design_mcp.config import Settings
from voice_design_mcp.speech.loudness import loudness_lufs

LINE = "The lamp is lit, and the ship comes home."
CLIP_MAX = 1500
LOST = {"match": {"operation": "synthesize"}, "when": "after", "action": "reset"}


@pytest.fixture
def sandbox(tmp_path: Any) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def bought(make_settings: MakeSettings, sandbox: str) -> Settings:
    """Settings that spend, at a served sandbox that can fail and that keeps a bill."""
    return make_settings(base_url=sandbox, api_key="sk-test")


async def two_voices(call: Caller) -> list[str]:
    """A deep man's and a bright woman's."""
    woman = {**DESIGN, "voice_prompt": "Young woman, high pitch, fast, cheerful and bright, for an animation."}
    return [(await call.approved("design_voice", **given))["voice"] for given in (DESIGN, woman)]


async def heard(call: Caller, clip: dict[str, Any]) -> tuple[NDArray[np.float32], int]:
    """The samples of a clip, read as a client reads them."""
    contents = (await call.client.read_resource(clip["audio"]["uri"])).contents[0]
    assert isinstance(contents, BlobResourceContents)
    with soundfile.SoundFile(io.BytesIO(base64.b64decode(contents.blob))) as file:
        return np.asarray(file.read(dtype="float32"), np.float32), file.samplerate


@pytest.mark.parametrize("era", ERAS)
async def test_each_voice_says_the_line_at_one_loudness_and_what_tells_them_apart_is_said(
    settings: Settings, era: Era
) -> None:
    async with connected(settings, era=era) as call:
        voices = await two_voices(call)
        told = await call.approved("compare_voices", voices=voices, text=LINE)
        assert (told["status"], [clip["voice"] for clip in told["clips"]]) == ("ok", voices)
        for clip in told["clips"]:
            samples, rate_hz = await heard(call, clip)
            assert loudness_lufs(samples, rate_hz) == pytest.approx(told["level_lufs"], abs=0.5)
            assert clip["traits"]["duration_s"] == pytest.approx(len(samples) / rate_hz, abs=0.01)
            assert len(str(clip)) <= CLIP_MAX
        man, woman = told["clips"]
        assert "semitones lower" in man["differs"]
        assert "semitones higher" in woman["differs"]
        again = await call("compare_voices", voices=voices, text=f"  {LINE} ")
        assert (again["status"], again["clips"]) == ("reused", told["clips"])


async def test_it_is_asked_about_once_with_the_total_and_billed_by_voice_and_never_again(
    bought: Settings, sandbox: str
) -> None:
    person = Person()
    async with connected(bought) as call:
        voices = await two_voices(call)
    async with connected(bought, person=person) as call:
        await call("list_voices")  # whose answer tells that a sandbox is there
        before = usage(sandbox)["characters"]
        told = await call("compare_voices", voices=voices, text=LINE)
        [question] = person.asked
        assert question.startswith(
            f"Speak one line with 2 voices on the sandbox at {sandbox.partition('://')[2]}? {2 * len(LINE)} "
        )
        assert question.splitlines()[2] == f"Voices: {', '.join(voices)}"
        assert usage(sandbox)["characters"] - before == told["characters"] == 2 * len(LINE)
        assert books(bought).charged_characters == 2 * len(LINE)
        # The other order is another comparison of the same sounds, and a narration of the line has one of them.
        other = await call("compare_voices", voices=voices[::-1], text=LINE)
        assert (other["status"], other["characters"], [clip["voice"] for clip in other["clips"]]) == (
            "ok",
            0,
            voices[::-1],
        )
        told = await call("narrate", script=LINE, cast=voices[0])
        assert (told["status"], told["cached_lines"]) == ("ok", 1)
        assert len(person.asked) == 1
    assert usage(sandbox)["characters"] - before == 2 * len(LINE)


async def test_the_user_s_own_loudness_is_that_of_every_clip(make_settings: MakeSettings) -> None:
    async with connected(make_settings(loudness_lufs="-23", approval="auto")) as call:
        voices = [(await call("design_voice", **DESIGN, take=take))["voice"] for take in (1, 2)]
        told = await call("compare_voices", voices=voices, text=LINE)
        assert told["level_lufs"] == -23
        for clip in told["clips"]:
            assert loudness_lufs(*await heard(call, clip)) == pytest.approx(-23, abs=0.5)


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_no_sends_nothing(bought: Settings, sandbox: str, action: Any) -> None:
    async with connected(bought) as call:
        voices = await two_voices(call)
    before = usage(sandbox)
    async with connected(bought, person=Person(action)) as call:
        told = await call("compare_voices", voices=voices, text=LINE)
        assert told["status"] == ("declined" if action == "decline" else "confirmation_required")
    assert usage(sandbox) == before


async def test_a_cap_refuses_the_whole_before_anybody_is_asked(make_settings: MakeSettings, sandbox: str) -> None:
    settings = make_settings(base_url=sandbox, api_key="sk-test", max_characters_per_day=str(2 * len(LINE) - 1))
    async with connected(settings) as call:
        voices = await two_voices(call)
        before = usage(sandbox)
        assert (await call.error("compare_voices", voices=voices, text=LINE))["code"] == "cap_exceeded"
    assert usage(sandbox) == before


async def test_a_voice_whose_answer_was_lost_is_named_and_bought_again_only_by_another_call(
    bought: Settings, sandbox: str
) -> None:
    async with connected(bought) as call:
        voices = await two_voices(call)
        spoil(sandbox, LOST)
        told = await call.approved("compare_voices", voices=voices, text=LINE)
        assert told["status"] == "incomplete"
        [missing], [clip] = told["missing"], told["clips"]
        assert {missing["voice"], clip["voice"]} == set(voices)
        asked = await call("compare_voices", voices=voices, text=LINE)
        assert (asked["status"], asked["characters"], asked["to_speak"]) == ("confirmation_required", len(LINE), 1)
        whole = await call("compare_voices", voices=voices, text=LINE, approval=asked["approval"]["id"])
        assert (whole["status"], [each["voice"] for each in whole["clips"]]) == ("ok", voices)
    ledger = books(bought)
    assert ledger.charged_characters + ledger.assumed_characters == usage(sandbox)["characters"] == 3 * len(LINE)


async def test_the_same_comparison_made_twice_at_once_is_bought_once(make_settings: MakeSettings, sandbox: str) -> None:
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto")
    async with connected(settings) as call:
        voices = [(await call("design_voice", **DESIGN, take=take))["voice"] for take in (1, 2)]
        before = usage(sandbox)["characters"]
        told = await asyncio.gather(*(call("compare_voices", voices=voices, text=LINE) for _ in range(2)))
    assert [len(each["clips"]) for each in told] == [2, 2]
    assert usage(sandbox)["characters"] - before == 2 * len(LINE)


@pytest.mark.parametrize(
    ("arguments", "argument", "said"),
    [
        ({"voices": ["{0}"]}, "voices", "2 to 6"),
        ({"voices": ["{0}"] * 7}, "voices", "2 to 6"),
        ({"voices": ["{0}", "{0}"]}, "voices", "twice"),
        ({"voices": ["{0}", "two names"]}, "voices", "none"),
        ({"voices": "{0}"}, "voices", "list"),
        ({"text": " "}, "text", "empty"),
        ({"text": "a" * 301}, "text", "300"),
        ({"text": "* * *"}, "text", "spoken"),
    ],
)
async def test_what_can_not_be_compared_is_refused_by_name_and_limit(
    settings: Settings, arguments: dict[str, Any], argument: str, said: str
) -> None:
    async with connected(settings) as call:
        voices = await two_voices(call)
        filled = json.dumps({"voices": voices, "text": LINE, **arguments}).replace("{0}", voices[0])
        given: dict[str, Any] = json.loads(filled)
        error = await call.error("compare_voices", **given)
        assert (error["code"], error["argument"]) == ("invalid_argument", argument)
        assert said in error["message"] + error["hint"]
        assert (await call.error("compare_voices", voices=[voices[0], "nobody"], text=LINE))[
            "code"
        ] == "voice_not_found"


async def test_the_text_of_a_result_names_the_clips_of_its_data(settings: Settings) -> None:
    async with connected(settings) as call:
        voices = await two_voices(call)
        asked = await call("compare_voices", voices=voices, text=LINE)
        result = await call.raw("compare_voices", voices=voices, text=LINE, approval=asked["approval"]["id"])
        assert result.structured_content is not None
        told, text = result.structured_content["clips"], text_of(result)
        assert all(
            each in text for clip in told for each in (clip["voice"], clip["audio"]["uri"], clip["audio"]["path"])
        )
