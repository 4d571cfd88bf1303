"""An approval opens exactly what it was given for, once. Everything else is refused, and nothing is sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult, InputResponses

from clients import DESIGN, Caller, Person, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox
from voice_design_mcp.config import Settings


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def vendor(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor: str) -> Settings:
    return make_settings(base_url=vendor, api_key="sk-test")


def made(vendor: str) -> int:
    """Voices that the vendor has made."""
    return httpx2.get(f"{vendor}/sandbox/usage").json()["voice_creations"]


async def quoted(call: Caller, **more: Any) -> str:
    first = await call("design_voice", **{**DESIGN, **more})
    assert first["status"] == "confirmation_required"
    return first["approval"]["id"]


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        ({"voice_prompt": "A calm middle-aged woman, low and slow."}, "voice_prompt"),
        ({"preview_text": "Good evening, and welcome to the show."}, "preview_text"),
        ({"preferred_name": "announcer"}, "preferred_name"),
        ({"target_model": "qwen3-tts-vd-realtime-2026-01-15"}, "target_model"),
        ({"sample_rate": 16000}, "sample_rate"),
        ({"response_format": "mp3"}, "response_format"),
        ({"take": 2}, "take"),
    ],
)
async def test_changed_arguments_are_refused_and_the_first_that_differs_is_named(
    settings: Settings, vendor: str, changed: dict[str, Any], argument: str
) -> None:
    async with connected(settings) as call:
        approval = await quoted(call)
        error = await call.error("design_voice", **{**DESIGN, **changed}, approval=approval)
    assert error["code"] == "approval_invalid"
    assert f"{argument} differs" in error["message"]
    assert made(vendor) == 0


async def test_the_same_words_in_another_unicode_form_with_other_quotes_spaces_and_defaults_are_the_same_arguments(
    settings: Settings, vendor: str
) -> None:
    prompt = 'A "café" storyteller\'s voice: warm, low, slow, middle-aged.'
    repeated = unicodedata.normalize("NFD", "A “café”  storyteller’s voice:\nwarm, low, slow, middle-aged. ")
    person = Person()
    async with connected(settings) as call:
        approval = await quoted(call, voice_prompt=prompt)
        again = {**DESIGN, "voice_prompt": repeated, "language": "en", "sample_rate": 24000, "take": 1}
        assert (await call("design_voice", **again, approval=approval))["status"] == "created"
        voice = (await call("list_voices"))["voices"][0]["voice"]
        assert (await call("get_voice", voice=voice))["voice_prompt"] == prompt, "what was approved is what is sent"
    assert person.asked == []
    assert made(vendor) == 1


async def test_forged_expired_declined_and_foreign_approvals_get_one_and_the_same_error(
    make_settings: MakeSettings, settings: Settings, vendor: str
) -> None:
    clock = Clock()
    async with connected(settings, clock=clock) as call:
        late = await quoted(call)
        clock.now += timedelta(minutes=10, seconds=1)
        expired = await call.error("design_voice", **DESIGN, approval=late)
        forged = await call.error("design_voice", **DESIGN, approval="apr_" + "0" * 32)
        open_now = await quoted(call)
        other_act = await call.error("delete_voice", voice="qwen-tts-vd-x-voice-20251201102800-a1b2", approval=open_now)
    async with connected(make_settings(base_url=vendor, api_key="sk-other"), clock=clock) as call:
        foreign = await call.error("design_voice", **DESIGN, approval=open_now)
    async with connected(settings, clock=clock, person=Person("decline", None)) as call:
        await call("design_voice", **DESIGN)
        declined = await call.error("design_voice", **DESIGN, approval=open_now)
    assert expired == forged == other_act == foreign == declined
    assert expired["code"] == "approval_invalid"
    assert made(vendor) == 0


async def test_an_approval_used_again_returns_the_stored_result_and_sends_nothing(
    settings: Settings, vendor: str
) -> None:
    async with connected(settings) as call:
        approval = await quoted(call)
        first = await call("design_voice", **DESIGN, approval=approval)
        httpx2.post(
            f"{vendor}/sandbox/faults", json=[{"match": {"operation": "*"}, "times": 9, "status": 500}]
        ).raise_for_status()
        again = await call("design_voice", **DESIGN, approval=approval)
    assert again == first
    assert httpx2.get(f"{vendor}/sandbox/faults").json()["faults"][0]["times"] == 9, "a request was sent"
    assert made(vendor) == 1


async def test_eight_second_calls_racing_on_one_approval_make_one_voice_and_all_get_it(
    settings: Settings, vendor: str
) -> None:
    voices: list[str] = []
    async with connected(settings) as call:
        approval = await quoted(call)

        async def second() -> None:
            voices.append((await call("design_voice", **DESIGN, approval=approval))["voice"])

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(second)
    assert len(voices) == 8
    assert len(set(voices)) == 1
    assert made(vendor) == 1


async def asked_of(call: Caller) -> tuple[InputRequiredResult, InputResponses]:
    """The first round of a design, and the answers that accept it."""
    asked = await call.client.session.call_tool("design_voice", DESIGN, allow_input_required=True)
    assert isinstance(asked, InputRequiredResult)
    assert asked.input_requests is not None
    answers: InputResponses = {key: ElicitResult(action="accept", content={}) for key in asked.input_requests}
    return asked, answers


async def accepted(
    call: Caller, asked: InputRequiredResult, answers: InputResponses
) -> CallToolResult | InputRequiredResult:
    """The second round, which may be posted as often as one likes."""
    return await call.client.session.call_tool(
        "design_voice",
        DESIGN,
        input_responses=answers,
        request_state=asked.request_state,
        allow_input_required=True,
    )


def facts_of(result: CallToolResult | InputRequiredResult) -> dict[str, Any]:
    assert isinstance(result, CallToolResult)
    assert result.structured_content is not None
    return result.structured_content


async def test_an_accepted_round_replayed_with_the_same_state_makes_no_second_voice(
    settings: Settings, vendor: str
) -> None:
    async with connected(settings, person=Person()) as call:
        asked, answers = await asked_of(call)
        rounds = [facts_of(await accepted(call, asked, answers)) for _ in range(3)]
    assert [facts["status"] for facts in rounds] == ["created", "reused", "reused"]
    assert len({facts["voice"] for facts in rounds}) == 1
    assert made(vendor) == 1


async def test_the_accepted_round_of_a_voice_since_deleted_buys_no_new_one(settings: Settings, vendor: str) -> None:
    async with connected(settings, person=Person()) as call:
        asked, answers = await asked_of(call)
        voice = facts_of(await accepted(call, asked, answers))["voice"]
        await call("delete_voice", voice=voice)
        again = await accepted(call, asked, answers)
        assert isinstance(again, InputRequiredResult), "a new voice is a new question"
    assert made(vendor) == 1


async def test_at_most_twenty_quotes_are_open_and_the_oldest_gives_way(settings: Settings, vendor: str) -> None:
    async with connected(settings) as call:
        approvals = [await quoted(call, take=take) for take in range(1, 22)]
        error = await call.error("design_voice", **DESIGN, take=1, approval=approvals[0])
        assert error["code"] == "approval_invalid"
        assert (await call("design_voice", **DESIGN, take=21, approval=approvals[-1]))["status"] == "created"
    assert made(vendor) == 1


async def test_a_failed_purchase_releases_its_hold_and_its_approval_opens_no_second_one(
    settings: Settings, vendor: str
) -> None:
    async with connected(settings) as call:
        approval = await quoted(call)
        refusal = {"match": {"operation": "create"}, "status": 400, "code": "DataInspectionFailed", "message": "x"}
        httpx2.post(f"{vendor}/sandbox/faults", json=[refusal]).raise_for_status()
        failed = await call.error("design_voice", **DESIGN, approval=approval)
        assert failed["billed"] == "no"
        assert (await call.error("design_voice", **DESIGN, approval=approval))["code"] == "approval_invalid"
        assert (await call("get_spending"))["today"]["usd"] == "0.00"
        assert (await call.approved("design_voice", **DESIGN))["status"] == "created"
    assert made(vendor) == 1
