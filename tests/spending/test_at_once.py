"""Many purchases at the same moment, in one process and in two that share the data folder: no cap is passed, no twin is paid."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from mcp.types import CallToolResult

from clients import DESIGN, ERAS, Caller, Era, Person, connected
from sandbox.served import sandbox_process
from spending.books import books
from spending.buying import Shop, buyers
from spending.time_and_clients import Clock, Connect, MakeSettings
from spending.vendor import Vendor
from voice_design_mcp.config import Settings

MANY = [{**DESIGN, "preview_text": "Hello.", "take": take} for take in range(1, 65)]


async def gathered(call: Caller, designs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What every call was told, all made at the same time."""
    return contents(await asyncio.gather(*(call.raw("design_voice", **design) for design in designs)))


def contents(results: list[CallToolResult]) -> list[dict[str, Any]]:
    """The structured contents of results."""
    return [result.structured_content for result in results if result.structured_content is not None]


def outcomes(told: list[dict[str, Any]]) -> Counter[str]:
    """How often each status or error code was told."""
    return Counter(each["error"]["code"] if "error" in each else each["status"] for each in told)


@pytest.mark.parametrize("approval", ["auto", *ERAS])
async def test_of_64_designs_at_once_a_cap_of_10_lets_10_through_and_refuses_54(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock, approval: str
) -> None:
    settings = make_settings(
        api_key="sk-test",
        base_url=vendor.origin,
        approval="auto" if approval == "auto" else "ask",
        max_usd_per_day="100",
    )
    era: Era = "legacy" if approval == "legacy" else "2026-07-28"
    person = None if approval == "auto" else Person()
    async with connected(settings, era=era, person=person, clock=clock) as call:
        told = await gathered(call, MANY)
    assert outcomes(told) == {"created": 10, "cap_exceeded": 54}
    refused = [each["error"]["message"] for each in told if "error" in each]
    assert all(
        message.startswith("The cap of 10 voices a day would be passed: 10 voices is used") for message in refused
    )
    assert books(settings).charged_voices == sorted(vendor.made)
    assert vendor.created == 10


@pytest.mark.parametrize(
    ("cap", "most", "created"),
    [("max_usd_per_day", "0.60", 3), ("max_usd_total", "0.99", 4), ("max_voices_per_day", "5", 5)],
)
async def test_every_cap_holds_against_a_crowd(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock, cap: str, most: str, created: int
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", **{cap: most})
    async with connected(settings, clock=clock) as call:
        told = await gathered(call, MANY[:12])
    assert outcomes(told) == {"created": created, "cap_exceeded": 12 - created}
    assert len(books(settings).charged_voices) == vendor.created == created


async def test_the_cap_on_characters_holds_against_a_crowd(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", max_characters_per_day="50")
    async with connected(settings, clock=clock) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        lines = [f"Line {number:02} here." for number in range(10)]
        results = await asyncio.gather(*(call.raw("synthesize", voice=voice, text=line) for line in lines))
    assert outcomes(contents(results)) == {"ok": 3, "cap_exceeded": 7}
    assert vendor.characters == books(settings).charged_characters == 39


@pytest.mark.parametrize("elicits", [False, True])
@pytest.mark.parametrize("era", ERAS)
async def test_the_same_design_twice_at_once_is_one_voice_and_both_get_it(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock, era: Era, *, elicits: bool
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="ask" if elicits else "auto")
    async with connected(settings, era=era, person=Person() if elicits else None, clock=clock) as call:
        told = await gathered(call, [DESIGN] * 8)
    assert outcomes(told) == {"created": 1, "reused": 7}
    assert {each["voice"] for each in told} == set(vendor.made)
    assert vendor.created == len(books(settings).holds) == 1


async def test_one_approval_sent_back_eight_times_at_once_is_one_voice(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin)
    async with connected(settings, clock=clock) as call:
        approval = (await call("design_voice", **DESIGN))["approval"]["id"]
        told = await gathered(call, [{**DESIGN, "approval": approval}] * 8)
    assert set(outcomes(told)) <= {"created", "reused"}
    assert {each["voice"] for each in told} == set(vendor.made)
    assert vendor.created == len(books(settings).holds) == 1


async def test_the_same_words_spoken_twice_at_once_are_billed_once(
    connect: Connect, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        say = {"voice": voice, "text": "Nothing is paid twice."}
        results = await asyncio.gather(*(call.raw("synthesize", **say) for _ in range(4)))
    told = contents(results)
    assert outcomes(told) == {"ok": 1, "reused": 3}
    assert len({each["audio"]["uri"] for each in told}) == vendor.asked("synthesize") == 1
    assert books(settings).charged_characters == vendor.characters


@pytest.fixture
def shop(tmp_path: Path, storage: dict[str, str]) -> Generator[Shop]:
    with sandbox_process(tmp_path / "sandbox") as sandbox:
        more = {"VOICE_DESIGN_MAX_VOICES_PER_DAY": "10", "VOICE_DESIGN_MAX_USD_PER_DAY": "100", **storage}
        buys_at = Shop(tmp_path / "data", sandbox.base_url, more)
        yield buys_at
        buys_at.close()


def test_two_processes_on_one_data_folder_pass_no_cap_and_pay_no_twin(shop: Shop) -> None:
    designs = [("design_voice", design) for design in MANY]
    with buyers() as buying:
        twins = buying.run(shop.job(designs[0]), shop.job(designs[0]))
        crowd = buying.run(shop.job(*designs[:32]), shop.job(*designs[32:]))
    assert outcomes([each.told[0] for each in twins]) == {"created": 1, "reused": 1}
    assert len({each.told[0]["voice"] for each in twins}) == 1
    told = crowd[0].told + crowd[1].told
    assert outcomes(told) == {"reused": 1, "created": 9, "cap_exceeded": 54}
    assert shop.bill()["voice_creations"] == 10
    assert books(shop.settings).charged_voices == shop.voices()
