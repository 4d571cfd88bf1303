"""Both families behind the same tools: their limits, the free kind's approval, its review, two lists, and the default model."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clients import DESIGN, Caller, Person, connected, text_of
from conftest import MakeSettings
from sandbox.served import served_sandbox
from spending.vendor import Vendor, reset_after
from voice_design_mcp.desk import Patience

COSYVOICE = "cosyvoice-v3.5-flash"
ENROLLED = {**DESIGN, "target_model": COSYVOICE}
BRIEF = Patience(review_s=0.2, review_every_s=0.01)


@pytest.fixture
def sandbox(tmp_path: Path) -> Generator[str]:
    """A served sandbox's address."""
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


def review(url: str, **script: Any) -> None:
    httpx2.post(f"{url}/sandbox/review", json=[script]).raise_for_status()


@pytest.mark.parametrize(
    "model",
    ["qwen3-tts-vd-2026-01-26", "qwen3-tts-vd-realtime-2026-01-15", COSYVOICE, "qwen-audio-3.1-tts-flash"],
)
async def test_a_voice_of_every_kind_is_designed_listed_spoken_with_and_deleted(
    make_settings: MakeSettings, model: str
) -> None:
    async with connected(make_settings(), person=Person()) as call:
        made = await call("design_voice", **{**DESIGN, "target_model": model})
        voice = made["voice"]
        assert (made["status"], made["voice_status"], made["target_model"]) == ("created", "OK", model)
        assert [each["voice"] for each in (await call("list_voices"))["voices"]] == [voice]
        assert (await call("get_voice", voice=voice))["voice_prompt"] == DESIGN["voice_prompt"]
        spoken = await call("synthesize", text="The bridge was built in a single winter.", voice=voice)
        assert (spoken["status"], spoken["target_model"]) == ("ok", model)
        assert spoken["audio"]["duration_s"] > 1
        assert ("first_audio_ms" in spoken["audio"]) == ("realtime" in model or model == COSYVOICE), "it came in pieces"
        assert (await call("delete_voice", voice=voice))["status"] == "deleted"
        assert (await call("list_voices"))["voices"] == []


@pytest.mark.parametrize(
    ("wrong", "argument", "limit"),
    [
        ({"voice_prompt": "a" * 501}, "voice_prompt", "it must have 1 to 500"),
        ({"preview_text": "a" * 14}, "preview_text", "it must have 15 to 200"),
        ({"preview_text": "a" * 201}, "preview_text", "it must have 15 to 200"),
        ({"language": "de"}, "language", "'de' is not supported"),
        ({"sample_rate": 8000}, "sample_rate", "8000"),
        ({"response_format": "opus"}, "response_format", "'opus'"),
        ({"preferred_name": "___"}, "preferred_name", "with a letter or digit"),
    ],
)
async def test_the_second_familys_limits_are_refused_here_in_the_same_words(
    make_settings: MakeSettings, wrong: dict[str, Any], argument: str, limit: str
) -> None:
    async with connected(make_settings(), person=Person()) as call:
        error = await call.error("design_voice", **{**ENROLLED, **wrong})
    assert (error["code"], error["argument"]) == ("invalid_argument", argument)
    assert limit in error["message"]
    assert error["hint"]


@pytest.mark.parametrize(
    "right",
    [
        {"voice_prompt": "a" * 500},
        {"preview_text": "Good evening, everyone."[:15]},
        {"preview_text": "Good evening. " * 14 + "Good"},
        {"preferred_name": "A_long_name_1234"},
    ],
)
async def test_a_design_at_the_second_familys_limits_passes(make_settings: MakeSettings, right: dict[str, str]) -> None:
    async with connected(make_settings(), person=Person()) as call:
        assert (await call("design_voice", **{**ENROLLED, **right}))["status"] == "created"


async def test_a_name_keeps_what_fits_into_a_prefix_and_its_tag_stands_whole(make_settings: MakeSettings) -> None:
    async with connected(make_settings(), person=Person()) as call:
        made = await call("design_voice", **{**ENROLLED, "preferred_name": "the_announcer"})
    prefix = made["voice"].removeprefix(f"{COSYVOICE}-vd-").split("-")[0]
    assert prefix.startswith("thea")
    assert any(f"the tag {prefix[4:]}," in note for note in made["notes"])


async def test_the_free_kind_says_that_it_is_free_and_takes_a_slot_and_no_cap_counts_it(
    make_settings: MakeSettings,
) -> None:
    person = Person()
    async with Vendor() as vendor:
        settings = make_settings(api_key="sk-test", base_url=vendor.origin, max_voices_per_day="0", max_usd_per_day="0")
        async with connected(settings, person=person) as call:
            made = await call("design_voice", **ENROLLED)
            spending = await call("get_spending")
    [question] = person.asked
    first = question.splitlines()[0]
    assert first.endswith("Nothing is charged: this kind is free; it takes one of 1,000 enrollment slots.")
    assert made["cost"] == {"amount": "0.00", "currency": "USD"}
    assert (spending["today"]["usd"], spending["today"]["voices"]) == ("0.00", 0)
    assert spending["charges"][0]["voice"] == made["voice"]
    assert spending["slots"]["enrollment"]["used"] == 1


async def test_a_voice_whose_answer_was_lost_is_found_by_its_tag_in_the_second_family_too(
    make_settings: MakeSettings,
) -> None:
    async with Vendor() as vendor:
        settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto")
        vendor.spoil("create_voice", reset_after)
        async with connected(settings) as call:
            made = await call("design_voice", **ENROLLED)
        assert (made["status"], [made["voice"]], vendor.created) == ("created", vendor.made, 1)
        assert vendor.asked("list") == 0


