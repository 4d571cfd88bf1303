"""The review as an agent meets it: before the purchase by itself, and in the question that asks for approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients import DESIGN, ERAS, Era, Person, connected, text_of
from conftest import MakeSettings
from voice_design_mcp.config import Settings

FREEMAN = "a nice normal voice like Morgan Freeman"
CLOSED = "http://127.0.0.1:9"


@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_learns_what_is_wrong_where_and_what_to_write(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era) as call:
        result = await call.raw("review_description", voice_prompt=FREEMAN)
    data = result.structured_content
    assert data is not None
    assert (data["status"], data["characters"]) == ("not_ready", len(FREEMAN))
    found = {finding["code"]: finding for finding in data["findings"]}
    assert found["imitation"]["severity"] == "error"
    assert found["imitation"]["span"] == {"start": 20, "end": 39, "text": "like Morgan Freeman"}
    assert all(finding.keys() == {"code", "severity", "span", "why", "suggestion"} for finding in data["findings"])
    assert data["dimensions"]["present"] == {}
    assert len(data["dimensions"]["missing"]) == 7
    text = text_of(result)
    assert "error imitation" in text
    assert "Not said, left to the model: gender, age" in text


async def test_a_good_description_is_ready_and_a_poor_one_comes_back_shorter(settings: Settings) -> None:
    async with connected(settings) as call:
        ready = await call("review_description", voice_prompt=DESIGN["voice_prompt"])
        assert ready["status"] == "ready"
        assert ready["dimensions"]["missing"] == []
        assert "rewritten" not in ready
        poor = await call(
            "review_description", voice_prompt="一个好听的年轻女声，温柔，语速慢", language="en", preview_text="你好"
        )
    assert poor["status"] == "not_ready"
    assert poor["rewritten"] == "一个年轻女声，温柔，语速慢"
    assert [each["code"] for each in poor["findings"] if each["severity"] == "error"] == ["preview_language"]


async def test_a_review_needs_no_vendor_and_opens_no_file(make_settings: MakeSettings, tmp_path: Path) -> None:
    async with connected(make_settings(base_url=CLOSED, api_key="sk-any")) as call:
        assert (await call("review_description", voice_prompt="female voice"))["status"] == "improvable"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ({"voice_prompt": " "}, "voice_prompt"),
        ({"voice_prompt": "a" * 10_001}, "voice_prompt"),
        ({"voice_prompt": "a voice \ud800"}, "voice_prompt"),
        ({"voice_prompt": "a voice", "preview_text": "\ud800"}, "preview_text"),
        ({"voice_prompt": "a voice", "language": "nl"}, "language"),
        ({"voice_prompt": "a voice", "target_model": "gpt"}, "target_model"),
    ],
)
async def test_what_can_not_be_reviewed_is_refused(settings: Settings, wrong: dict[str, str], argument: str) -> None:
    async with connected(settings) as call:
        error = await call.error("review_description", **wrong)
    assert (error["code"], error["argument"]) == ("invalid_argument", argument)


async def test_more_findings_than_anybody_reads_are_counted(settings: Settings) -> None:
    async with connected(settings) as call:
        data = await call("review_description", voice_prompt="A nice deep voice, a calm nice tone. " * 200)
    assert len(data["findings"]) == 30
    assert data["findings_left_off"] > 100


@pytest.mark.parametrize("era", ERAS)
async def test_whoever_approves_a_design_is_told_what_the_review_objects_to(settings: Settings, era: Era) -> None:
    person = Person("decline")
    async with connected(settings, era=era, person=person) as call:
        await call("design_voice", **{**DESIGN, "voice_prompt": "Old man like Morgan Freeman, slow"})
    assert 'Note: "like Morgan Freeman" asks for the voice of somebody.' in person.asked[0]
    assert person.asked[0].splitlines()[-1].startswith("Description:")
    async with connected(settings, era=era) as call:
        quoted = await call("design_voice", **{**DESIGN, "voice_prompt": "Old man like Morgan Freeman, slow"})
        plain = await call("design_voice", **DESIGN)
    assert any("does not support imitation" in note for note in quoted["notes"])
    assert not any("imitation" in note or "does not say" in note for note in plain["notes"])
