"""Every way the vendor can fail × everything it is asked: what the caller is told, what the ledger says, what was billed.

The faults come once, then the vendor is well again; what a purchase left open is settled by asking again later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from clients import DESIGN, Caller
from spending import vendor as peer
from spending.books import books
from spending.time_and_clients import IMPATIENT, Clock, Connect
from spending.vendor import Fault, Vendor
from voice_design_mcp.config import Settings

SENTENCE = "The bridge was built in a single winter."


def down(_vendor: Vendor, _request: Any) -> Any:
    """Nobody listens: handled by the tests themselves."""
    raise AssertionError


FAULTS: dict[str, Fault] = {
    "refuse": down,
    "reset before the bill": peer.reset_before,
    "reset after the bill": peer.reset_after,
    "stall": peer.stalled,
    "truncate": peer.cut,
    "wrong length": peer.short,
    "garbage": peer.garbled,
    "200 with an error code": peer.refused_inside_200,
    "429": peer.throttled,
    "429 with Retry-After": peer.throttled_for_a_moment,
    "500 before the bill": peer.failed,
    "500 after the bill": peer.failed_after,
    "503": peer.unavailable,
    "slow drip": peer.dripped,
}


@dataclass(frozen=True)
class Outcome:
    """What the caller is told at once, where the hold then stands, and where it ends; `billed` is the vendor's side."""

    told: str
    stands: str
    billed: int
    ends: str = ""


FOUND = Outcome("created", "charged", 1)
LOST = Outcome("pending", "unknown", 0, "assumed_not_billed")
CREATE = {
    "refuse": Outcome("unavailable", "released", 0),
    "reset before the bill": LOST,
    "reset after the bill": FOUND,
    "stall": FOUND,
    "truncate": FOUND,
    "wrong length": FOUND,
    "garbage": FOUND,
    "200 with an error code": Outcome("rejected", "released", 0),
    "429": Outcome("rate_limited", "released", 0),
    "429 with Retry-After": Outcome("created", "charged", 1),
    "500 before the bill": LOST,
    "500 after the bill": FOUND,
    "503": LOST,
    "slow drip": FOUND,
}


@pytest.mark.parametrize("fault", CREATE)
async def test_a_create_that_fails_is_charged_if_and_only_if_the_vendor_billed_it(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, fault: str
) -> None:
    expected = CREATE[fault]
    async with connect(timeouts=IMPATIENT) as call:
        told = await _ask(call, vendor, fault, "create", "design_voice", **DESIGN)
        [hold] = books(settings).holds
        assert (told, hold["state"], vendor.created) == (expected.told, expected.stands, expected.billed)
        await _settle(call, clock)
        ledger = books(settings)
        assert ledger.states == [expected.ends or expected.stands]
        assert ledger.charged_voices == vendor.made
        again = await call("design_voice", **DESIGN)
    assert again["status"] == ("reused" if expected.billed else "created")
    assert books(settings).charged_voices == vendor.made == [again["voice"]]


SPOKEN = Outcome("ok", "charged", 1)
SPEECH_LOST = {billed: Outcome("answer_lost", "assumed_billed", billed) for billed in (0, 1)}
SYNTHESIZE = {
    "refuse": Outcome("unavailable", "released", 0),
    "reset before the bill": SPEECH_LOST[0],
    "reset after the bill": SPEECH_LOST[1],
    "stall": SPEECH_LOST[1],
    "truncate": SPEECH_LOST[1],
    "wrong length": SPEECH_LOST[1],
    "garbage": SPEECH_LOST[1],
    "200 with an error code": Outcome("rejected", "released", 0),
    "429": Outcome("rate_limited", "released", 0),
    "429 with Retry-After": SPOKEN,
    "500 before the bill": SPEECH_LOST[0],
    "500 after the bill": SPEECH_LOST[1],
    "503": SPEECH_LOST[0],
    "slow drip": SPEECH_LOST[1],
}


