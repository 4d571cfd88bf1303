"""Several candidates under one approval, and the one that is kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator
from typing import Any

import httpx2
import pytest

from clients import DESIGN, ERAS, Caller, Era, Person, connected, text_of
from conftest import MakeSettings
from sandbox.served import served_sandbox
from spending.books import books
from voice_design_mcp.config import Settings

THREE = {**DESIGN, "preview_text": "Good evening, and welcome.", "candidates": 3}
TRAITS = {
    "duration_s",
    "median_pitch_hz",
    "characters_per_s",
    "brightness_hz",
    "loudness_lufs",
    "clipped_fraction",
    "silence_fraction",
}
LOST = {"match": {"operation": "create"}, "when": "after", "action": "reset"}
REFUSED = {
    "match": {"operation": "create"},
    "action": "answer",
    "status": 400,
    "code": "InvalidParameter",
    "message": "The description is not allowed.",
}


@pytest.fixture
def sandbox(tmp_path: Any) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def bought(make_settings: MakeSettings, sandbox: str) -> Settings:
    """Settings that spend, at a served sandbox that can fail and that keeps a bill."""
    return make_settings(base_url=sandbox, api_key="sk-test", approval="auto")


def spoil(sandbox: str, *faults: dict[str, Any]) -> None:
    httpx2.post(f"{sandbox}/sandbox/faults", json=faults).raise_for_status()


def billed(sandbox: str) -> int:
    return httpx2.get(f"{sandbox}/sandbox/usage").json()["voice_creations"]


def statuses(told: dict[str, Any]) -> list[str]:
    return [each["status"] for each in told["candidates"]]


def names(told: dict[str, Any]) -> list[str]:
    return [each["voice"] for each in told["candidates"] if "voice" in each]


async def listed(call: Caller) -> set[str]:
    return {voice["voice"] for voice in (await call("list_voices"))["voices"]}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("elicits", [True, False])
async def test_three_candidates_are_made_under_one_question_each_with_a_name_of_its_own(
    settings: Settings, era: Era, *, elicits: bool
) -> None:
    person = Person() if elicits else None
    async with connected(settings, era=era, person=person) as call:
        made = await (call("design_voice", **THREE) if elicits else call.approved("design_voice", **THREE))
        assert made["status"] == "created"
        assert "voice" not in made
        assert statuses(made) == ["created"] * 3
        assert [each["slot"] for each in made["candidates"]] == [1, 2, 3]
        assert await listed(call) == set(names(made))
        assert len(set(names(made))) == 3
        tags = {re.findall(r"narrator_([a-z0-9]{6})", voice)[0] for voice in names(made)}
        assert len(tags) == 3
        for each in made["candidates"]:
            assert each["traits"].keys() >= TRAITS
            assert each["measured"]
            assert each["differs"]
            preview = await call.client.read_resource(each["preview"]["uri"])
            assert preview.contents
        again = await call("design_voice", **THREE)
        assert (again["status"], names(again)) == ("reused", names(made))
    if person:
        [question] = person.asked
        assert question.startswith("Design 3 candidates for a voice in the offline sandbox? Nothing is charged")


async def test_the_whole_price_is_asked_for_and_each_slot_is_charged_its_own(
    make_settings: MakeSettings, sandbox: str
) -> None:
    settings = make_settings(base_url=sandbox, api_key="sk-test")
    person = Person()
    async with connected(settings) as call:
        quoted = await call("design_voice", **THREE)
    assert quoted["cost"] == {"amount": "0.60", "currency": "USD"}
    async with connected(settings, person=person) as call:
        made = await call("design_voice", **THREE)
        spending = await call("get_spending")
    assert "USD 0.60" in person.asked[0].splitlines()[0]
    assert statuses(made) == ["created"] * 3
    assert (spending["today"]["usd"], spending["today"]["voices"]) == ("0.60", 3)
    assert billed(sandbox) == 3
    assert [hold["amount"] for hold in books(settings).holds] == ["0.20"] * 3


async def test_they_are_held_all_or_none_at_the_caps(make_settings: MakeSettings, sandbox: str) -> None:
    settings = make_settings(base_url=sandbox, api_key="sk-test", approval="auto", max_voices_per_day="4")
    async with connected(settings) as call:
        await call("design_voice", **THREE)
        error = await call.error("design_voice", **THREE, take=2)
        assert error["code"] == "cap_exceeded"
        assert "this needs 3 voices" in error["message"]
        assert (await call("design_voice", **DESIGN))["status"] == "created"
    assert billed(sandbox) == 4
    assert len(books(settings).holds) == 4


@pytest.mark.parametrize(
    ("candidates", "message"),
    [(0, "must be 1 to 5"), (6, "must be 1 to 5"), (10**30, "must be 1 to 5"), ("many", "integer")],
)
async def test_a_number_of_candidates_beyond_1_to_5_is_refused(
    settings: Settings, candidates: Any, message: str
) -> None:
    async with connected(settings) as call:
        error = await call.error("design_voice", **DESIGN, candidates=candidates)
    assert (error["code"], error["argument"]) == ("invalid_argument", "candidates")
    assert message in error["message"]


async def test_an_approval_of_two_opens_neither_three_nor_one(settings: Settings) -> None:
    async with connected(settings) as call:
        two = await call("design_voice", **{**THREE, "candidates": 2})
        for other in (3, 1):
            arguments = {**THREE, "candidates": other, "approval": two["approval"]["id"]}
            error = await call.error("design_voice", **arguments)
            assert error["code"] == "approval_invalid"
            assert "candidates differs" in error["message"]
        assert await listed(call) == set()


async def test_a_refused_slot_is_told_costs_nothing_and_is_never_made_anew(bought: Settings, sandbox: str) -> None:
    spoil(sandbox, REFUSED)
    async with connected(bought) as call:
        result = await call.raw("design_voice", **THREE)
        made = result.structured_content
        assert made is not None
        assert sorted(statuses(made)) == ["created", "created", "failed"]
        assert [hold["state"] for hold in books(bought).holds].count("charged") == 2
        [failed] = [each for each in made["candidates"] if each["status"] == "failed"]
        assert failed["reason"]
        assert "voice" not in failed
        assert "nothing was billed for it" in text_of(result)
        again = await call("design_voice", **THREE)
        assert statuses(again) == statuses(made)
        assert (await call("design_voice", **THREE, take=2))["status"] == "created"
    assert billed(sandbox) == 5


async def test_when_every_slot_is_refused_the_refusal_is_the_answer_and_the_same_call_may_buy_anew(
    bought: Settings, sandbox: str
) -> None:
    spoil(sandbox, {**REFUSED, "times": 3})
    async with connected(bought) as call:
        error = await call.error("design_voice", **THREE)
        assert error["billed"] == "no"
        assert statuses(await call("design_voice", **THREE)) == ["created"] * 3
    assert billed(sandbox) == 3


async def test_a_slot_whose_answer_was_lost_is_pending_until_its_tag_is_found(bought: Settings, sandbox: str) -> None:
    spoil(sandbox, LOST)
    async with connected(bought) as call:
        told = await call("design_voice", **THREE)
        again = await call("design_voice", **THREE)
    assert sorted(statuses(told)) in (["created", "created", "pending"], ["created"] * 3)
    assert statuses(again) == ["created"] * 3
    assert billed(sandbox) == 3
    assert books(bought).charged_voices == sorted(names(again))


async def test_the_same_call_made_twice_at_once_is_one_purchase(bought: Settings, sandbox: str) -> None:
    async with connected(bought) as call:
        told = await asyncio.gather(*(call("design_voice", **THREE) for _ in range(2)))
    assert sorted(each["status"] for each in told) == ["created", "reused"]
    assert names(told[0]) == names(told[1])
    assert billed(sandbox) == 3


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("elicits", [True, False])
async def test_keeping_one_deletes_the_others_of_its_design_after_one_question_and_no_voice_besides(
    settings: Settings, era: Era, *, elicits: bool
) -> None:
    person = Person() if elicits else None
    async with connected(settings, era=era, person=person) as call:

        async def do(tool: str, **arguments: Any) -> dict[str, Any]:
            return await (call(tool, **arguments) if elicits else call.approved(tool, **arguments))

        alone = (await do("design_voice", **DESIGN))["voice"]
        others = names(await do("design_voice", **THREE, take=2))
        first, second, third = names(await do("design_voice", **THREE))
        kept = await do("keep_voice", voice=second)
        assert (kept["status"], kept["voice"], set(kept["deleted"])) == ("kept", second, {first, third})
        assert await listed(call) == {alone, second, *others}
        again = await call("keep_voice", voice=second)
        assert (again["status"], set(again["deleted"])) == ("kept", {first, third})
        assert statuses(await call("design_voice", **THREE)) == ["deleted", "created", "deleted"]
    if person:
        question = person.asked[-1]
        assert question.splitlines()[-1] == f"These go: {first}, {third}"


async def test_keeping_is_asked_about_under_every_policy_and_a_no_deletes_nothing(
    bought: Settings,
) -> None:
    async with connected(bought) as call:
        made = names(await call("design_voice", **THREE))
        asked = await call("keep_voice", voice=made[0])
        assert (asked["status"], asked["deletes"]) == ("confirmation_required", made[1:])
    async with connected(bought, person=Person("decline")) as call:
        assert (await call("keep_voice", voice=made[0]))["status"] == "declined"
        assert await listed(call) == set(made)


async def test_an_approval_to_keep_one_keeps_no_other(bought: Settings) -> None:
    async with connected(bought) as call:
        first, second, _ = names(await call("design_voice", **THREE))
        asked = await call("keep_voice", voice=first)
        error = await call.error("keep_voice", voice=second, approval=asked["approval"]["id"])
        assert error["code"] == "approval_invalid"
        assert len(await listed(call)) == 3


async def test_a_voice_made_alone_is_kept_without_a_question_and_a_strange_one_is_not_a_candidate(
    bought: Settings, sandbox: str
) -> None:
    async with connected(bought) as call:
        alone = (await call("design_voice", **DESIGN))["voice"]
        kept = await call("keep_voice", voice=alone)
        assert (kept["status"], kept["deleted"]) == ("kept", [])
        assert (await call.error("keep_voice", voice="nobody"))["code"] == "voice_not_found"
        body = {
            "model": "qwen-voice-design",
            "input": {
                "action": "create",
                **{name: DESIGN[name] for name in ("voice_prompt", "preview_text")},
                "language": "en",
                "target_model": "qwen3-tts-vd-2026-01-26",
                "preferred_name": "stranger",
            },
        }
        url = f"{sandbox}/api/v1/services/audio/tts/customization"
        made = httpx2.post(url, json=body, headers={"Authorization": "Bearer sk-test"}).raise_for_status().json()
        assert (await call.error("keep_voice", voice=made["output"]["voice"]))["code"] == "not_a_candidate"


async def test_a_candidate_whose_answer_is_lost_is_left_alone_by_keeping_another(
    bought: Settings, sandbox: str
) -> None:
    spoil(sandbox, {**LOST, "when": "before"})
    async with connected(bought) as call:
        told = await call("design_voice", **THREE)
        there = names(told)
        kept = await call.approved("keep_voice", voice=there[0])
        assert kept["deleted"] == there[1:]
        assert "still pending" in kept["notes"][0]
        assert await listed(call) == {there[0]}
