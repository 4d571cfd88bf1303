"""A narration outlives its call, and what goes wrong in it is named: nothing is dropped, and nothing is bought twice unasked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from clients import Caller, Person, connected
from conftest import MakeSettings
from narration.telling import narrated, release, spoil, usage, voices
from sandbox.served import served_sandbox
from spending.books import books
from spending.time_and_clients import AT_ONCE
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Patience

SCRIPT = "One.\n\nTwo.\n\nThree.\n\nFour."
BILLED = len("One.Two.Three.Four.")
SYNTHESIS = {"operation": "synthesize"}


@pytest.fixture
def vendor_url(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor_url: str) -> Settings:
    return make_settings(api_key="sk-test", base_url=vendor_url)


@pytest.fixture
async def call(settings: Settings) -> AsyncGenerator[Caller]:
    """A client whose calls wait for nothing."""
    async with connected(settings, retries=AT_ONCE, patience=Patience(attend_s=0)) as caller:
        yield caller


@pytest.fixture
async def asked(settings: Settings) -> dict[str, Any]:
    """The arguments of a narration by a voice that is there."""
    async with connected(settings, person=Person()) as caller:
        [voice] = await voices(caller, 1)
    return {"script": SCRIPT, "cast": voice}


async def ended(call: Caller, **arguments: Any) -> dict[str, Any]:
    """The same call, made until the work is over."""
    while True:
        told = (await call.raw("narrate", **arguments)).structured_content
        assert told is not None
        if told.get("status") != "in_progress":
            return told


async def test_a_call_that_would_take_too_long_says_how_far_it_is_and_the_same_call_waits_on_under_the_same_approval(
    call: Caller, asked: dict[str, Any], vendor_url: str
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "when": "before", "action": "stall", "times": 4})
    first = await call("narrate", **asked)
    approval = first["approval"]["id"]
    told = await call("narrate", **asked, approval=approval)
    assert (told["status"], told["lines"], told["progress"]["total"]) == ("in_progress", 4, 4)
    again = await call("narrate", **asked)
    assert (again["status"], again["progress"]["done"]) == ("in_progress", 0)
    release(vendor_url)
    done = await ended(call, **asked)
    assert (done["status"], done["synthesized_lines"]) == ("ok", 4)
    assert usage(vendor_url)["characters"] == BILLED
    assert (await call("narrate", **asked, approval=approval))["status"] == "reused"


async def test_progress_is_told_for_every_piece_and_only_ever_grows(settings: Settings, asked: dict[str, Any]) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connected(settings, person=Person()) as call:
        result = await call.client.call_tool("narrate", asked, progress_callback=hear)
        assert not result.is_error
    done = [progress for progress, _, _ in told]
    assert done == sorted(set(done))
    assert {0, 1, 2, 3, 4} <= set(done)
    assert {total for _, total, _ in told} == {4}


async def test_a_refusal_that_cost_nothing_is_tried_again(call: Caller, asked: dict[str, Any], vendor_url: str) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "status": 429, "times": 4})
    approval = (await call("narrate", **asked))["approval"]["id"]
    assert (await ended(call, **asked, approval=approval))["status"] == "ok"
    assert usage(vendor_url)["characters"] == BILLED


async def test_an_answer_that_was_lost_is_named_and_bought_again_only_by_another_call(
    call: Caller, asked: dict[str, Any], vendor_url: str, settings: Settings
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "when": "after", "action": "reset"})
    approval = (await call("narrate", **asked))["approval"]["id"]
    told = await ended(call, **asked, approval=approval)
    assert (told["status"], told["error"]["code"], "audio" in told) == ("incomplete", "lines_missing", False)
    [missing] = told["missing"]
    assert (missing["billed"], missing["reason"]) == (True, "connection_lost")
    assert (told["synthesized_lines"], told["cached_lines"]) == (3, 0)
    billed = usage(vendor_url)["characters"]
    lost = asked["script"].split("\n\n")[missing["line"] - 1]
    assert books(settings).assumed_characters == len(lost)
    quoted = await call("narrate", **asked)
    assert (quoted["status"], quoted["cached_lines"], quoted["characters"]) == ("confirmation_required", 3, len(lost))
    assert usage(vendor_url)["characters"] == billed
    done = await ended(call, **asked, approval=quoted["approval"]["id"])
    assert (done["status"], done["cached_lines"], done["synthesized_lines"]) == ("ok", 3, 1)
    assert usage(vendor_url)["characters"] == billed + len(lost)


async def test_a_line_that_the_vendor_will_not_say_is_named_and_costs_nothing(
    call: Caller, asked: dict[str, Any], vendor_url: str
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "status": 400, "code": "DataInspectionFailed", "message": "no"})
    approval = (await call("narrate", **asked))["approval"]["id"]
    told = await ended(call, **asked, approval=approval)
    [missing] = told["missing"]
    assert (told["status"], missing["billed"]) == ("incomplete", False)
    assert "content check" in missing["reason"]
    refused = asked["script"].split("\n\n")[missing["line"] - 1]
    assert usage(vendor_url)["characters"] == BILLED - len(refused)


async def test_a_vendor_that_is_down_ends_the_call_and_the_same_call_goes_on(
    call: Caller, asked: dict[str, Any], vendor_url: str
) -> None:
    spoil(vendor_url, {"match": SYNTHESIS, "status": 429, "times": 1000})
    approval = (await call("narrate", **asked))["approval"]["id"]
    told = await ended(call, **asked, approval=approval)
    assert told["error"]["code"] == "rate_limited"
    release(vendor_url)
    assert (await ended(call, **asked))["status"] == "ok"
    assert usage(vendor_url)["characters"] == BILLED


async def test_sound_that_could_not_be_fetched_is_fetched_by_the_same_call_and_not_paid_for_again(
    call: Caller, asked: dict[str, Any], vendor_url: str
) -> None:
    spoil(vendor_url, {"match": {"operation": "audio"}, "status": 503, "times": 1000})
    approval = (await call("narrate", **asked))["approval"]["id"]
    told = await ended(call, **asked, approval=approval)
    assert told["error"]["billed"] == "yes"
    release(vendor_url)
    assert (await ended(call, **asked))["status"] == "ok"
    assert usage(vendor_url)["characters"] == BILLED


async def test_a_client_that_stops_its_call_stops_the_spending_and_the_same_call_goes_on(
    settings: Settings, asked: dict[str, Any], vendor_url: str
) -> None:
    script = "\n\n".join(f"Number {number}." for number in range(40))
    long = {**asked, "script": script}
    async with connected(settings, person=Person()) as call:
        spoil(vendor_url, {"match": SYNTHESIS, "when": "before", "action": "stall", "times": 8})
        calling = asyncio.create_task(call.raw("narrate", **long))
        await asyncio.to_thread(held, vendor_url, 8)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        release(vendor_url)
        await asyncio.to_thread(charged, settings, 9)  # eight pieces and the voice
        assert usage(vendor_url)["characters"] < len(script.replace("\n\n", ""))
        told = await call("narrate", **long)
        assert (told["status"], told["synthesized_lines"]) == ("ok", 40)
    assert usage(vendor_url)["characters"] == len(script.replace("\n\n", ""))


async def test_two_calls_at_the_same_time_are_one_narration(
    settings: Settings, asked: dict[str, Any], vendor_url: str
) -> None:
    async with connected(settings, person=Person()) as one, connected(settings, person=Person()) as other:
        told = await asyncio.gather(narrated(one, **asked), narrated(other, **asked), narrated(one, **asked))
    assert {each["status"] for each in told} <= {"ok", "reused"}
    assert usage(vendor_url)["characters"] == BILLED


def charged(settings: Settings, count: int) -> None:
    """Wait until the ledger has so many charges."""
    while books(settings).states.count("charged") < count:
        pass


def held(base_url: str, count: int) -> None:
    """Wait until a served sandbox holds so many answers back."""
    import httpx2

    with httpx2.Client(base_url=base_url, trust_env=False, timeout=60) as http:
        assert http.get("/sandbox/faults", params={"held": count}).json()["held"] >= count