@pytest.mark.parametrize("fault", SYNTHESIZE)
async def test_speech_that_fails_is_charged_when_billed_and_counts_as_charged_when_nobody_can_know(
    connect: Connect, vendor: Vendor, settings: Settings, fault: str
) -> None:
    expected = SYNTHESIZE[fault]
    async with connect(timeouts=IMPATIENT) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        told = await _ask(call, vendor, fault, "synthesize", "synthesize", text=SENTENCE, voice=voice)
        ledger = books(settings)
        assert (told, vendor.characters) == (expected.told, expected.billed * len(SENTENCE))
        assert expected.stands in [hold["state"] for hold in ledger.holds] + ledger.events(ledger.holds[-1]["id"])
        assert ledger.charged_characters == (vendor.characters if expected == SPOKEN else 0)
        assert ledger.assumed_characters == (len(SENTENCE) if expected.told == "answer_lost" else 0)
        asked = vendor.asked("synthesize")
        again = await call("synthesize", text=SENTENCE, voice=voice)
    once_more = expected != SPOKEN
    assert (again["status"], vendor.asked("synthesize")) == ("ok" if once_more else "reused", asked + once_more)
    billed = vendor.characters - expected.billed * (expected != SPOKEN) * len(SENTENCE)
    assert books(settings).charged_characters == billed


SHRUGGED_OFF = {
    *("reset before the bill", "reset after the bill", "truncate", "429", "429 with Retry-After"),
    *("500 before the bill", "500 after the bill", "503"),
}
"""What costs nothing is asked again, at most three times."""
CODES = {
    "refuse": "unavailable",
    "stall": "deadline",
    "slow drip": "deadline",
    "wrong length": "protocol_error",
    "garbage": "protocol_error",
    "200 with an error code": "rejected",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ["list", "query", "delete"])
async def test_what_is_free_fails_without_touching_the_ledger_and_works_when_asked_again(
    connect: Connect, vendor: Vendor, settings: Settings, fault: str, operation: str
) -> None:
    async with connect(timeouts=IMPATIENT) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        before = books(settings)
        tool, arguments = {
            "list": ("list_voices", {"family": "qwen"}),
            "query": ("get_voice", {"voice": voice}),
            "delete": ("delete_voice", {"voice": voice}),
        }[operation]
        if operation == "delete":
            arguments |= {"approval": (await call(tool, **arguments))["approval"]["id"]}
        told = await _ask(call, vendor, fault, operation, tool, **arguments)
        assert told in _may_be_told(fault, operation)
        again = await call(tool, **arguments)
        assert again["status"] == ("deleted" if operation == "delete" else "ok")
    after = books(settings)
    assert (after.states, after.counters, after.charged_voices) == (
        before.states,
        before.counters,
        before.charged_voices,
    )
    assert vendor.made == after.charged_voices
    assert (voice in vendor.voices) == (operation != "delete")


async def test_the_table_has_no_hole() -> None:
    assert set(CREATE) == set(SYNTHESIZE) == set(FAULTS) == SHRUGGED_OFF | set(CODES)


def _may_be_told(fault: str, operation: str) -> set[str]:
    well = "deleted" if operation == "delete" else "ok"
    retried = fault in SHRUGGED_OFF or fault in {"stall", "slow drip"}
    return {well} if retried else {CODES[fault]}


async def _ask(call: Caller, vendor: Vendor, fault: str, operation: str, tool: str, **arguments: Any) -> str:
    """Make a call that meets the fault; what it was told: a status, or an error's code."""
    if fault == "refuse":
        if operation == "create":  # the free questions before it are answered first
            vendor.spoil("list", _then_down)
        else:
            await vendor.go_down()
    else:
        vendor.spoil(operation, FAULTS[fault])
    result = await call.raw(tool, **arguments)
    if fault == "refuse":
        await vendor.come_up()
    assert not vendor.faults, "the fault was not met"
    content = result.structured_content
    assert content is not None
    return str(content["error"]["code"] if result.is_error else content["status"])


def _then_down(vendor: Vendor, request: Any) -> Any:
    """Answer, and listen no more."""
    reply = peer.done(vendor, request)
    vendor.stop_listening()
    return peer.last(reply)


async def _settle(call: Caller, clock: Clock) -> None:
    """Let the time pass in which an open purchase is looked for, and look."""
    for _ in range(3):
        clock.pass_s(361)
        await call("list_voices")