async def test_a_design_waits_for_the_review_with_progress(make_settings: MakeSettings, sandbox: str) -> None:
    told: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 the SDK names them
        told.append(message)

    review(sandbox, queries=3)
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto")
    async with connected(settings, patience=Patience(review_s=30, review_every_s=0.01)) as call:
        result = await call.client.call_tool("design_voice", ENROLLED, progress_callback=hear)
    assert result.structured_content is not None
    assert result.structured_content["voice_status"] == "OK"
    assert sum("reviews" in (message or "") for message in told) == 3


async def test_a_design_still_in_review_is_created_and_the_same_call_takes_it_up_again(
    make_settings: MakeSettings, sandbox: str
) -> None:
    review(sandbox, queries=None)
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto")
    async with connected(settings, patience=BRIEF) as call:
        result = await call.raw("design_voice", **ENROLLED)
        first: dict[str, Any] = result.structured_content or {}
        assert (first["status"], first["voice_status"]) == ("created", "DEPLOYING")
        assert "still reviews this voice" in text_of(result)
        error = await call.error("synthesize", voice=first["voice"], text="Good evening.")
        assert (error["code"], error["retryable"]) == ("voice_in_review", True)
        assert (await call("list_voices"))["voices"][0]["voice_status"] == "DEPLOYING"
        httpx2.post(f"{sandbox}/sandbox/review/release").raise_for_status()
        again = await call("design_voice", **ENROLLED)
        assert (again["status"], again["voice_status"], again["voice"]) == ("reused", "OK", first["voice"])
        assert (await call("synthesize", voice=first["voice"], text="Good evening."))["status"] == "ok"


async def test_a_rejected_voice_is_said_to_be_one_with_what_to_do(make_settings: MakeSettings, sandbox: str) -> None:
    review(sandbox, outcome="UNDEPLOYED")
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto")
    async with connected(settings, patience=BRIEF) as call:
        made = await call("design_voice", **ENROLLED)
        assert (made["status"], made["voice_status"]) == ("created", "UNDEPLOYED")
        assert "delete it to free its slot" in made["next"]
        assert (await call.error("synthesize", voice=made["voice"], text="Hello."))["code"] == "voice_rejected"


async def both_lists(call: Caller) -> tuple[str, str]:
    qwen = await call("design_voice", **DESIGN)
    enrolled = await call("design_voice", **ENROLLED)
    return qwen["voice"], enrolled["voice"]


async def test_both_lists_are_merged_on_the_first_page_and_paged_apart(make_settings: MakeSettings) -> None:
    async with connected(make_settings(), person=Person()) as call:
        qwen, enrolled = await both_lists(call)
        merged = await call("list_voices")
        assert [each["voice"] for each in merged["voices"]] == [qwen, enrolled]
        assert [each["target_model"] for each in merged["voices"]] == ["qwen3-tts-vd-2026-01-26", COSYVOICE]
        assert merged["slots"] == {"qwen": {"used": 1, "of": 1000}, "enrollment": {"of": 1000}}
        alone = await call("list_voices", family="enrollment")
        assert [each["voice"] for each in alone["voices"]] == [enrolled]
        assert alone["slots"] == {"enrollment": {"of": 1000}}
        error = await call.error("list_voices", page_index=1)
        assert (error["argument"], "needs a family" in error["message"]) == ("page_index", True)
        assert (await call.error("list_voices", family="other"))["argument"] == "family"


async def test_a_list_that_cant_be_read_does_not_hide_the_other(make_settings: MakeSettings, sandbox: str) -> None:
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto")
    async with connected(settings) as call:
        _, enrolled = await both_lists(call)
        refused = {"status": 403, "code": "AccessDenied", "message": "x"}
        faults = [{"match": {"operation": "list"}, "times": 1, **refused}]
        httpx2.post(f"{sandbox}/sandbox/faults", json=faults).raise_for_status()
        listed = await call("list_voices")
    assert [each["voice"] for each in listed["voices"]] == [enrolled]
    assert listed["slots"]["qwen"]["unreadable"]


@pytest.mark.parametrize(
    ("serves", "expected"),
    [
        (("qwen-voice-design", "qwen3-tts-vd-2026-01-26"), "qwen3-tts-vd-2026-01-26"),
        (("voice-enrollment", "qwen-audio-3.1-tts-flash", "cosyvoice-v3-plus"), "qwen-audio-3.1-tts-flash"),
    ],
)
async def test_without_a_model_chosen_the_first_that_the_vendor_still_serves_is_taken(
    make_settings: MakeSettings, serves: tuple[str, ...], expected: str
) -> None:
    async with Vendor(serves=serves) as vendor:
        settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto")
        async with connected(settings) as call:
            made = await call("design_voice", **DESIGN)
            asked = vendor.asked("models")
            await call("design_voice", **DESIGN, take=2)
        assert made["target_model"] == expected
        assert vendor.asked("models") == asked


async def test_where_no_model_is_served_the_error_says_where_voice_design_lives_now(
    make_settings: MakeSettings,
) -> None:
    person = Person()
    async with Vendor(serves=()) as vendor:
        settings = make_settings(api_key="sk-test", base_url=vendor.origin)
        async with connected(settings, person=person) as call:
            error = await call.error("design_voice", **DESIGN)
        assert vendor.created == 0
    assert error["code"] == "model_unavailable"
    assert "VOICE_DESIGN_REGION=beijing" in error["hint"]
    assert person.asked == []


async def test_a_model_of_another_region_is_refused_before_anything_is_sent(make_settings: MakeSettings) -> None:
    async with connected(make_settings(api_key="sk-test", region="singapore"), person=Person()) as call:
        error = await call.error("design_voice", **ENROLLED)
    assert (error["code"], error["argument"]) == ("wrong_region", "target_model")
    assert "beijing" in error["message"]
